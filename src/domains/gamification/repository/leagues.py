"""SQL of leagues and who is in them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.leagues import Standing
from domains.kernel.uow import Database, UnitOfWork

# Who has left stands nowhere, and holds nobody up.
_LAST_MEMBERSHIP = """
    SELECT m.week_on, m.league_id, m.left_at IS NOT NULL AS has_left, m.tier_after, l.tier, b.active, b.rank, m.xp,
        (SELECT avg(p.xp)::float FROM (
            SELECT xp FROM gamification_league_member WHERE user_id = $1 AND week_on < $2
            ORDER BY week_on DESC LIMIT 4) p) AS weekly_xp
    FROM gamification_league_member m JOIN gamification_league l ON l.id = m.league_id
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE o.xp > 0) AS active,
            count(*) FILTER (WHERE (-o.xp, o.last_xp_at, o.user_id) <= (-m.xp, m.last_xp_at, m.user_id)) AS rank
        FROM gamification_league_member o WHERE o.league_id = m.league_id AND o.left_at IS NULL
    ) b
    WHERE m.user_id = $1 AND m.week_on <= $2 ORDER BY m.week_on DESC LIMIT 1
"""

_CURRENT_LEAGUE = """
    SELECT league_id FROM gamification_league_member WHERE user_id = $1 AND week_on = $2 AND left_at IS NULL
"""
_RESULTS = """
    SELECT m.league_id, m.week_on, l.tier, m.xp, m.final_rank AS rank, m.tier_after
    FROM gamification_league_member m JOIN gamification_league l ON l.id = m.league_id
    WHERE m.user_id = $1 AND m.final_rank IS NOT NULL AND ($2::date IS NULL OR m.week_on < $2)
    ORDER BY m.week_on DESC LIMIT $3
"""
_IS_MEMBER = """
    SELECT 1 FROM gamification_league_member WHERE user_id = $1 AND league_id = $2 AND left_at IS NULL
"""
_STILL_MEMBERS = """
    SELECT user_id, league_id FROM gamification_league_member
    JOIN unnest($1::uuid[], $2::uuid[]) AS p (user_id, league_id) USING (user_id, league_id)
    WHERE left_at IS NULL
"""
# Back where they were is where they are counted again: somebody has one league a week.
_TAKE_PART = """
    UPDATE gamification_league_member SET left_at = CASE WHEN $3 THEN NULL ELSE now() END
    WHERE user_id = $1 AND week_on = $2 AND (left_at IS NULL) <> $3
"""
_MOVE = """
    UPDATE gamification_league SET moves = moves + 1
    WHERE id = (SELECT league_id FROM gamification_league_member WHERE user_id = $1 AND week_on = $2) RETURNING id
"""
_LEAGUES = "SELECT id, week_on, tier, salt FROM gamification_league WHERE id = ANY($1::uuid[])"
_LEAGUES_SINCE = "SELECT id, week_on, tier, salt FROM gamification_league WHERE week_on >= $1 ORDER BY id"

_FINISHABLE = """
    SELECT id, week_on, tier, salt FROM gamification_league
    WHERE finalised_at IS NULL AND week_on < $1 ORDER BY week_on, id
"""
_CLAIM = f"{_FINISHABLE} LIMIT $2 FOR UPDATE SKIP LOCKED"
_PLAYERS = """
    SELECT league_id, user_id, xp, last_xp_at FROM gamification_league_member
    WHERE league_id = ANY($1::uuid[]) AND left_at IS NULL
"""
_CLOSE = """
    WITH league AS (
        UPDATE gamification_league SET finalised_at = now() WHERE id = ANY($1::uuid[])
    ), seat AS (
        DELETE FROM gamification_league_seat WHERE league_id = ANY($1::uuid[])
    )
    UPDATE gamification_league_member m SET final_rank = o.rank, tier_after = o.tier_after
    FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::smallint[]) AS o (league_id, user_id, rank, tier_after)
    WHERE m.league_id = o.league_id AND m.user_id = o.user_id
