"""SQL that makes one learner's rewards another's.

A ledger entry is never changed, so it goes and comes back in one statement, under its own id. A cause that both were
paid for stays paid once. What is brought along is ranked as far as the cap of its day has room: no number of accounts
lifts anybody higher on a board than one could.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.policy.streaks import Streak
from domains.gamification.policy.xp import DAY_CAP_XP
from domains.gamification.repository.ledger import BALANCES

_OPEN_ACCOUNTS = text("""
    WITH balance AS (
        INSERT INTO gamification_balance (user_id) SELECT unnest(CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING)
    INSERT INTO gamification_streak (user_id) SELECT unnest(CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING
""")
_LOCK_ACCOUNTS = text("SELECT FROM gamification_balance WHERE user_id = ANY(:ids) ORDER BY user_id FOR UPDATE")
# In the order of whoever finalises them, who leaves out what is held here: see `leagues.claim`.
_HOLD_LEAGUES = text("""
    SELECT id FROM gamification_league
    WHERE id IN (
        SELECT m.league_id FROM gamification_league_member m
        JOIN gamification_league_member gone ON gone.user_id = :from_id AND gone.week_on = m.week_on
        WHERE m.user_id IN (:from_id, :into_id))
    ORDER BY week_on, id FOR NO KEY UPDATE
""")
_MOVE_LEAGUES = text("UPDATE gamification_league SET moves = moves + 1 WHERE id = ANY(:ids)")
# In a week in which both were in a league, it all counts in the one of the account that stays.
_MOVE_ENTRIES = text("""
    WITH gone AS (DELETE FROM gamification_xp_entry WHERE user_id = :from_id RETURNING *), brought AS (
        SELECT g.*, coalesce(day.xp, 0) + sum(g.amount) OVER (PARTITION BY g.local_on ORDER BY g.id) AS day_xp
        FROM gone g LEFT JOIN (
            SELECT local_on, sum(amount) AS xp FROM gamification_xp_entry WHERE user_id = :into_id GROUP BY local_on
        ) day USING (local_on)
    )
    INSERT INTO gamification_xp_entry
        (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at, xp_total_after, points, factor, easy,
         course_id)
    SELECT b.id, CAST(:into_id AS uuid), b.cause, b.amount,
        CASE WHEN b.day_xp <= :day_cap_xp THEN coalesce(own.league_id, b.league_id) END, b.local_on,
        b.time_zone, b.occurred_at, b.xp_total_after, b.points, b.factor, b.easy, b.course_id
    FROM brought b LEFT JOIN gamification_league l ON l.id = b.league_id
    LEFT JOIN gamification_league_member own ON own.user_id = :into_id AND own.week_on = l.week_on
    ON CONFLICT (user_id, cause) DO NOTHING
""")
_MOVE_BOOSTS = text("""
    WITH gone AS (DELETE FROM gamification_boost WHERE user_id = :from_id RETURNING *)
    INSERT INTO gamification_boost (id, user_id, cause, factor, starts_at, ends_at, created_at)
    SELECT id, CAST(:into_id AS uuid), cause, factor, starts_at, ends_at, created_at FROM gone
    ON CONFLICT (user_id, cause) DO NOTHING
""")
# A day on which both reached a goal stays what it was for the account that stays.
_MOVE_GOALS = text("""
    WITH gone AS (DELETE FROM gamification_goal_day WHERE user_id = :from_id RETURNING *)
    INSERT INTO gamification_goal_day (user_id, local_on, goal_xp, reached_at)
    SELECT CAST(:into_id AS uuid), local_on, goal_xp, reached_at FROM gone
    ON CONFLICT (user_id, local_on) DO NOTHING
""")
# How a week ended stays written down, for whoever goes on.
_MOVE_MEMBERSHIPS = text("""
    UPDATE gamification_league_member m SET user_id = :into_id WHERE m.user_id = :from_id AND NOT EXISTS (
        SELECT FROM gamification_league_member own WHERE own.user_id = :into_id AND own.week_on = m.week_on)
""")
_SUM_MEMBERSHIPS = text("""
    INSERT INTO gamification_league_member AS m (league_id, user_id, week_on, xp, entries, last_xp_at)
    SELECT e.league_id, e.user_id, l.week_on, sum(e.amount)::int, count(*)::int, max(e.occurred_at)
    FROM gamification_xp_entry e JOIN gamification_league l ON l.id = e.league_id
    WHERE e.user_id = :into_id GROUP BY e.league_id, e.user_id, l.week_on
    ON CONFLICT (league_id, user_id) DO UPDATE SET
        xp = excluded.xp, entries = excluded.entries, last_xp_at = excluded.last_xp_at
""")
_LEAVE_LEAGUES = text("""
    DELETE FROM gamification_league_member m WHERE m.user_id IN (:from_id, :into_id) AND NOT EXISTS (
        SELECT FROM gamification_xp_entry e WHERE e.league_id = m.league_id AND e.user_id = m.user_id)
""")
_SUM_BALANCES = text(f"""
    UPDATE gamification_balance b SET xp = coalesce(l.xp, 0), day_on = l.day_on, day_xp = coalesce(l.day_xp, 0),
        day_easy_xp = coalesce(l.day_easy_xp, 0)
    FROM unnest(CAST(:ids AS uuid[])) u (user_id)
    LEFT JOIN ({BALANCES.format(whose="WHERE user_id = ANY(:ids)")}) l USING (user_id)
    WHERE b.user_id = u.user_id
""")  # noqa: S608 - a constant of ours
_SET_STREAK = text("""
    UPDATE gamification_streak SET current_days = :current, longest_days = :longest, last_on = :last_on
    WHERE user_id = :user_id
""")


async def lock_accounts(session: AsyncSession, ids: Collection[UUID]) -> None:
    """No rewards for any of them until the transaction ends."""
    await session.execute(_OPEN_ACCOUNTS, {"ids": sorted(ids)})
    await session.execute(_LOCK_ACCOUNTS, {"ids": sorted(ids)})


async def move_leagues(session: AsyncSession, from_id: UUID, into_id: UUID) -> list[UUID]:
    """Those whose boards become others. None of them is finalised until the transaction ends."""
    held = list((await session.scalars(_HOLD_LEAGUES, {"from_id": from_id, "into_id": into_id})).all())
    await session.execute(_MOVE_LEAGUES, {"ids": held})
    return held


async def move_entries(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    """The ledger, and what sums it up. The streak is left to the caller, who holds the leagues."""
    both = {"from_id": from_id, "into_id": into_id}
    await session.execute(_MOVE_ENTRIES, {**both, "day_cap_xp": DAY_CAP_XP})
    await session.execute(_MOVE_MEMBERSHIPS, both)
    await session.execute(_SUM_MEMBERSHIPS, {"into_id": into_id})
    await session.execute(_LEAVE_LEAGUES, both)
    await session.execute(_SUM_BALANCES, {"ids": [from_id, into_id]})


async def move_boosts_and_goals(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    for statement in (_MOVE_BOOSTS, _MOVE_GOALS):
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})


async def set_streak(session: AsyncSession, user_id: UUID, streak: Streak) -> None:
    values = {"current": streak.current, "longest": streak.longest, "last_on": streak.last_on}
    await session.execute(_SET_STREAK, {"user_id": user_id, **values})
