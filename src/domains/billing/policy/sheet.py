"""The catalogue as a file says it: seller, taxes, products with prices, coupons.

Invariant: a sheet that was read is whole and right by itself. Everything that is wrong in it is told at once, each
with its place.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from domains.billing.errors import BadField, CatalogueInvalid
from domains.billing.policy import catalogue, fields
from domains.billing.policy.catalogue import CouponTerms, PriceTerms, ProductTerms
from domains.billing.policy.customers import CustomerTerms, checked_customer
from domains.billing.policy.documents import Seller
from domains.billing.policy.pricing import WHOLE_BP, country_price, step

T = TypeVar("T")

_MOST_FACTOR = 100
_MOST_ROUNDING = 10**9


class SellerSheet(Seller, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    reverse_charge: tuple[str, ...] = ()
    """Countries, elsewhere than the seller's, whose businesses account for the tax themselves."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class TaxSheet(_Strict, frozen=True):
    name: str
    percent: Decimal


class PriceSheet(_Strict, frozen=True):
    """One price, and with `countries` and `purchasing_power` the prices of these in the same currency."""

    currency: str
    amount_minor: int
    interval: str | None = None
    tax_inclusive: bool = True
    country: str | None = None
    countries: dict[str, int] = {}
    """Amounts."""
    purchasing_power: dict[str, Decimal] = {}
    """Factors: 0.35 is 35 % of `amount_minor`, rounded to `round_to_minor`."""
    round_to_minor: int = 1


class ProductSheet(_Strict, frozen=True):
    slug: str
    kind: str
    name: str
    keys: list[str]
    prices: list[PriceSheet]
    description: str = ""
    duration_days: int | None = None
    trial_days: int = 0
    active: bool = True


class CouponSheet(_Strict, frozen=True):
    code: str
    percent: Decimal | None = None
    amount_minor: int | None = None
    currency: str | None = None
    duration: str = "once"
    cycles: int | None = None
    most_uses: int | None = None
    most_uses_per_person: int | None = 1
    products: list[str] | None = None
    """Slugs."""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    active: bool = True


class _Document(_Strict, frozen=True):
    seller: SellerSheet | None = None
    taxes: dict[str, TaxSheet] | None = None
    products: list[ProductSheet] | None = None
    coupons: list[CouponSheet] | None = None


class Priced(msgspec.Struct, frozen=True):
    product: ProductTerms
    prices: list[PriceTerms]


class ForProducts(msgspec.Struct, frozen=True):
    """`terms` have no product ids yet."""

    terms: CouponTerms
    slugs: list[str] | None


class Sheet(msgspec.Struct, frozen=True):
    """Null parts are not in the file, and nothing is said about them."""

    seller: dict[str, Any] | None
    taxes: dict[str, tuple[str, int]] | None
    """By country name and rate in basis points."""
    products: list[Priced] | None
    coupons: list[ForProducts] | None


class _Errors:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, path: str, sentence: str) -> None:
        self.lines.append(f"{path}: {sentence}")

    def check(self, path: str, work: Callable[..., T], *arguments: Any) -> T | None:
        """What `work` gives, or None and a line."""
        try:
            return work(*arguments)
        except BadField as error:
            self.say(f"{path}.{error.extra['field']}" if path else error.extra["field"], error.detail)
        except ValueError as error:
            self.say(path, str(error))
        return None

    def unique(self, path: str, names: Sequence[object], what: str) -> None:
        for name in sorted({str(name) for name in names if names.count(name) > 1}):
            self.say(path, f"two {what} `{name}`")


def read(document: object) -> Sheet:
    """`document`: as YAML or JSON gives it. Raises CatalogueInvalid."""
    try:
        found = msgspec.convert({} if document is None else document, _Document)
    except msgspec.ValidationError as error:
        sentence, _, path = str(error).partition(" - at ")
        raise CatalogueInvalid(f"{path.strip('`') or '$'}: {sentence}") from None
    errors = _Errors()
    sheet = Sheet(
        None if found.seller is None else _seller(found.seller, errors),
        None if found.taxes is None else _taxes(found.taxes, errors),
        None if found.products is None else _products(found.products, errors),
        None if found.coupons is None else _coupons(found.coupons, errors),
    )
    if errors.lines:
        raise CatalogueInvalid("\n".join(errors.lines))
    return sheet


