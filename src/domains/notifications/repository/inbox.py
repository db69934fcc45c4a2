"""SQL of the in-app inbox. Each function is one round trip."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.notifications.events import NotificationCreated
from domains.notifications.schemas.inbox import NotificationOut

_ADD = text("""
    INSERT INTO notifications_notification (id, user_id, kind, title, body, url, dedupe_key)
    VALUES (:id, :user_id, :kind, :title, :body, :url, :dedupe_key)
    ON CONFLICT (user_id, dedupe_key) DO NOTHING RETURNING true
""")
_READ = text("""
    UPDATE notifications_notification SET read_at = coalesce(read_at, now())
    WHERE id = :id AND user_id = :user_id RETURNING true
""")
_INBOX = """
    SELECT unread.count, n.*
    FROM (SELECT count(*)::int FROM notifications_notification WHERE user_id = $1 AND read_at IS NULL) unread
    LEFT JOIN (
        SELECT id, kind, title, body, url, created_at, read_at FROM notifications_notification
        WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
    ) n ON true
    ORDER BY n.id DESC
"""


async def add(session: AsyncSession, notification: NotificationCreated, dedupe_key: str) -> bool:
    """False when the cause has been told already."""
    values = {
        "id": notification.notification_id,
        "user_id": notification.user_id,
        "kind": notification.kind,
        "title": notification.title,
        "body": notification.body,
        "url": notification.url,
        "dedupe_key": dedupe_key,
    }
    return (await session.execute(_ADD, values)).one_or_none() is not None


async def mark_read(session: AsyncSession, user_id: UUID, notification_id: UUID) -> bool:
    """False when there is no such notification of this user."""
    values = {"id": notification_id, "user_id": user_id}
    return (await session.execute(_READ, values)).one_or_none() is not None


async def inbox(db: Database, user_id: UUID, *, after: UUID | None, most: int) -> tuple[list[NotificationOut], int]:
    """Newest first, and how many of the whole inbox are unread."""
    rows = await db.fetch(_INBOX, user_id, after, most)
    items = [NotificationOut(*list(row)[1:]) for row in rows if row["id"] is not None]
    return items, rows[0]["count"]
