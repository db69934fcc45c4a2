"""SQL of the XP ledger: one entry a cause, with all that repeats its sum written in the same statement."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.streaks import Streak
from domains.gamification.policy.xp import Day
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

# FOR UPDATE reads a row as it is once the lock is granted, not as it was when the statement began.
_ACCOUNT = """
    WITH balance AS MATERIALIZED (
        SELECT xp, day_on, day_xp, day_easy_xp FROM gamification_balance WHERE user_id = $1 FOR UPDATE
    ), streak AS MATERIALIZED (
        SELECT current_days, longest_days, last_on FROM gamification_streak WHERE user_id = $1 FOR UPDATE
    )
    SELECT b.day_on, b.day_xp, b.day_easy_xp, s.current_days, s.longest_days, s.last_on,
        (SELECT league_id FROM gamification_league_member WHERE user_id = $1 AND week_on = $2
            AND left_at IS NULL) AS league_id,
        EXISTS (SELECT FROM gamification_xp_entry WHERE user_id = $1 AND cause = $3) AS paid,
        coalesce((SELECT max(factor) FROM gamification_boost
            WHERE user_id = $1 AND ends_at > $4 AND starts_at <= $4), 1) AS factor
    FROM balance b, streak s
"""

_OPEN_ACCOUNT = """
    WITH balance AS (INSERT INTO gamification_balance (user_id) VALUES ($1) ON CONFLICT DO NOTHING)
    INSERT INTO gamification_streak (user_id) VALUES ($1) ON CONFLICT DO NOTHING
"""

BALANCES = """
    SELECT user_id, sum(xp)::int AS xp, max(local_on) AS day_on,
        (array_agg(xp ORDER BY local_on DESC))[1] AS day_xp,
        (array_agg(easy_xp ORDER BY local_on DESC))[1] AS day_easy_xp
    FROM (
        SELECT user_id, local_on, sum(amount)::int AS xp,
            coalesce(sum(amount) FILTER (WHERE easy), 0)::int AS easy_xp
        FROM gamification_xp_entry {whose} GROUP BY user_id, local_on
    ) day GROUP BY user_id
"""
"""The ledger summed up as balances are, to be formatted with `whose` it is."""

DAY_AFTER = """
    day_on = greatest(b.day_on, e.local_on),
    day_xp = CASE WHEN b.day_on > e.local_on THEN 0 ELSE e.amount END
        + CASE WHEN b.day_on >= e.local_on THEN b.day_xp ELSE 0 END,
    day_easy_xp = CASE WHEN e.easy AND (b.day_on > e.local_on) IS NOT TRUE THEN e.amount ELSE 0 END
        + CASE WHEN b.day_on >= e.local_on THEN b.day_easy_xp ELSE 0 END
