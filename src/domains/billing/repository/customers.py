"""Whom documents are made out to, who sells, and the tax rates."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import CustomerRow, SellerRow, TaxRateRow


async def customer(session: AsyncSession, user_id: UUID) -> CustomerRow | None:
    return await session.get(CustomerRow, user_id)


async def keep_customer(session: AsyncSession, user_id: UUID, fields: dict[str, str]) -> None:
    """The whole of it, as given last."""
    await session.execute(
        insert(CustomerRow)
        .values(user_id=user_id, **fields)
        .on_conflict_do_update(index_elements=["user_id"], set_=fields)
    )


async def seller(session: AsyncSession) -> dict[str, Any]:
    """Empty where nobody said who sells."""
    row = await session.get(SellerRow, 1)
    return {} if row is None else row.content


async def keep_seller(session: AsyncSession, content: dict[str, Any]) -> None:
    await session.execute(
        insert(SellerRow)
        .values(id=1, content=content)
        .on_conflict_do_update(index_elements=["id"], set_={"content": content})
    )


async def tax_rate(session: AsyncSession, country: str) -> TaxRateRow | None:
    return await session.get(TaxRateRow, country)


async def tax_rates(session: AsyncSession) -> list[TaxRateRow]:
    return list(await session.scalars(select(TaxRateRow).order_by(TaxRateRow.country)))


async def keep_tax_rate(session: AsyncSession, country: str, name: str, rate_bp: int) -> None:
    worth = {"name": name, "rate_bp": rate_bp}
    await session.execute(
        insert(TaxRateRow)
        .values(country=country, **worth)
        .on_conflict_do_update(index_elements=["country"], set_=worth)
    )


async def drop_tax_rate(session: AsyncSession, country: str) -> None:
    await session.execute(delete(TaxRateRow).where(TaxRateRow.country == country))
