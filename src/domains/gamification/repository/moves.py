"""SQL that makes one learner's rewards another's.

A ledger entry is never changed, so it goes and comes back in one statement, under its own id. A cause that both were
paid for stays paid once.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.policy.streaks import Streak
from domains.gamification.repository.ledger import BALANCES

_OPEN_ACCOUNTS = text("""
    WITH balance AS (
        INSERT INTO gamification_balance (user_id) SELECT unnest(CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING)
    INSERT INTO gamification_streak (user_id) SELECT unnest(CAST(:ids AS uuid[])) ON CONFLICT DO NOTHING
""")
_LOCK_ACCOUNTS = text("SELECT FROM gamification_balance WHERE user_id = ANY(:ids) ORDER BY user_id FOR UPDATE")
_LEAGUES_OF = text("""
    SELECT DISTINCT league_id FROM gamification_league_member WHERE user_id = ANY(:ids) ORDER BY league_id
""")
# In a week in which both were in a league, it all counts in the one of the account that stays.
_MOVE_ENTRIES = text("""
    WITH gone AS (DELETE FROM gamification_xp_entry WHERE user_id = :from_id RETURNING *)
    INSERT INTO gamification_xp_entry
        (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at, xp_total_after, points, factor, easy,
         course_id)
    SELECT g.id, CAST(:into_id AS uuid), g.cause, g.amount, coalesce(own.league_id, g.league_id), g.local_on,
        g.time_zone, g.occurred_at, g.xp_total_after, g.points, g.factor, g.easy, g.course_id
    FROM gone g LEFT JOIN gamification_league l ON l.id = g.league_id
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
_LEAVE_LEAGUES = text("DELETE FROM gamification_league_member WHERE user_id = :from_id")
_SUM_MEMBERSHIPS = text("""
    INSERT INTO gamification_league_member AS m (league_id, user_id, week_on, xp, entries, last_xp_at)
    SELECT e.league_id, e.user_id, l.week_on, sum(e.amount)::int, count(*)::int, max(e.occurred_at)
    FROM gamification_xp_entry e JOIN gamification_league l ON l.id = e.league_id
    WHERE e.user_id = :into_id GROUP BY e.league_id, e.user_id, l.week_on
    ON CONFLICT (league_id, user_id) DO UPDATE SET
        xp = excluded.xp, entries = excluded.entries, last_xp_at = excluded.last_xp_at
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


async def lock_accounts(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """No rewards for any of them until the transaction ends."""
    await session.execute(_OPEN_ACCOUNTS, {"ids": list(ids)})
    await session.execute(_LOCK_ACCOUNTS, {"ids": list(ids)})


async def leagues_of(session: AsyncSession, ids: Sequence[UUID]) -> list[UUID]:
    return list((await session.scalars(_LEAGUES_OF, {"ids": list(ids)})).all())


async def move_entries(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    """The ledger, and what sums it up. The streak is left to the caller."""
    await session.execute(_MOVE_ENTRIES, {"from_id": from_id, "into_id": into_id})
    await session.execute(_LEAVE_LEAGUES, {"from_id": from_id})
    await session.execute(_SUM_MEMBERSHIPS, {"into_id": into_id})
    await session.execute(_SUM_BALANCES, {"ids": [from_id, into_id]})


async def move_boosts_and_goals(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    for statement in (_MOVE_BOOSTS, _MOVE_GOALS):
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})


async def set_streak(session: AsyncSession, user_id: UUID, streak: Streak) -> None:
    values = {"current": streak.current, "longest": streak.longest, "last_on": streak.last_on}
    await session.execute(_SET_STREAK, {"user_id": user_id, **values})
