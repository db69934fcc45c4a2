"""Commands and queries of the inbox."""

from uuid import UUID

from domains.kernel.ids import new_id
from domains.kernel.page import decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.repository import inbox as repository
from domains.notifications.errors import NotificationNotFound
from domains.notifications.events import NotificationCreated
from domains.notifications.schemas.inbox import InboxOut


async def notify(
    uow: UnitOfWork, user_id: UUID, *, kind: str, title: str, body: str, url: str, dedupe_key: str
) -> None:
    """Puts a notification into the inbox and announces it, once per `dedupe_key`."""
    created = NotificationCreated(user_id=user_id, notification_id=new_id(), kind=kind, title=title, body=body, url=url)
    if await repository.add(uow.session, created, dedupe_key):
        uow.record(created)


async def mark_read(uow: UnitOfWork, user_id: UUID, notification_id: UUID) -> None:
    """Marks it as read; the first time counts. Raises NotificationNotFound, also for somebody else's."""
    if not await repository.mark_read(uow.session, user_id, notification_id):
        raise NotificationNotFound


async def inbox(db: Database, user_id: UUID, *, cursor: str | None, limit: int) -> InboxOut:
    """A page of the inbox, newest first. Raises BadCursor."""
    after = decode_cursor(cursor, UUID)
    items, unread = await repository.inbox(db, user_id, after=after, most=limit + 1)
    page = page_of(items, limit, lambda item: item.id)
    return InboxOut(page.items, page.next_cursor, unread)
