"""Tickets: a login session's right to open one socket, for clients that keep the access token elsewhere.

Stored and used up in PostgreSQL, so that a ticket opens one socket over all processes, and does so while Redis is away.
"""

import secrets

from domains.identity.errors import SessionEnded, TicketInvalid, TooManyTickets
from domains.identity.policy.sessions import ACCESS_LIFETIME, TICKET_LIFETIME, TICKETS_AT_ONCE
from domains.identity.repository import tickets
from domains.identity.service.authenticator import Principal
from domains.identity.service.hashing import fingerprint
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

_PREFIX = "lt_"
_LENGTH = len(_PREFIX) + 43


def is_ticket(credential: str) -> bool:
    """True for what can only be a ticket; an access token never begins like one."""
    return credential.startswith(_PREFIX)


async def issue_ticket(db: Database, principal: Principal) -> str:
    """Raises TooManyTickets."""
    ticket = _PREFIX + secrets.token_urlsafe(32)
    now = utc_now()
    added = await tickets.add(
        db,
        fingerprint(ticket),
        session_id=principal.session_id,
        expires_at=now + TICKET_LIFETIME,
        now=now,
        at_once=TICKETS_AT_ONCE,
    )
    if not added:
        raise TooManyTickets(retry_after_s=int(TICKET_LIFETIME.total_seconds()))
    return ticket


async def redeem_ticket(db: Database, ticket: str) -> Principal:
    """Who asked for it, for as long as an access token that is made now lives. Raises TicketInvalid or SessionEnded."""
    if len(ticket) != _LENGTH:
        raise TicketInvalid
    now = utc_now()
    bearer = await tickets.use(db, fingerprint(ticket), now=now)
    if bearer is None:
        raise TicketInvalid
    if not bearer.live:
        raise SessionEnded
    return Principal(bearer.user_id, bearer.session_id, bearer.roles, now + ACCESS_LIFETIME)
