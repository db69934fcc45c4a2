"""SQL of hearts. `left` is `policy.hearts.left`, and a test holds the two against each other."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.hearts import COSTLY, HEARTS, REFILL

REFILL_S = int(REFILL.total_seconds())

_LEFT = f"""coalesce({HEARTS} - least(greatest(
    ceil(extract(epoch FROM {{full_at}} - {{now}}) / {REFILL_S}), 0), {HEARTS}), {HEARTS})::smallint"""


def left(full_at: str, now: str) -> str:
    """An expression for how many are left, out of two others."""
    return _LEFT.format(full_at=full_at, now=now)


_COSTLY = ", ".join(f"'{kind}'" for kind in sorted(COSTLY))


def shown(unlimited: str, kind: str, now: str, full_at: str = "h.full_at") -> str:
    """How many a session shows: all of them where mistakes cost none for the learner's sake; where the kind of session
    is why, as many as there are."""
    return f"CASE WHEN {unlimited} AND {kind} IN ({_COSTLY}) THEN {HEARTS} ELSE {left(full_at, now)} END"


_FULL_AT = "SELECT full_at FROM learning_hearts WHERE user_id = $1"

# In one order, so that two who give back to the same learners cannot wait for each other.
_GIVE_BACK = f"""
    WITH held AS (
        SELECT h.user_id, h.full_at, g.hearts
        FROM learning_hearts h JOIN unnest($1::uuid[], $2::int[]) AS g (user_id, hearts) USING (user_id)
        ORDER BY user_id FOR UPDATE OF h
    )
    UPDATE learning_hearts h SET full_at = greatest(held.full_at - held.hearts * interval '{REFILL_S} seconds', $3)
    FROM held WHERE h.user_id = held.user_id AND held.full_at > $3 RETURNING h.user_id, h.full_at
"""  # noqa: S608 - a constant of ours

# Of two who become one the worse off says how many are left: nobody gets hearts by having two accounts.
_MOVE = text("""
    WITH gone AS (DELETE FROM learning_hearts WHERE user_id = :from_id RETURNING full_at)
    INSERT INTO learning_hearts AS h (user_id, full_at) SELECT CAST(:into_id AS uuid), full_at FROM gone
    ON CONFLICT (user_id) DO UPDATE SET full_at = greatest(h.full_at, excluded.full_at)
""")


async def full_at(db: Database, user_id: UUID) -> datetime | None:
    """None for who has never begun anything."""
    rows = await db.fetch(_FULL_AT, user_id)
    return rows[0]["full_at"] if rows else None


async def give_back(uow: UnitOfWork, hearts: Mapping[UUID, int], now: datetime) -> dict[UUID, datetime]:
    """So many to each, never more than all: when all are back then, of those who lacked any."""
    rows = await uow.fetch(_GIVE_BACK, list(hearts), list(hearts.values()), now)
    return {row["user_id"]: row["full_at"] for row in rows}


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    await session.execute(_MOVE, {"from_id": from_id, "into_id": into_id})
