"""SQL of gamification. Each function is one round trip unless it says otherwise."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.gamification.policy.leagues import COHORT_SIZE, Standing, week_of
from domains.gamification.policy.streaks import Streak
from domains.kernel.ids import id_at, new_id
from domains.kernel.uow import Database, UnitOfWork

# FOR UPDATE reads a row as it is once the lock is granted, not as it was when the statement began.
_ACCOUNT = """
    WITH balance AS MATERIALIZED (
        SELECT xp FROM gamification_balance WHERE user_id = $1 FOR UPDATE
    ), streak AS MATERIALIZED (
        SELECT current_days, longest_days, last_on FROM gamification_streak WHERE user_id = $1 FOR UPDATE
    )
    SELECT b.xp, s.current_days, s.longest_days, s.last_on,
        (SELECT league_id FROM gamification_league_member WHERE user_id = $1 AND week_on = $2) AS league_id,
        EXISTS (SELECT FROM gamification_xp_entry WHERE user_id = $1 AND cause = $3) AS paid
    FROM balance b, streak s
"""

_OPEN_ACCOUNT = """
    WITH balance AS (INSERT INTO gamification_balance (user_id) VALUES ($1) ON CONFLICT DO NOTHING)
    INSERT INTO gamification_streak (user_id) VALUES ($1) ON CONFLICT DO NOTHING
"""

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

# The other members are read as they were before the statement, one's own row as the statement leaves it.
_AWARD = """
    WITH entry AS (
        INSERT INTO gamification_xp_entry
            (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at, xp_total_after)
        SELECT $1::uuid, b.user_id, $3::text, $4::integer, $5::uuid, $7::date, $8::text, $9::timestamptz,
            b.xp + $4::integer
        FROM gamification_balance b WHERE b.user_id = $2
        ON CONFLICT (user_id, cause) DO NOTHING RETURNING user_id, league_id, amount, occurred_at
    ), balance AS (
        UPDATE gamification_balance b SET xp = b.xp + e.amount FROM entry e WHERE b.user_id = e.user_id RETURNING b.xp
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
            AND (-o.xp, o.last_xp_at, o.user_id) < (-m.xp, m.last_xp_at, m.user_id)) END AS rank
    FROM balance LEFT JOIN member m ON true
"""

_DAYS = "SELECT DISTINCT local_on FROM gamification_xp_entry WHERE user_id = $1"

_STORE_RESULT = "INSERT INTO gamification_session_result (session_id, body) VALUES ($1, $2)"
_RESULT = "SELECT body FROM gamification_session_result WHERE session_id = $1"

_STREAKS = text("""
    SELECT user_id, current_days, longest_days, last_on FROM gamification_streak WHERE user_id = ANY(:ids)
""")
# Entries of one learner are found by the index of causes, which begins with them.
_PRACTISED = text("""
    SELECT e.user_id, count(*) FILTER (WHERE e.cause LIKE 'lesson:%' OR e.cause LIKE 'view:%')::int AS lessons,
        sum(e.amount)::int AS xp, count(DISTINCT e.local_on)::int AS days,
        coalesce((SELECT s.current_days FROM gamification_streak s
            WHERE s.user_id = e.user_id AND s.last_on >= CAST(:last_on AS date) - 1), 0) AS streak_days
    FROM gamification_xp_entry e
    WHERE e.user_id = ANY(:ids) AND e.local_on BETWEEN :first_on AND :last_on
    GROUP BY e.user_id
""")
# By way of the weeks: their index finds a learner's entries of some days without reading those of years.
_REWARDS = """
    SELECT w.user_id, e.cause, e.amount, e.xp_total_after, e.occurred_at, s.current_days, r.body
    FROM unnest($1::uuid[], $2::uuid[], $3::date[]) AS w (user_id, after, week_on)
    CROSS JOIN LATERAL (
        SELECT e.id, e.cause, e.amount, e.xp_total_after, e.occurred_at
        FROM (
            SELECT e.* FROM gamification_league_member m
            JOIN gamification_xp_entry e ON e.league_id = m.league_id AND e.user_id = m.user_id
            WHERE m.user_id = w.user_id AND m.week_on >= w.week_on AND e.id >= w.after
            UNION ALL
            SELECT e.* FROM gamification_xp_entry e
            WHERE e.user_id = w.user_id AND e.league_id IS NULL AND e.id >= w.after
        ) e
        WHERE e.cause LIKE 'lesson:%' OR e.cause LIKE 'view:%'
        ORDER BY e.id DESC LIMIT $4
    ) e
    JOIN gamification_streak s ON s.user_id = w.user_id
    LEFT JOIN gamification_session_result r
        ON r.session_id = CASE WHEN e.cause LIKE 'lesson:%' THEN substr(e.cause, 8)::uuid END
    ORDER BY e.id
"""

_CURRENT_LEAGUE = "SELECT league_id FROM gamification_league_member WHERE user_id = $1 AND week_on = $2"
_IS_MEMBER = "SELECT 1 FROM gamification_league_member WHERE user_id = $1 AND league_id = $2"
_STILL_MEMBERS = """
    SELECT user_id, league_id FROM gamification_league_member
    JOIN unnest($1::uuid[], $2::uuid[]) AS p (user_id, league_id) USING (user_id, league_id)
