"""Tickets, each used up by the statement that finds whose it is: of two who show the same one, one gets in."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database

# Tickets that are made at the same moment do not see each other, so a few more than $5 may wait: a bound, not a count.
_ADD = """
    INSERT INTO identity_ticket (ticket_hash, session_id, expires_at)
    SELECT $1, $2, $3
    WHERE (SELECT count(*) FROM identity_ticket WHERE session_id = $2 AND expires_at > $4) < $5::int
    RETURNING true
"""
_USE = """
    WITH used AS (DELETE FROM identity_ticket WHERE ticket_hash = $1 RETURNING session_id, expires_at)
    SELECT s.id AS session_id, s.user_id,
        s.revoked_at IS NULL AND s.expires_at > $2 AND u.banned_at IS NULL AS live,
        ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles
    FROM used JOIN identity_session s ON s.id = used.session_id JOIN identity_user u ON u.id = s.user_id
    WHERE used.expires_at > $2
"""


async def add(
    db: Database, ticket_hash: bytes, *, session_id: UUID, expires_at: datetime, now: datetime, at_once: int
) -> bool:
    """False: `at_once` tickets of the session wait already."""
    return bool(await db.fetch(_ADD, ticket_hash, session_id, expires_at, now, at_once))


class Bearer(NamedTuple):
    """Whose ticket it was."""

    session_id: UUID
    user_id: UUID
    live: bool
    """The login session has not ended and the user is not banned."""
    roles: frozenset[str]


async def use(db: Database, ticket_hash: bytes, *, now: datetime) -> Bearer | None:
    """Uses the ticket up, also one that is found too old; None for that and for one that does not exist (any more)."""
    rows = await db.fetch(_USE, ticket_hash, now)
    if not rows:
        return None
    row = rows[0]
    return Bearer(row["session_id"], row["user_id"], row["live"], frozenset(row["roles"]))
