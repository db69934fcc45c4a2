"""SQL of standings: what everybody has on the boards of all and of each course, by day, week, month and in all.

A row says all four sums as of the learner's latest entry in the scope, so it is a function of the ledger alone, and of
no clock: the row of somebody whose latest entry is of last week is on no board of this one. `scope_id` is a course, or
`policy.standings.EVERYWHERE`.
"""

# Statements are put together from parts of this module and names of periods only.
# ruff: noqa: S608

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.standings import EVERYWHERE, MOST_XP, SCORE_FROM, SPAN_BITS, Period
from domains.kernel.ids import id_at
from domains.kernel.uow import Database, UnitOfWork


def _score(xp: str) -> str:
    """`policy.standings.score`."""
    seconds = f"(floor(extract(epoch FROM last_xp_at))::bigint - {int(SCORE_FROM.timestamp())})"
    return (
        f"(-least(greatest({xp}, {-MOST_XP}), {MOST_XP}) * {1 << SPAN_BITS}::bigint"
        f" + least(greatest({seconds}, 0), {(1 << SPAN_BITS) - 1}))"
    )


# By days first: a learner of years has a few hundred of them, and thousands of entries.
_SUMS = f"""
    SELECT scope_id, user_id, entries, last_xp_at, day_on, {_score("day_xp")} AS day_score,
        week_on, {_score("week_xp")} AS week_score, month_on, {_score("month_xp")} AS month_score,
        {_score("all_xp")} AS all_score
    FROM (
        SELECT user_id, scope_id, sum(entries)::int AS entries, max(last_at) AS last_xp_at, max(on_day) AS day_on,
            max(week) AS week_on, max(month) AS month_on,
            sum(xp) FILTER (WHERE on_day = latest_day) AS day_xp, sum(xp) FILTER (WHERE week = latest_week) AS week_xp,
            sum(xp) FILTER (WHERE month = latest_month) AS month_xp, sum(xp) AS all_xp
        FROM (
            SELECT d.*, max(on_day) OVER scope AS latest_day, max(week) OVER scope AS latest_week,
                max(month) OVER scope AS latest_month
            FROM (
                SELECT user_id, scope_id, on_day, date_trunc('week', on_day::timestamp)::date AS week,
                    date_trunc('month', on_day::timestamp)::date AS month, count(*) AS entries,
                    sum(amount)::bigint AS xp, max(occurred_at) AS last_at
                FROM (
                    SELECT e.user_id, s.scope_id, e.amount, e.occurred_at,
                        (e.occurred_at AT TIME ZONE 'UTC')::date AS on_day
                    FROM gamification_xp_entry e
                    CROSS JOIN LATERAL (VALUES ('{EVERYWHERE}'::uuid), (e.course_id)) AS s (scope_id)
                    WHERE e.league_id IS NOT NULL AND s.scope_id IS NOT NULL {{whose}}
                ) entry GROUP BY user_id, scope_id, on_day
            ) d WINDOW scope AS (PARTITION BY user_id, scope_id)
        ) day GROUP BY user_id, scope_id
    ) sum
"""
_VALUES = "day_on, day_score, week_on, week_score, month_on, month_score, all_score"
_SET = ", ".join(f"{column} = excluded.{column}" for column in f"entries, last_xp_at, {_VALUES}".split(", "))
# In one order, so that two who tally the same people cannot wait for each other.
_UPSERT = f"""
    INSERT INTO gamification_standing AS s (scope_id, user_id, entries, last_xp_at, {_VALUES}, changed_at)
    SELECT scope_id, user_id, entries, last_xp_at, {_VALUES}, clock_timestamp() FROM ({_SUMS}) l
    ORDER BY scope_id, user_id
    ON CONFLICT (scope_id, user_id) DO UPDATE SET {_SET}, changed_at = clock_timestamp()
"""
_WHOSE = "AND e.user_id = ANY($1::uuid[])"
# The ledger only grows, so whoever has read more of it is right, whatever the order in which they write.
_TALLY = _UPSERT.format(whose=_WHOSE) + " WHERE excluded.entries > s.entries"
_DIFFERS = f"(s.entries, s.last_xp_at, {', '.join(f's.{c}' for c in _VALUES.split(', '))})"
_FOUND = f"({{0}}.entries, {{0}}.last_xp_at, {', '.join(f'{{0}}.{c}' for c in _VALUES.split(', '))})"
_RETALLY = _UPSERT + f" WHERE {_DIFFERS} IS DISTINCT FROM {_FOUND.format('excluded')}"
_HOLD = """
    SELECT FROM gamification_standing WHERE user_id = ANY($1::uuid[]) ORDER BY scope_id, user_id FOR UPDATE
"""
# The row stays, empty, so that views hear of it.
_CLEAR = """
    UPDATE gamification_standing s SET entries = 0, day_on = NULL, day_score = NULL, week_on = NULL, week_score = NULL,
        month_on = NULL, month_score = NULL, all_score = NULL, changed_at = clock_timestamp()
    WHERE s.entries > 0 {whose} AND NOT EXISTS (
        SELECT FROM gamification_xp_entry e WHERE e.user_id = s.user_id AND e.league_id IS NOT NULL
            AND s.scope_id IN ('{everywhere}', e.course_id))
"""
_CLEAR_SOME = _CLEAR.format(whose="AND s.user_id = ANY($1::uuid[])", everywhere=EVERYWHERE)
_CLEAR_ALL = _CLEAR.format(whose="", everywhere=EVERYWHERE)
# Behind the ledger is wrong only after a while: what was just earned is tallied in a moment.
_DIFFERENCES = f"""
    SELECT coalesce(l.scope_id, s.scope_id) AS scope_id, coalesce(l.user_id, s.user_id) AS user_id,
        l.entries AS ledger, s.entries AS found
    FROM ({_SUMS.format(whose="")}) l FULL JOIN (SELECT * FROM gamification_standing WHERE entries > 0) s
        USING (scope_id, user_id)
    WHERE {_FOUND.format("l")} IS DISTINCT FROM {_DIFFERS} AND (
        coalesce(s.entries, 0) >= coalesce(l.entries, 0) OR NOT EXISTS (
            SELECT FROM gamification_xp_entry e WHERE e.user_id = l.user_id AND e.id >= $1))
    ORDER BY 1, 2 LIMIT 1000
"""
_CHANGED = f"""
    SELECT scope_id, user_id, {_VALUES}, changed_at FROM gamification_standing
    WHERE changed_at > $1 ORDER BY changed_at LIMIT $2
"""
_PAGE_OF_ALL = f"""
    SELECT scope_id, user_id, {_VALUES}, changed_at FROM gamification_standing
    WHERE (scope_id, user_id) > ($1, $2) ORDER BY scope_id, user_id LIMIT $3
"""
_NOW = "SELECT clock_timestamp() AS now"