"""
_LEAGUES = "SELECT id, week_on, tier FROM gamification_league WHERE id = ANY($1::uuid[])"
_MEMBERS = "SELECT user_id, xp, entries, last_xp_at FROM gamification_league_member WHERE league_id = $1"
_LEDGER_SUMS = """
    SELECT league_id, user_id, sum(amount)::int AS xp, count(*)::int AS entries, max(occurred_at) AS last_xp_at
    FROM gamification_xp_entry WHERE league_id = ANY($1::uuid[]) GROUP BY league_id, user_id
"""
_LEAGUES_SINCE = "SELECT id, week_on, tier FROM gamification_league WHERE week_on >= $1 ORDER BY id"


class Account(NamedTuple):
    """Where a learner stands before an award. Held until the transaction ends."""

    xp: int
    streak: Streak
    league_id: UUID | None
    """The league of the week, once there is one."""
    paid: bool
    """Whether the cause has been paid."""


class Membership(NamedTuple):
    week_on: date
    league_id: UUID
    standing: Standing


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
    streak: Streak
    """As it is after the award."""


class Awarded(NamedTuple):
    xp_total: int
    league_xp: int
    entries: int
    last_xp_at: datetime
    rank: int
    """With the three before it empty where it counted on no board."""


class MemberSum(NamedTuple):
    """A learner's week in a league; orders as the board does, the first first."""

    user_id: UUID
    xp: int
    entries: int
    last_xp_at: datetime

    @property
    def order(self) -> tuple[int, datetime, UUID]:
        return -self.xp, self.last_xp_at, self.user_id


class Practice(NamedTuple):
    """What a learner did on some days of their own calendar."""

    lessons: int
    xp: int
    days: int
    """On how many of them."""
    streak_days: int
    """As it is now; 0 if it ended before the last two of them."""


class Reward(NamedTuple):
    """What a completed lesson once brought."""

    user_id: UUID
    cause: str
    amount: int
    xp_total: int
    at: datetime
    streak_days: int
    """As it is now."""
    body: bytes | None
    """Of the answer to completing the session, if it was one."""


class LeagueRecord(NamedTuple):
    id: UUID
    week_on: date
    tier: int


async def lock_account(uow: UnitOfWork, user_id: UUID, *, week_on: date, cause: str) -> Account:
    """Two round trips more when the learner has no account yet."""
    rows = await uow.fetch(_ACCOUNT, user_id, week_on, cause)
    if not rows:
        await uow.fetch(_OPEN_ACCOUNT, user_id)
        rows = await uow.fetch(_ACCOUNT, user_id, week_on, cause)
    xp, current, longest, last_on, league_id, paid = rows[0]
    return Account(xp, Streak(current, longest, last_on), league_id, paid)


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


async def add_award(uow: UnitOfWork, award: Award) -> Awarded | None:
    """Ledger, balance, streak and the week's sum in one statement; None when the cause has been paid."""
    *values, streak = award
    rows = await uow.fetch(_AWARD, new_id(), *values, streak.current, streak.longest, streak.last_on)
    return Awarded(*rows[0]) if rows else None


async def days(uow: UnitOfWork, user_id: UUID) -> list[date]:
    """On which the learner earned something, in no order."""
    return [row["local_on"] for row in await uow.fetch(_DAYS, user_id)]


async def store_result(uow: UnitOfWork, session_id: UUID, body: bytes) -> None:
    await uow.fetch(_STORE_RESULT, session_id, body)


async def result(uow: UnitOfWork, session_id: UUID) -> bytes:
    body: bytes = (await uow.fetch(_RESULT, session_id))[0]["body"]
    return body


async def streaks(session: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, Streak]:
    rows = await session.execute(_STREAKS, {"ids": list(user_ids)})
    return {row.user_id: Streak(row.current_days, row.longest_days, row.last_on) for row in rows}


async def practice(
    session: AsyncSession, user_ids: Collection[UUID], *, first_on: date, last_on: date
) -> dict[UUID, Practice]:
    values = {"ids": list(user_ids), "first_on": first_on, "last_on": last_on}
    rows = await session.execute(_PRACTISED, values)
    return {row.user_id: Practice(row.lessons, row.xp, row.days, row.streak_days) for row in rows}


async def rewards(db: Database, since: Mapping[UUID, datetime], *, most: int) -> list[Reward]:
    """For each learner the newest `most` of what was earned since a moment of theirs, oldest first."""
    weeks = [week_of(moment) for moment in since.values()]
    rows = await db.fetch(_REWARDS, list(since), [id_at(moment) for moment in since.values()], weeks, most)
    return [Reward(*row) for row in rows]


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


async def members(db: Database, league_id: UUID) -> list[MemberSum]:
    return [MemberSum(*row) for row in await db.fetch(_MEMBERS, league_id)]


async def ledger_sums(db: Database, league_ids: Sequence[UUID]) -> dict[UUID, list[MemberSum]]:
    """Every member of the given leagues, out of the ledger itself."""
    sums: dict[UUID, list[MemberSum]] = {league_id: [] for league_id in league_ids}
    for row in await db.fetch(_LEDGER_SUMS, list(league_ids)):
        sums[row["league_id"]].append(MemberSum(row["user_id"], row["xp"], row["entries"], row["last_xp_at"]))
    return sums
