"""SQL of the local outbox."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.channels.local import Kept

_ADD = """
    INSERT INTO notifications_local_mail (id, to_address, subject, message, message_id) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (message_id) DO NOTHING
"""
_NEWEST = """
    SELECT id, to_address, subject, created_at FROM notifications_local_mail
    WHERE $1::text = '' OR lower(to_address) = lower($1) ORDER BY id DESC LIMIT $2
"""


class Listed(NamedTuple):
    id: UUID
    to_address: str
    subject: str
    created_at: datetime


async def add(db: Database, mail: Kept) -> None:
    await db.fetch(_ADD, new_id(), mail.to_address, mail.subject, mail.message, mail.message_id)


async def newest(db: Database, *, to: str, most: int) -> list[Listed]:
    """`to`: an address; "" for everybody's."""
    return [Listed(*row) for row in await db.fetch(_NEWEST, to, most)]


async def message(db: Database, mail_id: UUID) -> bytes | None:
    rows = await db.fetch("SELECT message FROM notifications_local_mail WHERE id = $1", mail_id)
    return bytes(rows[0]["message"]) if rows else None
