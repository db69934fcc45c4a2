"""SQL of the contact form."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.notifications.models import Ticket

# Whoever sends two at once waits, so that each is counted before the next.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('notifications.contact.' || CAST(:sender AS text), 0))")
_OF_ANSWER = "SELECT number, name, email, locale, subject, answer, state FROM notifications_ticket WHERE id = $1"


class Answered(NamedTuple):
    number: str
    name: str
    email: str
    locale: str
    subject: str
    answer: str
    state: str


async def lock_senders(session: AsyncSession, senders: Collection[str]) -> None:
    for sender in sorted(senders):
        await session.execute(_LOCK, {"sender": sender})


async def lately(
    session: AsyncSession, since: datetime, *, address_digest: bytes | None = None, email: str | None = None
) -> list[datetime]:
    """When messages came from there, the oldest first."""
    wanted = select(Ticket.created_at).where(Ticket.created_at > since).order_by(Ticket.created_at)
    if address_digest is not None:
        wanted = wanted.where(Ticket.address_digest == address_digest)
    if email is not None:
        wanted = wanted.where(func.lower(Ticket.email) == email.lower())
    return list((await session.scalars(wanted)).all())


async def same(session: AsyncSession, since: datetime, wanted: Ticket) -> str | None:
    """The number of a message with the same words from the same sender and place that waits for an answer."""
    found = select(Ticket.number).where(
        Ticket.address_digest == wanted.address_digest,
        Ticket.created_at > since,
        func.lower(Ticket.email) == wanted.email.lower(),
        Ticket.subject == wanted.subject,
        Ticket.body == wanted.body,
        Ticket.state.in_(("open", "spam")),
    )
    return (await session.scalars(found.limit(1))).one_or_none()


async def ticket(session: AsyncSession, ticket_id: UUID, *, lock: bool = False) -> Ticket | None:
    wanted = select(Ticket).where(Ticket.id == ticket_id)
    return (await session.scalars(wanted.with_for_update() if lock else wanted)).one_or_none()


async def tickets(session: AsyncSession, state: str, *, after: UUID | None, most: int) -> list[Ticket]:
    """The oldest first: who waits longest is answered first."""
    wanted = select(Ticket).where(Ticket.state == state).order_by(Ticket.id).limit(most)
    if after is not None:
        wanted = wanted.where(Ticket.id > after)
    return list((await session.scalars(wanted)).all())


async def answered(db: Database, ticket_id: UUID) -> Answered | None:
    rows = await db.fetch(_OF_ANSWER, ticket_id)
    return Answered(*rows[0]) if rows else None


async def mark_undelivered(session: AsyncSession, ticket_id: UUID) -> None:
    await session.execute(
        update(Ticket).where(Ticket.id == ticket_id, Ticket.state == "answered").values(state="undelivered")
    )
