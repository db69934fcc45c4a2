"""What admins and the catalogue file put on sale.

Invariants: a price never changes, another takes its place and the old one stays for those who bought at it; the same
goes for what a coupon is worth; courses of a product that was ever on sale need an entitlement from then on.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.errors import AlreadyThere, BadField, CouponNotFound, PriceNotFound, ProductNotFound, StateForbids
from domains.billing.models import CouponRow, PriceRow, ProductRow
from domains.billing.policy.catalogue import (
    CouponTerms,
    PriceTerms,
    ProductTerms,
    checked_coupon,
    checked_price,
    checked_product,
)
from domains.billing.policy.keys import course_of
from domains.billing.repository import catalogue as repository
from domains.billing.repository import coupons as coupon_rows
from domains.billing.service import guard
from domains.kernel.uow import UnitOfWork


def product_terms(row: ProductRow) -> ProductTerms:
    return ProductTerms(
        row.slug, row.kind, row.name, row.keys, row.description, row.duration_days, row.trial_days, row.active
    )


def price_terms(row: PriceRow) -> PriceTerms:
    return PriceTerms(row.currency, row.amount_minor, row.country, row.interval, row.tax_inclusive)


def coupon_terms(row: CouponRow) -> CouponTerms:
    return CouponTerms(
        row.code,
        row.percent_bp,
        row.amount_minor,
        row.currency,
        row.duration,
        row.cycles,
        row.most_uses,
        row.most_uses_per_person,
        row.product_ids,
        row.starts_at,
        row.ends_at,
        row.active,
    )


async def create_product(uow: UnitOfWork, terms: ProductTerms) -> ProductRow:
    """Raises BadField, AlreadyThere."""
    terms = checked_product(terms)
    row = await repository.insert_product(uow.session, terms._asdict())
    if row is None:
        raise AlreadyThere(f"a product has the slug {terms.slug}", field="slug")
    if row.active:
        await _gate(uow, row.keys)
    return row


async def change_product(uow: UnitOfWork, product_id: UUID, changes: Mapping[str, Any]) -> ProductRow:
    """`changes` by field of ProductTerms. What was bought stays as it was bought: other keys are for those who buy
    from now on, and for subscriptions from their next change. Raises ProductNotFound, BadField."""
    row = await locked_product(uow.session, product_id)
    terms = checked_product(product_terms(row)._replace(**changes))
    if (terms.slug, terms.kind) != (row.slug, row.kind):
        raise BadField("kind", "slug and kind of a product stay: orders and providers know it by them")
    for field, value in terms._asdict().items():
        setattr(row, field, value)
    await uow.session.flush()
    if row.active:
        await _gate(uow, row.keys)
    return row


async def product(uow: UnitOfWork, product_id: UUID) -> ProductRow:
    """On sale or not. Raises ProductNotFound."""
    row = await repository.product(uow.session, product_id)
    if row is None:
        raise ProductNotFound
    return row


async def locked_product(session: AsyncSession, product_id: UUID) -> ProductRow:
    row = await repository.product(session, product_id, lock=True)
    if row is None:
        raise ProductNotFound
    return row


async def add_price(uow: UnitOfWork, product_id: UUID, terms: PriceTerms) -> PriceRow:
    """Raises ProductNotFound, BadField, AlreadyThere."""
    product = await locked_product(uow.session, product_id)
    return await _insert_price(uow, product, checked_price(terms, product.kind))


async def change_price(
    uow: UnitOfWork, price_id: UUID, changes: Mapping[str, Any], *, active: bool | None = None
) -> PriceRow:
    """The price that holds then: another row where `changes`, by field of PriceTerms, are any, and the old one is
    switched off. Raises PriceNotFound, BadField, AlreadyThere, StateForbids."""
    found = await repository.price(uow.session, price_id)
    if found is None:
        raise PriceNotFound("no such price")
    product = await locked_product(uow.session, found.product_id)
    row = await repository.price(uow.session, price_id, fresh=True)
    if row is None:
        raise PriceNotFound("no such price")
    terms = price_terms(row)._replace(**changes)
    active = row.active if active is None else active
    if price_terms(row) == terms:
        if active and not row.active:
            await _need_room(uow, row.product_id, terms)
        row.active = active
        await uow.session.flush()
        return row
    if not (row.active or active):
        raise StateForbids("this price is switched off; another amount needs `active: true`")
    terms = checked_price(terms, product.kind)
    row.active = False
    await uow.session.flush()
    return await _insert_price(uow, product, terms, active=active)


async def _insert_price(uow: UnitOfWork, product: ProductRow, terms: PriceTerms, *, active: bool = True) -> PriceRow:
    """The caller holds the product's lock, so nobody takes the place meanwhile."""
    if active:
        await _need_room(uow, product.id, terms)
    return await repository.insert_price(uow.session, {"product_id": product.id, "active": active, **terms._asdict()})


async def _need_room(uow: UnitOfWork, product_id: UUID, terms: PriceTerms) -> None:
    there = (await repository.prices(uow.session, [product_id]))[product_id]
    if any(price_terms(price).place == terms.place for price in there):
        place = " ".join(filter(None, terms.place))
        raise AlreadyThere(f"the product has a price for {place}; change that one", field="currency")


async def create_coupon(uow: UnitOfWork, terms: CouponTerms) -> CouponRow:
    """Raises BadField, AlreadyThere."""
    terms = checked_coupon(terms)
    await _need_products(uow, terms.product_ids)
    row = await coupon_rows.insert_coupon(uow.session, terms._asdict())
    if row is None:
        raise AlreadyThere(f"a coupon has the code {terms.code}", field="code")
    return row


_WORTH = ("code", "percent_bp", "amount_minor", "currency", "duration", "cycles")


async def change_coupon(uow: UnitOfWork, coupon_id: UUID, changes: Mapping[str, Any]) -> CouponRow:
    """`changes` by field of CouponTerms: limits, times, products and whether it is on. What it is worth was promised.
    Raises CouponNotFound, BadField."""
    if await coupon_rows.coupon(uow.session, coupon_id) is None:
        raise CouponNotFound
    row = await coupon_rows.lock(uow.session, coupon_id)
    before = coupon_terms(row)
    terms = checked_coupon(before._replace(**changes))
    for field in _WORTH:
        if getattr(terms, field) != getattr(before, field):
            raise BadField(field, f"{field} of a coupon stays, it was promised: make one with another code")
    await _need_products(uow, terms.product_ids)
    for field, value in terms._asdict().items():
        setattr(row, field, value)
    await uow.session.flush()
    return row


async def _need_products(uow: UnitOfWork, product_ids: Iterable[UUID] | None) -> None:
    wanted = set(product_ids or ())
    missing = wanted - await repository.existing(uow.session, wanted)
    if missing:
        raise BadField("product_ids", f"no such product: {', '.join(sorted(map(str, missing)))}")


async def _gate(uow: UnitOfWork, keys: Iterable[str]) -> None:
    """Only courses that are named: a plan for all of them leaves free courses free."""
    courses = [key for key in keys if course_of(key) is not None]
    if courses:
        guard.gates_change(uow.db)
        await repository.gate(uow.session, courses)
