"""Passkeys, and the challenges they sign. A challenge is deleted by the statement that finds it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models.factors import ChallengeRow, PasskeyRow
from domains.kernel.uow import Database

_ADD_CHALLENGE = """
    INSERT INTO identity_challenge (challenge_hash, ceremony, user_id, expires_at) VALUES ($1, $2, $3, $4)
"""
_TAKE_CHALLENGE = """
    DELETE FROM identity_challenge WHERE challenge_hash = $1
    RETURNING ceremony = $2 AND user_id IS NOT DISTINCT FROM $3::uuid AND expires_at > $4 AS good
"""
_OF_CREDENTIAL = "SELECT id, user_id, public_key, sign_count FROM identity_passkey WHERE credential_id = $1"
# Authenticators that do not count always say 0.
_USE = text("""
    UPDATE identity_passkey SET sign_count = :sign_count, last_used_at = :now
    WHERE id = :id AND (sign_count < :sign_count OR sign_count = 0 AND :sign_count = 0)
    RETURNING true
""")


class Stored(NamedTuple):
    """What an answer is checked with."""

    id: UUID
    user_id: UUID
    public_key: bytes


class Descriptor(NamedTuple):
    """How an authenticator finds its key."""

    credential_id: bytes
    transports: list[str]


async def add_challenge(
    db: Database, challenge_hash: bytes, *, ceremony: str, user_id: UUID | None, expires_at: datetime
) -> None:
    await db.fetch(_ADD_CHALLENGE, challenge_hash, ceremony, user_id, expires_at)


async def take_challenge(
    db: Database, challenge_hash: bytes, *, ceremony: str, user_id: UUID | None, now: datetime
) -> bool:
    """Uses the challenge up, whatever it was made for; True if it was for this, and still is."""
    rows = await db.fetch(_TAKE_CHALLENGE, challenge_hash, ceremony, user_id, now)
    return bool(rows and rows[0]["good"])


async def of_credential(db: Database, credential_id: bytes) -> Stored | None:
    rows = await db.fetch(_OF_CREDENTIAL, credential_id)
    return Stored(rows[0]["id"], rows[0]["user_id"], rows[0]["public_key"]) if rows else None


async def descriptors(db: Database, user_id: UUID) -> list[Descriptor]:
    rows = await db.fetch("SELECT credential_id, transports FROM identity_passkey WHERE user_id = $1", user_id)
    return [Descriptor(row["credential_id"], list(row["transports"])) for row in rows]


async def use(session: AsyncSession, passkey_id: UUID, *, sign_count: int, now: datetime) -> bool:
    """False: it has counted further before, so that there are two of it."""
    values = {"id": passkey_id, "sign_count": sign_count, "now": now}
    return (await session.execute(_USE, values)).first() is not None


async def add(session: AsyncSession, row: PasskeyRow) -> None:
    session.add(row)
    await session.flush()


async def count(session: AsyncSession, user_id: UUID) -> int:
    counted = select(func.count()).select_from(PasskeyRow).where(PasskeyRow.user_id == user_id)
    return (await session.scalar(counted)) or 0


async def listed(session: AsyncSession, user_id: UUID) -> list[PasskeyRow]:
    """Oldest first."""
    own = select(PasskeyRow).where(PasskeyRow.user_id == user_id).order_by(PasskeyRow.id)
    return list((await session.scalars(own)).all())


async def own(session: AsyncSession, user_id: UUID, passkey_id: UUID) -> PasskeyRow | None:
    """None for a passkey that is not theirs; what is set on the row is stored at the next flush."""
    return await session.scalar(select(PasskeyRow).where(PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id))


async def forget(session: AsyncSession, user_id: UUID, passkey_id: UUID) -> bool:
    own = (PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id)
    return (await session.execute(delete(PasskeyRow).where(*own).returning(PasskeyRow.id))).first() is not None


async def forget_all(session: AsyncSession, user_id: UUID) -> bool:
    """With those that are being made; False where there was none."""
    await session.execute(delete(ChallengeRow).where(ChallengeRow.user_id == user_id))
    gone = delete(PasskeyRow).where(PasskeyRow.user_id == user_id).returning(PasskeyRow.id)
    return bool((await session.scalars(gone)).all())
