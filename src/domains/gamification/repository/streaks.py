"""SQL of days of practice, each on the learner's own calendar."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.policy.streaks import Streak
from domains.kernel.uow import UnitOfWork

_DAYS = "SELECT DISTINCT local_on FROM gamification_xp_entry WHERE user_id = $1"

_STREAKS = text("""
    SELECT user_id, current_days, longest_days, last_on FROM gamification_streak WHERE user_id = ANY(:ids)
""")

# Entries of one learner are found by the index of causes, which begins with them.
_PRACTISED = text("""
    SELECT e.user_id, count(*) FILTER (WHERE e.cause LIKE 'lesson:%' OR e.cause LIKE 'view:%')::int AS lessons,
        sum(e.amount)::int AS xp, count(DISTINCT e.local_on)::int AS days,
        coalesce((SELECT s.current_days FROM gamification_streak s
            WHERE s.user_id = e.user_id AND s.last_on >= CAST(:last_on AS date) - 1), 0) AS streak_days
    FROM gamification_xp_entry e
    WHERE e.user_id = ANY(:ids) AND e.local_on BETWEEN :first_on AND :last_on
    GROUP BY e.user_id
""")


class Practice(NamedTuple):
    """What a learner did on some days of their own calendar."""

    lessons: int
    xp: int
    days: int
    """On how many of them."""
    streak_days: int
    """As it is now; 0 if it ended before the last two of them."""


async def days(uow: UnitOfWork, user_id: UUID) -> list[date]:
    """On which the learner earned something, in no order."""
    return [row["local_on"] for row in await uow.fetch(_DAYS, user_id)]


async def streaks(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, Streak]:
    rows = await session.execute(_STREAKS, {"ids": list(user_ids)})
    return {row.user_id: Streak(row.current_days, row.longest_days, row.last_on) for row in rows}


async def practice(
    session: AsyncSession, user_ids: Collection[UUID], *, first_on: date, last_on: date
) -> dict[UUID, Practice]:
    values = {"ids": list(user_ids), "first_on": first_on, "last_on": last_on}
    rows = await session.execute(_PRACTISED, values)
    return {row.user_id: Practice(row.lessons, row.xp, row.days, row.streak_days) for row in rows}
