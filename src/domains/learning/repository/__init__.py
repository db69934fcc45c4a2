"""Every SQL statement of learning: here those of enrolments, sessions and progress."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import id_at
from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.kinds import SessionKind
from domains.learning.repository import activity, hearts

_SESSION = """
    SELECT user_id, course_id, lesson_id, revision_id, kind, exercise_ids, unlimited_hearts, unit_id
    FROM learning_session WHERE id = $1
"""

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

# Whoever answers finds a row of hearts to lock.
_ADD_SESSION = text(f"""
    WITH opened AS (
        INSERT INTO learning_hearts (user_id, full_at) VALUES (:user_id, :begun_at) ON CONFLICT DO NOTHING
    ), begun AS (
        SELECT CAST(:user_id AS uuid) AS user_id, CAST(:kind AS text) AS kind, CAST(:begun_at AS timestamptz) AS at,
               CAST(:unlimited_hearts AS boolean) AS unlimited
    )
    INSERT INTO learning_session
        (id, user_id, course_id, lesson_id, unit_id, revision_id, kind, exercise_ids, unlimited_hearts, created_at,
         active_at, hearts)
    SELECT CAST(:id AS uuid), b.user_id, CAST(:course_id AS uuid), CAST(:lesson_id AS uuid), CAST(:unit_id AS uuid),
        CAST(:revision_id AS uuid), b.kind, CAST(:exercise_ids AS uuid[]), b.unlimited, b.at, b.at,
        {hearts.shown("b.unlimited", "b.kind", "b.at")}
    FROM begun b LEFT JOIN learning_hearts h ON h.user_id = b.user_id
    RETURNING hearts
""")  # noqa: S608 - constants of ours

_HEARTS_NOW = hearts.shown("s.unlimited_hearts", "s.kind", "CAST(:now AS timestamptz)")
_STATE = text(f"""
    SELECT s.answered, {_HEARTS_NOW} AS hearts, s.completed_at, ARRAY(
        SELECT exercise_id FROM learning_answer WHERE session_id = s.id) AS answered_ids, ARRAY(
        SELECT exercise_id FROM learning_answer a WHERE a.session_id = s.id AND NOT a.correct AND NOT EXISTS (
            SELECT FROM learning_second_try t
            WHERE t.session_id = s.id AND t.exercise_id = a.exercise_id AND t.correct)) AS open_ids, s.abandoned_at
    FROM learning_session s LEFT JOIN learning_hearts h ON h.user_id = s.user_id
    WHERE s.id = :session_id AND s.user_id = :user_id
""")  # noqa: S608 - constants of ours

_LOCK = """
    SELECT course_id, lesson_id, revision_id, answered, correct, cardinality(exercise_ids) AS total, completed_at,
           kind, unit_id, abandoned_at, unlimited_hearts, created_at
    FROM learning_session WHERE id = $1 AND user_id = $2 FOR UPDATE
"""

_CLOSE = f"""
    WITH closed AS (
        UPDATE learning_session
        SET completed_at = greatest(active_at, $2), active_at = greatest(active_at, $2), marks = $4
        WHERE id = $1 RETURNING user_id, lesson_id, course_id, completed_at
    ), counted AS (
        INSERT INTO learning_lesson_progress AS p
            (user_id, lesson_id, course_id, completions, best_score, first_completed_at, last_completed_at)
        SELECT user_id, lesson_id, course_id, 1, $3::float8, completed_at, completed_at
        FROM closed WHERE lesson_id IS NOT NULL
        ON CONFLICT (user_id, lesson_id) DO UPDATE SET
            completions = p.completions + 1, best_score = greatest(p.best_score, excluded.best_score),
            first_completed_at = least(p.first_completed_at, excluded.first_completed_at),
            last_completed_at = greatest(p.last_completed_at, excluded.last_completed_at)
        RETURNING completions
    ), done AS (
        SELECT user_id, course_id, CASE WHEN lesson_id IS NULL THEN 'practice' ELSE 'lesson' END AS kind,
               completed_at AS at, 0 AS spent_ms FROM closed
    ), active AS (
        {activity.count("done")}
    )
    SELECT completed_at, completions FROM closed LEFT JOIN counted ON true
"""  # noqa: S608 - only parts of our own statements are put in

# Ids tell when their sessions were begun.
_ODD_SINCE = """
    SELECT count(*) AS found FROM learning_session WHERE user_id = $1 AND id > $2 AND marks && $3::text[]
"""

# A lesson that a test let somebody skip can still be read.
_VIEW = text(f"""
    WITH viewed AS (
        INSERT INTO learning_lesson_progress AS p (user_id, lesson_id, course_id, completions, best_score, viewed_at)
        VALUES (:user_id, :lesson_id, :course_id, 1, 1, now())
        ON CONFLICT (user_id, lesson_id) DO UPDATE SET
            completions = 1, best_score = 1, last_completed_at = now(), viewed_at = now()
            WHERE p.completions = 0
        RETURNING user_id, course_id, viewed_at
    ), done AS (
        SELECT user_id, course_id, 'lesson' AS kind, viewed_at AS at, 0 AS spent_ms FROM viewed
    ), active AS (
        {activity.count("done")}
    )
    SELECT true FROM viewed
