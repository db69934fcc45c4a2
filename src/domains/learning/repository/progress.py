"""SQL of how far learners are: one statement for each thing that is shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database, UnitOfWork
from domains.learning.policy.activity import IDLE_MS
from domains.learning.policy.kinds import SessionKind

_COURSES = """
    SELECT e.course_id, e.enrolled_at, e.completed_at, ARRAY(
        SELECT lesson_id FROM learning_lesson_progress p WHERE p.user_id = e.user_id AND p.course_id = e.course_id
    ) AS done, coalesce(y.spent_ms, 0)::bigint AS spent_ms, y.active_at
    FROM learning_enrollment e LEFT JOIN (
        SELECT course_id, sum(spent_ms) AS spent_ms, max(quarter) AS active_at
        FROM learning_activity WHERE user_id = $1 GROUP BY 1
    ) y USING (course_id)
    WHERE e.user_id = $1 ORDER BY e.enrolled_at DESC, e.course_id
"""

# What was practised in a unit or in the whole course comes as rows without a lesson.
_LESSONS = """
    SELECT lesson_id, s.unit_id, coalesce(s.spent_ms, 0)::bigint AS spent_ms, p.completions, p.best_score,
           p.first_completed_at, p.last_completed_at, s.answered, s.total
    FROM (
        SELECT lesson_id, unit_id, sum(spent_ms) AS spent_ms, max(answered) FILTER (WHERE under_way) AS answered,
               max(cardinality(exercise_ids)) FILTER (WHERE under_way) AS total
        FROM learning_session CROSS JOIN LATERAL (
            SELECT answered > 0 AND completed_at IS NULL AND abandoned_at IS NULL AND active_at > $3 AS under_way) u
        WHERE user_id = $1 AND course_id = $2 GROUP BY 1, 2
    ) s FULL JOIN (
        SELECT * FROM learning_lesson_progress WHERE user_id = $1 AND course_id = $2
    ) p USING (lesson_id)
"""

_ENROLLMENT = """
    SELECT e.enrolled_at, e.completed_at, coalesce((
        SELECT sum(least(elapsed_ms, $3)) FROM learning_review WHERE user_id = $1 AND course_id = $2), 0)::bigint
    FROM (SELECT) AS one LEFT JOIN learning_enrollment e ON e.user_id = $1 AND e.course_id = $2
"""

_SESSIONS = """
    SELECT id, course_id, lesson_id, unit_id, kind, answered, cardinality(exercise_ids) AS total, correct, spent_ms,
           created_at, completed_at, abandoned_at
    FROM learning_session WHERE user_id = $1 AND {} AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
"""
_ALL_SESSIONS = _SESSIONS.format("$2::uuid IS NULL")
_SESSIONS_OF_COURSE = _SESSIONS.format("course_id = $2")


class CourseRecord(NamedTuple):
    course_id: UUID
    enrolled_at: datetime
    completed_at: datetime | None
    done: Sequence[UUID]
    """Lessons, also ones that the published revision no longer has."""
    spent_ms: int
    active_at: datetime | None
    """The beginning of the last quarter of an hour in which something was done."""


class LessonRecord(NamedTuple):
    """A lesson that was begun or is done, or what was practised in a unit or, without one, in the whole course."""

    lesson_id: UUID | None
    unit_id: UUID | None
    spent_ms: int
    completions: int | None
    """None where it is not done; 0 where it was skipped."""
    best_score: float | None
    first_completed_at: datetime | None
    last_completed_at: datetime | None
    answered: int | None
    """Of `total`, where it is under way and something of it is answered."""
    total: int | None


class EnrollmentState(NamedTuple):
    enrolled_at: datetime | None
    completed_at: datetime | None
    reviewing_ms: int
    """What flashcards took."""


class SessionLine(NamedTuple):
    id: UUID
    course_id: UUID
    lesson_id: UUID | None
    unit_id: UUID | None
    kind: SessionKind
    answered: int
    total: int
    correct: int
    spent_ms: int
    begun_at: datetime
    completed_at: datetime | None
    abandoned_at: datetime | None


async def courses(uow: UnitOfWork, user_id: UUID) -> list[CourseRecord]:
    """Those that the learner is enrolled in, the newest enrolment first."""
    return [CourseRecord(*row) for row in await uow.fetch(_COURSES, user_id)]


async def enrollment(db: Database, user_id: UUID, course_id: UUID) -> EnrollmentState:
    [row] = await db.fetch(_ENROLLMENT, user_id, course_id, IDLE_MS)
    return EnrollmentState(*row)


async def lessons(db: Database, user_id: UUID, course_id: UUID, *, since: datetime) -> list[LessonRecord]:
    """In no order. What nobody has gone on with `since` is not under way."""
    return [LessonRecord(*row) for row in await db.fetch(_LESSONS, user_id, course_id, since)]


async def sessions(
    uow: UnitOfWork, user_id: UUID, course_id: UUID | None, *, before: UUID | None, most: int
) -> list[SessionLine]:
    """Of all courses or of one, the newest first, from behind the session `before` on."""
    statement = _ALL_SESSIONS if course_id is None else _SESSIONS_OF_COURSE
    return [SessionLine(*row) for row in await uow.fetch(statement, user_id, course_id, before, most)]
