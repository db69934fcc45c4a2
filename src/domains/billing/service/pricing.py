"""What a product costs this person, here and now. What a client says about prices is never believed.

How the price is chosen: the country is the customer's, or, while none is known, the one given; a price for it wins.
Without a currency it is that of the country's price, else of the product's first price.

How the tax is chosen: the rate of that country; where the country is unknown, the seller's own, since that is what
the seller owes if the buyer turns out to be at home. A country without a rate is one where nothing is collected. A
business elsewhere within the seller's `reverse_charge` list, known by a tax id that has been checked for its form,
accounts for the tax itself: 0 %. A price that includes tax is the price everywhere: where less tax is due, more of it
is net.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domains.billing.errors import BadField, NotOffered, PriceNotFound, ProductNotFound
from domains.billing.models import CouponRow, CustomerRow, PriceRow, ProductRow
from domains.billing.policy.documents import REVERSE_CHARGE
from domains.billing.policy.iso import COUNTRIES
from domains.billing.policy.pricing import NO_DISCOUNT, Quote, quote
from domains.billing.repository import catalogue, customers
from domains.billing.service import coupons
from domains.kernel.money import MOST_MINOR
from domains.kernel.uow import UnitOfWork

MOST_QUANTITY = 10_000


class Offer(NamedTuple):
    product: ProductRow
    price: PriceRow
    coupon: CouponRow | None
    quote: Quote
    tax_name: str
    tax_bp: int


class Tax(NamedTuple):
    name: str
    rate_bp: int


async def offer(
    uow: UnitOfWork,
    *,
    user_id: UUID,
    product_id: UUID,
    currency: str | None,
    country: str | None,
    interval: str | None,
    quantity: int,
    coupon_code: str | None,
    now: datetime,
) -> Offer:
    """Raises ProductNotFound, PriceNotFound, NotOffered, BadField, CouponRefused, TooManyGuesses."""
    product = await catalogue.product(uow.session, product_id)
    if product is None or not product.active:
        raise ProductNotFound
    if not 1 <= quantity <= MOST_QUANTITY:
        raise NotOffered(f"quantity is 1 to {MOST_QUANTITY}", field="quantity")
    if country is not None and country not in COUNTRIES:
        raise BadField("country", "country is not an ISO 3166 country such as DE")
    customer = await customers.customer(uow.session, user_id)
    where = _country(country, customer)
    on_sale = (await catalogue.prices(uow.session, [product.id]))[product.id]
    price = chosen_price(on_sale, country=where, currency=currency, interval=interval)
    if price.amount_minor * quantity > MOST_MINOR:
        raise NotOffered("this many at once are not sold", field="quantity")
    tax = await _tax(uow, where, customer)
    coupon = None
    if coupon_code:
        coupon = await coupons.usable(
            uow, code=coupon_code, user_id=user_id, product_id=product.id, currency=price.currency, now=now
        )
    found = quote(
        price.amount_minor,
        quantity,
        coupons.discount_of(coupon) if coupon else NO_DISCOUNT,
        tax_bp=tax.rate_bp,
        tax_inclusive=price.tax_inclusive,
        currency=price.currency,
    )
    return Offer(product, price, coupon, found, *tax)


def _country(given: str | None, customer: CustomerRow | None) -> str | None:
    """What documents will say counts; nobody is at home in the cheapest country for a single order. Raises
    NotOffered."""
    known = customer.country if customer else ""
    if given and known and given != known:
        raise NotOffered(f"your billing address is in {known}", field="country")
    return given or known or None


def chosen_price(
    on_sale: Sequence[PriceRow], *, country: str | None, currency: str | None, interval: str | None
) -> PriceRow:
    """Out of a product's active prices, oldest first. Raises PriceNotFound, NotOffered."""
    here = [price for price in on_sale if price.country in (None, country) and currency in (None, price.currency)]
    intervals = sorted({price.interval for price in here if price.interval})
    if interval is None and len(intervals) > 1:
        raise NotOffered(f"interval is needed: {' or '.join(intervals)}", field="interval")
    if interval is not None:
        here = [price for price in here if price.interval == interval]
    # Stable: of equals the oldest stays first.
    here.sort(key=lambda price: price.country is None)
    if not here:
        raise PriceNotFound
    return here[0]


async def _tax(uow: UnitOfWork, country: str | None, customer: CustomerRow | None) -> Tax:
    seller = await customers.seller(uow.session)
    if reverse_charged(seller, country, customer):
        return Tax(REVERSE_CHARGE, 0)
    where = country or seller.get("country")
    rate = await customers.tax_rate(uow.session, where) if where else None
    return Tax(rate.name, rate.rate_bp) if rate else Tax("", 0)


def reverse_charged(seller: dict[str, Any], country: str | None, customer: CustomerRow | None) -> bool:
    """The tax id vouches for the customer's own country only, not for one that was asked for."""
    if customer is None or not customer.tax_id or customer.country != country:
        return False
    home = seller.get("country")
    return bool(home) and country != home and country in seller.get("reverse_charge", ())
