"""SQL of addresses that mail never goes to. An address is kept in lower case."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.notifications.models import DeliveryRow, Suppression

_PAGE = """
    SELECT address, reason, detail, created_at FROM notifications_suppression
    WHERE ($1::text IS NULL OR address > $1) AND ($2::text = '' OR starts_with(address, $2))
    ORDER BY address LIMIT $3
"""


class Suppressed(NamedTuple):
    address: str
    reason: str
    detail: str
    created_at: datetime


async def reason(db: Database, address: str) -> str | None:
    """Why nothing goes there; None where it may."""
    rows = await db.fetch("SELECT reason FROM notifications_suppression WHERE address = lower($1)", address)
    return rows[0]["reason"] if rows else None


async def add(session: AsyncSession, address: str, reason: str, detail: str) -> bool:
    """False where it was there already; the first reason stays."""
    row = insert(Suppression).values(address=address.lower(), reason=reason, detail=detail)
    added = await session.execute(row.on_conflict_do_nothing().returning(Suppression.address))
    return added.one_or_none() is not None


async def remove(session: AsyncSession, address: str) -> bool:
    gone = await session.execute(
        delete(Suppression).where(Suppression.address == address.lower()).returning(Suppression.address)
    )
    return gone.one_or_none() is not None


async def page(db: Database, *, after: str | None, prefix: str, most: int) -> list[Suppressed]:
    """By address; `prefix` of it, "" for all."""
    rows = await db.fetch(_PAGE, after, prefix.lower(), most)
    return [Suppressed(row["address"], row["reason"], row["detail"], row["created_at"]) for row in rows]


async def mailed_to(session: AsyncSession, delivery_id: UUID) -> UUID | None:
    """Whom this delivery went to by mail; None where there is no such one."""
    found = select(DeliveryRow.user_id).where(DeliveryRow.id == delivery_id, DeliveryRow.channel == "email")
    return await session.scalar(found)