""")  # noqa: S608 - only parts of our own statements are put in

_LOCK_ENROLLMENT = "SELECT completed_at FROM learning_enrollment WHERE user_id = $1 AND course_id = $2 FOR UPDATE"

# Previews enrol nobody, so there is no row to wait for.
_LOCK_PREVIEWS = "SELECT pg_advisory_xact_lock(hashtextextended('learning.previews:' || $1::text || $2::text, 0))"

_COMPLETED_LESSONS = "SELECT lesson_id FROM learning_lesson_progress WHERE user_id = $1 AND course_id = $2"

_COMPLETE_COURSE = text("""
    UPDATE learning_enrollment SET completed_at = now() WHERE user_id = :user_id AND course_id = :course_id
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
    unlimited_hearts: bool
    created_at: datetime


class EnrollmentRecord(NamedTuple):
    course_id: UUID
    enrolled_at: datetime


async def session_record(db: Database, session_id: UUID) -> SessionRecord | None:
    rows = await db.fetch(_SESSION, session_id)
    return SessionRecord(*rows[0]) if rows else None


async def enrol(session: AsyncSession, user_id: UUID, course_id: UUID) -> tuple[datetime, bool]:
    """When the learner enrolled, and whether that was now. Holds the enrolment until the end of the transaction."""
    values = {"user_id": user_id, "course_id": course_id}
    enrolled_at = (await session.execute(_ENROL, values)).scalar_one_or_none()
    if enrolled_at is not None:
        return enrolled_at, True
    return (await session.execute(_ENROLLED_AT, values)).scalar_one(), False


async def add_session(session: AsyncSession, session_id: UUID, record: SessionRecord, at: datetime) -> int:
    """How many hearts there are to begin with."""
    values = record._asdict() | {"exercise_ids": list(record.exercise_ids), "id": session_id, "begun_at": at}
    found: int = (await session.execute(_ADD_SESSION, values)).scalar_one()
    return found


async def session_state(session: AsyncSession, session_id: UUID, user_id: UUID, now: datetime) -> SessionState | None:
    values = {"session_id": session_id, "user_id": user_id, "now": now}
    row = (await session.execute(_STATE, values)).one_or_none()
    return SessionState(*row) if row else None


async def lock_session(uow: UnitOfWork, session_id: UUID, user_id: UUID) -> LockedSession | None:
    rows = await uow.fetch(_LOCK, session_id, user_id)
    return LockedSession(*rows[0]) if rows else None


async def close_session(
    uow: UnitOfWork, session_id: UUID, at: datetime, score: float, marks: Sequence[str]
) -> tuple[datetime, int | None]:
    """When it was completed (at `at`, or with its last answer where another process's clock was ahead), and how often
    the learner has now completed the lesson; None for a session that is of no lesson."""
    [row] = await uow.fetch(_CLOSE, session_id, at, score, marks)
    return row["completed_at"], row["completions"]


async def odd_since(uow: UnitOfWork, user_id: UUID, since: datetime, marks: Sequence[str]) -> int:
    """How many sessions that the learner began since then have any of these marks."""
    return int((await uow.fetch(_ODD_SINCE, user_id, id_at(since), marks))[0]["found"])


async def view_lesson(session: AsyncSession, user_id: UUID, lesson_id: UUID, course_id: UUID) -> bool:
    """False when the lesson had been viewed before."""
    values = {"user_id": user_id, "lesson_id": lesson_id, "course_id": course_id}
    return (await session.execute(_VIEW, values)).one_or_none() is not None


async def lock_open_enrollment(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> bool:
    """Holds the enrolment until the end of the transaction. False where there is none, or the course was completed
    before."""
    rows = await uow.fetch(_LOCK_ENROLLMENT, user_id, course_id)
    return bool(rows) and rows[0]["completed_at"] is None


async def lock_previews(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> None:
    """Waits until no other transaction begins a preview of this learner in this course."""
    await uow.fetch(_LOCK_PREVIEWS, str(user_id), str(course_id))


async def complete_course(session: AsyncSession, user_id: UUID, course_id: UUID) -> None:
    await session.execute(_COMPLETE_COURSE, {"user_id": user_id, "course_id": course_id})


async def completed_lessons(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> set[UUID]:
    return {row["lesson_id"] for row in await uow.fetch(_COMPLETED_LESSONS, user_id, course_id)}


async def enrolled(session: AsyncSession, course_id: UUID, *, after: UUID | None, most: int) -> list[UUID]:
    rows = await session.scalars(_ENROLLED, {"course_id": course_id, "after": after, "most": most})
    return list(rows.all())


async def count_enrolled(session: AsyncSession, course_id: UUID) -> int:
    found: int = (await session.execute(_COUNT_ENROLLED, {"course_id": course_id})).scalar_one()
    return found
