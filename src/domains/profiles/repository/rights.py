"""What profiles hold about a person, and making them forget it.

Not told: who has blocked or reported somebody, because that protects whoever did. Kept after an account is erased: that
a report was made and how it ended, without a word of it.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "profile",
        """
        SELECT bio, encode(avatar_sha256, 'hex') AS avatar_sha256, visibility,
            handle_changed_at, sound, daily_goal_xp, hearts, leagues,
            leagues_hidden, streaks, wears
        FROM profiles_profile WHERE user_id = :user_id
        """,
    ),
    PersonalData(
        "handles", "SELECT handle, kept_until FROM profiles_handle WHERE user_id = :user_id ORDER BY kept_until, handle"
    ),
    PersonalData(
        "friends",
        """
        SELECT CASE WHEN low_id = :user_id THEN high_id ELSE low_id END AS with_user, state,
            asker_id = :user_id AS asked_by_me, at
        FROM profiles_bond WHERE :user_id IN (low_id, high_id) ORDER BY at, with_user
        """,
    ),
    PersonalData(
        "follows",
        """
        SELECT CASE WHEN follower_id = :user_id THEN 'i follow' ELSE 'follows me' END AS what,
            CASE WHEN follower_id = :user_id THEN followed_id ELSE follower_id END AS user_id, at
        FROM profiles_follow WHERE :user_id IN (follower_id, followed_id) ORDER BY at, user_id
        """,
    ),
    PersonalData(
        "blocks",
        """
        SELECT blocked_id AS user_id, shown_name AS name, at FROM profiles_block
        WHERE blocker_id = :user_id ORDER BY at, blocked_id
        """,
    ),
    PersonalData(
        "reports",
        """
        SELECT id, reported_id, reason, text, state, created_at FROM profiles_report
        WHERE reporter_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "activity",
        """
        SELECT id, kind, course_id, lesson_id, days, achievement, level FROM profiles_activity
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "kudos",
        """
        SELECT CASE WHEN k.user_id = :user_id THEN 'given' ELSE 'received' END AS what, k.activity_id,
            CASE WHEN k.user_id = :user_id THEN a.user_id ELSE k.user_id END AS other_user, k.at
        FROM profiles_kudos k JOIN profiles_activity a ON a.id = k.activity_id
        WHERE k.user_id = :user_id OR a.user_id = :user_id ORDER BY k.at, k.activity_id, k.user_id
        """,
    ),
)

_ERASE = [
    text(statement)
    for statement in (
        "DELETE FROM profiles_handle WHERE user_id = :user_id",
        "DELETE FROM profiles_bond WHERE :user_id IN (low_id, high_id)",
        "DELETE FROM profiles_follow WHERE :user_id IN (follower_id, followed_id)",
        "DELETE FROM profiles_block WHERE :user_id IN (blocker_id, blocked_id)",
        "DELETE FROM profiles_kudos WHERE user_id = :user_id",
        "DELETE FROM profiles_activity WHERE user_id = :user_id",
        "UPDATE profiles_report SET text = '', note = '' WHERE reporter_id = :user_id",
        """
            UPDATE profiles_report SET text = '', note = '', shown_name = '', shown_handle = NULL, shown_bio = ''
            WHERE reported_id = :user_id
        """,
        # The row itself stays: what happens between people is locked by it.
        """
            UPDATE profiles_profile SET bio = DEFAULT, avatar_sha256 = NULL, visibility = 'private',
                handle_changed_at = NULL,
                sound = DEFAULT, daily_goal_xp = DEFAULT, hearts = DEFAULT, leagues = DEFAULT, streaks = DEFAULT,
                leagues_hidden = DEFAULT, wears = DEFAULT
            WHERE user_id = :user_id
        """,
    )
]


async def erase(session: AsyncSession, user_id: UUID) -> None:
    for statement in _ERASE:
        await session.execute(statement, {"user_id": user_id})
