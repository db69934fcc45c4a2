"""SQL of gifts and seats. Whoever changes a gift or a seat holds its order's row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import GiftRow, SeatRow

_ADD_CODE = text(
    "INSERT INTO billing_gift (order_id, code) VALUES (:order_id, :code) ON CONFLICT (order_id) DO NOTHING"
)

_TAKE_SEAT = text("""
    INSERT INTO billing_seat (order_id, user_id) VALUES (:order_id, :user_id)
    ON CONFLICT (order_id, user_id) DO UPDATE SET removed_at = NULL, created_at = now()
""")

_FREE_SEAT = text("""
    UPDATE billing_seat SET removed_at = :at
    WHERE order_id = :order_id AND user_id = :user_id AND removed_at IS NULL RETURNING true
""")


async def add_code(session: AsyncSession, order_id: UUID, code: str) -> None:
    """Leaves a code that is there already."""
    await session.execute(_ADD_CODE, {"order_id": order_id, "code": code})


async def gift(session: AsyncSession, order_id: UUID) -> GiftRow | None:
    """As the row stands now, whatever was read of it before."""
    return await session.get(GiftRow, order_id, populate_existing=True)


async def order_of_code(session: AsyncSession, code: str) -> UUID | None:
    return (await session.scalars(select(GiftRow.order_id).where(GiftRow.code == code))).one_or_none()


async def seats(session: AsyncSession, order_id: UUID) -> list[SeatRow]:
    """Those that are taken, the first first."""
    found = await session.scalars(
        select(SeatRow)
        .where(SeatRow.order_id == order_id, SeatRow.removed_at.is_(None))
        .order_by(SeatRow.created_at, SeatRow.user_id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def taken(session: AsyncSession, order_id: UUID) -> int:
    found = await session.scalar(
        select(func.count()).select_from(SeatRow).where(SeatRow.order_id == order_id, SeatRow.removed_at.is_(None))
    )
    return found or 0


async def seat(session: AsyncSession, order_id: UUID, user_id: UUID) -> SeatRow | None:
    """Also one that was freed."""
    return await session.get(SeatRow, (order_id, user_id), populate_existing=True)


async def take_seat(session: AsyncSession, order_id: UUID, user_id: UUID) -> None:
    await session.execute(_TAKE_SEAT, {"order_id": order_id, "user_id": user_id})


async def free_seat(session: AsyncSession, order_id: UUID, user_id: UUID, at: datetime) -> bool:
    """False where the person had none."""
    values = {"order_id": order_id, "user_id": user_id, "at": at}
    return (await session.execute(_FREE_SEAT, values)).one_or_none() is not None
