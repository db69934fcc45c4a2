"""SQL of leagues and who is in them."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.policy.leagues import COHORT_SIZE, Standing
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

_LAST_MEMBERSHIP = text("""
    SELECT m.week_on, m.league_id, m.xp, l.tier, l.members,
        (SELECT count(*) FROM gamification_league_member o WHERE o.league_id = m.league_id
            AND (-o.xp, o.last_xp_at, o.user_id) <= (-m.xp, m.last_xp_at, m.user_id)) AS rank
    FROM gamification_league_member m JOIN gamification_league l ON l.id = m.league_id
    WHERE m.user_id = :user_id AND m.week_on <= :week_on ORDER BY m.week_on DESC LIMIT 1
""")

_TAKE_SEAT = text(f"""
    UPDATE gamification_league SET members = members + 1 WHERE id = (
        SELECT id FROM gamification_league WHERE week_on = :week_on AND tier = :tier AND members < {COHORT_SIZE}
        ORDER BY number LIMIT 1 FOR UPDATE
    ) RETURNING id
""")  # noqa: S608 - a constant of ours

# The snapshot that shows all cohorts full also tells the next number, so whoever opened one since collides with it.
_OPEN_LEAGUE = text(f"""
    INSERT INTO gamification_league (id, week_on, tier, number, members)
    SELECT CAST(:id AS uuid), CAST(:week_on AS date), CAST(:tier AS smallint), coalesce(max(number), 0) + 1, 1
    FROM gamification_league WHERE week_on = :week_on AND tier = :tier
    HAVING count(*) FILTER (WHERE members < {COHORT_SIZE}) = 0
    ON CONFLICT (week_on, tier, number) DO NOTHING RETURNING id
""")  # noqa: S608 - a constant of ours

_CURRENT_LEAGUE = "SELECT league_id FROM gamification_league_member WHERE user_id = $1 AND week_on = $2"
_IS_MEMBER = "SELECT 1 FROM gamification_league_member WHERE user_id = $1 AND league_id = $2"
_STILL_MEMBERS = """
    SELECT user_id, league_id FROM gamification_league_member
    JOIN unnest($1::uuid[], $2::uuid[]) AS p (user_id, league_id) USING (user_id, league_id)
"""
_LEAGUES = "SELECT id, week_on, tier FROM gamification_league WHERE id = ANY($1::uuid[])"
_LEAGUES_SINCE = "SELECT id, week_on, tier FROM gamification_league WHERE week_on >= $1 ORDER BY id"


class Membership(NamedTuple):
    week_on: date
    league_id: UUID
    standing: Standing


class LeagueRecord(NamedTuple):
    id: UUID
    week_on: date
    tier: int


async def last_membership(session: AsyncSession, user_id: UUID, week_on: date) -> Membership | None:
    """The membership of the week, or of the last week before it in which there was one."""
    row = (await session.execute(_LAST_MEMBERSHIP, {"user_id": user_id, "week_on": week_on})).one_or_none()
    if row is None:
        return None
    return Membership(row.week_on, row.league_id, Standing(row.tier, row.members, row.rank, row.xp))


async def take_seat(session: AsyncSession, week_on: date, tier: int) -> UUID:
    """The league with a free seat, now taken; a new league only when all are full.

    Waits for others who take one, and makes others wait until the transaction ends: call it as late as possible.
    """
    values = {"week_on": week_on, "tier": tier}
    while True:
        found: UUID | None = (await session.execute(_TAKE_SEAT, values)).scalar_one_or_none()
        if found is None:
            # Full as they were when the statement began: others may have opened one while it waited.
            found = (await session.execute(_OPEN_LEAGUE, {**values, "id": new_id()})).scalar_one_or_none()
        if found is not None:
            return found


async def current_league(db: Database, user_id: UUID, week_on: date) -> UUID | None:
    rows = await db.fetch(_CURRENT_LEAGUE, user_id, week_on)
    return rows[0]["league_id"] if rows else None


async def is_member(db: Database, user_id: UUID, league_id: UUID) -> bool:
    return bool(await db.fetch(_IS_MEMBER, user_id, league_id))


async def still_members(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    users, leagues = zip(*pairs, strict=True)
    return {(row[0], row[1]) for row in await db.fetch(_STILL_MEMBERS, list(users), list(leagues))}


async def leagues(db: Database, league_ids: Sequence[UUID]) -> list[LeagueRecord]:
    return [LeagueRecord(*row) for row in await db.fetch(_LEAGUES, list(league_ids))]


async def leagues_since(db: Database, week_on: date) -> list[LeagueRecord]:
    return [LeagueRecord(*row) for row in await db.fetch(_LEAGUES_SINCE, week_on)]
