"""SQL of the answer path: one statement for a whole batch of answers.

Invariant: an answer, the counts of its session, the heart that it costs, what is remembered of its items and the time
that it took are written together or not at all.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.hearts import AT_ONCE
from domains.learning.policy.kinds import IN_ORDER
from domains.learning.policy.schedule import ItemState
from domains.learning.repository import activity, hearts, schedule
from domains.learning.repository.schedule import ADVANCE, COLUMNS, unnested

_IN_ORDER = ", ".join(f"'{kind}'" for kind in sorted(IN_ORDER))
_FOUND_AT = f"(g.answered_at + interval '{AT_ONCE.total_seconds()} seconds')"
_SPENT = activity.milliseconds_between("k.active_at", "w.answered_at")

# A session that somebody else holds locked is skipped rather than waited for, so that nobody's answer waits for a
# stranger's; so are a learner's hearts. The lock shows the newest counters, while `standing` shows answers as they were
# when the statement began: an answer that another process wrote meanwhile is found neither fresh nor standing. What is
# remembered of the items is written along; see `repository.schedule` for what happens where somebody else was quicker.
WRITE_ANSWERS = f"""
    WITH given AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[],
                             $8::int[], $9::timestamptz[], $10::text[], $11::text[], $12::bool[]) WITH ORDINALITY
            AS g (session_id, exercise_id, key, answer, grade, verdict, correct, elapsed_ms, answered_at, item_ids,
                  ratings, costly, place)
    ), session AS (
        SELECT id, user_id, course_id, answered, correct, unlimited_hearts, active_at, kind,
               CASE WHEN kind IN ({_IN_ORDER}) THEN exercise_ids[answered + 1] END AS only,
               coalesce(completed_at, abandoned_at) AS completed_at
        FROM learning_session WHERE id = ANY($1) FOR UPDATE SKIP LOCKED
    ), mistaken AS (
        SELECT s.id, s.user_id FROM session s JOIN given g ON g.session_id = s.id
        WHERE g.costly AND NOT g.correct AND NOT s.unlimited_hearts AND s.completed_at IS NULL
    ), held AS (
        SELECT user_id, full_at FROM learning_hearts WHERE user_id IN (SELECT user_id FROM mistaken)
        ORDER BY user_id FOR UPDATE SKIP LOCKED
    ), ready AS (
        SELECT g.*, s.user_id, s.answered + 1 AS answered, coalesce(held.full_at, h.full_at) AS full_at,
               m.id IS NOT NULL AS costs,
               {hearts.shown("s.unlimited_hearts", "s.kind", _FOUND_AT, "coalesce(held.full_at, h.full_at)")}
                   AS hearts
        FROM given g JOIN session s ON s.id = g.session_id AND s.completed_at IS NULL
        LEFT JOIN mistaken m ON m.id = s.id
        LEFT JOIN held ON held.user_id = s.user_id
        LEFT JOIN learning_hearts h ON h.user_id = s.user_id
        WHERE (s.only IS NULL OR s.only = g.exercise_id)
          AND (m.id IS NULL OR h.user_id IS NULL OR held.user_id IS NOT NULL)
    ), written AS (
        INSERT INTO learning_answer
            (session_id, exercise_id, key, answer, grade, verdict, correct, elapsed_ms, answered_at, item_ids, ratings,
             answered, hearts)
        SELECT session_id, exercise_id, key, answer, grade, verdict, correct, elapsed_ms, answered_at,
               item_ids::uuid[], ratings::smallint[], answered, greatest(hearts - costs::int, 0)
        FROM ready ON CONFLICT DO NOTHING
        RETURNING session_id, correct, answered, hearts, answered_at
    ), done AS (
        SELECT w.*, k.user_id, k.course_id, 'answer' AS kind, w.answered_at AS at, {_SPENT} AS spent_ms
        FROM written w JOIN session k ON k.id = w.session_id
    ), counted AS (
        UPDATE learning_session s
        SET answered = d.answered, correct = s.correct + d.correct::int, spent_ms = s.spent_ms + d.spent_ms,
            active_at = greatest(s.active_at, d.answered_at)
        FROM done d WHERE s.id = d.session_id
    ), lost AS (
        INSERT INTO learning_hearts AS h (user_id, full_at)
        SELECT r.user_id, greatest(r.full_at, r.answered_at) + interval '{hearts.REFILL_S} seconds'
        FROM ready r JOIN written USING (session_id) WHERE r.costs AND r.hearts > 0 ORDER BY r.user_id
        ON CONFLICT (user_id) DO UPDATE SET full_at = excluded.full_at
    ), scheduled AS (
        INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
        SELECT k.user_id, k.course_id, {COLUMNS}, 0
        FROM unnest($13::uuid[], {unnested(14)}) AS r (session_id, {COLUMNS})
        JOIN written USING (session_id) JOIN session k ON k.id = session_id
        -- In one order, so that two statements cannot wait for each other.
        ORDER BY k.user_id, r.item_id
        {ADVANCE}
    ), active AS (
        {activity.count("done")}
    )
    SELECT w.session_id IS NOT NULL AS fresh, coalesce(w.answered, standing.answered) AS answered,
           coalesce(w.hearts, standing.hearts) AS hearts, standing.key, standing.answer, standing.grade,
           coalesce(s.completed_at IS NOT NULL, false) AS closed,
           s.correct + w.correct::int AS correct_so_far, greatest(s.active_at, g.answered_at) AS active_at,
           coalesce(s.only <> g.exercise_id, false) AS early
    FROM given g
    LEFT JOIN session s ON s.id = g.session_id
    LEFT JOIN written w ON w.session_id = g.session_id
    LEFT JOIN learning_answer standing ON standing.session_id = g.session_id AND standing.exercise_id = g.exercise_id
    ORDER BY g.place
