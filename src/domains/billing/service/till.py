"""Where people pay the fake provider, and the clock by which it renews, expires and tells of it.

Invariant: what happens here and the events that tell of it commit together. Events go into the same inbox as a real
provider's webhooks and are applied by the same job.
"""

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from domains.billing.policy import fake as policy
from domains.billing.policy.fake import Card, FakeCheckout, FakeSubscription
from domains.billing.providers import fake
from domains.billing.providers.fake import CardChange
from domains.billing.providers.port import Incoming, Providers
from domains.billing.repository import fake as repository
from domains.billing.repository import returns
from domains.billing.service import inbox
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork

_AT_ONCE = 100
"""Of what is due, in one round of the clock."""

PageState = Literal["open", "paid", "expired"]


class PayPage(NamedTuple):
    """What the pay page shows. `checkout` None: it is about another card for a subscription."""

    state: PageState
    ref: str
    next_url: str
    """Where it goes on after success."""
    cancel_url: str
    checkout: FakeCheckout | None = None


class Outcome(NamedTuple):
    page: PayPage
    declined: bool = False


def is_open(db: Database) -> bool:
    """Whether the fake provider is set up here, which it never is in production."""
    return fake.NAME in db.port(Providers).names


async def page(uow: UnitOfWork, ref: str, now: datetime) -> PayPage | None:
    """None when there is no such page. Locks what it shows until the end of the transaction."""
    if not is_open(uow.db):
        return None
    checkout = await fake.load(uow.session, ref, "checkout", FakeCheckout)
    if checkout is not None:
        state: PageState = "expired" if checkout.state == "open" and checkout.expires_at <= now else checkout.state
        return PayPage(state, ref, checkout.success_url, checkout.cancel_url, checkout)
    change = await fake.load(uow.session, ref, "card_change", CardChange)
    if change is not None:
        return PayPage("paid" if change.used else "open", ref, change.return_url, change.return_url)
    return None


async def pay(uow: UnitOfWork, ref: str, card: Card, now: datetime) -> Outcome | None:
    """One attempt with that card; again after success changes nothing. None when there is no such page."""
    found = await page(uow, ref, now)
    if found is None or found.state != "open":
        return found and Outcome(found)
    if found.checkout is None:
        declined = card == "declined"
        if not declined:
            await _use_card(uow, ref, card, now)
    else:
        declined = not await _checked_out(uow, found.checkout, card, now)
    await deliver(uow)
    return Outcome(found if declined else found._replace(state="paid"), declined)


async def _checked_out(uow: UnitOfWork, checkout: FakeCheckout, card: Card, now: datetime) -> bool:
    """Whether the card worked. One that is declined begins no subscription."""
    if checkout.price_id is None or card == "declined":
        after, payment = policy.once_paid(checkout, card)
        await fake.keep(uow.session, after)
        if payment.amount_minor:
            await fake.charged(uow.session, payment, now)
        return after.state == "paid"
    await fake.keep(uow.session, msgspec.structs.replace(checkout, state="paid"))
    await fake.begin(uow.session, policy.subscribed(checkout, card, now), now)
    return True


async def _use_card(uow: UnitOfWork, ref: str, card: Card, now: datetime) -> None:
    change = await fake.load(uow.session, ref, "card_change", CardChange)
    assert change is not None
    await fake.keep(uow.session, msgspec.structs.replace(change, used=True))
    subscription = await fake.load(uow.session, change.subscription_ref, "subscription", FakeSubscription)
    if subscription is not None and subscription.status != "cancelled":
        await fake.move(uow.session, policy.with_card(subscription, card), now)


async def deliver(uow: UnitOfWork) -> int:
    """Hands what the fake provider has to tell to the inbox, byte for byte as webhooks. How many."""
    events = await repository.take_events(uow.session, _AT_ONCE)
    for kept in events:
        event = msgspec.convert(kept.data, fake.Event)
        await inbox.store(uow, fake.NAME, Incoming(event.id, event.type), msgspec.json.encode(event))
    return len(events)


async def fake_clock(db: Database) -> None:
    """What a provider does by itself: renews, ends trials, expires checkouts, tells of everything."""
    if is_open(db):
        await tick(db, utc_now())


async def tick(db: Database, now: datetime) -> None:
    """Each subscription in a transaction of its own; again at the same time changes nothing."""
    async with db.begin() as uow:
        due = await repository.due_subscriptions(uow.session, now, _AT_ONCE)
        for ref in await repository.checkouts_over(uow.session, now, _AT_ONCE):
            await fake.expire(uow.session, ref, now)
    for ref in due:
        async with db.begin() as uow:
            await _catch_up(uow, ref, now)
    told = _AT_ONCE
    while told == _AT_ONCE:
        async with db.begin() as uow:
            told = await deliver(uow)


async def _catch_up(uow: UnitOfWork, ref: str, now: datetime) -> None:
    """Also over several periods, when nobody looked for long."""
    subscription = await fake.load(uow.session, ref, "subscription", FakeSubscription)
    while subscription is not None and policy.is_due(subscription, now):
        moved = policy.renewed(subscription)
        await fake.move(uow.session, moved, now)
        subscription = moved.subscription


async def order_shown(db: Database, order_id: UUID) -> returns.Shown | None:
    """For the page to which every provider sends people back; None for no order of ours."""
    return await returns.shown(db, order_id)
