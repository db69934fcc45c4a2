"""SQL of announcements."""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.notifications.models import Announcement

_SENDING = "SELECT id FROM notifications_announcement WHERE state = 'sending' ORDER BY id"
# One worker at a time; another leaves it alone instead of waiting.
_TAKE = text("""
    SELECT id FROM notifications_announcement WHERE id = :id AND state = 'sending' FOR UPDATE SKIP LOCKED
""")


async def sending(db: Database) -> list[UUID]:
    return [row["id"] for row in await db.fetch(_SENDING)]


async def take(session: AsyncSession, announcement_id: UUID) -> Announcement | None:
    """Locked; None while another sends it, and once it is sent or cancelled."""
    if (await session.execute(_TAKE, {"id": announcement_id})).one_or_none() is None:
        return None
    return await session.get(Announcement, announcement_id)


async def announcement(session: AsyncSession, announcement_id: UUID, *, lock: bool = False) -> Announcement | None:
    wanted = select(Announcement).where(Announcement.id == announcement_id)
    return (await session.scalars(wanted.with_for_update() if lock else wanted)).one_or_none()


async def announcements(
    session: AsyncSession, *, audience: str | None = None, after: UUID | None, most: int
) -> list[Announcement]:
    """The newest first."""
    wanted = select(Announcement).order_by(Announcement.id.desc()).limit(most)
    if audience is not None:
        wanted = wanted.where(Announcement.audience == audience)
    if after is not None:
        wanted = wanted.where(Announcement.id < after)
    return list((await session.scalars(wanted)).all())
