"""SQL of the in-app inbox. Each function is one round trip."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import id_at
from domains.kernel.uow import Database
from domains.notifications.events import NotificationCreated
from domains.notifications.schemas.inbox import NotificationOut

_ADD = text("""
    INSERT INTO notifications_notification (id, user_id, kind, title, body, url, dedupe_key)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:user_ids AS uuid[]), CAST(:kinds AS text[]),
        CAST(:titles AS text[]), CAST(:bodies AS text[]), CAST(:urls AS text[]), CAST(:causes AS text[]))
    ON CONFLICT (user_id, dedupe_key) DO NOTHING RETURNING id
""")
_MARK = text("""
    WITH found AS (
        SELECT id, read_at, archived_at FROM notifications_notification
        WHERE id = :id AND user_id = :user_id FOR UPDATE
    )
    UPDATE notifications_notification n
    SET read_at = coalesce(n.read_at, :now),
        archived_at = CASE WHEN :archive THEN coalesce(n.archived_at, :now) ELSE n.archived_at END
    FROM found WHERE n.id = found.id
    RETURNING found.read_at IS NULL OR (:archive AND found.archived_at IS NULL) AS changed
""")
_MARK_ALL = text("""
    UPDATE notifications_notification SET read_at = :now
    WHERE user_id = :user_id AND read_at IS NULL AND (CAST(:up_to AS uuid) IS NULL OR id <= :up_to)
""")
# What is put away is read as well.
_UNREAD = text("SELECT count(*) FROM notifications_notification WHERE user_id = :user_id AND read_at IS NULL")
_TAPPED = text("""
    SELECT n.id FROM notifications_delivery d
    LEFT JOIN notifications_notification n ON n.user_id = d.user_id AND n.dedupe_key = d.dedupe_key
    WHERE d.id = :id AND d.user_id = :user_id
""")
_PURGE = text("""
    DELETE FROM notifications_notification WHERE id IN (
        SELECT id FROM notifications_notification
        WHERE id < :read_before AND (read_at IS NOT NULL OR id < :unread_before) LIMIT :most
    )
""")
_UNREAD_COUNT = "SELECT count(*)::int AS unread FROM notifications_notification WHERE user_id = $1 AND read_at IS NULL"
_INBOX = """
    SELECT unread.count, n.*
    FROM (SELECT count(*)::int FROM notifications_notification WHERE user_id = $1 AND read_at IS NULL) unread
    LEFT JOIN (
        SELECT id, kind, title, body, url, created_at, read_at, archived_at FROM notifications_notification
        WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) AND (archived_at IS NOT NULL) = $4
          AND (NOT $5::boolean OR read_at IS NULL) AND ($6::text[] IS NULL OR kind = ANY($6))
        ORDER BY id DESC LIMIT $3
    ) n ON true
    ORDER BY n.id DESC
"""
_SINCE = """
    SELECT w.user_id, n.*
    FROM unnest($1::uuid[], $2::uuid[]) AS w (user_id, after)
    CROSS JOIN LATERAL (
        SELECT id, kind, title, body, url, created_at, read_at, archived_at FROM notifications_notification
        WHERE user_id = w.user_id AND id >= w.after AND archived_at IS NULL
        ORDER BY id DESC LIMIT $3
    ) n
    ORDER BY n.id
"""


async def add(session: AsyncSession, told: Sequence[tuple[NotificationCreated, str]]) -> set[UUID]:
    """Each with its cause; the ids of those that were not told of that cause before."""
    if not told:
        return set()
    values = {
        "ids": [one.notification_id for one, _ in told],
        "user_ids": [one.user_id for one, _ in told],
        "kinds": [one.kind for one, _ in told],
        "titles": [one.title for one, _ in told],
        "bodies": [one.body for one, _ in told],
        "urls": [one.url for one, _ in told],
        "causes": [cause for _, cause in told],
    }
    return set((await session.scalars(_ADD, values)).all())


async def mark(
    session: AsyncSession, user_id: UUID, notification_id: UUID, now: datetime, *, archive: bool
) -> bool | None:
    """Read, and put away with `archive`. Whether that changed anything; None where this user has no such one."""
    values = {"id": notification_id, "user_id": user_id, "now": now, "archive": archive}
    row = (await session.execute(_MARK, values)).one_or_none()
    return None if row is None else row.changed


async def mark_all(session: AsyncSession, user_id: UUID, up_to: UUID | None, now: datetime) -> bool:
    """Read, all or those up to one. Whether that changed anything."""
    values = {"user_id": user_id, "up_to": up_to, "now": now}
    return cast("CursorResult[Any]", await session.execute(_MARK_ALL, values)).rowcount > 0


async def unread(session: AsyncSession, user_id: UUID) -> int:
    found: int = (await session.execute(_UNREAD, {"user_id": user_id})).scalar_one()
    return found


async def tapped(session: AsyncSession, user_id: UUID, delivery_id: UUID) -> tuple[bool, UUID | None]:
    """Whether this user has such a delivery, and what in the inbox speaks of the same."""
    row = (await session.execute(_TAPPED, {"id": delivery_id, "user_id": user_id})).one_or_none()
    return (False, None) if row is None else (True, row.id)


async def purge(session: AsyncSession, read_before: UUID, unread_before: UUID, *, most: int) -> bool:
    """Deletes what is older than these ids, which sort by time. True while there may be more."""
    values = {"read_before": read_before, "unread_before": unread_before, "most": most}
    return cast("CursorResult[Any]", await session.execute(_PURGE, values)).rowcount >= most


async def unread_count(db: Database, user_id: UUID) -> int:
    [row] = await db.fetch(_UNREAD_COUNT, user_id)
    found: int = row["unread"]
    return found


async def inbox(
    db: Database,
    user_id: UUID,
    *,
    after: UUID | None,
    most: int,
    archived: bool,
    unread_only: bool,
    kinds: list[str] | None,
) -> tuple[list[NotificationOut], int]:
    """Newest first, and how many of the whole inbox are unread."""
    rows = await db.fetch(_INBOX, user_id, after, most, archived, unread_only, kinds)
    items = [NotificationOut(*list(row)[1:]) for row in rows if row["id"] is not None]
    return items, rows[0]["count"]


async def since(db: Database, moments: Mapping[UUID, datetime], *, most: int) -> list[tuple[UUID, NotificationOut]]:
    """For each person the newest `most` that came since a moment of theirs and are not put away, oldest first."""
    rows = await db.fetch(_SINCE, list(moments), [id_at(moment) for moment in moments.values()], most)
    return [(row["user_id"], NotificationOut(*list(row)[1:])) for row in rows]
