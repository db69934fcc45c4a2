"""Addresses that mail never goes to again, unless somebody lifts it.

Invariant: a report that anybody may send (a bounce in a mailbox) is believed only about a mail of ours, and only about
the address that this mail went to; who made the report cannot silence anybody else.
"""

from collections.abc import Sequence
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.page import decode_cursor, page_of
from domains.kernel.uow import Database, UnitOfWork
from domains.notifications.channels.answers import storable
from domains.notifications.errors import NotSuppressed
from domains.notifications.policy.bounces import Reason, parsed
from domains.notifications.repository import suppression as repository
from domains.notifications.schemas.mails import MailEventIn, SuppressedOut, SuppressionsOut


async def reason(db: Database, address: str) -> str | None:
    """Why no mail goes there (bounce, complaint, manual); None where it may."""
    return await repository.reason(db, address)


async def suppress(uow: UnitOfWork, address: str, why: Reason | str, detail: str = "") -> bool:
    """False where it was suppressed before, for whatever reason."""
    return await repository.add(uow.session, address.strip(), why, storable(detail, 300))


async def lift(uow: UnitOfWork, address: str) -> None:
    """Raises NotSuppressed."""
    if not await repository.remove(uow.session, address.strip()):
        raise NotSuppressed


async def suppressions(db: Database, *, prefix: str, cursor: str | None, limit: int) -> SuppressionsOut:
    """By address. Raises BadCursor."""
    after = decode_cursor(cursor, str)
    rows = await repository.page(db, after=after, prefix=prefix.strip(), most=limit + 1)
    found = page_of([SuppressedOut(*row) for row in rows], limit, lambda item: item.address)
    return SuppressionsOut(found.items, found.next_cursor)


async def take_report(uow: UnitOfWork, raw: bytes) -> list[str]:
    """Addresses that are suppressed for what a mail in the bounce mailbox says. Empty for any other mail, for
    failures that pass, and for reports about mails that are not ours."""
    given_up = []
    for report in parsed(raw):
        address = await _written_to(uow, report.message_id) if report.permanent else None
        if address is not None and await suppress(uow, address, report.reason, report.detail):
            given_up.append(address)
    return given_up


async def take_events(uow: UnitOfWork, events: Sequence[MailEventIn]) -> int:
    """What a provider says who has proved itself. How many addresses were not given up before."""
    given_up = 0
    for event in events:
        if event.permanent or event.type == "complaint":
            given_up += await suppress(uow, event.address, event.type, event.detail)
    return given_up


async def _written_to(uow: UnitOfWork, message_id: str) -> str | None:
    """The address behind a Message-ID of ours. Whoever forwards their mail bounces from another one, and it is
    theirs that we stop writing to."""
    try:
        delivery_id = UUID(hex=message_id.partition("@")[0])
    except ValueError:
        return None
    user_id = await repository.mailed_to(uow.session, delivery_id)
    contact = await identity.contact(uow, user_id) if user_id is not None else None
    return contact.email if contact is not None else None
