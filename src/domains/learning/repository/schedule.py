"""SQL of what is remembered of items.

Invariant: a row either is what its learner's log says, or shows that it is behind: by `missed`, or by `rules` of
another version than the learner's. Writers never wait and never read: a state that was computed from another one than
stands there only counts as missed. Readers fold what is behind from the log, and store it if nothing came between.
Whoever changes the log otherwise (a regrade, an answer that comes late) adds to `missed` of its items.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.learning.policy.activity import IDLE_MS
from domains.learning.policy.schedule import Brought, ItemState, Review, Rules
from domains.learning.repository import activity

_TYPES = {
    "item_id": "uuid",
    "stability": "float8",
    "difficulty": "float8",
    "due": "timestamptz",
    "last_review": "timestamptz",
    "reps": "int",
    "lapses": "int",
    "slips": "int",
    "last_correct": "bool",
    "phase": "int2",
    "step": "int2",
    "prior_stability": "float8",
    "rules": "int",
}
if tuple(_TYPES) != ItemState.__struct_fields__:
    raise TypeError("the columns of a state are the fields of ItemState, in their order")

COLUMNS = ", ".join(_TYPES)
_VALUES = list(_TYPES)[1:]


def unnested(first: int) -> str:
    """One array per column of a state, as parameters from `first` on."""
    return ", ".join(f"${first + place}::{type_}[]" for place, type_ in enumerate(_TYPES.values()))


def columns(states: Sequence[ItemState]) -> list[Sequence[object]]:
    """What `unnested` stands for."""
    rows = [msgspec.structs.astuple(state) for state in states]
    return list(zip(*rows, strict=True)) if rows else [() for _ in _TYPES]


def _kept(value: str, condition: str) -> str:
    return f"{value} = CASE WHEN {condition} THEN excluded.{value} ELSE s.{value} END"


_FITS = """s.missed = 0 AND s.reps = excluded.reps - 1 AND s.stability = excluded.prior_stability
        AND s.last_review < excluded.last_review"""
ADVANCE = f"""ON CONFLICT (user_id, course_id, item_id) DO UPDATE SET
        {", ".join(_kept(value, _FITS) for value in _VALUES)},
        missed = s.missed + (NOT coalesce({_FITS}, false))::int"""
"""The end of an INSERT INTO learning_item_state AS s: the state after one more review, if it follows from what stands
there."""

# The settings come as the first row, where there are any.
_STATES = f"""
    SELECT retention, parameters, balanced, version, NULL::int AS missed,
           {", ".join(f"NULL::{type_} AS {name}" for name, type_ in _TYPES.items())}
    FROM learning_schedule WHERE user_id = $1
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, missed, {COLUMNS}
    FROM learning_item_state
    WHERE user_id = $1 AND course_id = $2 AND ($3::uuid[] IS NULL OR item_id = ANY($3))
"""  # noqa: S608 - only names and types of columns are put in

_DUE = """
    SELECT (SELECT version FROM learning_schedule WHERE user_id = $1) AS version, count(*) AS known,
           array_agg(item_id) FILTER (WHERE due <= $3) AS item_ids, array_agg(due) FILTER (WHERE due <= $3) AS dues,
           bool_or(missed > 0) AS missed, min(rules) AS oldest, max(rules) AS newest
    FROM learning_item_state WHERE user_id = $1 AND course_id = $2
"""

_LOG = """
    SELECT a.answered_at AS at, a.session_id || ':' || a.exercise_id AS source, r.item_id, r.rating,
           a.correct AND a.verdict <> 'exact' AS slip, NULL::timestamptz AS due, NULL::float8 AS stability,
           NULL::float8 AS difficulty, NULL::int AS reps, NULL::int AS lapses
    FROM learning_session s JOIN learning_answer a ON a.session_id = s.id,
         unnest(a.item_ids, a.ratings) AS r (item_id, rating)
    WHERE s.user_id = $1 AND s.course_id = $2 AND ($3::uuid[] IS NULL OR a.item_ids && $3)
        AND ($3::uuid[] IS NULL OR r.item_id = ANY($3))
    UNION ALL
    SELECT reviewed_at, id::text, item_id, rating, false, NULL, NULL, NULL, NULL, NULL FROM learning_review
    WHERE user_id = $1 AND course_id = $2 AND ($3::uuid[] IS NULL OR item_id = ANY($3))
    UNION ALL
    SELECT looked_at, 'brought', item_id, 3, false, due, stability, difficulty, reps, lapses FROM learning_brought
    WHERE user_id = $1 AND course_id = $2 AND ($3::uuid[] IS NULL OR item_id = ANY($3))
