"""SQL of days of practice, each on the learner's own calendar, and of what keeps a streak without them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.policy import streaks as policy
from domains.gamification.policy.streaks import MOST_FREEZES, Book, Keep, Kept, Safety, Streak
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

_DAYS = "SELECT DISTINCT local_on FROM gamification_xp_entry WHERE user_id = $1"

_KEPT = "SELECT local_on FROM gamification_streak_kept WHERE user_id = $1"

_SESSIONS = "count(*) FILTER (WHERE e.cause LIKE 'lesson:%' OR e.cause LIKE 'practice:%')::int"

# The clock of the practice before the moment, if that was lately.
_BOOK = f"""
    SELECT 'day' AS what, e.local_on, {_SESSIONS} AS sessions, NULL AS said, NULL::uuid AS id
    FROM gamification_xp_entry e WHERE e.user_id = $1 GROUP BY e.local_on
    UNION ALL
    SELECT 'kept', local_on, 0, kind, freeze_id FROM gamification_streak_kept WHERE user_id = $1
    UNION ALL
    SELECT 'freeze', gained_on, 0, cause, id FROM gamification_freeze WHERE user_id = $1
    UNION ALL (
        SELECT 'zone', local_on, 0, time_zone, NULL FROM gamification_xp_entry
        WHERE user_id = $1 AND local_on BETWEEN $2::date - 4 AND $2::date + 1 AND occurred_at < $3
        ORDER BY occurred_at DESC LIMIT 1)
"""  # noqa: S608 - a constant of ours

_KEEP = """
    INSERT INTO gamification_streak_kept (user_id, local_on, kind, freeze_id, time_zone)
    SELECT $1, k.local_on, k.kind, k.freeze_id, $5
    FROM unnest($2::date[], $3::text[], $4::uuid[]) AS k (local_on, kind, freeze_id)
    ON CONFLICT (user_id, local_on) DO NOTHING
"""

_ZONE_THEN = """
    SELECT time_zone FROM gamification_xp_entry
    WHERE user_id = $1 AND occurred_at < $3 AND local_on BETWEEN $4 AND $5
    ORDER BY occurred_at <= $2 DESC, abs(extract(epoch FROM occurred_at - $2)) LIMIT 1
"""

_HELD = """
    FROM gamification_freeze f WHERE f.user_id = {user_id} AND NOT EXISTS (
        SELECT FROM gamification_streak_kept k WHERE k.freeze_id = f.id AND NOT EXISTS (
            SELECT FROM gamification_xp_entry e WHERE e.user_id = k.user_id AND e.local_on = k.local_on))
"""
"""Freezes that are not spent, or on a day that was practised after all."""

_LOCK = """
    WITH opened AS (INSERT INTO gamification_streak (user_id) VALUES ($1) ON CONFLICT DO NOTHING)
    SELECT FROM gamification_streak WHERE user_id = $1 FOR UPDATE
"""
_ADD_FREEZE = f"""
    WITH added AS (
        INSERT INTO gamification_freeze (id, user_id, cause, gained_on, time_zone)
        SELECT $2, $1, $3, $4, $5 WHERE (SELECT count(*) {_HELD.format(user_id="$1")}) < {MOST_FREEZES}
        ON CONFLICT (user_id, cause) DO NOTHING RETURNING id
    )
    SELECT EXISTS (SELECT FROM added)
        OR EXISTS (SELECT FROM gamification_freeze WHERE user_id = $1 AND cause = $3) AS there
"""  # noqa: S608 - a constant of ours

_FREEZES = f"""
    SELECT u.user_id, held.id, held.gained_on FROM unnest($1::uuid[]) AS u (user_id)
    CROSS JOIN LATERAL (SELECT f.id, f.gained_on {_HELD.format(user_id="u.user_id")}) held
"""  # noqa: S608 - a constant of ours

_CALENDAR = f"""
    SELECT coalesce(d.local_on, k.local_on) AS local_on, coalesce(d.sessions, 0) AS sessions,
        d.local_on IS NOT NULL AS practised, k.kind
    FROM (
        SELECT e.local_on, {_SESSIONS} AS sessions FROM gamification_xp_entry e
        WHERE e.user_id = $1 AND e.local_on BETWEEN $2 AND $3 GROUP BY e.local_on
    ) d FULL JOIN (
        SELECT local_on, kind FROM gamification_streak_kept WHERE user_id = $1 AND local_on BETWEEN $2 AND $3
    ) k USING (local_on) ORDER BY 1
