"""What is for sale, and what it would cost. Public as far as it is the same for everybody."""

import hashlib
from typing import Annotated, Any

import msgspec
from litestar import Controller, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK

from domains.billing.errors import BadField
from domains.billing.repository import shop
from domains.billing.schemas.catalogue import PriceOut, ProductOut, QuoteCouponOut, QuoteIn, QuoteOut
from domains.billing.service import checkout, pricing
from domains.identity.api import Principal
from domains.identity.guards import PUBLIC
from domains.kernel.clock import utc_now
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork

_ETAG = ResponseHeader(name="etag", description="Changes whenever the answer does.", documentation_only=True)
_UNCHANGED = {304: ResponseSpec(None, description="The answer is still the one with the given ETag.")}

IfNoneMatch = Annotated[str | None, HeaderParameter(name="If-None-Match", description="An ETag from before.")]


class ProductsController(Controller):
    path = "/api/v1/products"
    tags = ("billing",)

    @get(
        "/",
        operation_id="list_products",
        summary="What is for sale, by slug",
        description="With `country` only the prices that hold there; with `key` what gives it, such as `course:<id>`.",
        opt=PUBLIC,
        response_headers=[_ETAG],
        responses=_UNCHANGED,
    )
    async def list_products(
        self,
        db: NamedDependency[Database],
        country: FromQuery[str | None] = None,
        currency: FromQuery[str | None] = None,
        key: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 50,
        if_none_match: IfNoneMatch = None,
    ) -> Response[Page[ProductOut]]:
        after = decode_cursor(cursor, str)
        rows = await shop.on_sale(db, country=country, currency=currency, key=key, after=after, most=limit + 1)
        items = [
            ProductOut(**{**row._asdict(), "prices": msgspec.json.decode(row.prices, type=list[PriceOut])})
            for row in rows
        ]
        return _revalidated(page_of(items, limit, lambda product: product.slug), if_none_match)


def _revalidated(page: Page[ProductOut], if_none_match: str | None) -> Response[Any]:
    """Clients ask again each time, so that a new price shows at once; one that has the answer gets no body."""
    body = msgspec.json.encode(page)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "public, no-cache"}
    if if_none_match is not None and etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}:
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


class QuoteController(Controller):
    path = "/api/v1/payments/quote"
    tags = ("billing",)

    @post(
        "/",
        operation_id="quote",
        summary="What it would cost me, line by line",
        description="Promises nothing: a coupon's use is set aside only when the order is placed.",
        status_code=HTTP_200_OK,
    )
    async def quote(
        self,
        uow: NamedDependency[UnitOfWork],
        principal: NamedDependency[Principal],
        data: JSONBody[QuoteIn],
    ) -> QuoteOut:
        if data.product_id is not None and data.course_id is None:
            product_id = data.product_id
        elif data.course_id is not None and data.product_id is None:
            product_id = await checkout.product_of_course(uow, data.course_id)
        else:
            raise BadField("product_id", "give either product_id or course_id")
        offer = await pricing.offer(
            uow,
            user_id=principal.user_id,
            product_id=product_id,
            currency=data.currency,
            country=data.country,
            interval=data.interval,
            quantity=data.quantity,
            coupon_code=data.coupon,
            now=utc_now(),
        )
        return _quote_out(offer, data.quantity)


def _quote_out(offer: pricing.Offer, quantity: int) -> QuoteOut:
    product, price, coupon, quote, tax_name, tax_bp = offer
    return QuoteOut(
        product_id=product.id,
        price_id=price.id,
        name=product.name,
        currency=price.currency,
        interval=price.interval,
        quantity=quantity,
        unit_minor=price.amount_minor,
        list_minor=quote.list_minor,
        discount_minor=quote.discount_minor,
        net_minor=quote.net_minor,
        tax_name=tax_name,
        tax_bp=tax_bp,
        tax_minor=quote.tax_minor,
        tax_inclusive=price.tax_inclusive,
        total_minor=quote.total_minor,
        trial_days=product.trial_days,
        coupon=QuoteCouponOut(coupon.code, coupon.percent_bp, coupon.amount_minor, coupon.duration, coupon.cycles)
        if coupon
        else None,
    )
