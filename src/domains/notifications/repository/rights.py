"""What notifications hold about a person, and making them forget it.

Kept after an account is erased: an address that mail never goes to again because its owner complained or somebody
decided so. It was given up for good, also for whoever registers with it anew.
"""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.domain import PersonalData

PERSONAL_DATA = (
    PersonalData(
        "inbox",
        """
        SELECT id, kind, title, body, url, created_at, read_at, archived_at FROM notifications_notification
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "sent",
        """
        SELECT id, kind, channel, params, url, state, reason, created_at, due_at, sent_at FROM notifications_delivery
        WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "preferences",
        """
        SELECT scope, channel, frequency FROM notifications_preference
        WHERE user_id = :user_id ORDER BY scope, channel
        """,
    ),
    PersonalData(
        "settings",
        """
        SELECT quiet_from, quiet_until, digest_hour, paused_until, marketing_since, marketing_proof
        FROM notifications_settings WHERE user_id = :user_id
        """,
    ),
    PersonalData("attention", "SELECT attended_at FROM notifications_attention WHERE user_id = :user_id"),
    PersonalData(
        "browsers",
        "SELECT id, device, created_at, seen_at FROM notifications_web_push WHERE user_id = :user_id ORDER BY id",
    ),
    PersonalData(
        "phones",
        """
        SELECT id, platform, created_at, seen_at FROM notifications_mobile_device WHERE user_id = :user_id ORDER BY id
        """,
    ),
    PersonalData(
        "practice_hours",
        "SELECT hour, lessons FROM notifications_practice_hour WHERE user_id = :user_id ORDER BY hour",
    ),
    PersonalData(
        "reminders",
        """
        SELECT what, local_on, hour, due_at FROM notifications_reminder
        WHERE user_id = :user_id ORDER BY due_at, what
        """,
    ),
    PersonalData(
        "announcements",
        """
        SELECT id, audience, title, body, url, state, created_at, sent_at FROM notifications_announcement
        WHERE author_id = :user_id ORDER BY id
        """,
    ),
    # Also what was written before there was an account, once the address is known to be theirs.
    PersonalData(
        "messages",
        """
        SELECT t.number, t.name, t.email, t.locale, t.subject, t.body, t.state, t.created_at, t.answer, t.answered_at
        FROM notifications_ticket t WHERE t.user_id = :user_id OR lower(t.email) = :email ORDER BY t.id
        """,
    ),
    PersonalData(
        "given_up",
        "SELECT address, reason, detail, created_at FROM notifications_suppression WHERE address = :email",
    ),
    PersonalData(
        "mails_kept_here",
        "SELECT id, subject, created_at FROM notifications_local_mail WHERE lower(to_address) = :email ORDER BY id",
    ),
)

_OWN = (
    *("notification", "delivery", "preference", "settings", "attention", "web_push", "mobile_device"),
    *("practice_hour", "reminder", "ticket"),
)
_ERASE = [text(f"DELETE FROM notifications_{table} WHERE user_id = :user_id") for table in _OWN]  # noqa: S608
_ERASE_ADDRESS = [
    text(statement)
    for statement in (
        "DELETE FROM notifications_ticket WHERE lower(email) = :email",
        "DELETE FROM notifications_local_mail WHERE lower(to_address) = :email",
        "DELETE FROM notifications_suppression WHERE address = :email AND reason = 'bounce'",
    )
]


async def erase(session: AsyncSession, user_id: UUID, email: str | None) -> None:
    """`email`: in lower case, once it is known to be theirs."""
    for statement in _ERASE:
        await session.execute(statement, {"user_id": user_id})
    if email:
        for statement in _ERASE_ADDRESS:
            await session.execute(statement, {"email": email})
