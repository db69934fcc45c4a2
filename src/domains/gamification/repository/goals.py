"""SQL of daily goals: what the ledger says of days, and days on which a goal was reached."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import UnitOfWork

# In one order, so that two statements cannot wait for each other.
_REACH = """
    INSERT INTO gamification_goal_day (user_id, local_on, goal_xp, reached_at)
    SELECT * FROM unnest($1::uuid[], $2::date[], $3::int[], $4::timestamptz[]) AS g (user_id, local_on) ORDER BY 1, 2
    ON CONFLICT (user_id, local_on) DO NOTHING RETURNING user_id, local_on
"""
_DAYS = """
    SELECT local_on, coalesce(e.xp, 0) AS xp, g.goal_xp, g.reached_at
    FROM (
        SELECT local_on, sum(amount)::int AS xp FROM gamification_xp_entry
        WHERE user_id = $1 AND local_on BETWEEN $2 AND $3 GROUP BY local_on
    ) e FULL JOIN (
        SELECT local_on, goal_xp, reached_at FROM gamification_goal_day
        WHERE user_id = $1 AND local_on BETWEEN $2 AND $3
    ) g USING (local_on) ORDER BY local_on
"""


class Reached(NamedTuple):
    user_id: UUID
    local_on: date
    goal_xp: int
    at: datetime


class GoalDay(NamedTuple):
    """`goal_xp` as it was when it was reached; None with `reached_at` where it was not."""

    local_on: date
    xp: int
    goal_xp: int | None
    reached_at: datetime | None


async def reach(uow: UnitOfWork, reached: Sequence[Reached]) -> set[tuple[UUID, date]]:
    """Those days of theirs that had not been reached before."""
    columns = zip(*reached, strict=True)
    return {(row["user_id"], row["local_on"]) for row in await uow.fetch(_REACH, *(list(c) for c in columns))}


async def days(uow: UnitOfWork, user_id: UUID, first_on: date, last_on: date) -> list[GoalDay]:
    """Those with an entry or a goal that was reached, in order."""
    return [GoalDay(*row) for row in await uow.fetch(_DAYS, user_id, first_on, last_on)]
