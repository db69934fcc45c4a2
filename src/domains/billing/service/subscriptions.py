"""Subscriptions as they stand at their provider.

Invariant: a row shows the look-up with the highest number, and what it gives follows from the row. Numbers are taken
before the provider is asked, so whoever asked later saw at least as much; looks may come in any order, any number of
times. A subscription opens and ends only what it gave itself, and gives nothing for a period whose money went back.
"""

import logging
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from domains.billing.events import SubscriptionChanged
from domains.billing.models import OrderRow, PriceRow, ProductRow, SubscriptionRow
from domains.billing.policy import subscriptions as policy
from domains.billing.policy.pricing import NO_DISCOUNT, quote
from domains.billing.policy.seen import PaymentSeen, SubscriptionSeen, SubscriptionStatus
from domains.billing.policy.subscriptions import Standing
from domains.billing.providers.port import Quarantine
from domains.billing.repository import catalogue, orders
from domains.billing.repository import subscriptions as repository
from domains.billing.service import entitlements, trials
from domains.kernel.uow import UnitOfWork

log = logging.getLogger(__name__)


async def apply(uow: UnitOfWork, provider_name: str, seen: SubscriptionSeen, number: int, now: datetime) -> bool:
    """Brings the row to what look-up `number` saw; an earlier look than the one it shows changes nothing. False when
    the subscription is not ours. Raises Quarantine."""
    row = await repository.by_ref(uow.session, provider_name, seen.subscription_ref, lock=True)
    if row is None:
        row = await _first_seen(uow, provider_name, seen)
    if row is None:
        return False
    if number <= row.seen:
        return True
    # Before the lock of what it gives, which whoever gives back money of this order takes after it.
    await orders.order(uow.session, row.order_id, lock=True)
    before = standing_of(row) if row.seen else None
    price, product = await _sold(uow, row, seen)
    after = policy.looked_at(before, seen, price.id, now)
    _show(row, after, product)
    row.quantity, row.seen = seen.quantity, number
    await uow.session.flush()
    changes = policy.changes(before, after)
    if "began" in changes:
        await _begun(uow, row)
    await _settle(uow, row, after, product, now)
    if row.status == "trialing" and seen.fingerprint:
        await trials.note_fingerprint(uow, row.order_id, seen.fingerprint)
    for change in changes:
        uow.record(
            SubscriptionChanged(
                user_id=row.user_id,
                subscription_id=row.id,
                product_id=row.product_id,
                status=row.status,
                change=change,
                current_period_end=row.current_period_end,
                cancel_at_period_end=row.cancel_at_period_end,
            )
        )
    return True


async def _first_seen(uow: UnitOfWork, provider: str, seen: SubscriptionSeen) -> SubscriptionRow | None:
    """The row of a subscription that an order of ours began, which nothing has been written into yet."""
    if seen.order_id is None:
        return None
    order = await orders.order(uow.session, seen.order_id)
    if order is None:
        return None
    if order.provider != provider or order.kind != "subscription":
        raise Quarantine(f"order {order.id} is a {order.kind} with {order.provider} and begins no subscription here")
    values = {
        "user_id": order.user_id,
        "product_id": order.product_id,
        "price_id": order.price_id,
        "order_id": order.id,
        "provider": provider,
        "subscription_ref": seen.subscription_ref,
        "status": "incomplete",
        "quantity": order.quantity,
    }
    await repository.add(uow.session, values)
    row = await repository.by_ref(uow.session, provider, seen.subscription_ref, lock=True)
    if row is None:
        raise Quarantine(f"order {order.id} has begun another subscription than {seen.subscription_ref}")
    # Always the subscription before its order, so that two looks at once never wait for each other.
    await orders.order(uow.session, order.id, lock=True)
    order.subscription_id = row.id
    await uow.session.flush()
    return row


async def _begun(uow: UnitOfWork, row: SubscriptionRow) -> None:
    """The order that began it is for its first period, and its trial is used."""
    order = await orders.order(uow.session, row.order_id, lock=True)
    assert order is not None
    order.period_start, order.period_end = row.current_period_start, row.current_period_end
    await uow.session.flush()
    if row.trial_end is not None:
        await trials.begun(uow, order)
    other = await repository.going_on(uow.session, row.user_id, row.product_id, besides=row.id)
    if other is not None:
        # Two pages were paid: nobody but a person can say which one is to end.
        log.error("subscription %s has begun, and %s to the same product goes on", row.id, other.id)


async def _sold(uow: UnitOfWork, row: SubscriptionRow, seen: SubscriptionSeen) -> tuple[PriceRow, ProductRow]:
    """What the subscription pays now. Raises Quarantine for a price that it cannot have."""
    price = await catalogue.price(uow.session, seen.price_id or row.price_id)
    had = await orders.price(uow.session, row.price_id)
    if price is None or price.interval is None or price.currency != had.currency:
        raise Quarantine(f"{seen.subscription_ref} pays price {seen.price_id}, which is none for it")
    return price, await orders.product(uow.session, price.product_id)


def standing_of(row: SubscriptionRow) -> Standing:
    return Standing(
        status=cast("SubscriptionStatus", row.status),
        price_id=row.price_id,
        current_period_start=row.current_period_start,
        current_period_end=row.current_period_end,
        trial_end=row.trial_end,
        cancel_at_period_end=row.cancel_at_period_end,
        cancelled_at=row.cancelled_at,
        ended_at=row.ended_at,
        past_due_since=row.past_due_since,
    )


