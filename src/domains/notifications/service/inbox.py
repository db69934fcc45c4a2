"""The in-app inbox: what somebody was told, and what they have read and put away.

Invariant: a read, on whatever device, is announced to all of them, and is a sign of attention."""

from datetime import datetime
from uuid import UUID

from domains.kernel.page import decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.errors import NotificationNotFound
from domains.notifications.events import NotificationsRead
from domains.notifications.policy.kinds import KINDS, Category
from domains.notifications.repository import inbox as repository
from domains.notifications.repository import wishes
from domains.notifications.schemas.inbox import InboxOut


async def mark_read(
    uow: UnitOfWork, user_id: UUID, notification_id: UUID, now: datetime, *, archive: bool = False
) -> None:
    """Read, and put away with `archive`; the first time counts. Raises NotificationNotFound, also for somebody
    else's."""
    changed = await repository.mark(uow.session, user_id, notification_id, now, archive=archive)
    if changed is None:
        raise NotificationNotFound
    await wishes.attended(uow.session, user_id, now)
    if changed:
        await _announce(uow, user_id, notification_id, archived=archive)


async def mark_all_read(uow: UnitOfWork, user_id: UUID, up_to: UUID | None, now: datetime) -> None:
    """All of them; with `up_to` only those that were there when it was the newest."""
    changed = await repository.mark_all(uow.session, user_id, up_to, now)
    await wishes.attended(uow.session, user_id, now)
    if changed:
        await _announce(uow, user_id, up_to, every=True)


async def tap(uow: UnitOfWork, user_id: UUID, delivery_id: UUID, now: datetime) -> None:
    """Somebody came by a mail or a push: what it spoke of is read. Raises NotificationNotFound."""
    found, notification_id = await repository.tapped(uow.session, user_id, delivery_id)
    if not found:
        raise NotificationNotFound
    if notification_id is not None:
        await mark_read(uow, user_id, notification_id, now)
    else:
        await wishes.attended(uow.session, user_id, now)


async def inbox(
    db: Database,
    user_id: UUID,
    *,
    cursor: str | None,
    limit: int,
    archived: bool = False,
    unread_only: bool = False,
    category: Category | None = None,
) -> InboxOut:
    """A page of the inbox, newest first. Raises BadCursor."""
    after = decode_cursor(cursor, UUID)
    items, unread = await repository.inbox(
        db,
        user_id,
        after=after,
        most=limit + 1,
        archived=archived,
        unread_only=unread_only,
        kinds=[kind.id for kind in KINDS.values() if kind.category == category] if category else None,
    )
    page = page_of(items, limit, lambda item: item.id)
    return InboxOut(page.items, page.next_cursor, unread)


async def unread(db: Database, user_id: UUID) -> int:
    return await repository.unread_count(db, user_id)


async def _announce(
    uow: UnitOfWork, user_id: UUID, notification_id: UUID | None, *, every: bool = False, archived: bool = False
) -> None:
    uow.record(
        NotificationsRead(
            user_id=user_id,
            notification_id=notification_id,
            every=every,
            archived=archived,
            unread=await repository.unread(uow.session, user_id),
        )
    )
