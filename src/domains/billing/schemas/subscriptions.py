"""Subscriptions over the wire. Amounts are in the currency's minor units."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domains.billing.policy.seen import SubscriptionStatus
from domains.billing.schemas.payments import Country, CouponCode, Currency, ProviderName
from domains.kernel.wire import In, Out

Interval = Literal["month", "year"]


class SubscribeIn(In, frozen=True, kw_only=True):
    """One of `product_id` and `price_id`; the price has to be one that is offered to this customer. What else is left
    out is chosen for them; `interval` is needed where a plan has several."""

    product_id: UUID | None = None
    price_id: UUID | None = None
    interval: Interval | None = None
    currency: Currency | None = None
    country: Country | None = None
    provider: ProviderName | None = None
    coupon: CouponCode | None = None


class SubscriptionOut(Out, frozen=True):
    """`access_until` is the end of what it gives as things stand, a few days for a late renewal included; null when it
    gives nothing. `amount_minor` is the list price of a period, without discounts."""

    id: UUID
    status: SubscriptionStatus
    product_id: UUID
    product_name: str
    price_id: UUID
    amount_minor: int
    currency: str
    tax_inclusive: bool
    interval: Interval
    provider: str
    trial_end: datetime | None
    current_period_start: datetime | None
    current_period_end: datetime | None
    cancel_at_period_end: bool
    cancelled_at: datetime | None
    ended_at: datetime | None
    access_until: datetime | None
    created_at: datetime


class ChangePreviewIn(In, frozen=True, kw_only=True):
    price_id: UUID


class ChangePreviewOut(Out, frozen=True):
    """`due_minor` is charged at once when the change is made with this `proration_at`, within an hour; negative is a
    credit towards the next periods, each of which costs `period_minor`, taxes included."""

    price_id: UUID
    product_id: UUID
    product_name: str
    interval: Interval
    period_minor: int
    due_minor: int
    currency: str
    proration_at: datetime


class ChangeIn(In, frozen=True, kw_only=True):
    price_id: UUID
    proration_at: Annotated[datetime, msgspec.Meta(tz=True)]
    """Of the preview."""


class PaymentMethodOut(Out, frozen=True):
    """The provider's page, to send the browser to."""

    url: str
