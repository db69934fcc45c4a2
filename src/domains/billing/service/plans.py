"""What a subscriber may do with a subscription.

Invariant: the provider is asked first and outside any transaction, and what we show afterwards is what the provider
says then, under a number of its own: the webhook that follows changes nothing more, and if it never comes nothing is
missing. Asking for what is so already changes nothing and is no error.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from domains.billing.errors import (
    AlreadyOwned,
    NotOffered,
    PriceNotFound,
    ProductNotFound,
    ProviderRefused,
    StateForbids,
    SubscriptionNotFound,
)
from domains.billing.models import PriceRow, ProductRow, SubscriptionRow
from domains.billing.policy import subscriptions as policy
from domains.billing.policy.pricing import NO_DISCOUNT, quote
from domains.billing.policy.seen import Lookup
from domains.billing.policy.subscriptions import Command
from domains.billing.providers.port import ChangePreview, Charge, Provider, Providers, Quarantine
from domains.billing.repository import catalogue, orders
from domains.billing.repository import subscriptions as repository
from domains.billing.schemas.subscriptions import Interval, SubscribeIn
from domains.billing.service import checkout, inbox, pricing, subscriptions
from domains.billing.service.checkout import Begun, Wish
from domains.billing.service.subscriptions import standing_of
from domains.kernel.uow import Database, UnitOfWork

log = logging.getLogger(__name__)


class Shown(NamedTuple):
    subscription: SubscriptionRow
    price: PriceRow
    product: ProductRow
    access_until: datetime | None


class Preview(NamedTuple):
    """`charge`: what each period costs afterwards."""

    charge: Charge
    change: ChangePreview


# ---- beginning and looking


async def subscribe(db: Database, user_id: UUID, wanted: SubscribeIn, now: datetime) -> Begun:
    """As `checkout.begin`; a price that is named has to be the one that is offered to this customer."""
    async with db.begin() as uow:
        wish = await _wish(uow, user_id, wanted, now)
    return await checkout.begin(db, wish, now)


async def _wish(uow: UnitOfWork, user_id: UUID, wanted: SubscribeIn, now: datetime) -> Wish:
    product_id, interval, currency = wanted.product_id, wanted.interval, wanted.currency
    if wanted.price_id is not None:
        price = await catalogue.price(uow.session, wanted.price_id)
        if price is None or not price.active or product_id not in (None, price.product_id):
            raise PriceNotFound
        product_id, interval, currency = price.product_id, cast("Interval | None", price.interval), price.currency
    if product_id is None:
        raise NotOffered("product_id or price_id is needed", field="product_id")
    wish = Wish(
        user_id=user_id,
        product_id=product_id,
        kind="subscription",
        provider=wanted.provider,
        currency=currency,
        country=wanted.country,
        interval=interval,
        coupon_code=wanted.coupon,
    )
    if wanted.price_id is not None:
        offered = await pricing.offer(
            uow,
            user_id=user_id,
            product_id=product_id,
            currency=currency,
            country=wanted.country,
            interval=interval,
            quantity=1,
            coupon_code=None,
            now=now,
        )
        if offered.price.id != wanted.price_id:
            raise PriceNotFound
    return wish


async def shown(uow: UnitOfWork, user_id: UUID, subscription_id: UUID) -> Shown:
    """Raises SubscriptionNotFound, also for somebody else's."""
    return await _shown(uow, await _own(uow, user_id, subscription_id))


async def all_shown(uow: UnitOfWork, user_id: UUID) -> list[Shown]:
    """The newest first."""
    return [await _shown(uow, row) for row in await repository.of_person(uow.session, user_id)]


# ---- changing


async def cancel(db: Database, user_id: UUID, subscription_id: UUID, *, at_once: bool, now: datetime) -> Shown:
    """At the end of the period, or at once. What was never paid ends at once. Raises SubscriptionNotFound,
    ProviderAway, ProviderRefused, as all of these do."""
    row = await _loaded(db, user_id, subscription_id)

    def is_so(row: SubscriptionRow) -> bool:
        return row.status == "cancelled" or (row.cancel_at_period_end and not at_once)

    async def ask(provider: Provider) -> None:
        at_period_end = not at_once and row.status != "incomplete"
        await provider.cancel(db, row.subscription_ref, at_period_end=at_period_end)

    return await _done(db, row, "cancel", is_so, ask, now)


async def pause(db: Database, user_id: UUID, subscription_id: UUID, now: datetime) -> Shown:
    """Nothing more is charged; what was paid may be used to its end. Raises StateForbids."""
    row = await _loaded(db, user_id, subscription_id)
    return await _done(
        db, row, "pause", lambda row: row.status == "paused", lambda p: p.pause(db, row.subscription_ref), now
    )


async def resume(db: Database, user_id: UUID, subscription_id: UUID, now: datetime) -> Shown:
    """Ends a pause, and withdraws a cancellation that has not come into effect. Raises StateForbids."""
    row = await _loaded(db, user_id, subscription_id)

    def is_so(row: SubscriptionRow) -> bool:
        return row.status in {"trialing", "active", "past_due"} and not row.cancel_at_period_end

    async def ask(provider: Provider) -> None:
        if row.cancel_at_period_end:
            await provider.withdraw_cancel(db, row.subscription_ref)
        if row.status == "paused":
            await provider.resume(db, row.subscription_ref)

    return await _done(db, row, "resume", is_so, ask, now)


