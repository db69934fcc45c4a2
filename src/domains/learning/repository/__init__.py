"""Every SQL statement of learning. The answer path is one statement for a whole batch of answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.kinds import SessionKind
from domains.learning.policy.schedule import ItemState
from domains.learning.repository import schedule
from domains.learning.repository.schedule import ADVANCE, COLUMNS, unnested

_SESSION = """
    SELECT user_id, course_id, lesson_id, revision_id, kind, exercise_ids, unlimited_hearts, unit_id
    FROM learning_session WHERE id = $1
"""

# A session that somebody else holds locked is skipped rather than waited for, so that nobody's answer waits for a
# stranger's. The lock shows the newest counters, while `standing` shows answers as they were when the statement began:
# an answer that another process wrote meanwhile is found neither fresh nor standing. What is remembered of the items is
# written along; see `repository.schedule` for what happens where somebody else was quicker.
WRITE_ANSWERS = f"""
    WITH given AS (
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[],
                             $8::int[], $9::timestamptz[], $10::text[], $11::text[]) WITH ORDINALITY
            AS g (session_id, exercise_id, key, answer, grade, verdict, correct, elapsed_ms, answered_at, item_ids,
                  ratings, place)
    ), session AS (
        SELECT id, user_id, course_id, answered, correct, hearts, unlimited_hearts, active_at,
               coalesce(completed_at, abandoned_at) AS completed_at
        FROM learning_session WHERE id = ANY($1) FOR UPDATE SKIP LOCKED
    ), written AS (
        INSERT INTO learning_answer
            (session_id, exercise_id, key, answer, grade, verdict, correct, elapsed_ms, answered_at, item_ids, ratings,
             answered, hearts)
        SELECT g.session_id, g.exercise_id, g.key, g.answer, g.grade, g.verdict, g.correct, g.elapsed_ms,
               g.answered_at, g.item_ids::uuid[], g.ratings::smallint[],
               s.answered + 1, greatest(s.hearts - (NOT g.correct AND NOT s.unlimited_hearts)::int, 0)
        FROM given g JOIN session s ON s.id = g.session_id AND s.completed_at IS NULL
        ON CONFLICT DO NOTHING
        RETURNING session_id, correct, answered, hearts, answered_at
    ), counted AS (
        UPDATE learning_session s
        SET answered = w.answered, hearts = w.hearts, correct = s.correct + w.correct::int,
            active_at = greatest(s.active_at, w.answered_at)
        FROM written w WHERE s.id = w.session_id
    ), scheduled AS (
        INSERT INTO learning_item_state AS s (user_id, course_id, {COLUMNS}, missed)
        SELECT k.user_id, k.course_id, {COLUMNS}, 0
        FROM unnest($12::uuid[], {unnested(13)}) AS r (session_id, {COLUMNS})
        JOIN written USING (session_id) JOIN session k ON k.id = session_id
        -- In one order, so that two statements cannot wait for each other.
        ORDER BY k.user_id, r.item_id
        {ADVANCE}
    )
    SELECT w.session_id IS NOT NULL AS fresh, coalesce(w.answered, standing.answered) AS answered,
           coalesce(w.hearts, standing.hearts) AS hearts, standing.key, standing.answer, standing.grade,
           coalesce(s.completed_at IS NOT NULL, false) AS closed,
           s.id IS NULL AND EXISTS (SELECT FROM learning_session WHERE id = g.session_id) AS busy,
           s.correct + w.correct::int AS correct_so_far, greatest(s.active_at, g.answered_at) AS active_at
    FROM given g
    LEFT JOIN session s ON s.id = g.session_id
    LEFT JOIN written w ON w.session_id = g.session_id
    LEFT JOIN learning_answer standing ON standing.session_id = g.session_id AND standing.exercise_id = g.exercise_id
    ORDER BY g.place
