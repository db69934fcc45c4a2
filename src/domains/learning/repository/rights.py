"""What learning holds about a person, and making it forget who they are.

Kept after an account is erased, under an id that leads to nobody: sessions, answers, flashcards and what was counted
from them, which say what a course teaches and how well.
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
        SELECT course_id, lesson_id, completions, best_score, first_completed_at, last_completed_at, viewed_at
        FROM learning_lesson_progress WHERE user_id = :user_id ORDER BY first_completed_at, lesson_id
        """,
    ),
    PersonalData(
        "sessions",
        """
        SELECT id, course_id, unit_id, lesson_id, revision_id, kind, answered, correct, hearts, created_at, active_at,
            completed_at, abandoned_at, spent_ms / 1000 AS spent_s, marks
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
        "second_tries",
        """
        SELECT t.session_id, t.exercise_id, t.answer, t.correct, t.grade, t.elapsed_ms, t.answered_at
        FROM learning_session s JOIN learning_second_try t ON t.session_id = s.id
        WHERE s.user_id = :user_id ORDER BY s.id, t.answered_at, t.exercise_id, t.key
        """,
    ),
    PersonalData(
        "flashcards",
        """
        SELECT course_id, item_id, rating, elapsed_ms, reviewed_at FROM learning_review
        WHERE user_id = :user_id ORDER BY reviewed_at, id
        """,
    ),
    PersonalData(
        "brought_along",
        """
        SELECT course_id, item_id, looked_at, due, stability, difficulty, reps, lapses FROM learning_brought
        WHERE user_id = :user_id ORDER BY course_id, item_id, looked_at
        """,
    ),
    PersonalData(
        "memory",
        """
        SELECT course_id, item_id, stability, difficulty, due, last_review, reps, lapses, slips, last_correct
        FROM learning_item_state WHERE user_id = :user_id ORDER BY course_id, item_id
        """,
    ),
    PersonalData(
        "schedule",
        "SELECT retention, balanced, parameters FROM learning_schedule WHERE user_id = :user_id",
    ),
    PersonalData(
        "hearts",
        "SELECT full_at AS all_back_at FROM learning_hearts WHERE user_id = :user_id",
    ),
    PersonalData(
        "activity",
        """
        SELECT quarter AS from_this_moment, course_id, kind, times, spent_ms / 1000 AS spent_s FROM learning_activity
        WHERE user_id = :user_id ORDER BY quarter, course_id, kind
        """,
    ),
    PersonalData(
        "prepared_sessions",
        """
        SELECT id, course_id, lesson_id, revision_id, made_at FROM learning_prepared_session
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "exercise_reports",
        """
        SELECT r.course_id, r.exercise_id, r.reason, r.answer, o.text, r.state, r.note AS author_says, o.reported_at
        FROM learning_reporter o JOIN learning_report r ON r.id = o.report_id
        WHERE o.user_id = :user_id ORDER BY o.reported_at, r.id
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

_FORGET = [
    text("UPDATE learning_reporter SET text = '' WHERE user_id = :user_id"),
    text("""
        DELETE FROM learning_invitation WHERE watcher_id = :user_id
            OR session_id IN (SELECT id FROM learning_session WHERE user_id = :user_id)
    """),
    text("""
        DELETE FROM learning_second_try
        WHERE session_id IN (SELECT id FROM learning_session WHERE user_id = :user_id)
    """),
    text("DELETE FROM learning_schedule WHERE user_id = :user_id"),
    text("DELETE FROM learning_hearts WHERE user_id = :user_id"),
    text("DELETE FROM learning_prepared_session WHERE user_id = :user_id"),
]


async def erase(session: AsyncSession, user_id: UUID) -> None:
    for statement in _FORGET:
        await session.execute(statement, {"user_id": user_id})
