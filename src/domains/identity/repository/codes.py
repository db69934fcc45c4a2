"""One-time codes. A try is counted by a statement that commits by itself, before anything is known about the code."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models.codes import CodeRow, CodeSecretRow
from domains.identity.policy.codes import Purpose
from domains.kernel.uow import Database

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('identity_code:' || :subject, 0))")
_TRY = """
    UPDATE identity_code SET tries_left = tries_left - 1
    WHERE (request_hash = $1 OR user_id = $2::uuid) AND purpose = ANY($3::text[])
        AND used_at IS NULL AND expires_at > $4 AND tries_left > 0
    RETURNING id, request_hash
"""
_USE_CODE = text("""
    UPDATE identity_code c SET used_at = :now FROM identity_code_secret s
    WHERE s.code_id = c.id AND c.id = ANY(:ids) AND s.code_hash = :code_hash
        AND c.used_at IS NULL AND c.expires_at > :now
    RETURNING c.id, c.purpose, c.user_id, c.address
""")
_USE_TOKEN = text("""
    UPDATE identity_code c SET used_at = :now FROM identity_code_secret s
    WHERE s.code_id = c.id AND s.token_hash = :token_hash AND c.purpose = ANY(:purposes)
        AND c.used_at IS NULL AND c.expires_at > :now
    RETURNING c.id, c.purpose, c.user_id, c.address
""")
_FORGET_MAILS = text("""
    DELETE FROM identity_code_secret WHERE token_hash IN (
        SELECT token_hash FROM identity_code_secret WHERE code_id = :code_id
        ORDER BY created_at DESC, token_hash OFFSET :keep)
""")


class Used(NamedTuple):
    """A request whose code was right, used up by the statement that found it."""

    id: UUID
    purpose: Purpose
    user_id: UUID | None
    address: str


class Tried(NamedTuple):
    ids: list[UUID]
    request_hash: bytes | None


async def replace(session: AsyncSession, rows: Collection[CodeRow]) -> None:
    """Adds requests, and deletes those of the same purpose for the same address, or by the same person where the
    address is theirs to choose."""
    for row in rows:
        own = row.purpose not in {Purpose.LOGIN, Purpose.RESET}
        await session.execute(_ONE_AT_A_TIME, {"subject": f"{row.purpose}:{row.user_id if own else row.address}"})
        same = CodeRow.user_id == row.user_id if own else CodeRow.address == row.address
        await session.execute(delete(CodeRow).where(CodeRow.purpose == row.purpose, same))
    session.add_all(rows)
    await session.flush()


async def forget(session: AsyncSession, user_id: UUID, purposes: Collection[Purpose] = tuple(Purpose)) -> None:
    """Deletes what somebody asked for."""
    await session.execute(delete(CodeRow).where(CodeRow.user_id == user_id, CodeRow.purpose.in_(purposes)))


async def is_asked(session: AsyncSession, user_id: UUID, purpose: Purpose) -> bool:
    asked = select(CodeRow.id).where(CodeRow.user_id == user_id, CodeRow.purpose == purpose).limit(1)
    return (await session.scalar(asked)) is not None


async def lock_live(session: AsyncSession, code_id: UUID, now: datetime) -> CodeRow | None:
    """A request that can still be answered."""
    live = (CodeRow.id == code_id, CodeRow.used_at.is_(None), CodeRow.expires_at > now, CodeRow.tries_left > 0)
    return (await session.scalars(select(CodeRow).where(*live).with_for_update())).one_or_none()


async def add_secret(session: AsyncSession, secret: CodeSecretRow, *, keep: int) -> None:
    """Keeps the newest of a request."""
    await session.execute(_FORGET_MAILS, {"code_id": secret.code_id, "keep": keep - 1})
    session.add(secret)
    await session.flush()


async def take_try(
    db: Database, *, request_hash: bytes | None, user_id: UUID | None, purposes: Collection[Purpose], now: datetime
) -> Tried:
    """Counts one try at what was requested under that hash, or by that person; no ids where there is nothing to try."""
    rows = await db.fetch(_TRY, request_hash, user_id, list(purposes), now)
    return Tried([row["id"] for row in rows], rows[0]["request_hash"] if rows else None)


async def use_code(session: AsyncSession, ids: list[UUID], code_hash: bytes, now: datetime) -> Used | None:
    return _used((await session.execute(_USE_CODE, {"ids": ids, "code_hash": code_hash, "now": now})).first())


async def use_token(
    session: AsyncSession, token_hash: bytes, purposes: Collection[Purpose], now: datetime
) -> Used | None:
    values = {"token_hash": token_hash, "purposes": list(purposes), "now": now}
    return _used((await session.execute(_USE_TOKEN, values)).first())


async def move(session: AsyncSession, user_id: UUID, now: datetime) -> dict[Purpose, tuple[str, bool]]:
    """A change of address under way: each address, and whether it is confirmed. Locked until the commit."""
    sides = (Purpose.EMAIL_OLD, Purpose.EMAIL_NEW)
    wanted = select(CodeRow).where(CodeRow.user_id == user_id, CodeRow.purpose.in_(sides), CodeRow.expires_at > now)
    rows = (await session.scalars(wanted.order_by(CodeRow.id).with_for_update())).all()
    return {Purpose(row.purpose): (row.address, row.used_at is not None) for row in rows}


def _used(row: Any) -> Used | None:
    return Used(row.id, Purpose(row.purpose), row.user_id, row.address) if row is not None else None