"""  # noqa: S608 - a constant of ours

# A day that was kept for both stays kept; a cause that brought both a freeze has brought one.
_MOVE = [
    """
    UPDATE gamification_freeze f SET user_id = $2 WHERE f.user_id = $1 AND NOT EXISTS (
        SELECT FROM gamification_freeze o WHERE o.user_id = $2 AND o.cause = f.cause)
    """,
    """
    UPDATE gamification_streak_kept k SET user_id = $2 WHERE k.user_id = $1 AND NOT EXISTS (
        SELECT FROM gamification_streak_kept o WHERE o.user_id = $2 AND o.local_on = k.local_on)
    """,
    "DELETE FROM gamification_streak_kept WHERE user_id = $1",
    "DELETE FROM gamification_freeze WHERE user_id = $1",
]

_STREAKS = text("""
    SELECT user_id, current_days, longest_days, last_on FROM gamification_streak WHERE user_id = ANY(:ids)
""")

# Entries of a learner and some days are found by the index of days.
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


class Known(NamedTuple):
    book: Book
    """Its owner's weekends are not asked for."""
    zone_before: str | None
    """By which the practice before went."""


class CalendarDay(NamedTuple):
    on: date
    sessions: int
    practised: bool
    kind: Kept | None
    """How it was kept when it looked missed."""


async def book(uow: UnitOfWork, user_id: UUID, *, on: date, at: datetime, pauses: bool) -> Known:
    """All that the streak follows from, as it was before what happened at `at`, on the local date `on`."""
    days: dict[date, int] = {}
    keeps: list[Keep] = []
    freezes: dict[UUID, date] = {}
    zone = None
    for what, local_on, sessions, said, id_ in await uow.fetch(_BOOK, user_id, on, at):
        match what:
            case "day":
                days[local_on] = sessions
            case "kept":
                keeps.append(Keep(local_on, Kept(said), id_))
            case "freeze":
                freezes[id_] = local_on
            case _:
                zone = said
    spent = [(keep.freeze_id, keep.on) for keep in keeps if keep.freeze_id]
    safety = Safety(policy.held(freezes, spent, days), pauses)
    return Known(Book(days, {keep.on: keep.kind for keep in keeps}, safety), zone)


async def keep(uow: UnitOfWork, user_id: UUID, keeps: Sequence[Keep], time_zone: str) -> None:
    ons, kinds, freezes = zip(*keeps, strict=True)
    await uow.fetch(_KEEP, user_id, list(ons), list(kinds), list(freezes), time_zone)


async def zone_then(uow: UnitOfWork, user_id: UUID, at: datetime, *, before: datetime) -> str | None:
    """The zone of the practice that is nearest to `at`, of those before `before`: the last one up to it, if any."""
    around = timedelta(days=60)
    rows = await uow.fetch(_ZONE_THEN, user_id, at, before, (at - around).date(), (at + around).date())
    return rows[0]["time_zone"] if rows else None


async def add_freeze(uow: UnitOfWork, user_id: UUID, cause: str, on: date, time_zone: str) -> bool:
    """False where as many are held as can be; True again for a cause that was counted. Two round trips, from the
    first of which nobody else changes what is held."""
    await uow.fetch(_LOCK, user_id)
    [row] = await uow.fetch(_ADD_FREEZE, user_id, new_id(), cause, on, time_zone)
    return bool(row["there"])


async def freezes(uow: UnitOfWork, user_ids: Collection[UUID]) -> Mapping[UUID, Mapping[UUID, date]]:
    """Those that are held, and since when; people without any are left out."""
    found: dict[UUID, dict[UUID, date]] = {}
    for user_id, id_, since in await uow.fetch(_FREEZES, list(user_ids)):
        found.setdefault(user_id, {})[id_] = since
    return {user_id: policy.held(held, (), ()) for user_id, held in found.items()}


async def calendar(uow: UnitOfWork, user_id: UUID, first_on: date, last_on: date) -> list[CalendarDay]:
    """Only days on which there was something, in their order."""
    rows = await uow.fetch(_CALENDAR, user_id, first_on, last_on)
    return [CalendarDay(on, n, practised, Kept(kind) if kind else None) for on, n, practised, kind in rows]


async def move(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """Freezes and kept days of one account become another's. Four round trips."""
    for statement in _MOVE[:2]:
        await uow.fetch(statement, from_id, into_id)
    for statement in _MOVE[2:]:
        await uow.fetch(statement, from_id)


async def kept_days(uow: UnitOfWork, user_id: UUID) -> list[date]:
    return [row["local_on"] for row in await uow.fetch(_KEPT, user_id)]


async def streaks(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, Streak]:
    rows = await session.execute(_STREAKS, {"ids": list(user_ids)})
    return {row.user_id: Streak(row.current_days, row.longest_days, row.last_on) for row in rows}


async def practice(
    session: AsyncSession, user_ids: Collection[UUID], *, first_on: date, last_on: date
) -> dict[UUID, Practice]:
    values = {"ids": list(user_ids), "first_on": first_on, "last_on": last_on}
    rows = await session.execute(_PRACTISED, values)
    return {row.user_id: Practice(row.lessons, row.xp, row.days, row.streak_days) for row in rows}
