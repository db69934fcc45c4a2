"""Razorpay's entities, as far as they matter to us.

Invariant: what comes out of here can be stored: references and currencies have their form, amounts and times are in
range, texts have no control characters. Razorpay writes empty notes as `[]`.
"""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

Ref = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_]{1,64}\Z")]
Minor = Annotated[int, msgspec.Meta(ge=0, le=10**15)]
Currency = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z]{3}\Z")]
Stamp = Annotated[int, msgspec.Meta(ge=0, le=10**11)]
"""Seconds since 1970."""
Count = Annotated[int, msgspec.Meta(ge=0, le=10**6)]
Notes = dict[str, Any] | list[Any] | None


class Order(msgspec.Struct, frozen=True):
    id: Ref
    amount: Minor
    currency: Currency
    status: str = ""
    receipt: str | None = None
    notes: Notes = None


class PaymentLink(msgspec.Struct, frozen=True):
    """`order_id` is the order that Razorpay makes when the page is first seen; until then there is none, or it is
    empty. It gets the link's notes."""

    id: Ref
    amount: Minor
    currency: Currency
    status: str
    short_url: str
    reference_id: str | None = None
    order_id: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9_]{0,64}\Z")] | None = None
    notes: Notes = None


class Payment(msgspec.Struct, frozen=True):
    """`notes` are left out: with checkout.js the customer's browser writes them."""

    id: Ref
    amount: Minor
    currency: Currency
    status: str
    order_id: Ref | None = None
    invoice_id: Ref | None = None
    captured: bool | int | str | None = None
    method: str | None = None
    vpa: str | None = None
    amount_refunded: Minor | None = None
    error_description: str | None = None
    created_at: Stamp | None = None


class Refund(msgspec.Struct, frozen=True):
    id: Ref
    payment_id: Ref
    amount: Minor
    currency: Currency
    status: str = ""
    receipt: str | None = None
    notes: Notes = None


class Dispute(msgspec.Struct, frozen=True):
    id: Ref
    payment_id: Ref
    amount: Minor
    currency: Currency
    status: str
    phase: str = ""
    amount_deducted: Minor | None = None
    created_at: Stamp | None = None


class Item(msgspec.Struct, frozen=True):
    amount: Minor
    currency: Currency


class Plan(msgspec.Struct, frozen=True):
    id: Ref
    period: str
    item: Item
    notes: Notes = None


class Subscription(msgspec.Struct, frozen=True):
    id: Ref
    plan_id: Ref
    status: str
    quantity: Count = 1
    notes: Notes = None
    current_start: Stamp | None = None
    current_end: Stamp | None = None
    start_at: Stamp | None = None
    ended_at: Stamp | None = None
    created_at: Stamp | None = None
    paid_count: Count | None = None
    remaining_count: Count | None = None
    short_url: str | None = None


class Invoice(msgspec.Struct, frozen=True):
    id: Ref
    subscription_id: Ref | None = None
    payment_id: Ref | None = None
    billing_start: Stamp | None = None
    billing_end: Stamp | None = None
    created_at: Stamp | None = None


class RefusalText(msgspec.Struct, frozen=True):
    code: str = ""
    description: str = ""


class Refusal(msgspec.Struct, frozen=True):
    error: RefusalText


class Event(msgspec.Struct, frozen=True):
    """The body of a webhook. `payload` holds `{name: {"entity": {…}}}`."""

    event: str
    payload: dict[str, Any] = {}
    account_id: str | None = None


def moment(stamp: int | None) -> datetime | None:
    return None if not stamp else datetime.fromtimestamp(stamp, UTC)


def note(notes: Notes, name: str) -> str:
    """Empty when it is not there."""
    found = notes.get(name) if isinstance(notes, dict) else None
    return found if isinstance(found, str) else ""


def own_id(notes: Notes, name: str) -> UUID | None:
    try:
        return UUID(note(notes, name))
    except ValueError:
        return None


def clean(text: str | None, most: int = 200) -> str:
    """Fit to be stored and shown."""
    kept = (" " if unicodedata.category(char)[0] == "C" else char for char in (text or "")[:most])
    return " ".join("".join(kept).split())
