"""API keys: found by the hash of their secret, in one round trip that also notes the use, at most once a minute."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models.api_keys import ApiKey
from domains.identity.policy.api_keys import USE_NOTED_EVERY
from domains.kernel.uow import Database

MOST_LISTED = 500

_USE = """
    WITH key AS (
        SELECT id, scopes, last_used_at FROM identity_api_key
        WHERE secret_hash = $1 AND revoked_at IS NULL AND expires_at > $2
    ), noted AS (
        UPDATE identity_api_key k SET last_used_at = $2 FROM key
        WHERE k.id = key.id AND (key.last_used_at IS NULL OR key.last_used_at <= $2 - $3::interval)
    )
    SELECT id, scopes FROM key
"""


class Held(NamedTuple):
    id: UUID
    scopes: frozenset[str]


async def use_key(db: Database, secret_hash: bytes, *, now: datetime) -> Held | None:
    rows = await db.fetch(_USE, secret_hash, now, USE_NOTED_EVERY)
    return Held(rows[0]["id"], frozenset(rows[0]["scopes"])) if rows else None


async def keys(session: AsyncSession) -> list[ApiKey]:
    """The newest first, those that are over too, at most MOST_LISTED."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.id.desc()).limit(MOST_LISTED)))


async def lock_live_key(session: AsyncSession, key_id: UUID, now: datetime) -> ApiKey | None:
    statement = select(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now)
    found: ApiKey | None = await session.scalar(statement.with_for_update())
    return found


async def revoke_key(session: AsyncSession, key_id: UUID, now: datetime) -> ApiKey | None:
    """None for one that was over already."""
    found: ApiKey | None = await session.scalar(
        update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now).returning(ApiKey)
    )
    return found
