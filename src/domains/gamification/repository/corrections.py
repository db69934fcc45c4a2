"""SQL that corrects what was paid: where a lesson's answers turn out to be right, and by an operator's hand.

A correction is an entry of its own, of the day and the league of what it corrects; whoever writes it holds the balance.
"""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.repository.ledger import DAY_AFTER
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

_PAID = """
    WITH balance AS MATERIALIZED (SELECT FROM gamification_balance WHERE user_id = $1 FOR UPDATE)
    SELECT e.amount, e.league_id, e.local_on, e.time_zone, e.occurred_at,
        coalesce(e.points, e.amount) + coalesce((
            SELECT sum(coalesce(c.points, c.amount)) FROM gamification_xp_entry c
            WHERE c.user_id = $1 AND starts_with(c.cause, $3)
        ), 0)::int AS points,
        e.factor, e.easy, e.course_id
    FROM balance, gamification_xp_entry e WHERE e.user_id = $1 AND e.cause = $2
"""

_LATEST = """
    WITH balance AS MATERIALIZED (SELECT xp FROM gamification_balance WHERE user_id = $1 FOR UPDATE)
    SELECT b.xp, e.amount, e.league_id, e.local_on, e.time_zone, e.occurred_at, e.factor
    FROM balance b, gamification_xp_entry e WHERE e.user_id = $1 ORDER BY e.occurred_at DESC, e.id DESC LIMIT 1
"""

# When it was earned stays, and with it who was there first.
_CORRECT = f"""
    WITH entry AS (
        INSERT INTO gamification_xp_entry
            (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at, xp_total_after, points,
             factor, easy, course_id)
        SELECT $1::uuid, b.user_id, $3::text, $4::integer, $5::uuid, $6::date, $7::text, $8::timestamptz,
            b.xp + $4::integer, $9::integer, $10::smallint, $11::boolean, $12::uuid
        FROM gamification_balance b WHERE b.user_id = $2
        ON CONFLICT (user_id, cause) DO NOTHING RETURNING user_id, league_id, amount, local_on, easy
    ), balance AS (
        UPDATE gamification_balance b SET xp = b.xp + e.amount, {DAY_AFTER} FROM entry e WHERE b.user_id = e.user_id
    ), member AS (
        UPDATE gamification_league_member m SET xp = m.xp + e.amount, entries = m.entries + 1
        FROM entry e WHERE m.league_id = e.league_id AND m.user_id = e.user_id
    )
    SELECT FROM entry
"""  # noqa: S608 - a constant of ours


class Paid(NamedTuple):
    amount: int
    league_id: UUID | None
    local_on: date
    time_zone: str
    occurred_at: datetime
    points: int
    """What the work was worth, with what corrections added to it."""
    factor: int
    easy: bool
    course_id: UUID | None


async def paid(uow: UnitOfWork, user_id: UUID, cause: str, corrections: str) -> Paid | None:
    """What a cause has brought, with corrections whose causes begin like that; the learner's balance is held from here
    to the commit."""
    rows = await uow.fetch(_PAID, user_id, cause, corrections)
    return Paid(*rows[0]) if rows else None


async def latest(uow: UnitOfWork, user_id: UUID) -> tuple[int, Paid] | None:
    """All XP of a learner and what they earned last, as work of no course; the balance is held from here to the commit.
    None where there is nothing."""
    rows = await uow.fetch(_LATEST, user_id)
    if not rows:
        return None
    xp, amount, league_id, local_on, time_zone, occurred_at, factor = rows[0]
    return xp, Paid(amount, league_id, local_on, time_zone, occurred_at, 0, factor, easy=False, course_id=None)


async def correct(uow: UnitOfWork, user_id: UUID, cause: str, entry: Paid) -> bool:
    """False where it has been corrected before."""
    return bool(await uow.fetch(_CORRECT, new_id(), user_id, cause, *entry))