"""  # noqa: S608 - only names and types of columns are put in

# The same for one answer that does wait for its session.
WRITE_ANSWER_PATIENTLY = WRITE_ANSWERS.replace("FOR UPDATE SKIP LOCKED", "FOR UPDATE")

_ENROLLED = text("""
    SELECT user_id FROM learning_enrollment
    WHERE course_id = :course_id AND user_id > coalesce(CAST(:after AS uuid), '00000000-0000-0000-0000-000000000000')
    ORDER BY user_id LIMIT :most
""")
_COUNT_ENROLLED = text("SELECT count(*) FROM learning_enrollment WHERE course_id = :course_id")

_ENROL = text("""
    INSERT INTO learning_enrollment (user_id, course_id) VALUES (:user_id, :course_id)
    ON CONFLICT DO NOTHING RETURNING enrolled_at
""")
# Whoever begins something in a course does so after the other: of two who ask for the same session one finds it.
_ENROLLED_AT = text("""
    SELECT enrolled_at FROM learning_enrollment WHERE user_id = :user_id AND course_id = :course_id FOR NO KEY UPDATE
""")

_ADD_SESSION = text("""
    INSERT INTO learning_session
        (id, user_id, course_id, lesson_id, unit_id, revision_id, kind, exercise_ids, unlimited_hearts, hearts,
         active_at)
    VALUES (:id, :user_id, :course_id, :lesson_id, :unit_id, :revision_id, :kind, CAST(:exercise_ids AS uuid[]),
            :unlimited_hearts, :hearts, :active_at)
""")

_STATE = text("""
    SELECT s.answered, s.hearts, s.completed_at, ARRAY(
        SELECT exercise_id FROM learning_answer WHERE session_id = s.id) AS answered_ids, ARRAY(
        SELECT exercise_id FROM learning_answer a WHERE a.session_id = s.id AND NOT a.correct AND NOT EXISTS (
            SELECT FROM learning_second_try t
            WHERE t.session_id = s.id AND t.exercise_id = a.exercise_id AND t.correct)) AS open_ids, s.abandoned_at
    FROM learning_session s WHERE s.id = :session_id AND s.user_id = :user_id
""")

_LOCK = """
    SELECT course_id, lesson_id, revision_id, answered, correct, cardinality(exercise_ids) AS total, completed_at,
           kind, unit_id, abandoned_at
    FROM learning_session WHERE id = $1 AND user_id = $2 FOR UPDATE
"""

_CLOSE = """
    WITH closed AS (
        UPDATE learning_session SET completed_at = greatest(active_at, $2), active_at = greatest(active_at, $2)
        WHERE id = $1 RETURNING user_id, lesson_id, course_id, completed_at
    ), counted AS (
        INSERT INTO learning_lesson_progress AS p (user_id, lesson_id, course_id, completions, best_score)
        SELECT user_id, lesson_id, course_id, 1, $3::float8 FROM closed WHERE lesson_id IS NOT NULL
        ON CONFLICT (user_id, lesson_id) DO UPDATE SET
            completions = p.completions + 1, best_score = greatest(p.best_score, excluded.best_score),
            last_completed_at = now()
        RETURNING completions
    )
    SELECT completed_at, completions FROM closed LEFT JOIN counted ON true
"""

_VIEW = text("""
    INSERT INTO learning_lesson_progress (user_id, lesson_id, course_id, completions, best_score)
    VALUES (:user_id, :lesson_id, :course_id, 1, 1) ON CONFLICT DO NOTHING RETURNING completions
""")

_LOCK_ENROLLMENT = "SELECT completed_at FROM learning_enrollment WHERE user_id = $1 AND course_id = $2 FOR UPDATE"

_COMPLETED_LESSONS = "SELECT lesson_id FROM learning_lesson_progress WHERE user_id = $1 AND course_id = $2"

_COMPLETE_COURSE = text("""
    UPDATE learning_enrollment SET completed_at = now() WHERE user_id = :user_id AND course_id = :course_id
""")

_PROGRESS_OF_COURSE = text("""
    SELECT lesson_id, completions, best_score, last_completed_at FROM learning_lesson_progress
    WHERE user_id = :user_id AND course_id = :course_id
