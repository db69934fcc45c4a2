"""The fake provider: no money moves, everything else does what a real one would, on tables of its own.

Invariant: a change and the event that tells of it are written in one transaction of the fake provider. The till hands
events to the inbox, as a real provider's webhooks would come over HTTP; here they never do, so none is signed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.errors import ProviderRefused, WebhooksClosed
from domains.billing.policy import fake as policy
from domains.billing.policy.fake import FakeCheckout, FakePayment, FakeRefund, FakeSubscription, Moved, Terms
from domains.billing.policy.seen import CheckoutClosed, Lookup, RefundSeen, Seen, Told
from domains.billing.providers.port import ChangePreview, Charge, Checkout, CheckoutWanted, Incoming
from domains.billing.repository import fake as repository
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

NAME = "fake"
T = TypeVar("T", bound=msgspec.Struct)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook's body says: `data` is the payment, refund or checkout, or names the subscription."""

    id: str
    type: str
    created_at: datetime
    data: dict[str, Any]


class SubscriptionNamed(msgspec.Struct, frozen=True, kw_only=True):
    ref: str


class CardChange(msgspec.Struct, frozen=True, kw_only=True):
    """A page for another card, good for one change."""

    ref: str
    subscription_ref: str
    return_url: str
    used: bool = False