"""

_SAME = "s.missed = n.seen_missed AND s.reps = n.seen_reps AND s.last_review = n.seen_last"
# Somebody else may have folded the same meanwhile.
_EQUAL = "(s.reps = n.reps AND s.stability = n.stability AND s.due = n.due AND s.rules = n.rules)"
_STORE = f"""
    WITH n AS (
        SELECT * FROM unnest($3::int[], $4::int[], $5::timestamptz[], {unnested(6)})
            AS n (seen_missed, seen_reps, seen_last, {COLUMNS})
    ), changed AS (
        UPDATE learning_item_state s SET
            {", ".join(f"{value} = CASE WHEN {_SAME} THEN n.{value} ELSE s.{value} END" for value in _VALUES)},
            missed = CASE WHEN {_SAME} THEN 0 ELSE s.missed + (NOT {_EQUAL})::int END
        FROM n WHERE s.user_id = $1 AND s.course_id = $2 AND s.item_id = n.item_id AND n.seen_reps IS NOT NULL
    )
    INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
    SELECT $1, $2, {COLUMNS}, 0 FROM n WHERE seen_reps IS NULL
    ON CONFLICT (user_id, course_id, item_id) DO UPDATE SET missed = s.missed + 1
"""  # noqa: S608 - only names and types of columns are put in

_FORGET = """
    DELETE FROM learning_item_state s USING unnest($3::uuid[], $4::int[], $5::int[]) AS n (item_id, missed, reps)
    WHERE s.user_id = $1 AND s.course_id = $2 AND s.item_id = n.item_id AND s.missed = n.missed AND s.reps = n.reps
