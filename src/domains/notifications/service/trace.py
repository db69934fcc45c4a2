"""What became of everything that somebody was to be told, for support. Without the words themselves of mails and
pushes, which may be private; an inbox line has its title."""

from datetime import datetime
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.errors import NotFound
from domains.kernel.page import Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Senders
from domains.notifications.repository import trace as repository
from domains.notifications.repository.trace import Line
from domains.notifications.schemas.trace import TraceOut
from domains.notifications.service.mails import message_id_of


async def trace(uow: UnitOfWork, user_id: UUID, now: datetime, *, cursor: str | None, limit: int) -> Page[TraceOut]:
    """Newest first. Raises BadCursor, and NotFound for nobody."""
    after = decode_cursor(cursor, UUID)
    found = await repository.lines(uow.session, user_id, now, after=after, most=limit + 1)
    if not found and await identity.contact(uow, user_id) is None:
        raise NotFound("nobody here has this id")
    public_url = uow.db.port(Senders).public_url
    return page_of([_shown(line, public_url) for line in found], limit, lambda line: line.id)


def _shown(line: Line, public_url: str) -> TraceOut:
    message_id = message_id_of(line.id, public_url) if line.channel == "email" and line.attempts else None
    return TraceOut(**line._asdict(), message_id=message_id)
