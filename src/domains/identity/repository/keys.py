"""The keys that sign access tokens."""

from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import SigningKey
from domains.kernel.uow import Database


async def signing_keys(db: Database, *, retired_after: datetime) -> list[SigningKey]:
    """Keys that sign or still verify, oldest first; not attached to any session."""
    rows = await db.fetch(
        "SELECT kid, private_pem, created_at, signs_from, retired_at FROM identity_signing_key"
        " WHERE retired_at IS NULL OR retired_at > $1 ORDER BY signs_from, kid",
        retired_after,
    )
    return [SigningKey(**dict(row)) for row in rows]


async def lock_signing_keys(session: AsyncSession) -> None:
    """One maker of keys at a time, over all processes."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('identity_signing_key', 0))"))


async def has_signing_key(session: AsyncSession) -> bool:
    return await session.scalar(select(SigningKey.kid).where(SigningKey.retired_at.is_(None)).limit(1)) is not None


async def newest_signing_key_at(session: AsyncSession) -> datetime | None:
    """When the newest key was made; None before the first."""
    found: datetime | None = await session.scalar(select(func.max(SigningKey.created_at)))
    return found


async def delete_signing_keys(session: AsyncSession, *, retired_before: datetime) -> None:
    await session.execute(delete(SigningKey).where(SigningKey.retired_at < retired_before))


async def retire_signing_keys(session: AsyncSession, at: datetime) -> None:
    await session.execute(update(SigningKey).where(SigningKey.retired_at.is_(None)).values(retired_at=at))
