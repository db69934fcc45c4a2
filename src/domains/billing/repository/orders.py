"""Orders, payments, refunds and disputes."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import CustomerRow, OrderRow, PriceRow, ProductRow

_LOCK_PAYMENT = text("SELECT pg_advisory_xact_lock(hashtextextended('lyceum.payment.' || CAST(:name AS text), 0))")


async def lock_payments(session: AsyncSession, provider: str, payment_refs: Sequence[str]) -> None:
    """Until the end of the transaction: facts about one payment are written one after the other, so that none is
    folded before the other is seen."""
    for ref in sorted(set(payment_refs)):
        await session.execute(_LOCK_PAYMENT, {"name": f"{provider}:{ref}"})


async def order(session: AsyncSession, order_id: UUID, *, lock: bool = False) -> OrderRow | None:
    return await session.get(
        OrderRow, order_id, with_for_update={"key_share": False} if lock else None, populate_existing=lock
    )


async def product(session: AsyncSession, product_id: UUID) -> ProductRow:
    return await session.get_one(ProductRow, product_id)


async def price(session: AsyncSession, price_id: UUID) -> PriceRow:
    return await session.get_one(PriceRow, price_id)


async def customer(session: AsyncSession, user_id: UUID) -> CustomerRow | None:
    return await session.get(CustomerRow, user_id)
