"""What a provider can tell us, in words of our own. The same thing may be told in any order, any number of times.

References (`*_ref`) are the provider's ids. Amounts are in minor units and never negative.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

PaymentStatus = Literal["created", "authorised", "captured", "failed"]
RefundStatus = Literal["pending", "succeeded", "failed"]
DisputeStatus = Literal["open", "won", "lost"]
SubscriptionStatus = Literal["incomplete", "trialing", "active", "past_due", "paused", "cancelled"]


class PaymentSeen(msgspec.Struct, frozen=True, kw_only=True, tag="payment"):
    """Money that somebody pays, or tried to. `order_id` is what we gave the provider when it was begun. With
    `checkout_ref`, what the provider gave us then, that decides, and `order_id` is only a claim. A payment of a
    subscription's later period has neither, but `subscription_ref` and the `invoice_ref` that is its own."""

    payment_ref: str
    status: PaymentStatus
    amount_minor: int
    currency: str
    order_id: UUID | None = None
    checkout_ref: str | None = None
    subscription_ref: str | None = None
    invoice_ref: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    method: str = ""
    failure: str = ""
    fingerprint: str = ""
    """Of the card or account, where the provider gives one: the same for the same card."""


class RefundSeen(msgspec.Struct, frozen=True, kw_only=True, tag="refund"):
    """`own_id` is our row, where we asked for it."""

    refund_ref: str
    payment_ref: str
    status: RefundStatus
    amount_minor: int
    currency: str
    own_id: UUID | None = None


class DisputeSeen(msgspec.Struct, frozen=True, kw_only=True, tag="dispute"):
    dispute_ref: str
    payment_ref: str
    status: DisputeStatus
    amount_minor: int
    currency: str


class CheckoutClosed(msgspec.Struct, frozen=True, kw_only=True, tag="checkout_closed"):
    """The pay page of an order can no longer be used and nothing was paid there."""

    order_id: UUID


class SubscriptionSeen(msgspec.Struct, frozen=True, kw_only=True, tag="subscription"):
    """A subscription as it stands at the provider. Never taken from a webhook's body, always looked up: bodies have
    no order that can be relied on."""

    subscription_ref: str
    status: SubscriptionStatus
    order_id: UUID | None
    """The order that began it."""
    price_id: UUID | None
    """Our price that it pays now, from the provider's metadata; None leaves what we have."""
    quantity: int = 1
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    fingerprint: str = ""
    """As a payment's: of the card that will be charged, where the provider tells it before it is."""


Seen = PaymentSeen | RefundSeen | DisputeSeen | CheckoutClosed | SubscriptionSeen


class Lookup(msgspec.Struct, frozen=True, kw_only=True, tag="lookup"):
    """Something has changed at the provider, and only asking tells what it is now."""

    kind: Literal["subscription", "invoice", "payment", "checkout"]
    ref: str


Told = Seen | Lookup
"""What a webhook's body says."""
