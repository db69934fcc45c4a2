"""SQL that makes one learner's sessions, lessons and courses another's. What was counted from them is counted anew."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_MOVE = [
    text("UPDATE learning_session SET user_id = :into_id WHERE user_id = :from_id"),
    text("UPDATE learning_invitation SET watcher_id = :into_id WHERE watcher_id = :from_id"),
    text("""
        INSERT INTO learning_lesson_progress AS p
            (user_id, lesson_id, course_id, completions, best_score, first_completed_at, last_completed_at, viewed_at)
        SELECT CAST(:into_id AS uuid), lesson_id, course_id, completions, best_score, first_completed_at,
            last_completed_at, viewed_at
        FROM learning_lesson_progress WHERE user_id = :from_id
        ON CONFLICT (user_id, lesson_id) DO UPDATE SET
            completions = p.completions + excluded.completions,
            best_score = greatest(p.best_score, excluded.best_score),
            first_completed_at = least(p.first_completed_at, excluded.first_completed_at),
            last_completed_at = greatest(p.last_completed_at, excluded.last_completed_at),
            viewed_at = least(p.viewed_at, excluded.viewed_at)
    """),
    text("DELETE FROM learning_lesson_progress WHERE user_id = :from_id"),
    text("DELETE FROM learning_activity WHERE user_id = :from_id"),
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


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> list[UUID]:
    """The courses among them that are not complete. Lessons that both have read, and activity, are to be counted anew
    (`repository.recount`)."""
    both = {"from_id": from_id, "into_id": into_id}
    for statement in _MOVE:
        await session.execute(statement, both)
    return [row.course_id for row in await session.execute(_MOVE_COURSES, both) if row.completed_at is None]