def _on(period: Period) -> str:
    """The condition of one period's board: `$2` is its first day, and for all time says nothing."""
    return "all_score IS NOT NULL AND $2::date IS NULL" if period is Period.ALL else f"{period}_on = $2"


_MINE = {
    p: f"SELECT {p}_score FROM gamification_standing WHERE scope_id = $1 AND {_on(p)} AND user_id = $3" for p in Period
}
_ABOVE = {
    p: f"SELECT count(*) FROM gamification_standing WHERE scope_id = $1 AND {_on(p)}"
    f" AND ({p}_score, user_id) < ($3, $4)"
    for p in Period
}
_COUNT = {p: f"SELECT count(*) FROM gamification_standing WHERE scope_id = $1 AND {_on(p)}" for p in Period}
_TOP = {
    p: f"SELECT user_id, {p}_score AS score FROM gamification_standing WHERE scope_id = $1 AND {_on(p)}"
    f" ORDER BY {p}_score, user_id LIMIT $3"
    for p in Period
}
_BEFORE = {
    p: f"SELECT user_id, {p}_score AS score FROM gamification_standing WHERE scope_id = $1 AND {_on(p)}"
    f" AND ({p}_score, user_id) < ($3, $4) ORDER BY {p}_score DESC, user_id DESC LIMIT $5"
    for p in Period
}
_FROM = {
    p: f"SELECT user_id, {p}_score AS score FROM gamification_standing WHERE scope_id = $1 AND {_on(p)}"
    f" AND ({p}_score, user_id) >= ($3, $4) ORDER BY {p}_score, user_id LIMIT $5"
    for p in Period
}
_OF = {
    p: f"SELECT user_id, {p}_score AS score FROM gamification_standing WHERE scope_id = $1 AND {_on(p)}"
    f" AND user_id = ANY($3::uuid[]) ORDER BY {p}_score, user_id"
    for p in Period
}


class Scope(NamedTuple):
    """One board."""

    id: UUID
    period: Period
    on: date | None
    """The first day of the period."""