class FakeProvider:
    """The port, on `billing_fake_object`."""

    name = NAME
    live = False
    accepts_webhooks = False
    always_hosted = True

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url.rstrip("/")

    # ---- paying

    async def open_checkout(self, db: Database, wanted: CheckoutWanted) -> Checkout:
        now = utc_now()
        checkout = _checkout(wanted)
        async with db.begin() as uow:
            await repository.add(uow.session, checkout.ref, "checkout", _plain(checkout), now)
        return Checkout(checkout.ref, self._page(checkout.ref))

    async def close_checkout(self, db: Database, ref: str) -> None:
        async with db.begin() as uow:
            await expire(uow.session, ref, utc_now())

    async def refund(
        self, db: Database, *, refund_id: UUID, payment_ref: str, amount_minor: int, currency: str
    ) -> RefundSeen:
        refund = FakeRefund(
            ref=f"re_{refund_id.hex}",
            payment_ref=payment_ref,
            amount_minor=amount_minor,
            currency=currency,
            own_id=refund_id,
        )
        async with db.begin() as uow:
            payment = await load(uow.session, payment_ref, "payment", FakePayment)
            if payment is None or payment.status != "captured" or payment.currency != currency:
                raise ProviderRefused(f"{payment_ref} is no payment that could be refunded")
            now = utc_now()
            if await repository.add(uow.session, refund.ref, "refund", _plain(refund), now):
                refunded = payment.refunded_minor + amount_minor
                if not payment.refunded_minor < refunded <= payment.amount_minor:
                    raise ProviderRefused("that is more than what is left of the payment")
                await keep(uow.session, msgspec.structs.replace(payment, refunded_minor=refunded))
                await tell(uow.session, "refund.succeeded", refund, now)
            else:
                refund = msgspec.convert(await repository.find(uow.session, refund.ref, "refund"), FakeRefund)
        return refund.seen()

    # ---- subscriptions

    async def cancel(self, db: Database, subscription_ref: str, *, at_period_end: bool) -> None:
        now = utc_now()
        async with db.begin() as uow:
            found = await _subscription(uow.session, subscription_ref)
            if found.status == "cancelled":
                return
            if at_period_end:
                after = msgspec.structs.replace(
                    found, cancel_at_period_end=True, cancelled_at=found.cancelled_at or now
                )
            else:
                after = policy.cancelled(found, now)
            await move(uow.session, Moved(after), now)

    async def withdraw_cancel(self, db: Database, subscription_ref: str) -> None:
        now = utc_now()
        async with db.begin() as uow:
            found = await _running(uow.session, subscription_ref)
            after = msgspec.structs.replace(found, cancel_at_period_end=False, cancelled_at=None)
            await move(uow.session, Moved(after), now)

    async def pause(self, db: Database, subscription_ref: str) -> None:
        now = utc_now()
        async with db.begin() as uow:
            found = await _running(uow.session, subscription_ref)
            if found.status == "past_due":
                raise ProviderRefused("the open invoice has to be paid first")
            await move(uow.session, Moved(msgspec.structs.replace(found, status="paused")), now)

    async def resume(self, db: Database, subscription_ref: str) -> None:
        now = utc_now()
        async with db.begin() as uow:
            found = await _running(uow.session, subscription_ref)
            if found.status == "paused":
                await move(uow.session, policy.resumed(found, now), now)

    async def preview_change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, at: datetime
    ) -> ChangePreview:
        async with db.begin() as uow:
            found = await _changeable(uow.session, subscription_ref, charge)
        return ChangePreview(policy.change_asks(found, _terms(charge, quantity), at), found.currency, at)

    async def change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, *, key: str, at: datetime
    ) -> None:
        async with db.begin() as uow:
            found = await _changeable(uow.session, subscription_ref, charge)
            if not await repository.add(uow.session, f"key_{key}", "key", {}, utc_now()):
                return
            moved = policy.changed(found, _terms(charge, quantity), at)
            if any(payment.status == "failed" for payment in moved.payments):
                raise ProviderRefused(policy.DECLINED)
            await move(uow.session, moved, utc_now())

    async def retry_payment(self, db: Database, subscription_ref: str, *, key: str) -> bool:
        """True when the card was asked, also when it said no: the attempt is told as any other."""
        now = utc_now()
        async with db.begin() as uow:
            found = await _subscription(uow.session, subscription_ref)
            if await repository.add(uow.session, f"key_{key}", "key", {}, now):
                await move(uow.session, policy.retried(found), now)
        return True

    async def payment_method_url(self, db: Database, subscription_ref: str, return_url: str) -> str:
        page = CardChange(ref=f"card_{new_id().hex}", subscription_ref=subscription_ref, return_url=return_url)
        async with db.begin() as uow:
            await _running(uow.session, subscription_ref)
            await repository.add(uow.session, page.ref, "card_change", _plain(page), utc_now())
        return self._page(page.ref)

    def _page(self, ref: str) -> str:
        return f"{self._public_url}/pay/{quote(ref, safe='')}"

    # ---- hearing

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Incoming:
        """Nobody outside speaks for the fake provider."""
        raise WebhooksClosed

    def read(self, body: bytes) -> Sequence[Told]:
        event = msgspec.json.decode(body, type=Event)
        match event.type.partition(".")[0]:
            case "payment":
                return [msgspec.convert(event.data, FakePayment).seen()]
            case "refund":
                return [msgspec.convert(event.data, FakeRefund).seen()]
            case "checkout":
                return [CheckoutClosed(order_id=msgspec.convert(event.data, FakeCheckout).order_id)]
            case "subscription":
                return [Lookup(kind="subscription", ref=msgspec.convert(event.data, SubscriptionNamed).ref)]
        return []

    async def look_up(self, db: Database, lookup: Lookup) -> Sequence[Seen]:
        kept = await repository.one(db, lookup.ref)
        match kept:
            case repository.Kept(kind="subscription"):
                return [_decoded(kept, FakeSubscription).seen()]
            case repository.Kept(kind="payment"):
                refunds = await repository.refunds_of(db, kept.ref)
                return [_decoded(kept, FakePayment).seen(), *(_decoded(found, FakeRefund).seen() for found in refunds)]
            case repository.Kept(kind="checkout"):
                checkout = _decoded(kept, FakeCheckout)
                if checkout.state == "expired":
                    return [CheckoutClosed(order_id=checkout.order_id)]
                return [
                    _payment_or_subscription(each) for each in await repository.of_order(db, str(checkout.order_id))
                ]
        return []

    async def history(self, db: Database, since: datetime, until: datetime) -> AsyncIterator[Told]:
        for kept in await repository.between(db, since, until):
            match kept.kind:
                case "payment":
                    yield _decoded(kept, FakePayment).seen()
                case "refund":
                    yield _decoded(kept, FakeRefund).seen()
                case "subscription":
                    yield Lookup(kind="subscription", ref=kept.ref)

    async def aclose(self) -> None:
        """Nothing is open."""


# ---- what the till does with the same things, inside its own transaction


async def load(session: AsyncSession, ref: str, kind: str, type_: type[T]) -> T | None:
    """Locked until the end of the transaction."""
    data = await repository.find(session, ref, kind, lock=True)
    return None if data is None else msgspec.convert(data, type_)


