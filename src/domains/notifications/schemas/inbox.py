"""Wire bodies of the inbox."""

from datetime import datetime
from uuid import UUID

from domains.kernel.wire import Out


class NotificationOut(Out, frozen=True):
    id: UUID
    kind: str
    title: str
    body: str
    url: str
    created_at: datetime
    read_at: datetime | None
    archived_at: datetime | None


class InboxOut(Out, frozen=True):
    """Newest first. `next_cursor` is null on the last page; `unread` counts the whole inbox."""

    items: list[NotificationOut]
    next_cursor: str | None
    unread: int


class UnreadOut(Out, frozen=True):
    """Of the whole inbox."""

    unread: int