"""


class Result(NamedTuple):
    """How a week ended for a learner."""

    league_id: UUID
    week_on: date
    tier: int
    xp: int
    rank: int
    tier_after: int


class Membership(NamedTuple):
    """The league of a week, and where in it somebody is."""

    week_on: date
    league_id: UUID
    has_left: bool
    tier_after: int | None
    """Once the week was finalised."""
    standing: Standing
    """Of no meaning for who has left, but for the tier."""
    weekly_xp: float | None
    """On average in the last leagues before the week in question; None without any."""


class LeagueRecord(NamedTuple):
    id: UUID
    week_on: date
    tier: int
    salt: UUID
    """For `policy.leagues.alias`; never shown."""


class PlayerRow(NamedTuple):
    league_id: UUID
    user_id: UUID
    xp: int
    last_xp_at: datetime


class ResultRow(NamedTuple):
    league_id: UUID
    user_id: UUID
    rank: int
    tier_after: int


async def last_membership(uow: UnitOfWork, user_id: UUID, week_on: date) -> Membership | None:
    """The membership of the week, or of the last week before it in which there was one."""
    rows = await uow.fetch(_LAST_MEMBERSHIP, user_id, week_on)
    if not rows:
        return None
    on, league_id, has_left, tier_after, tier, active, rank, xp, weekly_xp = rows[0]
    return Membership(on, league_id, has_left, tier_after, Standing(tier, active, rank, xp), weekly_xp)


async def take_part(uow: UnitOfWork, user_id: UUID, week_on: date, *, wanted: bool) -> None:
    """Leaves the league of the week or comes back to it; whoever calls has said that it `move`s."""
    await uow.fetch(_TAKE_PART, user_id, week_on, wanted)


async def move(uow: UnitOfWork, user_id: UUID, week_on: date) -> UUID | None:
    """Says that the board of a learner's league becomes another one; None for who was in none that week. Held from
    here to the commit: leagues before their members, as everywhere."""
    rows = await uow.fetch(_MOVE, user_id, week_on)
    return rows[0]["id"] if rows else None


async def current_league(db: Database, user_id: UUID, week_on: date) -> UUID | None:
    rows = await db.fetch(_CURRENT_LEAGUE, user_id, week_on)
    return rows[0]["league_id"] if rows else None


async def results(uow: UnitOfWork, user_id: UUID, *, before: date | None, most: int) -> list[Result]:
    """Of weeks that are written down, the newest first."""
    return [Result(*row) for row in await uow.fetch(_RESULTS, user_id, before, most)]


async def is_member(db: Database, user_id: UUID, league_id: UUID) -> bool:
    return bool(await db.fetch(_IS_MEMBER, user_id, league_id))


async def still_members(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    users, leagues = zip(*pairs, strict=True)
    return {(row[0], row[1]) for row in await db.fetch(_STILL_MEMBERS, list(users), list(leagues))}


async def leagues(db: Database, league_ids: Sequence[UUID]) -> list[LeagueRecord]:
    return [LeagueRecord(*row) for row in await db.fetch(_LEAGUES, list(league_ids))]


async def leagues_since(db: Database, week_on: date) -> list[LeagueRecord]:
    return [LeagueRecord(*row) for row in await db.fetch(_LEAGUES_SINCE, week_on)]


async def clock(db: Database) -> datetime:
    """The one that all processes share."""
    moment: datetime = (await db.fetch("SELECT now() AS now"))[0]["now"]
    return moment


async def finishable(uow: UnitOfWork, before: date) -> list[LeagueRecord]:
    """All leagues of weeks before that Monday which were not finalised, the oldest first."""
    return [LeagueRecord(*row) for row in await uow.fetch(_FINISHABLE, before)]


async def claim(uow: UnitOfWork, before: date, most: int) -> list[LeagueRecord]:
    """The oldest of `finishable`, held until the commit, without those that others hold."""
    return [LeagueRecord(*row) for row in await uow.fetch(_CLAIM, before, most)]


async def players(uow: UnitOfWork, league_ids: Sequence[UUID]) -> list[PlayerRow]:
    return [PlayerRow(*row) for row in await uow.fetch(_PLAYERS, list(league_ids))]


async def close(uow: UnitOfWork, league_ids: Sequence[UUID], results: Sequence[ResultRow]) -> None:
    """Writes down how it ended; free seats are gone."""
    columns = zip(*results, strict=True) if results else ((), (), (), ())
    await uow.fetch(_CLOSE, list(league_ids), *(list(column) for column in columns))
