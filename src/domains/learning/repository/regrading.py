"""SQL that makes wrong answers right after all.

Invariant: an answer is made right once: with the count of its session, the best score of its lesson and what is
remembered of its items, or not at all. What the learner was shown stays in `grade`; what it costs to mend falls on
this job, never on whoever is answering.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.learning.policy.schedule import ItemState, Rating
from domains.learning.repository.schedule import COLUMNS, columns, unnested

_WRONG = """
    SELECT a.session_id, a.answer, s.revision_id, a.answered_at
    FROM learning_answer a JOIN learning_session s ON s.id = a.session_id
    WHERE a.exercise_id = $1 AND NOT a.correct AND a.session_id > $2 ORDER BY a.session_id LIMIT $3
"""

# Sessions are held in the order of their ids, before anything else, as whoever answers or completes one does. What
# follows is a statement of its own, so that it sees all that a completion of this very moment has written.
_HOLD = "SELECT FROM learning_session WHERE id = ANY($1) ORDER BY id FOR UPDATE"
_RIGHT = f"""
    WITH given AS (
        SELECT session_id, verdict, item_ids::uuid[] AS item_ids
        FROM unnest($2::uuid[], $3::text[], $4::text[]) AS g (session_id, verdict, item_ids)
    ), held AS (
        SELECT * FROM learning_session WHERE id = ANY($2)
    ), changed AS (
        UPDATE learning_answer a SET correct = true, verdict = g.verdict, item_ids = g.item_ids, regraded_at = $5,
            ratings = array_fill({int(Rating.GOOD)}::smallint, ARRAY[cardinality(g.item_ids)])
        FROM given g JOIN held h ON h.id = g.session_id
        WHERE a.session_id = g.session_id AND a.exercise_id = $1 AND NOT a.correct
        RETURNING a.session_id, a.answered, a.hearts
    ), counted AS (
        UPDATE learning_session s SET correct = s.correct + 1 FROM changed c WHERE s.id = c.session_id
    ), scored AS (
        UPDATE learning_lesson_progress p SET best_score = greatest(p.best_score, b.score)
        FROM (
            SELECT h.user_id, h.lesson_id, max((h.correct + 1)::float8 / cardinality(h.exercise_ids)) AS score
            FROM changed c JOIN held h ON h.id = c.session_id
            WHERE h.completed_at IS NOT NULL AND h.lesson_id IS NOT NULL GROUP BY 1, 2
        ) b WHERE p.user_id = b.user_id AND p.lesson_id = b.lesson_id AND p.completions > 0
    )
    SELECT h.id AS session_id, h.user_id, h.course_id, h.lesson_id, h.unit_id, h.revision_id, h.kind,
        h.correct + 1 AS correct, cardinality(h.exercise_ids) AS total, h.completed_at IS NOT NULL AS completed,
        -- A mistake at none left had cost nothing.
        NOT h.unlimited_hearts AND (c.hearts > 0 OR coalesce((
            SELECT p.hearts FROM learning_answer p WHERE p.session_id = c.session_id AND p.answered = c.answered - 1
        ), h.hearts) > 0) AS cost,
        CASE WHEN h.lesson_id IS NOT NULL AND h.completed_at IS NOT NULL THEN 1 + (
            SELECT count(*) FROM learning_session o
            WHERE o.user_id = h.user_id AND o.course_id = h.course_id AND o.lesson_id = h.lesson_id AND o.id <> h.id
              AND o.completed_at <= h.completed_at) END AS completions
    FROM changed c JOIN held h ON h.id = c.session_id ORDER BY h.user_id, h.id
"""  # noqa: S608 - only a constant is put in

# Of an item that nothing was known of, a first state; whoever reads it folds it from the log.
_BEHIND = f"""
    INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
    SELECT user_id, course_id, {COLUMNS}, 1
    FROM unnest($1::uuid[], $2::uuid[], {unnested(3)}) AS r (user_id, course_id, {COLUMNS})
    -- In the order of whoever writes answers, so that two statements cannot wait for each other.
    ORDER BY user_id, item_id
    ON CONFLICT (user_id, course_id, item_id) DO UPDATE SET missed = s.missed + 1
