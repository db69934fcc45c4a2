"""Orders, payments and refunds over the wire. Amounts are in the currency's minor units."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from domains.billing.policy.orders import OrderState, PaymentState
from domains.kernel.wire import In, Out

ProviderName = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="ISO 4217")]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166 alpha-2")]
CouponCode = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class PurchaseIn(In, frozen=True, kw_only=True):
    """What is left out is chosen for the buyer. A price cannot be sent."""

    provider: ProviderName | None = None
    currency: Currency | None = None
    country: Country | None = None
    coupon: CouponCode | None = None
    gift: bool = False
    """For somebody else: the buyer gets a code to give away."""
    hosted: bool = False
    """To be paid on the provider's own page: the checkout then has a `url`, whoever the provider is."""


class ProductPurchaseIn(PurchaseIn, frozen=True, kw_only=True):
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    """Seats of a class; 1 for anything else."""


class CheckoutOut(Out, frozen=True):
    """Where to pay: send the browser to `url`, or hand `data` to the provider's client library. What was bought with
    `hosted` always has a `url`; the buyer comes back to a page that waits until the provider has told us."""

    provider: str
    ref: str
    url: str | None
    data: dict[str, Any]


class BegunOut(Out, frozen=True):
    """`checkout` is null where nothing is left to pay."""

    id: UUID
    state: OrderState
    currency: str
    total_minor: int
    checkout: CheckoutOut | None


class OrderOut(Out, frozen=True):
    id: UUID
    kind: str
    state: OrderState
    provider: str
    product_id: UUID
    product_name: str
    quantity: int
    currency: str
    list_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    refunded_minor: int
    subscription_id: UUID | None
    created_at: datetime
    paid_at: datetime | None


class PlacedOrderOut(Out, frozen=True):
    """For staff."""

    user_id: UUID
    order: OrderOut


class PaymentOut(Out, frozen=True):
    id: UUID
    state: PaymentState
    amount_minor: int
    method: str
    failure: str
    created_at: datetime
    captured_at: datetime | None


class RefundOut(Out, frozen=True):
    """`status` is requested, pending, succeeded or failed."""

    id: UUID
    status: str
    amount_minor: int
    currency: str
    reason: str
    created_at: datetime


class OrderDetailOut(Out, frozen=True):
    user_id: UUID
    """Who bought it."""
    order: OrderOut
    payments: list[PaymentOut]
    refunds: list[RefundOut]
    checkout: CheckoutOut | None
    """While it can still be paid."""


class RefundIn(In, frozen=True, kw_only=True):
    amount_minor: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """Null gives back all that is left."""
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]


class ConfirmIn(In, frozen=True, kw_only=True):
    """What the provider's client library handed to the browser, e.g. Razorpay's three values."""

    payment_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    order_ref: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    signature: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class WebhookTakenOut(Out, frozen=True):
    """`repeated`: we had it already."""

    received: bool
    repeated: bool