def _seller(seller: SellerSheet, errors: _Errors) -> dict[str, Any]:
    path = "$.seller"
    party = CustomerTerms(seller.name, seller.email, seller.country, seller.region, seller.address, seller.tax_id)
    checked = errors.check(path, checked_customer, party)
    if seller.fiscal_start is not None and not 1 <= seller.fiscal_start <= 12:
        errors.say(f"{path}.fiscal_start", "is a month, 1 to 12")
    if seller.reverse_charge and not seller.country:
        errors.say(f"{path}.country", "is needed for `reverse_charge`, which is for other countries")
    for place, country in enumerate(seller.reverse_charge):
        errors.check(f"{path}.reverse_charge[{place}]", fields.checked_country, country)
    # As it comes back from the database, so that the two can be compared.
    seller = msgspec.structs.replace(seller, **(checked or party)._asdict())
    content: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(seller))
    return content


def _taxes(taxes: dict[str, TaxSheet], errors: _Errors) -> dict[str, tuple[str, int]]:
    found = {}
    for country, tax in taxes.items():
        path = f"$.taxes.{country}"
        errors.check(path, fields.checked_country, country)
        rate = errors.check(f"{path}.percent", _basis_points, tax.percent, 1)
        found[country] = (tax.name, rate or 0)
    return found


def _products(products: list[ProductSheet], errors: _Errors) -> list[Priced]:
    errors.unique("$.products", [product.slug for product in products], "products with the slug")
    found = []
    for place, sheet in enumerate(products):
        path = f"$.products[{place}]"
        values = {field: getattr(sheet, field) for field in ProductTerms._fields}
        terms = errors.check(path, catalogue.checked_product, ProductTerms(**values))
        prices = [
            price
            for number, entry in enumerate(sheet.prices)
            for price in _prices(entry, sheet.kind, f"{path}.prices[{number}]", errors)
        ]
        errors.unique(f"{path}.prices", [" ".join(filter(None, price.place)) for price in prices], "prices for")
        if terms is not None:
            found.append(Priced(terms, prices))
    return found


def _prices(entry: PriceSheet, kind: str, path: str, errors: _Errors) -> list[PriceTerms]:
    general = PriceTerms(entry.currency, entry.amount_minor, entry.country, entry.interval, entry.tax_inclusive)
    if errors.check(path, catalogue.checked_price, general, kind) is None:
        return []
    if entry.country is not None and (entry.countries or entry.purchasing_power):
        errors.say(path, "a price for one country is the base of no other")
    if not step(entry.currency) <= entry.round_to_minor <= _MOST_ROUNDING and entry.round_to_minor != 1:
        errors.say(f"{path}.round_to_minor", f"is {step(entry.currency)} to {_MOST_ROUNDING}")
        return []
    found = [general]
    for country, amount in entry.countries.items():
        terms = general._replace(country=country, amount_minor=amount)
        errors.check(f"{path}.countries.{country}", catalogue.checked_price, terms, kind)
        found.append(terms)
    for country, factor in entry.purchasing_power.items():
        at = f"{path}.purchasing_power.{country}"
        factor_bp = errors.check(at, _basis_points, factor * 100, _MOST_FACTOR)
        if not factor_bp:
            continue
        amount = country_price(general.amount_minor, factor_bp, entry.round_to_minor, entry.currency)
        terms = general._replace(country=country, amount_minor=amount)
        errors.check(at, catalogue.checked_price, terms, kind)
        found.append(terms)
    return found


def _coupons(coupons: list[CouponSheet], errors: _Errors) -> list[ForProducts]:
    found = []
    for place, sheet in enumerate(coupons):
        path = f"$.coupons[{place}]"
        values: dict[str, Any] = {field: getattr(sheet, field, None) for field in CouponTerms._fields}
        if sheet.percent is not None:
            percent = sheet.percent
            values["percent_bp"] = errors.check(f"{path}.percent", _basis_points, percent, 1)
            if values["percent_bp"] is None:
                continue
        terms = errors.check(path, catalogue.checked_coupon, CouponTerms(**values))
        if terms is not None:
            found.append(ForProducts(terms, sheet.products))
    errors.unique("$.coupons", [coupon.terms.code for coupon in found], "coupons with the code")
    return found


def _basis_points(percent: Decimal, most: int) -> int:
    """`most`: times 100 %."""
    points = percent * 100
    if not percent.is_finite() or points != int(points):
        raise ValueError("has at most two decimals as a percentage")
    if not 0 <= points <= WHOLE_BP * most:
        raise ValueError(f"is 0 to {most * 100} %")
    return int(points)
