"""SQL that compares what repeats the ledger with the ledger, and makes it equal to it.

Every statement reads the whole ledger, so it gets the time that takes and not the seconds of a request. Each kind of
rollup has one statement that finds differences and statements that mend exactly those, under the same conditions.
"""

# Statements are put together from parts of this module only.
# ruff: noqa: S608

from asyncpg import Record
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.repository.ledger import BALANCES

LONGEST_S = 3_600.0
"""How long one statement may take; the limits of requests do not hold here."""

_BALANCES = BALANCES.format(whose="")
_MEMBERS = """
    SELECT e.league_id, e.user_id, l.week_on, sum(e.amount)::int AS xp, count(*)::int AS entries,
        max(e.occurred_at) AS last_xp_at
    FROM gamification_xp_entry e JOIN gamification_league l ON l.id = e.league_id
    GROUP BY e.league_id, e.user_id, l.week_on
"""
# `policy.streaks` over the days: those that follow one another keep their distance to their place, which names their
# run. Days that were kept hold a run together and do not count.
_STREAKS = """
    SELECT user_id, (array_agg(days ORDER BY until DESC))[1] AS current_days, max(days) AS longest_days,
        max(until) AS last_on
    FROM (
        SELECT user_id, count(*) FILTER (WHERE practised)::int AS days,
            max(local_on) FILTER (WHERE practised) AS until
        FROM (
            SELECT user_id, local_on, practised,
                local_on - (row_number() OVER (PARTITION BY user_id ORDER BY local_on))::int AS run
            FROM (
                SELECT user_id, local_on, bool_or(practised) AS practised
                FROM (
                    SELECT DISTINCT user_id, local_on, true AS practised FROM gamification_xp_entry
                    UNION ALL SELECT user_id, local_on, false FROM gamification_streak_kept
                ) told GROUP BY user_id, local_on
            ) covered
        ) day GROUP BY user_id, run
    ) run WHERE days > 0 GROUP BY user_id
"""

_PURSES = "SELECT user_id, sum(amount)::int AS gems FROM gamification_gem_entry GROUP BY user_id"

_DIFFERENCES = {
    "purse": f"""
        SELECT 'purse of ' || user_id AS what, coalesce(l.gems, 0)::text AS ledger, p.gems::text AS found
        FROM ({_PURSES}) l FULL JOIN gamification_purse p USING (user_id)
        WHERE coalesce(l.gems, 0) IS DISTINCT FROM p.gems
    """,
    "balance": f"""
        SELECT 'balance of ' || user_id AS what, coalesce(l.xp, 0)::text AS ledger, b.xp::text AS found
        FROM ({_BALANCES}) l FULL JOIN gamification_balance b USING (user_id)
        WHERE coalesce(l.xp, 0) IS DISTINCT FROM b.xp
    """,
    "day": f"""
        SELECT 'latest day of ' || user_id AS what,
            concat_ws(' ', l.day_on, coalesce(l.day_xp, 0), coalesce(l.day_easy_xp, 0)) AS ledger,
            concat_ws(' ', b.day_on, b.day_xp, b.day_easy_xp) AS found
        FROM ({_BALANCES}) l RIGHT JOIN gamification_balance b USING (user_id)
        WHERE (l.day_on, coalesce(l.day_xp, 0), coalesce(l.day_easy_xp, 0))
            IS DISTINCT FROM (b.day_on, b.day_xp, b.day_easy_xp)
    """,
    "member": f"""
        SELECT 'league ' || league_id || ', member ' || user_id AS what,
            l.xp || ' XP in ' || l.entries AS ledger, m.xp || ' XP in ' || m.entries AS found
        FROM ({_MEMBERS}) l FULL JOIN gamification_league_member m USING (league_id, user_id)
        WHERE (l.week_on, l.xp, l.entries, l.last_xp_at) IS DISTINCT FROM (m.week_on, m.xp, m.entries, m.last_xp_at)
    """,
    "streak": f"""
        SELECT 'streak of ' || user_id AS what,
            concat_ws(' ', coalesce(l.current_days, 0), coalesce(l.longest_days, 0), l.last_on) AS ledger,
            concat_ws(' ', s.current_days, s.longest_days, s.last_on) AS found
        FROM ({_STREAKS}) l FULL JOIN gamification_streak s USING (user_id)
        WHERE (coalesce(l.current_days, 0), coalesce(l.longest_days, 0), l.last_on)
            IS DISTINCT FROM (s.current_days, s.longest_days, s.last_on)
    """,
}