""")

_ENROLLMENTS = text("""
    SELECT e.course_id, e.enrolled_at, ARRAY(
        SELECT lesson_id FROM learning_lesson_progress p WHERE p.user_id = e.user_id AND p.course_id = e.course_id
    ) AS completed
    FROM learning_enrollment e WHERE e.user_id = :user_id ORDER BY e.enrolled_at DESC
""")


class SessionRecord(NamedTuple):
    """What never changes about a session, except that the list of a placement grows."""

    user_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    revision_id: UUID
    kind: SessionKind
    exercise_ids: list[UUID]
    unlimited_hearts: bool = False
    unit_id: UUID | None = None


class SessionState(NamedTuple):
    answered: int
    hearts: int
    completed_at: datetime | None
    answered_ids: Sequence[UUID]
    open_ids: Sequence[UUID] = ()
    """Those that were wrong and have not been put right since."""
    abandoned_at: datetime | None = None


class LockedSession(NamedTuple):
    course_id: UUID
    lesson_id: UUID | None
    revision_id: UUID
    answered: int
    correct: int
    total: int
    completed_at: datetime | None
    kind: SessionKind
    unit_id: UUID | None
    abandoned_at: datetime | None


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
    states: Sequence[ItemState] = ()
    """What is remembered after it, as far as this process knows."""


class WrittenAnswer(NamedTuple):
    """What the log says after the attempt to write. `fresh`: it is ours; else `key`, `answer` and `grade` are those of
    the answer that stands. With none of it, the session is `closed`, or `busy` elsewhere, or there is none.
    `correct_so_far` and `active_at` are the session's after a fresh answer."""

    fresh: bool
    answered: int | None
    hearts: int | None
    key: str | None
    answer: str | None
    grade: str | None
    closed: bool
    busy: bool
    correct_so_far: int | None = None
    active_at: datetime | None = None


class LessonRecord(NamedTuple):
    lesson_id: UUID
    completions: int
    best_score: float
    last_completed_at: datetime


class EnrollmentRecord(NamedTuple):
    course_id: UUID
    enrolled_at: datetime
    completed: Sequence[UUID]
    """Lessons completed, also ones that the published revision no longer has."""


async def session_record(db: Database, session_id: UUID) -> SessionRecord | None:
    rows = await db.fetch(_SESSION, session_id)
    return SessionRecord(*rows[0]) if rows else None


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


async def enrol(session: AsyncSession, user_id: UUID, course_id: UUID) -> tuple[datetime, bool]:
    """When the learner enrolled, and whether that was now. Holds the enrolment until the end of the transaction."""
    values = {"user_id": user_id, "course_id": course_id}
    enrolled_at = (await session.execute(_ENROL, values)).scalar_one_or_none()
    if enrolled_at is not None:
        return enrolled_at, True
    return (await session.execute(_ENROLLED_AT, values)).scalar_one(), False


async def add_session(
    session: AsyncSession, session_id: UUID, record: SessionRecord, hearts: int, at: datetime
) -> None:
    values = record._asdict() | {"exercise_ids": list(record.exercise_ids)}
    await session.execute(_ADD_SESSION, {**values, "id": session_id, "hearts": hearts, "active_at": at})


async def session_state(session: AsyncSession, session_id: UUID, user_id: UUID) -> SessionState | None:
    row = (await session.execute(_STATE, {"session_id": session_id, "user_id": user_id})).one_or_none()
    return SessionState(*row) if row else None


async def lock_session(uow: UnitOfWork, session_id: UUID, user_id: UUID) -> LockedSession | None:
    rows = await uow.fetch(_LOCK, session_id, user_id)
    return LockedSession(*rows[0]) if rows else None


async def close_session(uow: UnitOfWork, session_id: UUID, at: datetime, score: float) -> tuple[datetime, int | None]:
    """When it was completed (at `at`, or with its last answer where another process's clock was ahead), and how often
    the learner has now completed the lesson; None for a session that is of no lesson."""
    [row] = await uow.fetch(_CLOSE, session_id, at, score)
    return row["completed_at"], row["completions"]


