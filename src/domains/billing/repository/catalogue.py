"""Products, their prices, and the keys that need an entitlement."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import GateRow, PriceRow, ProductRow
from domains.kernel.ids import new_id

_LOCK_CATALOGUE = text("SELECT pg_advisory_xact_lock(hashtextextended('lyceum.catalogue', 0))")


async def lock_catalogue(session: AsyncSession) -> None:
    """One file at a time."""
    await session.execute(_LOCK_CATALOGUE)


async def product(session: AsyncSession, product_id: UUID, *, lock: bool = False) -> ProductRow | None:
    """Locked, nobody else changes it or its prices until the end of the transaction; orders may still refer to it."""
    return await session.get(
        ProductRow, product_id, with_for_update={"key_share": True} if lock else None, populate_existing=lock
    )


async def products(
    session: AsyncSession,
    after: UUID | None,
    most: int,
    *,
    active: bool | None = None,
    key: str | None = None,
    country: str | None = None,
    currency: str | None = None,
) -> list[ProductRow]:
    """Newest first. With `country` or `currency` only what has a price there."""
    wanted = select(ProductRow).order_by(ProductRow.id.desc()).limit(most)
    if after is not None:
        wanted = wanted.where(ProductRow.id < after)
    if active is not None:
        wanted = wanted.where(ProductRow.active.is_(active))
    if key is not None:
        wanted = wanted.where(any_(ProductRow.keys) == key)
    if country is not None or currency is not None:
        priced = select(PriceRow.id).where(PriceRow.product_id == ProductRow.id, PriceRow.active)
        if country is not None:
            priced = priced.where(PriceRow.country.is_(None) | (PriceRow.country == country))
        if currency is not None:
            priced = priced.where(PriceRow.currency == currency)
        wanted = wanted.where(priced.exists())
    return list(await session.scalars(wanted))


async def all_products(session: AsyncSession) -> list[ProductRow]:
    return list(await session.scalars(select(ProductRow).order_by(ProductRow.slug)))


async def prices(
    session: AsyncSession, product_ids: Collection[UUID], *, active_only: bool = True
) -> dict[UUID, list[PriceRow]]:
    """By product, in the order in which they were made."""
    wanted = select(PriceRow).where(PriceRow.product_id.in_(product_ids)).order_by(PriceRow.id)
    if active_only:
        wanted = wanted.where(PriceRow.active)
    found: dict[UUID, list[PriceRow]] = {product_id: [] for product_id in product_ids}
    for price in await session.scalars(wanted):
        found[price.product_id].append(price)
    return found


async def price(session: AsyncSession, price_id: UUID, *, fresh: bool = False) -> PriceRow | None:
    return await session.get(PriceRow, price_id, populate_existing=fresh)


async def existing(session: AsyncSession, product_ids: Collection[UUID]) -> set[UUID]:
    if not product_ids:
        return set()
    return set(await session.scalars(select(ProductRow.id).where(ProductRow.id.in_(product_ids))))


async def insert_product(session: AsyncSession, fields: Mapping[str, Any]) -> ProductRow | None:
    """None where another has the slug."""
    row = insert(ProductRow).values(id=new_id(), **fields).on_conflict_do_nothing(index_elements=["slug"])
    return await session.scalar(row.returning(ProductRow))


async def insert_price(session: AsyncSession, fields: Mapping[str, Any]) -> PriceRow:
    row = PriceRow(id=new_id(), **fields)
    session.add(row)
    await session.flush()
    return row


async def product_for_key(session: AsyncSession, key: str, kind: str) -> ProductRow | None:
    """What sells `key`, with as little else as possible; of equals the first."""
    return await session.scalar(
        select(ProductRow)
        .where(ProductRow.active, ProductRow.kind == kind, any_(ProductRow.keys) == key)
        .order_by(func.cardinality(ProductRow.keys), ProductRow.id)
        .limit(1)
    )


async def gate(session: AsyncSession, keys: Sequence[str]) -> None:
    if keys:
        await session.execute(
            insert(GateRow).values([{"key": key} for key in sorted(set(keys))]).on_conflict_do_nothing()
        )
