"""What is sold, over the wire. Amounts are in the currency's minor units."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domains.billing.schemas.payments import Country, CouponCode, Currency
from domains.kernel.wire import In, Out

Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]


class PriceOut(Out, frozen=True):
    id: UUID
    currency: str
    amount_minor: int
    tax_inclusive: bool
    country: str | None
    """Null for everywhere that has no price of its own."""
    interval: str | None
    """month or year, for plans."""


class ProductOut(Out, frozen=True):
    id: UUID
    slug: str
    kind: str
    """course, plan, seats or gift."""
    name: str
    description: str
    keys: list[str]
    """What may be used with it: `course:<id>`, `courses:*`, `hearts:unlimited`, `offline` …"""
    duration_days: int | None
    """How long what is bought once may be used; null for ever."""
    trial_days: int
    prices: list[PriceOut]


class QuoteIn(In, frozen=True, kw_only=True):
    """Either `product_id` or `course_id`."""

    product_id: UUID | None = None
    course_id: UUID | None = None
    currency: Currency | None = None
    country: Country | None = None
    interval: Annotated[str, msgspec.Meta(pattern="^(month|year)$")] | None = None
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    coupon: CouponCode | None = None


class QuoteCouponOut(Out, frozen=True):
    code: str
    percent_bp: int | None
    amount_minor: int | None
    duration: str
    """once, repeating or forever: of the payments of a subscription."""
    cycles: int | None


class QuoteOut(Out, frozen=True):
    """`list_minor` less `discount_minor` is the total, or, where tax comes on top, the net amount."""

    product_id: UUID
    price_id: UUID
    name: str
    currency: str
    interval: str | None
    quantity: int
    unit_minor: int
    list_minor: int
    discount_minor: int
    net_minor: int
    tax_name: str
    tax_bp: int
    tax_minor: int
    tax_inclusive: bool
    total_minor: int
    trial_days: int
    coupon: QuoteCouponOut | None


class ProductIn(In, frozen=True, kw_only=True):
    slug: str
    kind: str
    name: str
    keys: list[str]
    description: str = ""
    duration_days: Days | None = None
    trial_days: Days = 0
    active: bool = True


class ProductPatch(In, frozen=True, kw_only=True):
    """What is left out stays."""

    name: str | UnsetType = UNSET
    keys: list[str] | UnsetType = UNSET
    description: str | UnsetType = UNSET
    duration_days: Days | UnsetType | None = UNSET
    trial_days: Days | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class AdminPriceOut(PriceOut, frozen=True):
    active: bool
    created_at: datetime


class AdminProductOut(Out, frozen=True):
    """With every price it ever had."""

    id: UUID
    slug: str
    kind: str
    name: str
    description: str
    keys: list[str]
    duration_days: int | None
    trial_days: int
    active: bool
    created_at: datetime
    prices: list[AdminPriceOut]


class PriceIn(In, frozen=True, kw_only=True):
    currency: Currency
    amount_minor: int
    tax_inclusive: bool = True
    country: Country | None = None
    interval: str | None = None


class PricePatch(In, frozen=True, kw_only=True):
    """Another amount makes another price, in the place of this one."""

    amount_minor: int | UnsetType = UNSET
    tax_inclusive: bool | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class CouponIn(In, frozen=True, kw_only=True):
    """Worth `percent_bp` (2500 is 25 %) or `amount_minor` of `currency`."""

    code: CouponCode
    percent_bp: int | None = None
    amount_minor: int | None = None
    currency: Currency | None = None
    duration: str = "once"
    cycles: int | None = None
    most_uses: int | None = None
    most_uses_per_person: int | None = 1
    product_ids: list[UUID] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    active: bool = True


class CouponPatch(In, frozen=True, kw_only=True):
    """What a coupon is worth was promised and stays."""

    most_uses: int | UnsetType | None = UNSET
    most_uses_per_person: int | UnsetType | None = UNSET
    product_ids: list[UUID] | UnsetType | None = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET


class CouponOut(Out, frozen=True):
    id: UUID
    code: str
    percent_bp: int | None
    amount_minor: int | None
    currency: str | None
    duration: str
    cycles: int | None
    most_uses: int | None
    most_uses_per_person: int | None
    product_ids: list[UUID] | None
    starts_at: datetime | None
    ends_at: datetime | None
    active: bool
    uses: int
    """Consumed, or reserved by an order that may still be paid."""
    created_at: datetime


def given(patch: In) -> dict[str, object]:
    """The fields that a patch names."""
    values = {field: getattr(patch, field) for field in patch.__struct_fields__}
    return {field: value for field, value in values.items() if value is not UNSET}
