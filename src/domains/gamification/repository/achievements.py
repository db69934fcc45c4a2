"""SQL of achievements: what the logs say of learners, and which levels they have been given."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from domains.gamification.policy.achievements import Reached
from domains.kernel.uow import Database, UnitOfWork

_SUMS = """
    SELECT u.user_id, coalesce(b.xp, 0) AS xp, coalesce(s.longest_days, 0) AS streak_days,
        (SELECT count(*) FROM gamification_goal_day g WHERE g.user_id = u.user_id) AS goal_days,
        (SELECT coalesce(max(l.tier), 0) FROM gamification_league_member m JOIN gamification_league l
            ON l.id = m.league_id WHERE m.user_id = u.user_id AND m.left_at IS NULL) AS league_tier,
        (SELECT count(*) FROM gamification_league_member m WHERE m.user_id = u.user_id AND m.final_rank = 1 AND EXISTS (
            SELECT FROM gamification_league_member o WHERE o.league_id = m.league_id AND o.final_rank = 5)
        ) AS league_wins,
        (SELECT count(*) FROM gamification_gem_entry g
            WHERE g.user_id = u.user_id AND g.cause LIKE 'quest:%') AS quests
    FROM unnest($1::uuid[]) AS u (user_id)
    LEFT JOIN gamification_balance b USING (user_id) LEFT JOIN gamification_streak s USING (user_id)
"""
# A zone that PostgreSQL does not know is no error: such lessons count for no hour.
_LEDGER = """
    SELECT user_id, max(xp) AS best_day_xp, count(*) AS practice_days,
        count(DISTINCT date_trunc('week', local_on)) FILTER (WHERE extract(isodow FROM local_on) > 5) AS weekends,
        sum(practices)::int AS practices, sum(early)::int AS early_lessons, sum(late)::int AS late_lessons
    FROM (
        SELECT user_id, local_on, sum(amount)::int AS xp, count(*) FILTER (WHERE NOT lesson) AS practices,
            count(*) FILTER (WHERE lesson AND hour BETWEEN 4 AND 7) AS early,
            count(*) FILTER (WHERE lesson AND (hour >= 22 OR hour < 4)) AS late
        FROM (
            SELECT user_id, local_on, amount, cause NOT LIKE 'practice:%' AS lesson,
                CASE WHEN time_zone = ANY($2::text[])
                    THEN extract(hour FROM occurred_at AT TIME ZONE time_zone)::int END AS hour
            FROM gamification_xp_entry WHERE user_id = ANY($1::uuid[])
                AND (cause LIKE 'lesson:%' OR cause LIKE 'view:%' OR cause LIKE 'practice:%')
        ) entry GROUP BY user_id, local_on
    ) day GROUP BY user_id
"""
_ZONES = "SELECT name FROM pg_timezone_names"
_HELD = "SELECT user_id, achievement, level FROM gamification_achievement WHERE user_id = ANY($1::uuid[])"
# In one order, so that two jobs about the same learners cannot wait for each other.
_ADD = """
    INSERT INTO gamification_achievement (user_id, achievement, level, version, gems, awarded_at, local_on)
    SELECT * FROM unnest(
        $1::uuid[], $2::text[], $3::smallint[], $4::int[], $5::int[], $6::timestamptz[], $7::date[]
    ) AS a (user_id, achievement, level, version, gems, awarded_at, local_on)
    ORDER BY user_id, achievement, level
    ON CONFLICT DO NOTHING RETURNING user_id, achievement, level
"""
_AWARDS = """
    SELECT user_id, achievement, level, version, gems, awarded_at, local_on FROM gamification_achievement
    WHERE user_id = $1 ORDER BY awarded_at DESC, achievement, level DESC
"""
# Both were given it: the earlier date stays. In the order of `_ADD`.
_MOVE = """
    WITH gone AS (DELETE FROM gamification_achievement WHERE user_id = $1 RETURNING *)
    INSERT INTO gamification_achievement AS a (user_id, achievement, level, version, gems, awarded_at, local_on)
    SELECT $2::uuid, achievement, level, version, gems, awarded_at, local_on FROM gone
    ORDER BY achievement, level
    ON CONFLICT (user_id, achievement, level) DO UPDATE SET awarded_at = excluded.awarded_at,
        local_on = excluded.local_on WHERE a.awarded_at > excluded.awarded_at
"""

_zones: WeakKeyDictionary[Database, list[str]] = WeakKeyDictionary()


class Sums(NamedTuple):
    xp: int
    streak_days: int
    """The longest."""
    goal_days: int
    league_tier: int
    """The highest; 0 for who was in none."""
    league_wins: int
    """Weeks that ended in the first place, with four others behind it at least."""
    quests: int
    """That paid."""


class Practised(NamedTuple):
    best_day_xp: int
    practice_days: int
    weekends: int
    """With practice on one of their days, at least."""
    practices: int
    early_lessons: int
    """From four to before eight in the morning, where the learner was."""
    late_lessons: int
    """From ten in the evening to before four."""


class Award(NamedTuple):
    user_id: UUID
    achievement: str
    level: int
    version: int
    gems: int
    awarded_at: datetime
    local_on: date | None


async def sums(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, Sums]:
    return {id_: Sums(*numbers) for id_, *numbers in await uow.fetch(_SUMS, list(user_ids))}


async def practised(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, Practised]:
    """Reads all entries of these learners. Those who have none are left out."""
    if uow.db not in _zones:
        _zones[uow.db] = [row["name"] for row in await uow.fetch(_ZONES)]
    rows = await uow.fetch(_LEDGER, list(user_ids), _zones[uow.db])
    return {id_: Practised(*numbers) for id_, *numbers in rows}


async def held(uow: UnitOfWork, user_ids: Collection[UUID]) -> dict[UUID, set[Reached]]:
    """People without any have an empty set."""
    found: dict[UUID, set[Reached]] = {user_id: set() for user_id in user_ids}
    for user_id, achievement, level in await uow.fetch(_HELD, list(user_ids)):
        found[user_id].add(Reached(achievement, level))
    return found


async def add(uow: UnitOfWork, awards: Sequence[Award]) -> list[Award]:
    """Those that had not been given before."""
    columns = [list(column) for column in zip(*awards, strict=True)]
    new = {(row["user_id"], row["achievement"], row["level"]) for row in await uow.fetch(_ADD, *columns)}
    return [award for award in awards if award[:3] in new]


async def awards(uow: UnitOfWork, user_id: UUID) -> list[Award]:
    """The newest first."""
    return [Award(*row) for row in await uow.fetch(_AWARDS, user_id)]


async def move(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    await uow.fetch(_MOVE, from_id, into_id)
