"""What may be put on sale. Invariant: terms that came through here are whole: a plan has an interval and may have a
trial, what is bought once has neither and may run out, and every amount can be charged in its currency.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from domains.billing.errors import BadField
from domains.billing.policy import fields
from domains.billing.policy.pricing import WHOLE_BP

T = TypeVar("T")

MOST_TRIAL_DAYS = 365
MOST_CYCLES = 120
MOST_USES = 10_000_000


class ProductTerms(NamedTuple):
    slug: str
    kind: str
    name: str
    keys: list[str]
    description: str = ""
    duration_days: int | None = None
    trial_days: int = 0
    active: bool = True


class PriceTerms(NamedTuple):
    currency: str
    amount_minor: int
    country: str | None = None
    interval: str | None = None
    tax_inclusive: bool = True

    @property
    def place(self) -> tuple[str, str, str]:
        """A product has one active price for each."""
        return self.currency, self.country or "", self.interval or ""


class CouponTerms(NamedTuple):
    code: str
    percent_bp: int | None = None
    amount_minor: int | None = None
    currency: str | None = None
    duration: str = "once"
    cycles: int | None = None
    most_uses: int | None = None
    most_uses_per_person: int | None = 1
    product_ids: list[UUID] | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    active: bool = True


def checked_product(terms: ProductTerms) -> ProductTerms:
    """Raises BadField, as all below."""
    if terms.kind not in fields.KINDS:
        raise BadField("kind", f"kind is {', '.join(fields.KINDS)}")
    plan = terms.kind == "plan"
    if plan and terms.duration_days is not None:
        raise BadField("duration_days", "a plan runs as long as it is paid; duration_days is for what is bought once")
    if not plan and terms.trial_days:
        raise BadField("trial_days", f"only a plan can be tried, not a {terms.kind}")
    return terms._replace(
        slug=in_field("slug", fields.checked_slug, terms.slug),
        name=in_field("name", lambda value: fields.checked_text(value, least=1, most=200), terms.name),
        description=in_field(
            "description", lambda value: fields.checked_text(value, most=5000, lines=True), terms.description
        ),
        keys=in_field("keys", fields.checked_keys, terms.keys),
        duration_days=_between("duration_days", terms.duration_days, 1, fields.MOST_DAYS),
        trial_days=_between("trial_days", terms.trial_days, 0, MOST_TRIAL_DAYS) or 0,
    )


def checked_price(terms: PriceTerms, kind: str) -> PriceTerms:
    """`kind` of the product."""
    currency = in_field("currency", fields.checked_currency, terms.currency)
    in_field("interval", lambda value: fields.checked_interval(kind, value), terms.interval)
    in_field("amount_minor", lambda value: fields.checked_amount(value, currency), terms.amount_minor)
    if terms.country is not None:
        in_field("country", fields.checked_country, terms.country)
    return terms


def checked_coupon(terms: CouponTerms) -> CouponTerms:
    if (terms.percent_bp is None) == (terms.amount_minor is None):
        raise BadField("percent_bp", "a coupon is worth a percentage or an amount, one of the two")
    _between("percent_bp", terms.percent_bp, 1, WHOLE_BP)
    if (terms.amount_minor is None) != (terms.currency is None):
        raise BadField("currency", "an amount has a currency, a percentage has none")
    if terms.currency is not None and terms.amount_minor is not None:
        currency = in_field("currency", fields.checked_currency, terms.currency)
        in_field("amount_minor", lambda value: fields.checked_amount(value, currency), terms.amount_minor)
        _between("amount_minor", terms.amount_minor, 1, None)
    if terms.duration not in fields.DURATIONS:
        raise BadField("duration", f"duration is {', '.join(fields.DURATIONS)}")
    if (terms.duration == "repeating") != (terms.cycles is not None):
        raise BadField("cycles", "a repeating coupon says for how many cycles, no other does")
    _between("cycles", terms.cycles, 1, MOST_CYCLES)
    _between("most_uses", terms.most_uses, 1, MOST_USES)
    _between("most_uses_per_person", terms.most_uses_per_person, 1, MOST_USES)
    for field, moment in (("starts_at", terms.starts_at), ("ends_at", terms.ends_at)):
        if moment is not None and moment.tzinfo is None:
            raise BadField(field, f"{field} has a time zone, such as 2026-11-21T00:00:00Z")
    if terms.starts_at is not None and terms.ends_at is not None and terms.starts_at >= terms.ends_at:
        raise BadField("ends_at", "ends_at is after starts_at")
    if terms.product_ids is not None and not terms.product_ids:
        raise BadField("product_ids", "a coupon for no product is for nobody; leave product_ids out for all")
    return terms._replace(code=in_field("code", fields.checked_code, terms.code))


def in_field(field: str, check: Callable[[T], T], value: T) -> T:
    """A sentence about a value becomes an error of its field."""
    try:
        return check(value)
    except ValueError as error:
        raise BadField(field, f"{field} {error}") from None


def _between(field: str, value: int | None, least: int, most: int | None) -> int | None:
    if value is not None and (value < least or (most is not None and value > most)):
        raise BadField(field, f"{field} is {least} to {most}" if most is not None else f"{field} is at least {least}")
    return value