"""

_ADD_REVIEW = f"""
    WITH logged AS (
        INSERT INTO learning_review (id, user_id, course_id, item_id, rating, elapsed_ms, reviewed_at)
        VALUES ($1, $2, $3, ($7::uuid[])[1], $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id
    ), advanced AS (
        INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
        SELECT $2, $3, {COLUMNS}, 0 FROM logged, unnest({unnested(7)}) AS n ({COLUMNS})
        {ADVANCE}
    ), done AS (
        SELECT $2::uuid AS user_id, $3::uuid AS course_id, 'review' AS kind, $6::timestamptz AS at,
               least($5, {IDLE_MS}) AS spent_ms
        FROM logged
    ), active AS (
        {activity.count("done")}
    )
    SELECT EXISTS (SELECT FROM logged) AS fresh
"""  # noqa: S608 - only names and types of columns are put in

# The states are behind on purpose: whoever reads them next folds what was brought into all else that is known.
_BRING = f"""
    WITH logged AS (
        INSERT INTO learning_brought AS b
            (user_id, course_id, item_id, looked_at, due, stability, difficulty, reps, lapses)
        SELECT $1, $2, item_id, last_review, due, stability, difficulty, reps, lapses
        FROM unnest({unnested(3)}) AS n ({COLUMNS})
        ON CONFLICT (user_id, course_id, item_id, looked_at) DO UPDATE SET
            due = excluded.due, stability = excluded.stability, difficulty = excluded.difficulty,
            reps = excluded.reps, lapses = excluded.lapses
        WHERE (b.due, b.stability, b.difficulty, b.reps, b.lapses) IS DISTINCT FROM
            (excluded.due, excluded.stability, excluded.difficulty, excluded.reps, excluded.lapses)
        RETURNING item_id
    ), behind AS (
        INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
        SELECT $1, $2, {COLUMNS}, 1 FROM logged JOIN unnest({unnested(3)}) AS n ({COLUMNS}) USING (item_id)
        ON CONFLICT (user_id, course_id, item_id) DO UPDATE SET missed = s.missed + 1
    )
    SELECT count(*) AS brought FROM logged
"""  # noqa: S608 - only names and types of columns are put in

_RULES = "SELECT retention, parameters, balanced, version FROM learning_schedule WHERE user_id = $1"
_SET_RULES = """
    INSERT INTO learning_schedule AS k (user_id, retention, parameters, balanced, version)
    VALUES ($1, $2, $3, $4, 1)
    ON CONFLICT (user_id) DO UPDATE SET
        retention = excluded.retention, parameters = excluded.parameters, balanced = excluded.balanced,
        version = k.version + ((k.retention, k.parameters, k.balanced)
            IS DISTINCT FROM (excluded.retention, excluded.parameters, excluded.balanced))::int
    RETURNING retention, parameters, balanced, version
"""

_WANTED = """($1::uuid IS NULL OR user_id = $1) AND ($2::uuid IS NULL OR course_id = $2)
        AND (user_id, course_id) > ($3, $4)"""
_PAGE = f"""
    (SELECT user_id, course_id FROM learning_enrollment WHERE {_WANTED} ORDER BY user_id, course_id LIMIT $5)
    UNION
    (SELECT DISTINCT user_id, course_id FROM learning_review WHERE {_WANTED} ORDER BY user_id, course_id LIMIT $5)
    UNION
    (SELECT DISTINCT user_id, course_id FROM learning_brought WHERE {_WANTED} ORDER BY user_id, course_id LIMIT $5)
    UNION
    (SELECT DISTINCT user_id, course_id FROM learning_item_state WHERE {_WANTED} ORDER BY user_id, course_id LIMIT $5)
    ORDER BY user_id, course_id LIMIT $5
"""  # noqa: S608 - only conditions are put in

_MOVE = [
    text("UPDATE learning_review SET user_id = :into_id WHERE user_id = :from_id"),
    text("""
        UPDATE learning_brought b SET user_id = :into_id WHERE user_id = :from_id
            AND NOT EXISTS (SELECT FROM learning_brought o WHERE o.user_id = :into_id
                AND (o.course_id, o.item_id, o.looked_at) = (b.course_id, b.item_id, b.looked_at))
    """),
    text("DELETE FROM learning_brought WHERE user_id = :from_id"),
    text(f"""
        INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
        SELECT CAST(:into_id AS uuid), course_id, {COLUMNS}, missed + 1
        FROM learning_item_state WHERE user_id = :from_id
        ON CONFLICT (user_id, course_id, item_id) DO UPDATE SET missed = s.missed + 1
    """),  # noqa: S608 - only names of columns are put in
    text("DELETE FROM learning_item_state WHERE user_id = :from_id"),
    text("""
        UPDATE learning_schedule SET user_id = :into_id WHERE user_id = :from_id
            AND NOT EXISTS (SELECT FROM learning_schedule WHERE user_id = :into_id)
    """),
    text("DELETE FROM learning_schedule WHERE user_id = :from_id"),
]


class Seen(NamedTuple):
    """A state as it stood, and how many changes of the log it did not know of."""

    state: ItemState
    missed: int


class Remembered(NamedTuple):
    rules: Rules
    seen: list[Seen]

    def is_behind(self, one: Seen) -> bool:
        return one.missed > 0 or one.state.rules != self.rules.version


class Due(NamedTuple):
    """What comes due until when was asked, of `known` items; `behind`: some have to be folded before this is right."""

    items: list[tuple[UUID, datetime]]
    known: int
    behind: bool


async def remembered(db: Database, user_id: UUID, course_id: UUID, items: Collection[UUID] | None = None) -> Remembered:
    """A learner's rules and what they remember of the course, or of these items of it. One round trip; what is behind
    is among it."""
    rows = await db.fetch(_STATES, user_id, course_id, None if items is None else list(items))
    rules = Rules()
    if rows and rows[0]["item_id"] is None:
        rules = _rules(rows.pop(0))
    return Remembered(rules, [Seen(ItemState(*row[5:]), row[4]) for row in rows])


async def due(db: Database, user_id: UUID, course_id: UUID, until: datetime) -> Due:
    """One round trip."""
    [row] = await db.fetch(_DUE, user_id, course_id, until)
    version = row["version"] or 0
    behind = row["known"] > 0 and (row["missed"] or row["oldest"] != version or row["newest"] != version)
    return Due(list(zip(row["item_ids"] or (), row["dues"] or (), strict=True)), row["known"], behind)


async def log(db: Database, user_id: UUID, course_id: UUID, items: Collection[UUID] | None = None) -> list[Review]:
    """Every review of the course, or of these items, in no order."""
    rows = await db.fetch(_LOG, user_id, course_id, None if items is None else list(items))
    return [_review(*row) for row in rows]


def _review(
    at: datetime, source: str, item_id: UUID, rating: int, slip: bool, due: datetime | None, *memory: Any
) -> Review:
    return Review(at, source, item_id, rating, slip, () if due is None else (Brought(due, *memory),))


async def store(db: Database, user_id: UUID, course_id: UUID, folded: Sequence[tuple[ItemState, Seen | None]]) -> None:
    """Puts what was folded in the place of what was seen before, or of nothing; what has changed since counts as
    behind."""
    if folded:
        seen = [
            (before.missed, before.state.reps, before.state.last_review) if before else (None, None, None)
            for _, before in folded
        ]
        states = [state for state, _ in folded]
        await db.fetch(_STORE, user_id, course_id, *zip(*seen, strict=True), *columns(states))


async def forget(db: Database, user_id: UUID, course_id: UUID, gone: Sequence[Seen]) -> None:
    """Takes away states that nothing in the log speaks of."""
    if gone:
        ids, missed = [each.state.item_id for each in gone], [each.missed for each in gone]
        await db.fetch(_FORGET, user_id, course_id, ids, missed, [each.state.reps for each in gone])


async def add_review(
    db: Database, review_id: UUID, user_id: UUID, course_id: UUID, rating: int, elapsed_ms: int, state: ItemState
) -> bool:
    """Logs what a learner said of a flashcard, with the state that follows from it. One round trip. False, and nothing
    is written, where there is a review of this id."""
    [row] = await db.fetch(
        _ADD_REVIEW, review_id, user_id, course_id, rating, elapsed_ms, state.last_review, *columns([state])
    )
    return bool(row["fresh"])


async def bring(db: Database, user_id: UUID, course_id: UUID, states: Sequence[ItemState]) -> int:
    """Logs what another program knew of a learner's memory, each item once; how many of them said something new. One
    round trip."""
    if not states:
        return 0
    [row] = await db.fetch(_BRING, user_id, course_id, *columns(states))
    return int(row["brought"])


async def rules(db: Database, user_id: UUID) -> Rules:
    rows = await db.fetch(_RULES, user_id)
    return _rules(rows[0]) if rows else Rules()


async def set_rules(db: Database, user_id: UUID, wanted: Rules) -> Rules:
    """From now on, for all that is scheduled already too: states of another version are behind."""
    parameters = None if wanted.parameters is None else list(wanted.parameters)
    [row] = await db.fetch(_SET_RULES, user_id, wanted.retention, parameters, wanted.balanced)
    return _rules(row)


class LearnerOfCourse(NamedTuple):
    user_id: UUID
    course_id: UUID


FIRST = LearnerOfCourse(UUID(int=0), UUID(int=0))


async def learners(
    db: Database, user_id: UUID | None, course_id: UUID | None, after: LearnerOfCourse, most: int
) -> list[LearnerOfCourse]:
    """Who may have something to remember, of these or of all, in their order."""
    return [LearnerOfCourse(*row) for row in await db.fetch(_PAGE, user_id, course_id, *after, most)]


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    """Makes one learner's reviews another's. What both had counts as behind, so that it is folded from both logs; the
    settings are the other's own, if they have any."""
    for statement in _MOVE:
        await session.execute(statement, {"from_id": from_id, "into_id": into_id})


def _rules(row: asyncpg.Record) -> Rules:
    parameters = row["parameters"]
    return Rules(row["retention"], None if parameters is None else tuple(parameters), row["balanced"], row["version"])
