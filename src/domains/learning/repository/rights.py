"""What learning holds about a person, and making it forget who they are.

Kept after an account is erased, under an id that leads to nobody: sessions, answers and progress, which say what a
course teaches and how well.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "courses",
        """
        SELECT course_id, enrolled_at, completed_at FROM learning_enrollment
        WHERE user_id = :user_id ORDER BY enrolled_at, course_id
        """,
    ),
    PersonalData(
        "progress",
        """
        SELECT course_id, lesson_id, completions, best_score, first_completed_at, last_completed_at
        FROM learning_lesson_progress WHERE user_id = :user_id ORDER BY first_completed_at, lesson_id
        """,
    ),
    PersonalData(
        "sessions",
        """
        SELECT id, course_id, lesson_id, revision_id, kind, answered, correct, hearts, created_at, active_at,
            completed_at
        FROM learning_session WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "answers",
        """
        SELECT a.session_id, a.exercise_id, a.answer, a.verdict, a.correct, a.grade, a.elapsed_ms, a.answered_at
        FROM learning_session s JOIN learning_answer a ON a.session_id = s.id
        WHERE s.user_id = :user_id ORDER BY s.id, a.answered, a.exercise_id
        """,
    ),
    PersonalData(
        "watchers",
        """
        SELECT i.session_id, CASE WHEN s.user_id = :user_id THEN 'my session' ELSE 'watched by me' END AS what,
            i.created_at, i.claimed_at, i.expires_at
        FROM learning_invitation i JOIN learning_session s ON s.id = i.session_id
        WHERE s.user_id = :user_id OR i.watcher_id = :user_id ORDER BY i.id
        """,
    ),
)

_FORGET_INVITATIONS = text("""
    DELETE FROM learning_invitation WHERE watcher_id = :user_id
        OR session_id IN (SELECT id FROM learning_session WHERE user_id = :user_id)
""")


async def erase(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(_FORGET_INVITATIONS, {"user_id": user_id})