async def preview_change(db: Database, user_id: UUID, subscription_id: UUID, price_id: UUID, now: datetime) -> Preview:
    """What the change would cost at this moment. Raises StateForbids, PriceNotFound, AlreadyOwned."""
    async with db.begin() as uow:
        row = await _own(uow, user_id, subscription_id)
        _allow("change", row)
        charge = await _charge(uow, row, price_id)
    provider = db.port(Providers).chosen(row.provider)
    # Providers count in seconds, and know no price before the period.
    at = max(now.replace(microsecond=0), row.current_period_start or now)
    return Preview(charge, await provider.preview_change(db, row.subscription_ref, charge, row.quantity, at))


async def change(
    db: Database, user_id: UUID, subscription_id: UUID, price_id: UUID, *, proration_at: datetime, now: datetime
) -> Shown:
    """For what the preview of the same `proration_at` said. Raises StateForbids, also for a preview that is too old,
    PriceNotFound, AlreadyOwned; ProviderRefused when the difference could not be charged."""
    async with db.begin() as uow:
        row = await _own(uow, user_id, subscription_id)
        if row.price_id == price_id:
            return await _shown(uow, row)
        _allow("change", row)
        if policy.preview_over(proration_at, standing_of(row), now):
            raise StateForbids("this preview is no longer valid; ask for a new one", field="proration_at")
        charge = await _charge(uow, row, price_id)
    key = f"change:{row.id}:{price_id}:{proration_at.isoformat()}"
    return await _done(
        db,
        row,
        "change",
        lambda row: row.price_id == price_id,
        lambda p: p.change(db, row.subscription_ref, charge, row.quantity, key=key, at=proration_at),
        now,
    )


async def payment_method_url(db: Database, user_id: UUID, subscription_id: UUID) -> str:
    """The provider's page for another card. Raises StateForbids."""
    row = await _loaded(db, user_id, subscription_id)
    _allow("payment_method", row)
    providers = db.port(Providers)
    return await providers.chosen(row.provider).payment_method_url(
        db, row.subscription_ref, f"{providers.public_url}/payments/subscriptions/{subscription_id}"
    )


async def refresh(db: Database, provider: Provider, subscription_ref: str, now: datetime) -> None:
    """Looks at the provider and applies what is there. Raises ProviderAway."""
    try:
        number, seen = await inbox.looked_up(db, provider, [Lookup(kind="subscription", ref=subscription_ref)])
        async with db.begin() as uow:
            await inbox.apply(uow, seen, provider.name, number, now)
    except Quarantine as error:
        # The same look, asked for by a webhook, is set aside with an alarm of its own.
        log.error("subscription %s of %s: %s", subscription_ref, provider.name, error)


# ---- the parts


async def _done(
    db: Database,
    row: SubscriptionRow,
    command: Command,
    is_so: Callable[[SubscriptionRow], bool],
    ask: Callable[[Provider], Awaitable[None]],
    now: datetime,
) -> Shown:
    """A refusal counts for nothing when a fresh look shows that it is so already: somebody was faster."""
    if not is_so(row):
        _allow(command, row)
        provider = db.port(Providers).chosen(row.provider)
        refused: ProviderRefused | None = None
        try:
            await ask(provider)
        except ProviderRefused as error:
            refused = error
        await refresh(db, provider, row.subscription_ref, now)
        async with db.begin() as uow:
            row = await _own(uow, row.user_id, row.id)
        if refused is not None and not is_so(row):
            raise refused
    async with db.begin() as uow:
        return await _shown(uow, row)


def _allow(command: Command, row: SubscriptionRow) -> None:
    refusal = policy.refusal(command, standing_of(row))
    if refusal is not None:
        raise StateForbids(refusal)


async def _charge(uow: UnitOfWork, row: SubscriptionRow, price_id: UUID) -> Charge:
    """A price on sale to those who pay the present one: its currency, and its country or none."""
    had = await orders.price(uow.session, row.price_id)
    price = await catalogue.price(uow.session, price_id)
    if price is None or not price.active or price.interval is None or price.currency != had.currency:
        raise PriceNotFound
    if price.country not in (None, had.country):
        raise PriceNotFound
    product = await orders.product(uow.session, price.product_id)
    if not product.active or product.kind != "plan":
        raise ProductNotFound
    if price.id == row.price_id:
        raise StateForbids("this is what the subscription pays already")
    other = await repository.going_on(uow.session, row.user_id, product.id)
    if other is not None and other.id != row.id:
        raise AlreadyOwned
    first = await orders.order(uow.session, row.order_id)
    assert first is not None
    full = quote(
        price.amount_minor,
        1,
        NO_DISCOUNT,
        tax_bp=first.tax_bp,
        tax_inclusive=price.tax_inclusive,
        currency=price.currency,
    )
    return Charge(price.id, product.id, product.name, full.total_minor, price.currency, price.interval)


async def _loaded(db: Database, user_id: UUID, subscription_id: UUID) -> SubscriptionRow:
    async with db.begin() as uow:
        return await _own(uow, user_id, subscription_id)


async def _own(uow: UnitOfWork, user_id: UUID, subscription_id: UUID) -> SubscriptionRow:
    row = await repository.own(uow.session, user_id, subscription_id)
    if row is None:
        raise SubscriptionNotFound
    return row


async def _shown(uow: UnitOfWork, row: SubscriptionRow) -> Shown:
    price = await orders.price(uow.session, row.price_id)
    product = await orders.product(uow.session, row.product_id)
    return Shown(row, price, product, await subscriptions.access_until(uow, row))
