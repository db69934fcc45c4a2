"""The parts of Stripe's objects that we read, as API version 2026-10-28.endive has them.

Invariant: whatever gets past `shaped` is of these types and sizes, so nothing behind it has to ask again.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

T = TypeVar("T")

Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_]{1,255}\Z")]
Amount = Annotated[int, Meta(ge=0, le=10**15)]
Signed = Annotated[int, Meta(ge=-(10**15), le=10**15)]
Stamp = Annotated[int, Meta(ge=0, le=32_503_680_000)]
Currency = Annotated[str, Meta(pattern=r"\A[a-z]{3}\Z")]
Metadata = dict[str, str] | None


class Thing(Struct):
    """Anything that was expanded in place of its id."""

    id: Id


Expandable = Id | Thing | None


class Many(Struct, Generic[T]):
    data: list[T]


class PaymentError(Struct):
    message: str | None = None
    code: str | None = None


class Charge(Struct):
    id: Id
    payment_intent: Expandable = None
    payment_method_details: dict[str, Any] | None = None


class PaymentIntent(Struct):
    id: Id
    status: str
    amount: Amount
    currency: Currency
    created: Stamp
    amount_received: Amount | None = None
    livemode: bool = False
    metadata: Metadata = None
    latest_charge: Id | Charge | None = None
    last_payment_error: PaymentError | None = None
    payment_method_types: list[str] = field(default_factory=list)


class Refund(Struct):
    id: Id
    amount: Amount
    currency: Currency
    created: Stamp
    status: str | None = None
    payment_intent: Expandable = None
    metadata: Metadata = None


class Dispute(Struct):
    id: Id
    amount: Amount
    currency: Currency
    status: str
    created: Stamp
    livemode: bool = False
    payment_intent: Expandable = None


class Session(Struct):
    id: Id
    mode: str
    created: Stamp
    status: str | None = None
    payment_status: str = "unpaid"
    livemode: bool = False
    url: str | None = None
    amount_total: Amount | None = None
    currency: Currency | None = None
    client_reference_id: str | None = None
    metadata: Metadata = None
    payment_intent: Expandable = None
    subscription: Expandable = None
    invoice: Expandable = None


class Period(Struct):
    start: Stamp
    end: Stamp


class LineParent(Struct):
    subscription_item_details: dict[str, Any] | None = None
    invoice_item_details: dict[str, Any] | None = None


class Line(Struct):
    amount: Signed
    period: Period
    parent: LineParent | None = None

    @property
    def prorates(self) -> bool:
        details = self.parent and (self.parent.subscription_item_details or self.parent.invoice_item_details)
        return bool(details and details.get("proration"))


class SubscriptionDetails(Struct):
    subscription: Expandable = None
    metadata: Metadata = None


class InvoiceParent(Struct):
    subscription_details: SubscriptionDetails | None = None


class PaidBy(Struct):
    type: str
    payment_intent: Expandable = None


class InvoicePayment(Struct):
    id: Id
    invoice: Expandable
    status: str
    payment: PaidBy


class Invoice(Struct):
    id: Id | None
    """None in a preview of some versions."""
    currency: Currency
    total: Signed
    amount_due: Amount
    lines: Many[Line]
    created: Stamp = 0
    status: str | None = None
    livemode: bool = False
    billing_reason: str | None = None
    parent: InvoiceParent | None = None
    payments: Many[InvoicePayment] | None = None


class Item(Struct):
    id: Id
    quantity: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    current_period_start: Stamp | None = None
    current_period_end: Stamp | None = None


class Marked(Struct):
    """Part of a way to pay: Stripe gives the same fingerprint for the same card or account."""

    fingerprint: str | None = None


class PaymentMethod(Struct):
    id: Id
    card: Marked | None = None
    sepa_debit: Marked | None = None
    bacs_debit: Marked | None = None
    au_becs_debit: Marked | None = None
    us_bank_account: Marked | None = None

    @property
    def fingerprint(self) -> str | None:
        ways = (self.card, self.sepa_debit, self.bacs_debit, self.au_becs_debit, self.us_bank_account)
        return next((way.fingerprint for way in ways if way and way.fingerprint), None)


class CustomerSettings(Struct):
    default_payment_method: Expandable = None


class Customer(Struct):
    id: Id
    invoice_settings: CustomerSettings | None = None


class LatestInvoice(Struct):
    id: Id
    status: str | None = None


class Subscription(Struct):
    id: Id
    status: str
    created: Stamp
    items: Many[Item]
    customer: Id | Customer
    livemode: bool = False
    metadata: Metadata = None
    cancel_at_period_end: bool = False
    cancel_at: Stamp | None = None
    canceled_at: Stamp | None = None
    ended_at: Stamp | None = None
    trial_end: Stamp | None = None
    pause_collection: dict[str, Any] | None = None
    default_payment_method: Id | PaymentMethod | None = None
    latest_invoice: Id | LatestInvoice | None = None


class EventData(Struct):
    object: dict[str, Any]


class Event(Struct):
    id: Id
    type: Annotated[str, Meta(pattern=r"\A[a-z0-9_.]{1,200}\Z")]
    created: Stamp
    livemode: bool
    data: EventData
    api_version: str | None = None
    account: str | None = None


def shaped(found: object, kind: type[T]) -> T:
    """Raises ValueError, which names the place and never a value."""
    return msgspec.convert(found, kind, strict=True)


def ref(found: str | Thing | Charge | PaymentMethod | None) -> str | None:
    return found if isinstance(found, str) or found is None else found.id


def moment(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def own_id(metadata: object, name: str) -> UUID | None:
    """One of our ids, if this has one: only in the form in which we write them."""
    text = metadata.get(name) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        return None
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
