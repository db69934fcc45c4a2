"""Razorpay's entities in our words; pure."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domains.billing.policy.seen import (
    DisputeSeen,
    PaymentSeen,
    PaymentStatus,
    RefundSeen,
    RefundStatus,
    SubscriptionSeen,
    SubscriptionStatus,
)
from domains.billing.providers.razorpay.entities import (
    Dispute,
    Invoice,
    Notes,
    Payment,
    Plan,
    Refund,
    Subscription,
    clean,
    moment,
    note,
    own_id,
)

_REFUNDS: dict[str, RefundStatus] = {"pending": "pending", "processed": "succeeded", "failed": "failed"}
_SUBSCRIPTIONS: dict[str, SubscriptionStatus] = {
    "created": "incomplete",
    "authenticated": "incomplete",
    "active": "active",
    "pending": "past_due",
    # No more retries; the customer can still change the card and go on.
    "halted": "past_due",
    "paused": "paused",
}
ENDED = frozenset({"cancelled", "completed", "expired"})
CLOSED_LINK = frozenset({"cancelled", "expired"})
FIRST_CHARGE_S = 3600
"""A period that begins this soon after the subscription is its first one."""


def payment_status(payment: Payment) -> PaymentStatus:
    """One that was authorised, never captured and given back by Razorpay says `refunded` like any other: for us no
    money has come."""
    if payment.status == "captured":
        return "captured"
    if payment.status == "refunded":
        return "authorised" if payment.captured in (False, "0", "false") else "captured"
    if payment.status == "authorized":
        return "authorised"
    return "failed" if payment.status == "failed" else "created"


def paid_once(payment: Payment, notes: Notes) -> PaymentSeen | None:
    """`notes` of the order or payment link that is paid: only the secret key can write them. None where it is not
    ours."""
    order_id = own_id(notes, "order_id")
    return None if order_id is None else _payment(payment, order_id=order_id)


def told_once(payment: Payment, checkout_ref: str, claimed: UUID | None = None) -> PaymentSeen:
    """As its webhook tells: for whichever of our orders was given this Razorpay order or payment link."""
    return _payment(payment, checkout_ref=checkout_ref, order_id=claimed)


def may_begin_it(invoice: Invoice, subscription: Subscription) -> bool:
    """Whether this can be the charge with which the subscription begins. After a trial none is: what came before was
    the trial. A plan that is changed within the first hour looks the same, so the oldest invoice is the one."""
    begins, start = subscription.start_at, invoice.billing_start
    if note(subscription.notes, "trial"):
        return False
    if start is None or begins is None:
        return start is None
    if note(subscription.notes, "first") == "upfront":
        # Asked for together with the mandate, whose own periods begin when this one is over.
        return start < begins - FIRST_CHARGE_S
    return start <= begins + FIRST_CHARGE_S


def paid_in_period(payment: Payment, invoice: Invoice, subscription: Subscription, *, first: bool) -> PaymentSeen:
    """Of a subscription. `first`: it is what the order that began it asked for."""
    start, end = invoice.billing_start, invoice.billing_end
    if first and note(subscription.notes, "first") == "upfront":
        start, end = subscription.created_at, subscription.start_at
    return _payment(
        payment,
        order_id=own_id(subscription.notes, "order_id") if first else None,
        subscription_ref=subscription.id,
        invoice_ref=invoice.id,
        period_start=moment(start),
        period_end=moment(end),
    )


def _payment(payment: Payment, **more: Any) -> PaymentSeen:
    return PaymentSeen(
        payment_ref=payment.id,
        status=payment_status(payment),
        amount_minor=payment.amount,
        currency=payment.currency,
        method=clean(payment.method, 40),
        failure=clean(payment.error_description) if payment.status == "failed" else "",
        # Cards have no mark that stays the same from payment to payment; a UPI address is its owner's.
        fingerprint=f"vpa:{clean(payment.vpa).lower()}" if payment.vpa else "",
        **more,
    )


def refunded(refund: Refund) -> RefundSeen:
    return RefundSeen(
        refund_ref=refund.id,
        payment_ref=refund.payment_id,
        status=_REFUNDS.get(refund.status, "pending"),
        amount_minor=refund.amount,
        currency=refund.currency,
        own_id=own_id(refund.notes, "refund_id"),
    )


def disputed(dispute: Dispute) -> DisputeSeen | None:
    """None for a bank's question, which holds no money back. It is decided by the time Razorpay calls it closed."""
    deducted = bool(dispute.amount_deducted)
    if dispute.status in ("won", "lost"):
        status = dispute.status
    elif dispute.status == "closed":
        status = "lost" if deducted else "won"
    elif dispute.phase in ("retrieval", "fraud") and not deducted:
        return None
    else:
        status = "open"
    return DisputeSeen(
        dispute_ref=dispute.id,
        payment_ref=dispute.payment_id,
        status=status,  # type: ignore[arg-type]
        amount_minor=dispute.amount,
        currency=dispute.currency,
    )


def subscribed(subscription: Subscription, plan: Plan, *, leaving: bool, now: datetime) -> SubscriptionSeen | None:
    """None for one that is not ours. `leaving`: we asked for its end; the entity does not say."""
    order_id = own_id(subscription.notes, "order_id")
    if order_id is None:
        return None
    start, end = moment(subscription.current_start), moment(subscription.current_end)
    begins = moment(subscription.start_at)
    status, ends = _standing(subscription, begins, end, leaving, now)
    if start is None and status in ("trialing", "active"):
        # Before the first charge by the mandate: the trial, or the period that was paid for when it was given.
        start, end = moment(subscription.created_at), begins
    over = moment(subscription.ended_at) if status == "cancelled" else None
    return SubscriptionSeen(
        subscription_ref=subscription.id,
        status=status,
        order_id=order_id,
        price_id=price_of(subscription, plan),
        quantity=subscription.quantity * pieces(plan),
        current_period_start=start,
        current_period_end=end,
        trial_end=begins if note(subscription.notes, "trial") else None,
        cancel_at_period_end=ends and status not in ("cancelled", "incomplete"),
        cancelled_at=over,
        ended_at=over,
    )


def _standing(
    subscription: Subscription, begins: datetime | None, end: datetime | None, leaving: bool, now: datetime
) -> tuple[SubscriptionStatus, bool]:
    """And whether it ends with its period."""
    before: SubscriptionStatus | None = None
    if note(subscription.notes, "trial"):
        before = "trialing"
    elif note(subscription.notes, "first") == "upfront":
        before = "active"
    if subscription.status == "authenticated" and before is not None:
        return before, leaving
    if subscription.status in ENDED:
        if leaving and before is not None and begins is not None and begins > now:
            # Razorpay ends at once what has not begun to be charged; what was promised lasts as promised.
            return before, True
        if subscription.status == "completed" and end is not None and end > now:
            # Razorpay says completed with the last charge, and that pays for a period still to come.
            return "active", True
        return "cancelled", False
    last = subscription.remaining_count == 0 and bool(subscription.paid_count)
    return _SUBSCRIPTIONS.get(subscription.status, "incomplete"), leaving or last


def price_of(subscription: Subscription, plan: Plan) -> UUID | None:
    return own_id(plan.notes, "price_id") or own_id(subscription.notes, "price_id")


def pieces(plan: Plan) -> int:
    """How many of what we sell one piece of the plan holds: more than one where a discount is for all of them."""
    found = note(plan.notes, "pieces")
    return int(found) if found.isascii() and found.isdigit() and int(found[:9]) > 0 else 1
