"""SQL of boosts. That one runs is read where rewards are counted, in the ledger's own statement."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

_OPEN = "INSERT INTO gamification_balance (user_id) VALUES ($1) ON CONFLICT DO NOTHING"
_HOLD = "SELECT FROM gamification_balance WHERE user_id = $1 FOR UPDATE"
_START = """
    INSERT INTO gamification_boost (id, user_id, cause, factor, starts_at, ends_at)
    SELECT $1::uuid, $2::uuid, $3::text, $4::smallint, free_at, free_at + make_interval(mins => $5::int)
    FROM (
        SELECT greatest($6::timestamptz, max(ends_at)) AS free_at FROM gamification_boost WHERE user_id = $2
    ) others
    ON CONFLICT (user_id, cause) DO NOTHING RETURNING factor, starts_at, ends_at
"""
_NOT_OVER = """
    SELECT factor, starts_at, ends_at FROM gamification_boost WHERE user_id = $1 AND ends_at > $2 ORDER BY ends_at
"""


class Boost(NamedTuple):
    factor: int
    starts_at: datetime
    ends_at: datetime


async def start(
    uow: UnitOfWork, user_id: UUID, *, cause: str, factor: int, minutes: int, now: datetime
) -> Boost | None:
    """After whatever runs or waits already; None when the cause has brought one. Three round trips."""
    await uow.fetch(_OPEN, user_id)
    # Rewards of this learner wait from here to the commit, and so does another boost.
    await uow.fetch(_HOLD, user_id)
    rows = await uow.fetch(_START, new_id(), user_id, cause, factor, minutes, now)
    return Boost(*rows[0]) if rows else None


async def not_over(db: Database, user_id: UUID, now: datetime) -> list[Boost]:
    """That which runs and those that wait for its end, in their order."""
    return [Boost(*row) for row in await db.fetch(_NOT_OVER, user_id, now)]