"""
"""What an entry `e` makes of the latest day in the balance `b`; one of an earlier day leaves it as it is."""

# The other members are read as they were before the statement, one's own row as the statement leaves it.
_AWARD = f"""
    WITH entry AS (
        INSERT INTO gamification_xp_entry
            (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at, xp_total_after, points,
             factor, easy, course_id)
        SELECT $1::uuid, b.user_id, $3::text, $4::integer, $5::uuid, $7::date, $8::text, $9::timestamptz,
            b.xp + $4::integer, $13::integer, $14::smallint, $15::boolean, $16::uuid
        FROM gamification_balance b WHERE b.user_id = $2
        ON CONFLICT (user_id, cause) DO NOTHING RETURNING user_id, league_id, amount, local_on, occurred_at, easy
    ), balance AS (
        UPDATE gamification_balance b SET xp = b.xp + e.amount, {DAY_AFTER}
        FROM entry e WHERE b.user_id = e.user_id RETURNING b.xp
    ), streak AS (
        UPDATE gamification_streak s SET current_days = $10, longest_days = $11, last_on = $12
        FROM entry e WHERE s.user_id = e.user_id
            AND (s.current_days, s.longest_days, s.last_on) IS DISTINCT FROM ($10, $11, $12)
    ), member AS (
        INSERT INTO gamification_league_member AS m (league_id, user_id, week_on, xp, entries, last_xp_at)
        SELECT league_id, user_id, $6::date, amount, 1, occurred_at FROM entry WHERE league_id IS NOT NULL
        ON CONFLICT (league_id, user_id) DO UPDATE SET
            xp = m.xp + excluded.xp, entries = m.entries + 1, last_xp_at = greatest(m.last_xp_at, excluded.last_xp_at)
        RETURNING m.user_id, m.xp, m.entries, m.last_xp_at
    )
    SELECT balance.xp AS xp_total, coalesce(m.xp, 0) AS league_xp, coalesce(m.entries, 0) AS entries,
        coalesce(m.last_xp_at, $9) AS last_xp_at,
        CASE WHEN m.user_id IS NULL THEN 0 ELSE (
            SELECT count(*) + 1 FROM gamification_league_member o WHERE o.league_id = $5 AND o.user_id <> m.user_id
            AND o.left_at IS NULL
            AND (-o.xp, o.last_xp_at, o.user_id) < (-m.xp, m.last_xp_at, m.user_id)) END AS rank
    FROM balance LEFT JOIN member m ON true
"""  # noqa: S608 - a constant of ours

_DAY = """
    SELECT coalesce(sum(amount), 0)::int AS xp, coalesce(sum(amount) FILTER (WHERE easy), 0)::int AS easy_xp,
        count(*) = 0 AS first
    FROM gamification_xp_entry WHERE user_id = $1 AND local_on = $2
"""


class Account(NamedTuple):
    """Where a learner stands before an award. Held until the transaction ends."""

    day_on: date | None
    """The latest local date with an entry."""
    day_xp: int
    day_easy_xp: int
    streak: Streak
    league_id: UUID | None
    """The league of the week, once there is one."""
    paid: bool
    """Whether the cause has been paid."""
    factor: int
    """Of the boost that runs, or 1."""


class Award(NamedTuple):
    """One entry to be written."""

    user_id: UUID
    cause: str
    amount: int
    league_id: UUID | None
    """None where it counts on no board."""
    week_on: date
    local_on: date
    time_zone: str
    occurred_at: datetime
    points: int
    factor: int
    easy: bool
    course_id: UUID | None
    """The course that was learned."""
    streak: Streak
    """As it is after the award."""


class Awarded(NamedTuple):
    xp_total: int
    league_xp: int
    entries: int
    last_xp_at: datetime
    rank: int
    """With the three before it empty where it counted on no board."""


async def lock_account(uow: UnitOfWork, user_id: UUID, *, week_on: date, cause: str, at: datetime) -> Account:
    """Two round trips more when the learner has no account yet."""
    rows = await uow.fetch(_ACCOUNT, user_id, week_on, cause, at)
    if not rows:
        await uow.fetch(_OPEN_ACCOUNT, user_id)
        rows = await uow.fetch(_ACCOUNT, user_id, week_on, cause, at)
    day_on, day_xp, day_easy_xp, current, longest, last_on, league_id, paid, factor = rows[0]
    return Account(day_on, day_xp, day_easy_xp, Streak(current, longest, last_on), league_id, paid, factor)


async def day(uow: UnitOfWork, user_id: UUID, local_on: date) -> Day:
    """What the ledger says of a local date."""
    [row] = await uow.fetch(_DAY, user_id, local_on)
    return Day(*row)


async def add_award(uow: UnitOfWork, award: Award) -> Awarded | None:
    """Ledger, balance, streak and the week's sum in one statement; None when the cause has been paid."""
    *values, points, factor, easy, course_id, streak = award
    columns = (*values, streak.current, streak.longest, streak.last_on, points, factor, easy, course_id)
    rows = await uow.fetch(_AWARD, new_id(), *columns)
    return Awarded(*rows[0]) if rows else None