class Place(NamedTuple):
    user_id: UUID
    score: int


class Places(NamedTuple):
    """Some places of a board that follow one another."""

    total: int
    """How many are on the board."""
    first: int
    """The rank of the first of `places`."""
    places: list[Place]
    mine: int | None
    """The rank of whoever asked."""
    my_score: int | None


class Changed(NamedTuple):
    """A standing, by what it says of each period; without `all` it is on no board."""

    scope_id: UUID
    user_id: UUID
    day_on: date | None
    day: int | None
    week_on: date | None
    week: int | None
    month_on: date | None
    month: int | None
    all: int | None
    at: datetime

    def scores(self) -> list[tuple[Period, date | None, int]]:
        found = [
            (Period.DAY, self.day_on, self.day),
            (Period.WEEK, self.week_on, self.week),
            (Period.MONTH, self.month_on, self.month),
            (Period.ALL, None, self.all),
        ]
        return [(period, on, score) for period, on, score in found if score is not None]


async def tally(uow: UnitOfWork, user_ids: Collection[UUID]) -> None:
    """What these learners' entries sum up to, out of the ledger."""
    ids = list(user_ids)
    # Whoever waits reads afterwards: entries that became somebody else's meanwhile are not put back.
    await uow.fetch(_HOLD, ids)
    await uow.fetch(_TALLY, ids)


async def tally_moved(uow: UnitOfWork, user_ids: Collection[UUID]) -> None:
    """The same where entries may also have become fewer."""
    ids = list(user_ids)
    await uow.fetch(_HOLD, ids)
    await uow.fetch(_RETALLY.format(whose=_WHOSE), ids)
    await uow.fetch(_CLEAR_SOME, ids)


async def tally_all(db: Database) -> None:
    await db.fetch(_RETALLY.format(whose=""))
    await db.fetch(_CLEAR_ALL)


async def differences(db: Database, *, settled: datetime) -> list[str]:
    """One line per standing that the ledger does not bear out; of those who earned since `settled` only such as say
    more than the ledger."""
    rows = await db.fetch(_DIFFERENCES, id_at(settled))
    return [
        f"standing of {row['user_id']} in {row['scope_id']}: ledger {row['ledger'] or 0} entries, "
        f"found {row['found'] or 0}" + (", with other sums" if row["ledger"] == row["found"] else "")
        for row in rows
    ]


async def changed(db: Database, since: datetime, *, most: int) -> list[Changed]:
    """In the order of their changes."""
    return [Changed(*row) for row in await db.fetch(_CHANGED, since, most)]


async def page_of_all(db: Database, after: tuple[UUID, UUID], *, most: int) -> list[Changed]:
    """Standings behind one, in the order of scope and person."""
    return [Changed(*row) for row in await db.fetch(_PAGE_OF_ALL, *after, most)]


async def now(db: Database) -> datetime:
    """By the clock that dates changes."""
    moment: datetime = (await db.fetch(_NOW))[0]["now"]
    return moment


async def places_of(db: Database, scope: Scope, user_ids: Collection[UUID]) -> list[Place]:
    """Of these people, whoever is on the board; the first first."""
    return [Place(*row) for row in await db.fetch(_OF[scope.period], scope.id, scope.on, list(user_ids))]


async def places(db: Database, scope: Scope, user_id: UUID, *, around: bool, most: int) -> Places:
    """The top of a board, or what surrounds `user_id`, where Redis cannot say. Counting what stands above somebody
    takes the longer the lower they stand."""
    period, key = scope.period, (scope.id, scope.on)
    total: int = (await db.fetch(_COUNT[period], *key))[0]["count"]
    rows = await db.fetch(_MINE[period], *key, user_id)
    if not rows:
        top = await db.fetch(_TOP[period], *key, most)
        return Places(total, 1, [Place(*row) for row in top], None, None)
    mine: int = rows[0][0]
    above: int = (await db.fetch(_ABOVE[period], *key, mine, user_id))[0]["count"]
    if not around:
        top = await db.fetch(_TOP[period], *key, most)
        return Places(total, 1, [Place(*row) for row in top], above + 1, mine)
    before = await db.fetch(_BEFORE[period], *key, mine, user_id, most // 2)
    rest = await db.fetch(_FROM[period], *key, mine, user_id, most - len(before))
    found = [Place(*row) for row in [*reversed(before), *rest]]
    return Places(total, above + 1 - len(before), found, above + 1, mine)