# An award locks its balance before anything else and holds it to the end: this waits for those under way, and lets
# new ones begin only after the mending.
_HOLD_AWARDS = "LOCK TABLE gamification_balance, gamification_purse IN EXCLUSIVE MODE"

# Accounts without entries are emptied and kept, as new ones are.
_MEND = [
    f"""
        INSERT INTO gamification_purse AS p (user_id, gems) {_PURSES}
        ON CONFLICT (user_id) DO UPDATE SET gems = excluded.gems WHERE p.gems <> excluded.gems
    """,
    """
        UPDATE gamification_purse p SET gems = 0
        WHERE gems <> 0 AND NOT EXISTS (SELECT FROM gamification_gem_entry e WHERE e.user_id = p.user_id)
    """,
    f"""
        INSERT INTO gamification_balance AS b (user_id, xp, day_on, day_xp, day_easy_xp) {_BALANCES}
        ON CONFLICT (user_id) DO UPDATE SET xp = excluded.xp, day_on = excluded.day_on, day_xp = excluded.day_xp,
            day_easy_xp = excluded.day_easy_xp
        WHERE (b.xp, b.day_on, b.day_xp, b.day_easy_xp)
            IS DISTINCT FROM (excluded.xp, excluded.day_on, excluded.day_xp, excluded.day_easy_xp)
    """,
    """
        UPDATE gamification_balance b SET xp = 0, day_on = NULL, day_xp = 0, day_easy_xp = 0
        WHERE (xp <> 0 OR day_on IS NOT NULL OR day_xp <> 0 OR day_easy_xp <> 0)
            AND NOT EXISTS (SELECT FROM gamification_xp_entry e WHERE e.user_id = b.user_id)
    """,
    """
        DELETE FROM gamification_league_member m WHERE NOT EXISTS (
            SELECT FROM gamification_xp_entry e WHERE e.league_id = m.league_id AND e.user_id = m.user_id)
    """,
    f"""
        INSERT INTO gamification_league_member AS m (league_id, user_id, week_on, xp, entries, last_xp_at) {_MEMBERS}
        ON CONFLICT (league_id, user_id) DO UPDATE SET week_on = excluded.week_on,
            xp = excluded.xp, entries = excluded.entries, last_xp_at = excluded.last_xp_at
        WHERE (m.week_on, m.xp, m.entries, m.last_xp_at)
            IS DISTINCT FROM (excluded.week_on, excluded.xp, excluded.entries, excluded.last_xp_at)
    """,
    f"""
        INSERT INTO gamification_streak AS s (user_id, current_days, longest_days, last_on)
        SELECT user_id, current_days, longest_days, last_on FROM ({_STREAKS}) l
        ON CONFLICT (user_id) DO UPDATE SET
            current_days = excluded.current_days, longest_days = excluded.longest_days, last_on = excluded.last_on
        WHERE (s.current_days, s.longest_days, s.last_on)
            IS DISTINCT FROM (excluded.current_days, excluded.longest_days, excluded.last_on)
    """,
    """
        UPDATE gamification_streak s SET current_days = 0, longest_days = 0, last_on = NULL
        WHERE (current_days, longest_days, last_on) IS DISTINCT FROM (0, 0, NULL)
            AND NOT EXISTS (SELECT FROM gamification_xp_entry e WHERE e.user_id = s.user_id)
    """,
]


async def rollup_differences(session: AsyncSession) -> list[str]:
    """One line per balance, member or streak that the ledger does not bear out."""
    await _take_time(session)
    return [
        f"{row['what']}: ledger {row['ledger'] or 'nothing'}, found {row['found'] or 'nothing'}"
        for statement in _DIFFERENCES.values()
        for row in await _fetch(session, statement)
    ]


async def mend_rollups(session: AsyncSession) -> None:
    """Balances, members and streaks made equal to the ledger. Awards wait until the transaction ends."""
    await _take_time(session)
    # New awards queue behind this wait: rather give up than let them run into limits of their own.
    await _fetch(session, "SET LOCAL lock_timeout = '1500ms'")
    await _fetch(session, _HOLD_AWARDS)
    for statement in _MEND:
        await _fetch(session, statement)


async def _take_time(session: AsyncSession) -> None:
    await session.execute(text("SET LOCAL statement_timeout = 0"))


async def _fetch(session: AsyncSession, statement: str) -> list[Record]:
    # Past SQLAlchemy, whose connections give up on every command after the seconds of a request.
    raw = await (await session.connection()).get_raw_connection()
    connection = raw.driver_connection
    if connection is None:
        raise RuntimeError("the session has no connection")
    rows: list[Record] = await connection.fetch(statement, timeout=LONGEST_S)
    return rows