async def keep(session: AsyncSession, changed: FakeCheckout | FakePayment | FakeSubscription | CardChange) -> None:
    await repository.change(session, changed.ref, _plain(changed))


async def tell(session: AsyncSession, type_: str, about: msgspec.Struct, now: datetime) -> None:
    event = Event(id=f"evt_{new_id().hex}", type=type_, created_at=now, data=_plain(about))
    await repository.add(session, event.id, repository.EVENT, _plain(event), now)


async def expire(session: AsyncSession, ref: str, now: datetime) -> None:
    """Closes a checkout that is open."""
    checkout = await load(session, ref, "checkout", FakeCheckout)
    if checkout is not None and checkout.state == "open":
        closed = msgspec.structs.replace(checkout, state="expired")
        await keep(session, closed)
        await tell(session, "checkout.expired", closed, now)


async def charged(session: AsyncSession, payment: FakePayment, now: datetime) -> None:
    """Writes a payment that was tried, and tells of it."""
    if await repository.add(session, payment.ref, "payment", _plain(payment), now):
        await tell(session, f"payment.{payment.status}", payment, now)


async def begin(session: AsyncSession, moved: Moved, now: datetime) -> None:
    """Writes a new subscription with its first payment, and tells of both."""
    subscription = msgspec.structs.replace(moved.subscription, changed_at=now)
    if await repository.add(session, subscription.ref, "subscription", _plain(subscription), now):
        await tell(session, "subscription.created", SubscriptionNamed(ref=subscription.ref), now)
        for payment in moved.payments:
            await charged(session, payment, now)


async def move(session: AsyncSession, moved: Moved, now: datetime) -> None:
    """Writes what has become of a subscription, and tells of it."""
    await keep(session, msgspec.structs.replace(moved.subscription, changed_at=now))
    await tell(session, "subscription.updated", SubscriptionNamed(ref=moved.subscription.ref), now)
    for payment in moved.payments:
        await charged(session, payment, now)


async def _subscription(session: AsyncSession, ref: str) -> FakeSubscription:
    found = await load(session, ref, "subscription", FakeSubscription)
    if found is None:
        raise ProviderRefused(f"there is no subscription {ref}")
    return found


async def _running(session: AsyncSession, ref: str) -> FakeSubscription:
    found = await _subscription(session, ref)
    if found.status == "cancelled":
        raise ProviderRefused("the subscription has ended")
    return found


async def _changeable(session: AsyncSession, ref: str, charge: Charge) -> FakeSubscription:
    found = await _running(session, ref)
    if found.status not in {"trialing", "active"}:
        raise ProviderRefused(f"a subscription that is {found.status} cannot be changed")
    if found.currency != charge.currency:
        raise ProviderRefused(f"the subscription is paid in {found.currency}")
    return found


def _terms(charge: Charge, quantity: int) -> Terms:
    return Terms(charge.price_id, charge.amount_minor, charge.interval, quantity)


def _checkout(wanted: CheckoutWanted) -> FakeCheckout:
    charge, discount = wanted.charge, wanted.discount
    once = FakeCheckout(
        ref=f"co_{wanted.order_id.hex}",
        order_id=wanted.order_id,
        title=wanted.title,
        amount_minor=wanted.amount_minor,
        currency=wanted.currency,
        quantity=wanted.quantity,
        success_url=wanted.success_url,
        cancel_url=wanted.cancel_url,
        expires_at=wanted.expires_at,
    )
    if charge is None:
        return once
    return msgspec.structs.replace(
        once,
        price_id=charge.price_id,
        unit_minor=charge.amount_minor,
        interval=charge.interval,
        discount_minor=discount.amount_minor if discount else 0,
        discount_cycles=discount.cycles if discount else None,
        trial_days=wanted.trial_days,
    )


def _plain(thing: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(thing)
    return plain


def _decoded(kept: repository.Kept, type_: type[T]) -> T:
    return msgspec.json.decode(kept.data, type=type_)


def _payment_or_subscription(kept: repository.Kept) -> Seen:
    if kept.kind == "payment":
        return _decoded(kept, FakePayment).seen()
    return _decoded(kept, FakeSubscription).seen()