"""  # noqa: S608 - only names and types of columns are put in

_VERDICTS = """
    SELECT session_id, array_agg(correct ORDER BY answered) AS verdicts FROM learning_answer
    WHERE session_id = ANY($1) GROUP BY session_id
"""

_COUNT = "UPDATE learning_report SET regraded = regraded + $2 WHERE id = $1"

_TOLD = """
    SELECT g.session_id, g.exercise_id, s.revision_id, a.answer, EXISTS (
        SELECT FROM learning_reporter o JOIN learning_report r ON r.id = o.report_id
        WHERE o.user_id = s.user_id AND r.exercise_id = g.exercise_id AND r.reason = 'accept') AS reported
    FROM unnest($1::uuid[], $2::uuid[]) AS g (session_id, exercise_id)
    JOIN learning_session s ON s.id = g.session_id
    JOIN learning_answer a ON a.session_id = g.session_id AND a.exercise_id = g.exercise_id
"""


class WrongAnswer(NamedTuple):
    session_id: UUID
    answer: str
    """JSON."""
    revision_id: UUID
    """Of its session."""
    answered_at: datetime


class RightAnswer(NamedTuple):
    """What an answer that was wrong is from now on."""

    session_id: UUID
    verdict: str
    items: tuple[UUID, ...]


class Regraded(NamedTuple):
    """An answer that is right now; counts are its session's after it."""

    session_id: UUID
    user_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    unit_id: UUID | None
    revision_id: UUID
    kind: str
    correct: int
    total: int
    completed: bool
    cost: bool
    """Whether it had cost a heart."""
    completions: int | None
    """How often the lesson had been completed by then, this session included; None for one that is of no lesson, or
    that still runs."""


class ToldAnswer(NamedTuple):
    session_id: UUID
    exercise_id: UUID
    revision_id: UUID
    answer: str
    reported: bool
    """Whether its learner had said that it should be right."""


async def wrong_answers(uow: UnitOfWork, exercise_id: UUID, after: UUID, most: int) -> list[WrongAnswer]:
    """In the order of their sessions."""
    return [WrongAnswer(*row) for row in await uow.fetch(_WRONG, exercise_id, after, most)]


async def make_right(
    uow: UnitOfWork, exercise_id: UUID, answers: Sequence[RightAnswer], now: datetime
) -> list[Regraded]:
    """Those of the answers that nobody made right before, by learner. Two round trips."""
    sessions = [answer.session_id for answer in answers]
    await uow.fetch(_HOLD, sessions)
    items = [f"{{{','.join(map(str, answer.items))}}}" for answer in answers]
    rows = await uow.fetch(_RIGHT, exercise_id, sessions, [answer.verdict for answer in answers], items, now)
    return [Regraded(*row) for row in rows]


async def verdicts(uow: UnitOfWork, session_ids: Sequence[UUID]) -> dict[UUID, list[bool]]:
    """Of each session, in the order in which its answers were given."""
    return {row["session_id"]: row["verdicts"] for row in await uow.fetch(_VERDICTS, list(session_ids))}


async def leave_behind(uow: UnitOfWork, states: Mapping[tuple[UUID, UUID, UUID], ItemState]) -> None:
    """What is remembered is to be folded anew from the log. By learner, course and item; each with a first state, for
    where there is none."""
    if states:
        people = [user_id for user_id, _, _ in states]
        courses = [course_id for _, course_id, _ in states]
        await uow.fetch(_BEHIND, people, courses, *columns(list(states.values())))


async def count(uow: UnitOfWork, report_id: UUID, regraded: int) -> None:
    await uow.fetch(_COUNT, report_id, regraded)


async def told(uow: UnitOfWork, keys: Sequence[tuple[UUID, UUID]]) -> list[ToldAnswer]:
    """Of (session, exercise)."""
    return [ToldAnswer(*row) for row in await uow.fetch(_TOLD, *map(list, zip(*keys, strict=True)))] if keys else []
