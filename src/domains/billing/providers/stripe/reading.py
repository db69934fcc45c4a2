"""What Stripe's objects and events say, in our words. Pure.

Invariant: an event about a thing that does not carry one of our ids says nothing; one that does and cannot be
understood, or is of the wrong mode or account, goes to a person (Quarantine) and never into the books.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from domains.billing.errors import WebhookUnreadable
from domains.billing.policy.seen import (
    CheckoutClosed,
    DisputeSeen,
    DisputeStatus,
    Lookup,
    PaymentSeen,
    PaymentStatus,
    RefundSeen,
    RefundStatus,
    SubscriptionSeen,
    SubscriptionStatus,
    Told,
)
from domains.billing.providers.port import Quarantine
from domains.billing.providers.stripe.amounts import from_stripe
from domains.billing.providers.stripe.shapes import (
    Charge,
    Dispute,
    Event,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    PaymentMethod,
    Refund,
    Session,
    Subscription,
    moment,
    own_id,
    ref,
    shaped,
)

_SUBSCRIPTION_STATUS: Mapping[str, SubscriptionStatus] = {
    "incomplete": "incomplete",
    "incomplete_expired": "cancelled",
    "trialing": "trialing",
    "active": "active",
    "past_due": "past_due",
    # Stripe gave up trying, the subscription stands: our own dunning decides how long.
    "unpaid": "past_due",
    "canceled": "cancelled",
    "paused": "paused",
}
_REFUND_STATUS: Mapping[str | None, RefundStatus] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
# An inquiry (warning_…) takes no money; if it turns into a dispute, that has a status of its own. What was prevented
# was answered with a refund, which is told as one.
_DISPUTE_STATUS: Mapping[str, DisputeStatus | None] = {
    "needs_response": "open",
    "under_review": "open",
    "appeal_needs_response": "open",
    "appeal_under_review": "open",
    "won": "won",
    "lost": "lost",
    "warning_needs_response": None,
    "warning_under_review": None,
    "warning_closed": None,
    "prevented": None,
}
_LONGEST_TEXT = 300


def incoming(body: bytes) -> Event:
    """The envelope of a body whose signature fits. Raises WebhookUnreadable whatever else is wrong with it."""
    try:
        return shaped(msgspec.json.decode(body), Event)
    except RecursionError:
        raise WebhookUnreadable("nested too deep") from None
    except ValueError:
        raise WebhookUnreadable("no event of Stripe's") from None


def told(event: Event, *, live: bool) -> list[Told]:
    """Raises Quarantine."""
    if event.livemode != live:
        raise Quarantine(f"an event of {'live' if event.livemode else 'test'} mode")
    if event.account:
        raise Quarantine(f"an event of the connected account {event.account}")
    reader = _reader(event.type)
    if reader is None:
        return []
    try:
        return reader(event.data.object)
    except ValueError as unreadable:
        raise Quarantine(f"{event.type} of API version {event.api_version}: {unreadable}") from None


def _reader(type_: str) -> Callable[[dict[str, Any]], list[Told]] | None:
    family = type_.rpartition(".")[0]
    if family == "charge.refund":
        family = "refund"
    if family == "invoice" and type_ not in _INVOICE_TYPES:
        return None
    return _SINGLE.get(type_) or _READERS.get(family)


# ---- events


def _session_event(found: dict[str, Any]) -> list[Told]:
    if own_id(found.get("metadata"), "order_id") is None:
        return []
    return session(shaped(found, Session))


def _session_failed(found: dict[str, Any]) -> list[Told]:
    """A debit or transfer did not arrive. Its page is used up: whoever tries again needs another."""
    order_id = own_id(found.get("metadata"), "order_id")
    return [] if order_id is None else [CheckoutClosed(order_id=order_id)]


def _payment_event(found: dict[str, Any]) -> list[Told]:
    if own_id(found.get("metadata"), "order_id") is None:
        return []
    return [payment(shaped(found, PaymentIntent))]


def _charge_refunded(found: dict[str, Any]) -> list[Told]:
    # Says how much in all, not which refunds: those are asked for.
    intent = ref(shaped(found, Charge).payment_intent)
    return [Lookup(kind="payment", ref=intent)] if intent else []


def _refund_event(found: dict[str, Any]) -> list[Told]:
    seen = refund(shaped(found, Refund))
    return [seen] if seen else []


def _dispute_event(found: dict[str, Any]) -> list[Told]:
    seen = dispute(shaped(found, Dispute))
    return [seen] if seen else []


def _subscription_event(found: dict[str, Any]) -> list[Told]:
    if own_id(found.get("metadata"), "order_id") is None:
        return []
    return [Lookup(kind="subscription", ref=_id(found.get("id")))]


def _invoice_event(found: dict[str, Any]) -> list[Told]:
    """Reads also the shape before 2025, so that an endpoint of an older version is no reason to miss a renewal."""
    parent = found.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else found.get("subscription_details")
    if not isinstance(details, dict) or own_id(details.get("metadata"), "order_id") is None:
        return []
    subscription_ref = details.get("subscription", found.get("subscription"))
    invoice = Lookup(kind="invoice", ref=_id(found.get("id")))
    if subscription_ref is None:
        return [invoice]
    # Its money can only be booked once the subscription is known, and nothing says that it was told before.
    return [Lookup(kind="subscription", ref=_id(subscription_ref)), invoice]


def _invoice_payment_event(found: dict[str, Any]) -> list[Told]:
    invoice_ref = ref(shaped(found, InvoicePayment).invoice)
    return [Lookup(kind="invoice", ref=invoice_ref)] if invoice_ref else []


_INVOICE_TYPES = frozenset(
    f"invoice.{what}"
    for what in (
        "paid",
        "payment_succeeded",
        "payment_failed",
        "payment_action_required",
        "voided",
        "marked_uncollectible",
    )
)
_SINGLE: Mapping[str, Callable[[dict[str, Any]], list[Told]]] = {
    "charge.refunded": _charge_refunded,
    "checkout.session.async_payment_failed": _session_failed,
}
_READERS: Mapping[str, Callable[[dict[str, Any]], list[Told]]] = {
    "checkout.session": _session_event,
    "payment_intent": _payment_event,
    "refund": _refund_event,
    "charge.dispute": _dispute_event,
    "customer.subscription": _subscription_event,
    "invoice": _invoice_event,
    "invoice_payment": _invoice_payment_event,
}


# ---- objects


def session(found: Session) -> list[Told]:
    """Of a session that carries our order."""
    order_id = own_id(found.metadata, "order_id")
    if order_id is None:
        return []
    if found.status == "expired":
        return [CheckoutClosed(order_id=order_id)]
    if found.status != "complete":
        return []
    if found.mode == "subscription":
        subscription_ref, invoice_ref = ref(found.subscription), ref(found.invoice)
        asked: list[Told] = []
        if subscription_ref:
            asked.append(Lookup(kind="subscription", ref=subscription_ref))
        if invoice_ref:
            asked.append(Lookup(kind="invoice", ref=invoice_ref))
        return asked
    payment_ref = ref(found.payment_intent)
    if payment_ref is None or found.amount_total is None or found.currency is None:
        return []
    currency = found.currency.upper()
    return [
        PaymentSeen(
            payment_ref=payment_ref,
            # Not paid yet: a bank transfer or debit that is on its way; payment_intent.* tells how it ends.
            status="captured" if found.payment_status == "paid" else "authorised",
            amount_minor=from_stripe(found.amount_total, currency),
            currency=currency,
            order_id=order_id,
        )
    ]


def payment(found: PaymentIntent) -> PaymentSeen:
    """`order_id` is what its own metadata says: nothing for the payments of invoices."""
    status = _payment_status(found)
    currency = found.currency.upper()
    amount = found.amount if status != "captured" or found.amount_received is None else found.amount_received
    details = found.latest_charge.payment_method_details if isinstance(found.latest_charge, Charge) else None
    method = (details or {}).get("type")
    if not isinstance(method, str):
        method = found.payment_method_types[0] if len(found.payment_method_types) == 1 else ""
    card = (details or {}).get(method)
    error = found.last_payment_error if status == "failed" else None
    return PaymentSeen(
        payment_ref=found.id,
        status=status,
        amount_minor=from_stripe(amount, currency),
        currency=currency,
        order_id=own_id(found.metadata, "order_id"),
        method=_text(method),
        failure=_text(error and (error.message or error.code)),
        fingerprint=_text(card.get("fingerprint") if isinstance(card, dict) else None),
    )


def _payment_status(found: PaymentIntent) -> PaymentStatus:
    match found.status:
        case "succeeded":
            return "captured"
        case "requires_capture" | "processing":
            return "authorised"
        case "canceled":
            return "failed"
        case "requires_payment_method" if found.last_payment_error:
            return "failed"
        case "requires_payment_method" | "requires_confirmation" | "requires_action":
            return "created"
    raise ValueError(f"a payment with the status {found.status[:40]!r}")


def refund(found: Refund) -> RefundSeen | None:
    """None where it is not of a PaymentIntent: then it is not of ours."""
    payment_ref, currency = ref(found.payment_intent), found.currency.upper()
    if payment_ref is None:
        return None
    return RefundSeen(
        refund_ref=found.id,
        payment_ref=payment_ref,
        status=_REFUND_STATUS.get(found.status, "pending"),
        amount_minor=from_stripe(found.amount, currency),
        currency=currency,
        own_id=own_id(found.metadata, "own_id"),
    )


def dispute(found: Dispute) -> DisputeSeen | None:
    """None where no money is held, and where it is not of a PaymentIntent."""
    payment_ref, currency = ref(found.payment_intent), found.currency.upper()
    if found.status not in _DISPUTE_STATUS:
        raise ValueError(f"a dispute with the status {found.status[:40]!r}")
    status = _DISPUTE_STATUS[found.status]
    if payment_ref is None or status is None:
        return None
    return DisputeSeen(
        dispute_ref=found.id,
        payment_ref=payment_ref,
        status=status,
        amount_minor=from_stripe(found.amount, currency),
        currency=currency,
    )


def subscription(found: Subscription) -> SubscriptionSeen | None:
    """None where it is not ours."""
    order_id = own_id(found.metadata, "order_id")
    if order_id is None:
        return None
    if found.status not in _SUBSCRIPTION_STATUS:
        raise ValueError(f"a subscription with the status {found.status[:40]!r}")
    status = _SUBSCRIPTION_STATUS[found.status]
    if found.pause_collection and status in ("trialing", "active", "past_due"):
        status = "paused"
    card = found.default_payment_method
    item = found.items.data[0] if found.items.data else None
    period_end = item.current_period_end if item else None
    # An end that was set for a later period, in Stripe's dashboard, is not yet the end of this one.
    ends = found.cancel_at is not None and period_end is not None and found.cancel_at <= period_end
    return SubscriptionSeen(
        subscription_ref=found.id,
        status=status,
        order_id=order_id,
        price_id=own_id(found.metadata, "price_id"),
        quantity=max(1, item.quantity or 1) if item else 1,
        current_period_start=moment(item.current_period_start if item else None),
        current_period_end=moment(period_end),
        trial_end=moment(found.trial_end),
        cancel_at_period_end=(found.cancel_at_period_end or ends) and status != "cancelled",
        cancelled_at=moment(found.canceled_at),
        ended_at=moment(found.ended_at),
        fingerprint=_text(card.fingerprint if isinstance(card, PaymentMethod) else None),
    )


def invoice_order(found: Invoice) -> UUID | None:
    """The order that began the subscription of this invoice; None where it is not ours."""
    details = found.parent and found.parent.subscription_details
    return own_id(details.metadata, "order_id") if details else None


def invoice_payment(found: Invoice, paid: PaymentSeen) -> PaymentSeen:
    """`paid` as the payment of one period. Only the invoice that began the subscription is of the order that did."""
    details = found.parent and found.parent.subscription_details
    # A change of plan has prorations only; otherwise the period is that of the lines which are none.
    lines = [line for line in found.lines.data if not line.prorates] or [
        line for line in found.lines.data if line.amount > 0
    ]
    latest = max(lines, key=lambda line: line.period.end, default=None)
    return msgspec.structs.replace(
        paid,
        order_id=invoice_order(found) if found.billing_reason == "subscription_create" else None,
        subscription_ref=ref(details.subscription) if details else None,
        invoice_ref=found.id,
        period_start=moment(latest.period.start if latest else None),
        period_end=moment(latest.period.end if latest else None),
    )


def _id(found: object) -> str:
    kept = found.get("id") if isinstance(found, dict) else found
    if not (isinstance(kept, str) and kept.isascii() and kept.replace("_", "").isalnum() and len(kept) <= 255):
        raise ValueError("no id")
    return kept


def _text(found: object) -> str:
    """For people: without the characters that a database or a terminal would stumble over."""
    return "".join(filter(str.isprintable, found))[:_LONGEST_TEXT] if isinstance(found, str) else ""
