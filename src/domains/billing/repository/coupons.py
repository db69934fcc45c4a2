"""Coupons, their uses, and codes that were none."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import CouponRow, CouponUseRow, OrderRow
from domains.billing.policy.coupons import GUESS_WINDOW, MOST_GUESSES, Uses
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

_GUESS = "INSERT INTO billing_coupon_guess (id, user_id, created_at) VALUES ($1, $2, $3)"
_FORGET_GUESS = "DELETE FROM billing_coupon_guess WHERE id = $1"
_FORGET_OLD_GUESSES = "DELETE FROM billing_coupon_guess WHERE user_id = $1 AND created_at <= $2"
# The one that has to leave the window before another guess has room in it.
_OLDEST_THAT_BLOCKS = """
    SELECT created_at FROM billing_coupon_guess WHERE user_id = $1 AND id <> $2 AND created_at > $3
    ORDER BY created_at DESC, id DESC OFFSET $4 LIMIT 1
"""


async def coupon_of_code(session: AsyncSession, code: str) -> CouponRow | None:
    return await session.scalar(select(CouponRow).where(CouponRow.code == code))


async def coupon(session: AsyncSession, coupon_id: UUID) -> CouponRow | None:
    return await session.get(CouponRow, coupon_id)


async def insert_coupon(session: AsyncSession, fields: Mapping[str, Any]) -> CouponRow | None:
    """None where another has the code."""
    row = insert(CouponRow).values(id=new_id(), **fields).on_conflict_do_nothing(index_elements=["code"])
    return await session.scalar(row.returning(CouponRow))


async def lock(session: AsyncSession, coupon_id: UUID) -> CouponRow:
    """Until the end of the transaction nobody else counts uses of it. Not FOR UPDATE: orders refer to the coupon, and
    two that did so already would wait for each other."""
    return await session.get_one(CouponRow, coupon_id, with_for_update={"key_share": True}, populate_existing=True)


async def coupons(session: AsyncSession, after: UUID | None, most: int, *, active: bool | None) -> list[CouponRow]:
    """Newest first."""
    wanted = select(CouponRow).order_by(CouponRow.id.desc()).limit(most)
    if after is not None:
        wanted = wanted.where(CouponRow.id < after)
    if active is not None:
        wanted = wanted.where(CouponRow.active.is_(active))
    return list(await session.scalars(wanted))


async def all_coupons(session: AsyncSession) -> list[CouponRow]:
    return list(await session.scalars(select(CouponRow).order_by(CouponRow.code)))


def _counts(now: datetime) -> ColumnElement[bool]:
    return or_(
        CouponUseRow.state == "consumed", and_(CouponUseRow.state == "reserved", CouponUseRow.reserved_until > now)
    )


async def uses(
    session: AsyncSession,
    row: CouponRow,
    user_id: UUID,
    now: datetime,
    *,
    besides_order: UUID | None = None,
    besides_open_of: UUID | None = None,
) -> Uses:
    """`besides_open_of`: a product; what the person set aside for unpaid orders of it is not counted. Of a coupon
    without a limit for everyone only the person's own uses are, however many others there are."""
    own = CouponUseRow.user_id == user_id
    wanted = select(func.count(), func.count().filter(own)).where(CouponUseRow.coupon_id == row.id, _counts(now))
    if row.most_uses is None:
        wanted = wanted.where(own)
    if besides_order is not None:
        wanted = wanted.where(CouponUseRow.order_id != besides_order)
    if besides_open_of is not None:
        orders = select(OrderRow.id).where(OrderRow.user_id == user_id, OrderRow.product_id == besides_open_of)
        wanted = wanted.where(not_(and_(own, CouponUseRow.state == "reserved", CouponUseRow.order_id.in_(orders))))
    everyone, person = (await session.execute(wanted)).one()
    return Uses(everyone, person)


async def used_counts(session: AsyncSession, coupon_ids: list[UUID], now: datetime) -> dict[UUID, int]:
    found = await session.execute(
        select(CouponUseRow.coupon_id, func.count())
        .where(CouponUseRow.coupon_id.in_(coupon_ids), _counts(now))
        .group_by(CouponUseRow.coupon_id)
    )
    return {row[0]: row[1] for row in found}


async def use_of_order(session: AsyncSession, order_id: UUID) -> CouponUseRow | None:
    return await session.scalar(
        select(CouponUseRow).where(CouponUseRow.order_id == order_id).execution_options(populate_existing=True)
    )


async def keep_reserved(
    session: AsyncSession, *, coupon_id: UUID, user_id: UUID, order_id: UUID, until: datetime
) -> None:
    """A use that is consumed stays so."""
    row = insert(CouponUseRow).values(
        id=new_id(), coupon_id=coupon_id, user_id=user_id, order_id=order_id, state="reserved", reserved_until=until
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["order_id"],
            set_={"coupon_id": coupon_id, "user_id": user_id, "state": "reserved", "reserved_until": until},
            where=CouponUseRow.state != "consumed",
        )
    )


async def set_consumed(session: AsyncSession, order_id: UUID) -> None:
    await session.execute(
        update(CouponUseRow)
        .where(CouponUseRow.order_id == order_id, CouponUseRow.state != "consumed")
        .values(state="consumed")
        .execution_options(synchronize_session="fetch")
    )


async def set_released(session: AsyncSession, order_id: UUID) -> None:
    await session.execute(
        update(CouponUseRow)
        .where(CouponUseRow.order_id == order_id, CouponUseRow.state == "reserved")
        .values(state="released")
        .execution_options(synchronize_session="fetch")
    )


async def guess(db: Database, user_id: UUID, now: datetime) -> UUID:
    """Counts a try before anything is told about it, committed by itself: of any number at once no more than the
    limit find room."""
    guess_id = new_id()
    await db.fetch(_GUESS, guess_id, user_id, now)
    return guess_id


async def blocked_until(db: Database, guess_id: UUID, user_id: UUID, now: datetime) -> datetime | None:
    """When there is room for this try, None if there is."""
    rows = await db.fetch(_OLDEST_THAT_BLOCKS, user_id, guess_id, now - GUESS_WINDOW, MOST_GUESSES - 1)
    found: datetime | None = rows[0]["created_at"] + GUESS_WINDOW if rows else None
    return found


async def forget_guess(db: Database, guess_id: UUID) -> None:
    await db.fetch(_FORGET_GUESS, guess_id)


async def forget_old_guesses(db: Database, user_id: UUID, now: datetime) -> None:
    await db.fetch(_FORGET_OLD_GUESSES, user_id, now - GUESS_WINDOW)