def _show(row: SubscriptionRow, standing: Standing, product: ProductRow) -> None:
    if standing.past_due_since != row.past_due_since:
        row.dunning_step = 0
    row.status = standing.status
    row.price_id = standing.price_id
    row.current_period_start = standing.current_period_start
    row.current_period_end = standing.current_period_end
    row.trial_end = standing.trial_end
    row.cancel_at_period_end = standing.cancel_at_period_end
    row.cancelled_at = standing.cancelled_at
    row.ended_at = standing.ended_at
    row.past_due_since = standing.past_due_since


async def _settle(
    uow: UnitOfWork, row: SubscriptionRow, standing: Standing, product: ProductRow, now: datetime
) -> None:
    """Access as the row says, and nothing more to pay where it has ended."""
    if row.product_id != product.id:
        await entitlements.end(uow, "subscription", row.id, now)
        row.product_id = product.id
        await uow.session.flush()
    await _open(uow, row, product, now)
    if standing.status == "cancelled":
        await repository.nothing_to_come(uow.session, row.id, now)


async def money_moved(uow: UnitOfWork, subscription_id: UUID, now: datetime) -> None:
    """Money of one of its orders, which the caller holds, went back, is disputed, or came again."""
    row = await repository.by_id(uow.session, subscription_id)
    if row is not None:
        await _open(uow, row, await orders.product(uow.session, row.product_id), now)


async def access_until(uow: UnitOfWork, row: SubscriptionRow) -> datetime | None:
    """The end of what it gives, which may have passed; None for nothing, also where the money for it is gone."""
    until = policy.access_until(standing_of(row))
    if until is None:
        return None
    money = await repository.money_for(uow.session, row.id)
    if not money.gone:
        return until
    return min(until, money.paid_until) if money.paid_until else None


async def _open(uow: UnitOfWork, row: SubscriptionRow, product: ProductRow, now: datetime) -> None:
    await entitlements.hold(uow, "subscription", row.id)
    until = await access_until(uow, row)
    if until is None or until <= now:
        await entitlements.end(uow, "subscription", row.id, until or now)
    else:
        await entitlements.grant(
            uow,
            user_id=row.user_id,
            keys=product.keys,
            source="subscription",
            source_id=row.id,
            starts_at=now,
            ends_at=until,
        )


# ---- orders of its payments


async def order_for(uow: UnitOfWork, provider_name: str, seen: PaymentSeen, now: datetime) -> OrderRow | None:
    """The order that a subscription's payment is for: the one that began it, or one for each later invoice, made when
    it is first heard of. None when the subscription is not known (yet). Raises Quarantine.

    What a later invoice asks for was computed by the provider out of the price, the discount and the proration that we
    gave it, so the amount is the payment's, with the tax in it at the rate of the first order."""
    if seen.order_id is not None:
        return await orders.order(uow.session, seen.order_id)
    if seen.subscription_ref is None:
        return None
    row = await repository.by_ref(uow.session, provider_name, seen.subscription_ref)
    if row is None:
        return None
    price = await orders.price(uow.session, row.price_id)
    if price.currency != seen.currency:
        raise Quarantine(f"{seen.subscription_ref} is paid in {price.currency}, not in {seen.currency}")
    invoice_ref = seen.invoice_ref or seen.payment_ref
    order = await repository.order_of_invoice(uow.session, provider_name, invoice_ref)
    if order is None:
        values = await _later_order(uow, row, price, seen, now)
        await repository.add_order(uow.session, {**values, "provider_invoice_ref": invoice_ref})
        order = await repository.order_of_invoice(uow.session, provider_name, invoice_ref)
    if order is None or order.subscription_id != row.id:
        raise Quarantine(f"invoice {invoice_ref} belongs to something else than {seen.subscription_ref}")
    if order.paid_at is None and order.id != row.order_id and order.total_minor != seen.amount_minor:
        # Credit can change what an open invoice still asks for.
        await repository.price_order(uow.session, order.id, _amounts(order.kind, order, price, seen))
        order = await repository.order_of_invoice(uow.session, provider_name, invoice_ref)
    return order


async def _later_order(
    uow: UnitOfWork, row: SubscriptionRow, price: PriceRow, seen: PaymentSeen, now: datetime
) -> dict[str, Any]:
    first = await orders.order(uow.session, row.order_id)
    assert first is not None
    start = seen.period_start
    asked_before = start is not None and await repository.has_order_at(uow.session, row.id, start)
    kind = "plan_change" if asked_before else "renewal"
    return {
        "user_id": row.user_id,
        "product_id": row.product_id,
        "price_id": row.price_id,
        "kind": kind,
        "subscription_id": row.id,
        "provider": row.provider,
        "state": "pending",
        "quantity": row.quantity,
        "currency": seen.currency,
        "tax_name": first.tax_name,
        "tax_bp": first.tax_bp,
        "placed_at": now,
        "period_start": seen.period_start,
        "period_end": seen.period_end,
        **_amounts(kind, first, price, seen),
    }


def _amounts(kind: str, taxed: OrderRow, price: PriceRow, seen: PaymentSeen) -> dict[str, int]:
    """A renewal that costs less than its price had something taken off; a plan change has no price of its own."""
    total = seen.amount_minor
    paid = quote(total, 1, NO_DISCOUNT, tax_bp=taxed.tax_bp, tax_inclusive=True, currency=seen.currency)
    before_tax = total if price.tax_inclusive else paid.net_minor
    full = max(before_tax, price.amount_minor * taxed.quantity) if kind == "renewal" else before_tax
    return {
        "list_minor": full,
        "discount_minor": full - before_tax,
        "tax_minor": paid.tax_minor,
        "total_minor": total,
    }
