"""Products, prices and coupons for admins. Nothing is deleted: what is no longer sold is switched off."""

from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from domains.billing.models import CouponRow, PriceRow, ProductRow
from domains.billing.policy.catalogue import CouponTerms, PriceTerms, ProductTerms
from domains.billing.repository import catalogue as rows
from domains.billing.repository import coupons as coupon_rows
from domains.billing.schemas.catalogue import (
    AdminPriceOut,
    AdminProductOut,
    CouponIn,
    CouponOut,
    CouponPatch,
    PriceIn,
    PricePatch,
    ProductIn,
    ProductPatch,
    given,
)
from domains.billing.service import catalogue
from domains.identity.api import Permission
from domains.identity.guards import require
from domains.kernel.clock import utc_now
from domains.kernel.page import Limit, Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork

_ADMINS = [require(Permission.BILLING_CATALOGUE)]


class AdminProductsController(Controller):
    path = "/api/v1/admin/products"
    tags = ("billing",)
    guards = _ADMINS
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_products_as_admin", summary="All products, the newest first")
    async def list_products(
        self,
        uow: NamedDependency[UnitOfWork],
        active: FromQuery[bool | None] = None,
        key: FromQuery[str | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[AdminProductOut]:
        after = decode_cursor(cursor, UUID)
        found = await rows.products(uow.session, after, limit + 1, active=active, key=key)
        prices = await rows.prices(uow.session, [product.id for product in found], active_only=False)
        products = [_product_out(product, prices[product.id]) for product in found]
        return page_of(products, limit, lambda product: product.id)

    @post("/", operation_id="create_product", summary="Put something on sale; its courses need a purchase from now on")
    async def create_product(self, uow: NamedDependency[UnitOfWork], data: JSONBody[ProductIn]) -> AdminProductOut:
        terms = ProductTerms(**{field: getattr(data, field) for field in ProductTerms._fields})
        return _product_out(await catalogue.create_product(uow, terms), [])

    @get("/{product_id:uuid}", operation_id="get_product_as_admin", summary="A product with all its prices")
    async def get_product(self, uow: NamedDependency[UnitOfWork], product_id: FromPath[UUID]) -> AdminProductOut:
        return await _with_prices(uow, await catalogue.product(uow, product_id))

    @patch(
        "/{product_id:uuid}",
        operation_id="change_product",
        summary="Change a product, or take it from sale with `active: false`",
    )
    async def change_product(
        self, uow: NamedDependency[UnitOfWork], product_id: FromPath[UUID], data: JSONBody[ProductPatch]
    ) -> AdminProductOut:
        return await _with_prices(uow, await catalogue.change_product(uow, product_id, given(data)))

    @post("/{product_id:uuid}/prices", operation_id="add_price", summary="Give a product a price")
    async def add_price(
        self, uow: NamedDependency[UnitOfWork], product_id: FromPath[UUID], data: JSONBody[PriceIn]
    ) -> AdminPriceOut:
        terms = PriceTerms(**{field: getattr(data, field) for field in PriceTerms._fields})
        return _price_out(await catalogue.add_price(uow, product_id, terms))


class AdminPricesController(Controller):
    path = "/api/v1/admin/prices"
    tags = ("billing",)
    guards = _ADMINS

    @patch(
        "/{price_id:uuid}",
        operation_id="change_price",
        summary="Set another amount, which makes another price, or switch a price off",
        description="Subscriptions that run keep the price at which they were begun.",
    )
    async def change_price(
        self, uow: NamedDependency[UnitOfWork], price_id: FromPath[UUID], data: JSONBody[PricePatch]
    ) -> AdminPriceOut:
        changes = given(data)
        active = changes.pop("active", None)
        return _price_out(
            await catalogue.change_price(uow, price_id, changes, active=None if active is None else bool(active))
        )


class AdminCouponsController(Controller):
    path = "/api/v1/admin/coupons"
    tags = ("billing",)
    guards = _ADMINS
    cache_control = CacheControlHeader(no_store=True)

    @get("/", operation_id="list_coupons", summary="All coupons with their uses, the newest first")
    async def list_coupons(
        self,
        uow: NamedDependency[UnitOfWork],
        active: FromQuery[bool | None] = None,
        cursor: FromQuery[str | None] = None,
        limit: Limit = 20,
    ) -> Page[CouponOut]:
        found = await coupon_rows.coupons(uow.session, decode_cursor(cursor, UUID), limit + 1, active=active)
        return page_of(await _coupons_out(uow, found), limit, lambda coupon: coupon.id)

    @post("/", operation_id="create_coupon", summary="Create a coupon")
    async def create_coupon(self, uow: NamedDependency[UnitOfWork], data: JSONBody[CouponIn]) -> CouponOut:
        terms = CouponTerms(**{field: getattr(data, field) for field in CouponTerms._fields})
        return (await _coupons_out(uow, [await catalogue.create_coupon(uow, terms)]))[0]

    @patch("/{coupon_id:uuid}", operation_id="change_coupon", summary="Change a coupon's limits, or switch it off")
    async def change_coupon(
        self, uow: NamedDependency[UnitOfWork], coupon_id: FromPath[UUID], data: JSONBody[CouponPatch]
    ) -> CouponOut:
        return (await _coupons_out(uow, [await catalogue.change_coupon(uow, coupon_id, given(data))]))[0]


async def _with_prices(uow: UnitOfWork, product: ProductRow) -> AdminProductOut:
    prices = await rows.prices(uow.session, [product.id], active_only=False)
    return _product_out(product, prices[product.id])


def _product_out(row: ProductRow, prices: list[PriceRow]) -> AdminProductOut:
    terms = catalogue.product_terms(row)._asdict()
    return AdminProductOut(
        id=row.id, created_at=row.created_at, prices=[_price_out(price) for price in prices], **terms
    )


def _price_out(row: PriceRow) -> AdminPriceOut:
    terms = catalogue.price_terms(row)._asdict()
    return AdminPriceOut(id=row.id, active=row.active, created_at=row.created_at, **terms)


async def _coupons_out(uow: UnitOfWork, found: list[CouponRow]) -> list[CouponOut]:
    uses = await coupon_rows.used_counts(uow.session, [row.id for row in found], utc_now())
    return [
        CouponOut(
            id=row.id, uses=uses.get(row.id, 0), created_at=row.created_at, **catalogue.coupon_terms(row)._asdict()
        )
        for row in found
    ]