"""  # noqa: S608 - only names, types and constants are put in

# The same for one answer that does wait for its session.
WRITE_ANSWER_PATIENTLY = WRITE_ANSWERS.replace("FOR UPDATE SKIP LOCKED", "FOR UPDATE")


_GIVEN = """
    SELECT exercise_id, answer, correct, elapsed_ms, answered_at, hearts FROM learning_answer
    WHERE session_id = $1 ORDER BY answered
"""


class AnswerRecord(NamedTuple):
    """One graded answer on its way into the log."""

    session_id: UUID
    exercise_id: UUID
    key: str
    answer: str
    grade: str
    verdict: str
    correct: bool
    elapsed_ms: int
    answered_at: datetime
    item_ids: str
    """As PostgreSQL writes an array, like the ratings: an array of arrays would have to be rectangular."""
    ratings: str
    costly: bool
    """A mistake costs a heart: not where learners judge themselves."""
    states: Sequence[ItemState] = ()
    """What is remembered after it, as far as this process knows."""


class WrittenAnswer(NamedTuple):
    """What the log says after the attempt to write. `fresh`: it is ours; else `key`, `answer` and `grade` are those of
    the answer that stands. With none of it, the session is `closed`, or another exercise is asked first (`early`), or
    the session or the hearts are held elsewhere, or there is none. `correct_so_far` and `active_at` are the session's
    after a fresh answer."""

    fresh: bool
    answered: int | None
    hearts: int | None
    key: str | None
    answer: str | None
    grade: str | None
    closed: bool
    correct_so_far: int | None = None
    active_at: datetime | None = None
    early: bool = False


class GivenAnswer(NamedTuple):
    exercise_id: UUID
    answer: str
    correct: bool
    elapsed_ms: int
    answered_at: datetime
    hearts: int
    """Left after it."""


async def given_answers(uow: UnitOfWork, session_id: UUID) -> list[GivenAnswer]:
    """In the order in which they were written."""
    return [GivenAnswer(*row) for row in await uow.fetch(_GIVEN, session_id)]


async def write_answers(db: Database, answers: Sequence[AnswerRecord]) -> list[WrittenAnswer]:
    """One result per answer, in order. At most one answer per session."""
    return [WrittenAnswer(*row) for row in await db.fetch(WRITE_ANSWERS, *_columns(answers))]


async def write_answer_patiently(db: Database, answer: AnswerRecord) -> WrittenAnswer:
    """Like `write_answers` for one answer, waiting for whoever holds its session."""
    [row] = await db.fetch(WRITE_ANSWER_PATIENTLY, *_columns([answer]))
    return WrittenAnswer(*row)


def _columns(answers: Sequence[AnswerRecord]) -> list[Sequence[object]]:
    *columns, states = zip(*answers, strict=True)
    sessions = [answer.session_id for answer in answers for _ in answer.states]
    return [*columns, sessions, *schedule.columns([state for of_one in states for state in of_one])]
