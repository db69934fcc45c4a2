"""SQL of devices: browsers that subscribed, and phones. Whoever comes with an address last is its owner."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import new_id
from domains.kernel.uow import Database

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('lyceum.device.' || CAST(:user_id AS text), 0))")
_SAVE_BROWSER = text("""
    INSERT INTO notifications_web_push (id, user_id, endpoint, p256dh, auth, device)
    VALUES (:id, :user_id, :endpoint, :p256dh, :auth, :device)
    ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth,
        device = excluded.device, seen_at = now()
    RETURNING id, 'browser', device, created_at, seen_at
""")
_SAVE_PHONE = text("""
    INSERT INTO notifications_mobile_device (id, user_id, token, platform) VALUES (:id, :user_id, :token, :platform)
    ON CONFLICT (token) DO UPDATE SET user_id = excluded.user_id, platform = excluded.platform, seen_at = now()
    RETURNING id, platform, '', created_at, seen_at
""")
_MINE = """
    SELECT id, 'browser' AS kind, device AS name, created_at, seen_at FROM notifications_web_push WHERE {whose}
    UNION ALL
    SELECT id, platform, '', created_at, seen_at FROM notifications_mobile_device WHERE {whose}
"""
_LIST = f"SELECT * FROM ({_MINE.format(whose='user_id = $1')}) mine ORDER BY seen_at DESC, id DESC"  # noqa: S608
_MAKE_ROOM = text(f"""
    WITH too_many AS (
        SELECT id FROM ({_MINE.format(whose="user_id = :user_id")}) mine
        ORDER BY seen_at DESC, id DESC OFFSET :most
    ), browsers AS (DELETE FROM notifications_web_push WHERE id IN (SELECT id FROM too_many))
    DELETE FROM notifications_mobile_device WHERE id IN (SELECT id FROM too_many)
""")  # noqa: S608 - no value comes from outside
_REMOVE = text("""
    WITH browsers AS (
        DELETE FROM notifications_web_push WHERE id = :id AND user_id = :user_id RETURNING id
    ), phones AS (
        DELETE FROM notifications_mobile_device WHERE id = :id AND user_id = :user_id RETURNING id
    )
    SELECT id FROM browsers UNION ALL SELECT id FROM phones
""")
_BROWSERS = "SELECT id, endpoint, p256dh, auth FROM notifications_web_push WHERE user_id = $1 ORDER BY id"
_PHONES = "SELECT id, token FROM notifications_mobile_device WHERE user_id = $1 ORDER BY id"
_PRUNE = """
    WITH browsers AS (DELETE FROM notifications_web_push WHERE id = ANY($1::uuid[]) AND user_id = $2)
    DELETE FROM notifications_mobile_device WHERE id = ANY($1::uuid[]) AND user_id = $2
"""


class DeviceRecord(NamedTuple):
    """`kind`: browser, android or ios."""

    id: UUID
    kind: str
    name: str
    created_at: datetime
    seen_at: datetime


class Browser(NamedTuple):
    id: UUID
    endpoint: str
    p256dh: bytes
    auth: bytes


class Phone(NamedTuple):
    id: UUID
    token: str


async def lock(session: AsyncSession, user_id: UUID) -> None:
    """One at a time for a person, so that the limit is counted right."""
    await session.execute(_LOCK, {"user_id": str(user_id)})


async def save_browser(
    session: AsyncSession, user_id: UUID, *, endpoint: str, p256dh: bytes, auth: bytes, device: str
) -> DeviceRecord:
    values = {"id": new_id(), "user_id": user_id, "endpoint": endpoint, "p256dh": p256dh, "auth": auth}
    return DeviceRecord(*(await session.execute(_SAVE_BROWSER, values | {"device": device})).one())


async def save_phone(session: AsyncSession, user_id: UUID, *, token: str, platform: str) -> DeviceRecord:
    values = {"id": new_id(), "user_id": user_id, "token": token, "platform": platform}
    return DeviceRecord(*(await session.execute(_SAVE_PHONE, values)).one())


async def make_room(session: AsyncSession, user_id: UUID, most: int) -> None:
    """Keeps those that were seen last."""
    await session.execute(_MAKE_ROOM, {"user_id": user_id, "most": most})


async def devices(db: Database, user_id: UUID) -> list[DeviceRecord]:
    """Those seen last first."""
    return [DeviceRecord(*row) for row in await db.fetch(_LIST, user_id)]


async def remove(session: AsyncSession, user_id: UUID, device_id: UUID) -> bool:
    """False when this person has no such device."""
    found = await session.execute(_REMOVE, {"id": device_id, "user_id": user_id})
    return found.one_or_none() is not None


async def browsers(db: Database, user_id: UUID) -> list[Browser]:
    return [Browser(*row) for row in await db.fetch(_BROWSERS, user_id)]


async def phones(db: Database, user_id: UUID) -> list[Phone]:
    return [Phone(*row) for row in await db.fetch(_PHONES, user_id)]


async def prune(db: Database, user_id: UUID, ids: Sequence[UUID]) -> None:
    """Removes what is gone, unless it has become somebody else's meanwhile."""
    await db.fetch(_PRUNE, list(ids), user_id)
