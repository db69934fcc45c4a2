"""What Razorpay tells us by itself.

Invariant: not a byte of a body is believed before the signature over exactly these bytes fits. Bodies do not say in
which mode or whose account a payment was made, and a customer's browser can write into its notes; so a payment is
ours by the Razorpay order or payment link that it pays, which only our key has made, and what a subscription was
charged is looked up.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from domains.billing.errors import BadSignature, WebhooksClosed
from domains.billing.policy.seen import CheckoutClosed, Lookup, Told
from domains.billing.providers.port import Incoming, Quarantine
from domains.billing.providers.razorpay import facts
from domains.billing.providers.razorpay.entities import (
    Dispute,
    Event,
    Invoice,
    Order,
    Payment,
    PaymentLink,
    Refund,
    Subscription,
    own_id,
)
from domains.billing.providers.razorpay.links import of_link

T = TypeVar("T")

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EVENT_REF = re.compile(r"[A-Za-z0-9_-]{6,64}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9_.]{1,64}", re.ASCII)


def fits(message: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether it is the HMAC-SHA256 of the message under one of the secrets. All are tried, in constant time each."""
    if not _DIGEST.fullmatch(signature):
        return False
    found = [
        hmac.compare_digest(hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(), signature)
        for secret in secrets
        if secret
    ]
    return any(found)


def verified(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> Incoming:
    if not any(secrets):
        raise WebhooksClosed
    if not fits(body, headers.get("x-razorpay-signature", "").strip(), secrets):
        raise BadSignature
    try:
        kind = _event(body).event
    except ValueError:
        # It is signed, so it is kept; reading it will set it aside.
        kind = ""
    given = headers.get("x-razorpay-event-id", "").strip()
    # The header is not signed: whoever has one body can send it under any name, and the inbox knows bodies, too.
    event_ref = given if _EVENT_REF.fullmatch(given) else f"sha256:{hashlib.sha256(body).hexdigest()}"
    return Incoming(event_ref, kind if _TYPE.fullmatch(kind) else "unreadable")


def read(body: bytes, account_id: str) -> Sequence[Told]:
    """`account_id` empty: any account's."""
    event = _event(body)
    if account_id and event.account_id != account_id:
        raise Quarantine("it comes from another account")
    topic = event.event.partition(".")[0]
    if event.event.startswith("payment.dispute."):
        dispute = facts.disputed(_entity(event, "dispute", Dispute))
        return [dispute] if dispute else []
    if topic == "refund":
        return [facts.refunded(_entity(event, "refund", Refund))]
    if event.event == "order.paid":
        return _order_paid(event)
    if topic == "payment_link":
        return _link(event)
    if topic == "payment":
        return _payment(_entity(event, "payment", Payment))
    if topic == "subscription":
        return _subscription(event)
    if topic == "invoice":
        return _invoice(_entity(event, "invoice", Invoice))
    return []


def _order_paid(event: Event) -> Sequence[Told]:
    order, payment = _entity(event, "order", Order), _entity(event, "payment", Payment)
    if payment.order_id != order.id:
        raise ValueError("the payment is not the order's")
    if of_link(order.notes):
        # The order is Razorpay's own, so the page of ours that it belongs to is looked up. The link's webhook says it,
        # too; two that tell of money are better than one.
        return [Lookup(kind="payment", ref=payment.id)]
    return _payment(payment, own_id(order.notes, "order_id"))


def _link(event: Event) -> Sequence[Told]:
    """The order that comes along is left alone: its id is not always whole there."""
    link = _entity(event, "payment_link", PaymentLink)
    claimed = own_id(link.notes, "order_id")
    if event.event == "payment_link.paid":
        payment = _entity(event, "payment", Payment)
        if link.order_id and payment.order_id != link.order_id:
            raise ValueError("the payment is not the link's")
        return [facts.told_once(payment, link.id, claimed)]
    if event.event in ("payment_link.cancelled", "payment_link.expired") and claimed is not None:
        return [CheckoutClosed(order_id=claimed)]
    return []


def _payment(payment: Payment, claimed: UUID | None = None) -> Sequence[Told]:
    """Without an order it is not about us: we never take money without one. The order of a subscription's invoice is
    Razorpay's own, and so is that of a payment link, which nobody finds among ours."""
    if payment.invoice_id:
        return [Lookup(kind="payment", ref=payment.id)]
    return [facts.told_once(payment, payment.order_id, claimed)] if payment.order_id else []


def _subscription(event: Event) -> Sequence[Told]:
    subscription = _entity(event, "subscription", Subscription)
    told: list[Told] = [Lookup(kind="subscription", ref=subscription.id)]
    if "payment" in event.payload:
        told.extend(_payment(_entity(event, "payment", Payment)))
    return told


def _invoice(invoice: Invoice) -> Sequence[Told]:
    return [Lookup(kind="invoice", ref=invoice.id)] if invoice.subscription_id else []


def _event(body: bytes) -> Event:
    try:
        return msgspec.json.decode(body, type=Event)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError("not a webhook of Razorpay") from error


def _entity(event: Event, name: str, kind: type[T]) -> T:
    wrapped: Any = event.payload.get(name)
    if not isinstance(wrapped, dict):
        raise ValueError(f"{name} is missing")
    try:
        return msgspec.convert(wrapped.get("entity"), kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name} is not readable: {error}") from error
