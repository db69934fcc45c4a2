"""SQL of sessions that go on: finding them, making them longer, giving them up, and wrong answers that come back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.learning.policy.kinds import SessionKind
from domains.learning.repository import SessionRecord, hearts

# The newest: sessions from before there was only one at a time are closed by and by.
_OPEN = text("""
    SELECT id, user_id, course_id, lesson_id, revision_id, kind, exercise_ids, unlimited_hearts, unit_id
    FROM learning_session
    WHERE user_id = :user_id AND course_id = :course_id AND completed_at IS NULL AND abandoned_at IS NULL
      AND kind = :kind AND lesson_id IS NOT DISTINCT FROM CAST(:lesson_id AS uuid)
      AND unit_id IS NOT DISTINCT FROM CAST(:unit_id AS uuid) AND active_at > :since
    ORDER BY id DESC LIMIT 1
""")

_TRAIL = """
    SELECT e.id, a.correct
    FROM learning_session s CROSS JOIN LATERAL unnest(s.exercise_ids) WITH ORDINALITY AS e (id, place)
    LEFT JOIN learning_answer a ON a.session_id = s.id AND a.exercise_id = e.id
    WHERE s.id = $1 ORDER BY e.place
"""

_APPEND = """
    UPDATE learning_session SET exercise_ids = exercise_ids || $2::uuid
    WHERE id = $1 AND cardinality(exercise_ids) = $3 AND coalesce(completed_at, abandoned_at) IS NULL
"""

_SKIP = text("""
    INSERT INTO learning_lesson_progress (user_id, lesson_id, course_id, completions, best_score)
    SELECT :user_id, lesson_id, :course_id, 0, :score FROM unnest(CAST(:lesson_ids AS uuid[])) AS l (lesson_id)
    ON CONFLICT DO NOTHING RETURNING lesson_id
""")

_ABANDON = """
    UPDATE learning_session SET abandoned_at = coalesce(abandoned_at, $3)
    WHERE id = $1 AND user_id = $2 AND completed_at IS NULL RETURNING true
"""

_ABANDON_STALE = """
    UPDATE learning_session SET abandoned_at = $2 WHERE id = ANY(ARRAY(
        SELECT id FROM learning_session
        WHERE completed_at IS NULL AND abandoned_at IS NULL AND active_at < $1 LIMIT $3 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""

# An exercise comes back when all are answered, and until it is right.
_TRY_AGAIN = f"""
    WITH session AS (
        SELECT s.id, s.answered, {hearts.shown("s.unlimited_hearts", "s.kind", "$8::timestamptz")} AS hearts
        FROM learning_session s LEFT JOIN learning_hearts h ON h.user_id = s.user_id WHERE s.id = $1
    ), written AS (
        INSERT INTO learning_second_try (session_id, exercise_id, key, answer, grade, correct, elapsed_ms, answered_at)
        SELECT s.id, $2, $3, $4, $5, $6, $7, $8
        FROM learning_session s JOIN learning_answer a ON a.session_id = s.id AND a.exercise_id = $2 AND NOT a.correct
        WHERE s.id = $1 AND s.answered = cardinality(s.exercise_ids) AND s.completed_at IS NULL
          AND s.abandoned_at IS NULL AND NOT EXISTS (
            SELECT FROM learning_second_try t WHERE t.session_id = s.id AND t.exercise_id = $2 AND t.correct)
        ON CONFLICT DO NOTHING RETURNING answer, grade
    )
    SELECT t.answer, t.grade, s.answered, s.hearts FROM session s, (
        SELECT answer, grade FROM written UNION ALL
        SELECT answer, grade FROM learning_second_try WHERE session_id = $1 AND exercise_id = $2 AND key = $3
    ) t LIMIT 1
"""  # noqa: S608 - constants of ours


class OpenSession(NamedTuple):
    id: UUID
    record: SessionRecord


class SecondTry(NamedTuple):
    """The try that stands under the key; counts as they are now."""

    answer: str
    grade: str
    answered: int
    hearts: int


async def open_session(
    session: AsyncSession,
    user_id: UUID,
    course_id: UUID,
    kind: SessionKind,
    *,
    lesson_id: UUID | None,
    unit_id: UUID | None,
    since: datetime,
) -> OpenSession | None:
    """The one that goes on, active since then. The caller holds the enrolment."""
    values = {"user_id": user_id, "course_id": course_id, "kind": kind, "since": since}
    row = (await session.execute(_OPEN, values | {"lesson_id": lesson_id, "unit_id": unit_id})).one_or_none()
    return None if row is None else OpenSession(row[0], SessionRecord(*row[1:]))


async def trail(db: Database, session_id: UUID) -> list[tuple[UUID, bool | None]]:
    """What is asked, in order, and whether it was right; None where it has not been answered."""
    return [(row[0], row[1]) for row in await db.fetch(_TRAIL, session_id)]


async def append(db: Database, session_id: UUID, exercise_id: UUID, place: int) -> None:
    """Puts the exercise at its place, counted from 0, unless somebody has done so."""
    await db.fetch(_APPEND, session_id, exercise_id, place)


async def skip_lessons(
    session: AsyncSession, user_id: UUID, course_id: UUID, lesson_ids: Sequence[UUID], score: float
) -> int:
    """Marks as done those of the lessons that are not; how many."""
    values = {"user_id": user_id, "course_id": course_id, "lesson_ids": list(lesson_ids), "score": score}
    return len((await session.execute(_SKIP, values)).all())


async def abandon(db: Database, session_id: UUID, user_id: UUID, at: datetime) -> bool:
    """False where the learner has no such session that is not complete."""
    return bool(await db.fetch(_ABANDON, session_id, user_id, at))


async def abandon_stale(db: Database, before: datetime, at: datetime, *, at_most: int) -> int:
    return len(await db.fetch(_ABANDON_STALE, before, at, at_most))


async def try_again(
    db: Database,
    *,
    session_id: UUID,
    exercise_id: UUID,
    key: str,
    answer: str,
    grade: str,
    correct: bool,
    elapsed_ms: int,
    at: datetime,
) -> SecondTry | None:
    """Stores the try, once per key. None where the exercise does not come back (yet, or any more)."""
    rows = await db.fetch(_TRY_AGAIN, session_id, exercise_id, key, answer, grade, correct, elapsed_ms, at)
    return SecondTry(*rows[0]) if rows else None