async def view_lesson(session: AsyncSession, user_id: UUID, lesson_id: UUID, course_id: UUID) -> bool:
    """False when the lesson had been viewed before."""
    values = {"user_id": user_id, "lesson_id": lesson_id, "course_id": course_id}
    return (await session.execute(_VIEW, values)).one_or_none() is not None


async def lock_open_enrollment(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> bool:
    """Holds the enrolment until the end of the transaction. False where there is none, or the course was completed
    before."""
    rows = await uow.fetch(_LOCK_ENROLLMENT, user_id, course_id)
    return bool(rows) and rows[0]["completed_at"] is None


async def complete_course(session: AsyncSession, user_id: UUID, course_id: UUID) -> None:
    await session.execute(_COMPLETE_COURSE, {"user_id": user_id, "course_id": course_id})


async def completed_lessons(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> set[UUID]:
    return {row["lesson_id"] for row in await uow.fetch(_COMPLETED_LESSONS, user_id, course_id)}


async def progress_of_course(session: AsyncSession, user_id: UUID, course_id: UUID) -> dict[UUID, LessonRecord]:
    rows = await session.execute(_PROGRESS_OF_COURSE, {"user_id": user_id, "course_id": course_id})
    return {row.lesson_id: LessonRecord(*row) for row in rows}


async def enrollments(session: AsyncSession, user_id: UUID) -> list[EnrollmentRecord]:
    """Newest first."""
    return [EnrollmentRecord(*row) for row in await session.execute(_ENROLLMENTS, {"user_id": user_id})]


async def enrolled(session: AsyncSession, course_id: UUID, *, after: UUID | None, most: int) -> list[UUID]:
    rows = await session.scalars(_ENROLLED, {"course_id": course_id, "after": after, "most": most})
    return list(rows.all())


async def count_enrolled(session: AsyncSession, course_id: UUID) -> int:
    found: int = (await session.execute(_COUNT_ENROLLED, {"course_id": course_id})).scalar_one()
    return found


_MOVE = [
    text("UPDATE learning_session SET user_id = :into_id WHERE user_id = :from_id"),
    text("UPDATE learning_invitation SET watcher_id = :into_id WHERE watcher_id = :from_id"),
    text("""
        INSERT INTO learning_lesson_progress AS p
            (user_id, lesson_id, course_id, completions, best_score, first_completed_at, last_completed_at)
        SELECT CAST(:into_id AS uuid), lesson_id, course_id, completions, best_score, first_completed_at,
            last_completed_at
        FROM learning_lesson_progress WHERE user_id = :from_id
        ON CONFLICT (user_id, lesson_id) DO UPDATE SET
            completions = p.completions + excluded.completions,
            best_score = greatest(p.best_score, excluded.best_score),
            first_completed_at = least(p.first_completed_at, excluded.first_completed_at),
            last_completed_at = greatest(p.last_completed_at, excluded.last_completed_at)
    """),
    text("DELETE FROM learning_lesson_progress WHERE user_id = :from_id"),
]
_MOVE_COURSES = text("""
    WITH gone AS (DELETE FROM learning_enrollment WHERE user_id = :from_id RETURNING *)
    INSERT INTO learning_enrollment AS e (user_id, course_id, enrolled_at, completed_at)
    SELECT CAST(:into_id AS uuid), course_id, enrolled_at, completed_at FROM gone
    ON CONFLICT (user_id, course_id) DO UPDATE SET
        enrolled_at = least(e.enrolled_at, excluded.enrolled_at),
        completed_at = least(e.completed_at, excluded.completed_at)
    RETURNING course_id, completed_at
""")


async def move_learning(session: AsyncSession, from_id: UUID, into_id: UUID) -> list[UUID]:
    """Makes one learner's sessions, progress and courses another's; the courses among them that are not complete."""
    both = {"from_id": from_id, "into_id": into_id}
    for statement in _MOVE:
        await session.execute(statement, both)
    return [row.course_id for row in await session.execute(_MOVE_COURSES, both) if row.completed_at is None]
