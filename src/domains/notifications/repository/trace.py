"""All that somebody was told, or was not, for support."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LINES = text("""
    SELECT * FROM (
        SELECT id, 'in_app' AS channel, kind, dedupe_key AS cause, url,
            CASE WHEN archived_at IS NOT NULL THEN 'archived' WHEN read_at IS NOT NULL THEN 'read' ELSE 'unread' END
                AS state,
            '' AS reason, title, created_at, NULL::timestamptz AS due_at, NULL::timestamptz AS expires_at,
            0 AS attempts, coalesce(archived_at, read_at) AS settled_at, '' AS reference
        FROM notifications_notification
        WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR id < :after)
        UNION ALL
        SELECT id, channel, kind, dedupe_key, url,
            CASE WHEN state = 'waiting' AND lease_until > :now THEN 'sending' ELSE state END,
            reason, '', created_at, due_at, expires_at, attempts, sent_at, reference
        FROM notifications_delivery
        WHERE user_id = :user_id AND (CAST(:after AS uuid) IS NULL OR id < :after)
    ) line
    ORDER BY id DESC LIMIT :most
""")


class Line(NamedTuple):
    id: UUID
    channel: str
    kind: str
    cause: str
    url: str
    state: str
    reason: str
    title: str
    created_at: datetime
    due_at: datetime | None
    expires_at: datetime | None
    attempts: int
    settled_at: datetime | None
    reference: str


async def lines(session: AsyncSession, user_id: UUID, now: datetime, *, after: UUID | None, most: int) -> list[Line]:
    """Newest first."""
    rows = await session.execute(_LINES, {"user_id": user_id, "now": now, "after": after, "most": most})
    return [Line(*row) for row in rows]
