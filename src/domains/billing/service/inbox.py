"""From a webhook to what it changes.

Invariant: a webhook is answered once its bytes are in the database, before anything is done about it; applying it is a
job that can run any number of times. What is signed and yet not for us to act on is set aside, with an alarm.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domains.billing import metrics
from domains.billing.errors import BadSignature, StateForbids, WebhookNotFound
from domains.billing.events import WebhookReceived
from domains.billing.models import OrderRow, RefundRow, WebhookRow
from domains.billing.policy import orders as policy
from domains.billing.policy.seen import (
    CheckoutClosed,
    DisputeSeen,
    Lookup,
    PaymentSeen,
    RefundSeen,
    Seen,
    SubscriptionSeen,
    Told,
)
from domains.billing.providers.port import Incoming, Provider, Providers, Quarantine
from domains.billing.repository import inbox as repository
from domains.billing.repository import orders
from domains.billing.service import effects, subscriptions, trials
from domains.kernel import money
from domains.kernel.uow import Database, UnitOfWork

log = logging.getLogger(__name__)

BODIES_KEPT = timedelta(days=90)
"""Longer than a provider lets a payment be looked into by its webhooks, shorter than anybody may keep names for."""
AT_ONCE = 500


class NotYet(Exception):
    """It speaks of something that we shall only know after another webhook: to be tried again."""


# ---- receiving


async def receive(uow: UnitOfWork, provider: Provider, body: bytes, headers: Mapping[str, str], now: datetime) -> bool:
    """Stores a webhook whose signature fits. False for one that is there already. Raises BadSignature,
    WebhooksClosed."""
    try:
        incoming = provider.verify(body, headers, now)
    except BadSignature:
        metrics.WEBHOOKS.labels(provider.name, "refused").inc()
        raise
    return await store(uow, provider.name, incoming, body)


async def store(uow: UnitOfWork, provider_name: str, incoming: Incoming, body: bytes) -> bool:
    """Into the inbox, with the job that will apply it. False when it is there already."""
    webhook_id = await repository.add(uow.session, provider_name, incoming.event_ref, incoming.type, body)
    metrics.WEBHOOKS.labels(provider_name, "received" if webhook_id else "repeated").inc()
    if webhook_id is None:
        return False
    uow.record(WebhookReceived(webhook_id=webhook_id))
    return True


# ---- applying


async def apply_webhook(uow: UnitOfWork, webhook_id: UUID, now: datetime) -> None:
    """Does what the webhook asks for. Provider calls happen before the transaction begins. Raises what a later try
    may mend; what no try can mend is set aside."""
    waiting = await repository.still_to_apply(uow.db, webhook_id)
    if waiting is None:
        return
    provider = uow.db.port(Providers).chosen(waiting.provider)
    kept = len(uow.facts)
    try:
        number, seen = await looked_up(uow.db, provider, provider.read(waiting.body))
        async with uow.session.begin_nested():
            ours = await apply(uow, seen, provider.name, number, now)
        outcome, note = "applied" if ours else "ignored", ""
    except (Quarantine, ValueError) as error:
        del uow.facts[kept:]
        outcome, note = "quarantined", str(error) or type(error).__name__
        log.error("webhook %s of %s is set aside: %s", webhook_id, provider.name, note)
    metrics.WEBHOOKS.labels(provider.name, outcome).inc()
    await repository.settle(uow.session, webhook_id, outcome, note, now)


async def looked_up(db: Database, provider: Provider, told: Sequence[Told]) -> tuple[int, list[Seen]]:
    """What was told, with a look at the provider where only that tells; and the number of the look-up."""
    number = 0
    seen: list[Seen] = []
    for one in told:
        if isinstance(one, Lookup):
            # Taken before the first call: whoever asks later sees at least as much.
            number = number or await repository.next_lookup(db)
            seen.extend(await provider.look_up(db, one))
        else:
            seen.append(one)
    return number, seen


async def apply(uow: UnitOfWork, seen: Sequence[Seen], provider_name: str, number: int, now: datetime) -> bool:
    """Writes down the facts and lets their effects follow. False when none of it is about us."""
    refs = [one.payment_ref for one in seen if isinstance(one, PaymentSeen | RefundSeen | DisputeSeen)]
    await orders.lock_payments(uow.session, provider_name, refs)
    ours = False
    # A subscription before its payments: the first payment of one finds its order through it.
    for one in sorted(seen, key=lambda one: not isinstance(one, SubscriptionSeen)):
        match one:
            case SubscriptionSeen():
                ours |= await _subscription(uow, provider_name, one, number, now)
            case PaymentSeen():
                ours |= await _payment(uow, provider_name, one, now)
            case RefundSeen():
                ours |= await _refund(uow, provider_name, one, now)
            case DisputeSeen():
                ours |= await _dispute(uow, provider_name, one, now)
            case CheckoutClosed():
                ours |= await _checkout_closed(uow, provider_name, one, now)
    return ours


async def _subscription(uow: UnitOfWork, provider: str, seen: SubscriptionSeen, number: int, now: datetime) -> bool:
    known = await subscriptions.apply(uow, provider, seen, number, now)
    if known and seen.order_id is not None:
        # A trial costs nothing today: its order is settled by the subscription being there.
        await effects.refold(uow, seen.order_id, now)
    return known


async def _payment(uow: UnitOfWork, provider: str, seen: PaymentSeen, now: datetime) -> bool:
    order = await _order_of(uow, provider, seen, now)
    if order is None:
        return False
    if order.provider != provider:
        raise Quarantine(f"order {order.id} was placed with {order.provider}")
    captured = seen.status == "captured"
    if captured and (seen.amount_minor, seen.currency) != (order.total_minor, order.currency):
        asked, paid = money.shown(order.total_minor, order.currency), money.shown(seen.amount_minor, seen.currency)
        raise Quarantine(f"order {order.id} asks for {asked}, paid were {paid}")
    row = await orders.payment(uow.session, provider, seen.payment_ref)
    if row is None:
        values = {
            "order_id": order.id,
            "provider": provider,
            "payment_ref": seen.payment_ref,
            "status": seen.status,
            "amount_minor": seen.amount_minor,
            "currency": seen.currency,
            "method": seen.method,
            "failure": seen.failure,
            "captured_at": now if captured else None,
        }
        await orders.add_payment(uow.session, values)
    elif row.order_id != order.id:
        raise Quarantine(f"payment {seen.payment_ref} pays for order {row.order_id} and for {order.id}")
    elif policy.payment_moves(row.status, seen.status):
        row.status, row.amount_minor = seen.status, seen.amount_minor
        row.method = seen.method or row.method
        row.failure = seen.failure
        row.captured_at = now if captured else row.captured_at
        await uow.session.flush()
    if seen.fingerprint:
        await trials.note_fingerprint(uow, order.id, seen.fingerprint)
    await effects.refold(uow, order.id, now)
    return True


async def _order_of(uow: UnitOfWork, provider: str, seen: PaymentSeen, now: datetime) -> OrderRow | None:
    """Raises NotYet for a payment of a subscription that has not come to us yet."""
    if seen.checkout_ref is not None:
        return await _order_of_checkout(uow, provider, seen.checkout_ref, seen.order_id)
    if seen.order_id is not None:
        return await orders.order(uow.session, seen.order_id)
    known = await orders.payment(uow.session, provider, seen.payment_ref)
    if known is not None:
        return await orders.order(uow.session, known.order_id)
    if seen.subscription_ref is None:
        return None
    found = await subscriptions.order_for(uow, provider, seen, now)
    if found is None:
        raise NotYet(f"subscription {seen.subscription_ref} is not known yet")
    return found


async def _order_of_checkout(
    uow: UnitOfWork, provider: str, checkout_ref: str, claimed: UUID | None
) -> OrderRow | None:
    """By what the provider called it when we began it. Raises Quarantine for what names an order of ours and pays
    something else: the other mode of the account, or another account."""
    found = await orders.order_of_checkout(uow.session, provider, checkout_ref)
    if claimed is None or (found is not None and found.id == claimed):
        return found
    if await orders.order(uow.session, claimed) is not None:
        raise Quarantine(f"{checkout_ref} says that it is order {claimed}, which has another name there")
    return found


async def _refund(uow: UnitOfWork, provider: str, seen: RefundSeen, now: datetime) -> bool:
    """Also without its payment: that may still come."""
    payment = await orders.payment(uow.session, provider, seen.payment_ref)
    if payment is not None and (payment.currency != seen.currency or seen.amount_minor > payment.amount_minor):
        was, back = money.shown(payment.amount_minor, payment.currency), money.shown(seen.amount_minor, seen.currency)
        raise Quarantine(f"{back} given back of payment {seen.payment_ref} of {was}")
    row = await _known_refund(uow, provider, seen)
    if row is None:
        values = {
            "provider": provider,
            "payment_ref": seen.payment_ref,
            "refund_ref": seen.refund_ref,
            "status": seen.status,
            "amount_minor": seen.amount_minor,
            "currency": seen.currency,
        }
        await orders.add_refund(uow.session, values)
    elif policy.refund_moves(row.status, seen.status):
        row.status = seen.status
    await uow.session.flush()
    if payment is not None:
        await effects.refold(uow, payment.order_id, now)
    return True


async def _known_refund(uow: UnitOfWork, provider: str, seen: RefundSeen) -> RefundRow | None:
    row = await orders.refund_by_ref(uow.session, provider, seen.refund_ref)
    if row is None and seen.own_id is not None:
        asked = await orders.refund_by_id(uow.session, seen.own_id)
        # A second refund under our one id is more money, and gets a row of its own.
        if asked is not None and asked.refund_ref is None and asked.payment_ref == seen.payment_ref:
            row = asked
            row.refund_ref = seen.refund_ref
    if row is None:
        return None
    if (row.amount_minor, row.currency) != (seen.amount_minor, seen.currency):
        told, known = money.shown(seen.amount_minor, seen.currency), money.shown(row.amount_minor, row.currency)
        raise Quarantine(f"refund {seen.refund_ref} is of {told}, we know of {known}")
    return row


async def _dispute(uow: UnitOfWork, provider: str, seen: DisputeSeen, now: datetime) -> bool:
    row = await orders.dispute(uow.session, provider, seen.dispute_ref)
    if row is None:
        values = {
            "provider": provider,
            "payment_ref": seen.payment_ref,
            "dispute_ref": seen.dispute_ref,
            "status": seen.status,
            "amount_minor": seen.amount_minor,
            "currency": seen.currency,
        }
        await orders.add_dispute(uow.session, values)
    elif policy.dispute_moves(row.status, seen.status):
        row.status = seen.status
        await uow.session.flush()
    payment = await orders.payment(uow.session, provider, seen.payment_ref)
    if payment is not None:
        await effects.refold(uow, payment.order_id, now)
    return True


async def _checkout_closed(uow: UnitOfWork, provider: str, seen: CheckoutClosed, now: datetime) -> bool:
    order = await orders.order(uow.session, seen.order_id)
    if order is None or order.provider != provider:
        return False
    await effects.give_up(uow, order.id, now)
    return True


# ---- for operators


class WebhookView(NamedTuple):
    id: UUID
    provider: str
    event_ref: str
    type: str
    state: str
    note: str
    received_at: datetime
    handled_at: datetime | None
    body: bytes


async def listed(uow: UnitOfWork, state: str | None, *, most: int, before: UUID | None = None) -> list[WebhookView]:
    """The newest first."""
    return [_view(row) for row in await repository.listed(uow.session, state, most=most, before=before)]


async def measure(db: Database) -> None:
    """Brings the figures of what is open up to the database."""
    counts = {(name, state): 0 for name in db.port(Providers).names for state in ("received", "quarantined")}
    counts |= {(name, state): number for name, state, number in await repository.open_counts(db)}
    metrics.OPEN_WEBHOOKS.clear()
    for (name, state), number in counts.items():
        metrics.OPEN_WEBHOOKS.labels(name, state).set(number)


async def shown(uow: UnitOfWork, webhook_id: UUID) -> WebhookView:
    """Raises WebhookNotFound."""
    found = await repository.one(uow.session, webhook_id)
    if found is None:
        raise WebhookNotFound
    return _view(found)


def _view(row: WebhookRow) -> WebhookView:
    return WebhookView(
        row.id,
        row.provider,
        row.event_ref,
        row.type,
        row.state,
        row.note,
        row.received_at,
        row.handled_at,
        row.body,
    )


async def replay(uow: UnitOfWork, webhook_id: UUID | None) -> int:
    """Applies one again, or all that were set aside. How many. Raises WebhookNotFound, and StateForbids for one whose
    body is forgotten."""
    reopened = await repository.reopen(uow.session, webhook_id)
    if webhook_id is not None and not reopened:
        await shown(uow, webhook_id)
        raise StateForbids("its body is no longer kept")
    for found in reopened:
        uow.record(WebhookReceived(webhook_id=found))
    return len(reopened)


async def forget(db: Database, now: datetime) -> None:
    """Empties webhooks that nobody will need again: they carry names and addresses."""
    forgotten = AT_ONCE
    while forgotten == AT_ONCE:
        async with db.begin() as uow:
            forgotten = await repository.forget_bodies(uow.session, now - BODIES_KEPT, most=AT_ONCE)
