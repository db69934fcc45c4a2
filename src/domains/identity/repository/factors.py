"""Pending logins, authenticator apps and recovery codes.

A try at a pending login is counted by a statement that commits by itself. What is good once is used up by the statement
that finds it, so that of two at once one gets it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models.factors import PendingLoginRow, RecoveryCodeRow
from domains.kernel.uow import Database

_OWNED = text("""
    SELECT EXISTS (SELECT FROM identity_totp t WHERE t.user_id = :user_id AND t.confirmed_at IS NOT NULL) AS totp,
        (SELECT count(*) FROM identity_passkey p WHERE p.user_id = :user_id) AS passkeys,
        EXISTS (SELECT FROM identity_passkey p WHERE p.user_id = :user_id AND p.second_factor) AS passkey_wanted,
        (SELECT count(*) FROM identity_recovery_code r WHERE r.user_id = :user_id) AS recovery_codes
""")

# A login whose first factor has been changed since is worth nothing.
_UNCHANGED = """
    NOT EXISTS (SELECT FROM identity_user u WHERE u.id = p.user_id AND u.password_changed_at > p.began_at)
"""
_WAITS = f"p.token_hash = $1 AND p.expires_at > $2 AND p.tries_left > 0 AND {_UNCHANGED}"
_TRY = f"""
    UPDATE identity_pending_login p SET tries_left = p.tries_left - 1 WHERE {_WAITS}
    RETURNING p.user_id, p.method, p.tries_left
"""  # noqa: S608
_WAITING = f"SELECT p.user_id FROM identity_pending_login p WHERE {_WAITS}"  # noqa: S608

_USE_PENDING = text(f"""
    DELETE FROM identity_pending_login p WHERE p.token_hash = :token_hash AND {_UNCHANGED} RETURNING true
""")  # noqa: S608

_METHODS = """
    SELECT u.password_hash IS NOT NULL AS password,
        EXISTS (SELECT FROM identity_totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL) AS totp,
        EXISTS (SELECT FROM identity_passkey p WHERE p.user_id = u.id) AS passkey,
        EXISTS (SELECT FROM identity_passkey p WHERE p.user_id = u.id AND p.second_factor) AS passkey_wanted
    FROM identity_user u WHERE u.id = $1
"""

_BEGIN_TOTP = text("""
    INSERT INTO identity_totp AS t (user_id, secret, began_at, confirmed_at, last_step)
    VALUES (:user_id, :secret, :now, NULL, 0)
    ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, began_at = excluded.began_at
    WHERE t.confirmed_at IS NULL
    RETURNING true
""")
_CONFIRM_TOTP = text("""
    UPDATE identity_totp SET confirmed_at = :now, last_step = :step
    WHERE user_id = :user_id AND secret = :secret AND confirmed_at IS NULL
    RETURNING true
""")
_USE_STEP = text("""
    UPDATE identity_totp SET last_step = :step
    WHERE user_id = :user_id AND secret = :secret AND confirmed_at IS NOT NULL AND last_step < :step
    RETURNING true
""")


class Owned(NamedTuple):
    """What somebody could prove a second time by."""

    totp: bool
    passkeys: int
    passkey_wanted: bool
    recovery_codes: int

    @property
    def wanted(self) -> bool:
        """Whether a login by one factor is not enough."""
        return self.totp or self.passkey_wanted


class Waiting(NamedTuple):
    user_id: UUID
    method: str
    tries_left: int


class App(NamedTuple):
    """An authenticator app."""

    secret: str
    began_at: datetime
    confirmed: bool


async def owned(session: AsyncSession, user_id: UUID) -> Owned:
    row = (await session.execute(_OWNED, {"user_id": user_id})).one()
    return Owned(row.totp, row.passkeys, row.passkey_wanted, row.recovery_codes)


async def add_pending(session: AsyncSession, row: PendingLoginRow) -> None:
    session.add(row)
    await session.flush()


async def take_try(db: Database, token_hash: bytes, now: datetime) -> Waiting | None:
    """Counts one try; None for a login that does not wait (any more)."""
    rows = await db.fetch(_TRY, token_hash, now)
    return Waiting(rows[0]["user_id"], rows[0]["method"], rows[0]["tries_left"]) if rows else None


async def waiting(db: Database, token_hash: bytes, now: datetime) -> UUID | None:
    """Whose login it is that waits."""
    rows = await db.fetch(_WAITING, token_hash, now)
    return rows[0]["user_id"] if rows else None


async def use_pending(session: AsyncSession, token_hash: bytes) -> bool:
    """False: another request was faster, be it one that changed the password."""
    return (await session.execute(_USE_PENDING, {"token_hash": token_hash})).first() is not None


async def forget_pending(session: AsyncSession, user_id: UUID) -> None:
    await session.execute(delete(PendingLoginRow).where(PendingLoginRow.user_id == user_id))


async def step_up_methods(db: Database, user_id: UUID) -> list[str]:
    """`password`, `totp`, `passkey`. Whoever has a second factor proves that one: a password alone would let in who
    could not log in by it."""
    rows = await db.fetch(_METHODS, user_id)
    if not rows:
        return []
    found = rows[0]
    password = found["password"] and not (found["totp"] or found["passkey_wanted"])
    have = (("password", password), ("totp", found["totp"]), ("passkey", found["passkey"]))
    return [method for method, there in have if there]


async def app(session: AsyncSession, user_id: UUID) -> App | None:
    statement = text("SELECT secret, began_at, confirmed_at FROM identity_totp WHERE user_id = :user_id")
    row = (await session.execute(statement, {"user_id": user_id})).one_or_none()
    return App(row.secret, row.began_at, row.confirmed_at is not None) if row else None


async def begin_app(session: AsyncSession, user_id: UUID, secret: str, now: datetime) -> bool:
    """False: one is on already."""
    values = {"user_id": user_id, "secret": secret, "now": now}
    return (await session.execute(_BEGIN_TOTP, values)).first() is not None


async def confirm_app(session: AsyncSession, user_id: UUID, secret: str, *, step: int, now: datetime) -> bool:
    values = {"user_id": user_id, "secret": secret, "step": step, "now": now}
    return (await session.execute(_CONFIRM_TOTP, values)).first() is not None


async def use_step(session: AsyncSession, user_id: UUID, secret: str, step: int) -> bool:
    """False: the code of this step, or of a later one, was used before."""
    values = {"user_id": user_id, "secret": secret, "step": step}
    return (await session.execute(_USE_STEP, values)).first() is not None


async def forget_app(session: AsyncSession, user_id: UUID) -> bool:
    """False where none was on."""
    gone = text("DELETE FROM identity_totp WHERE user_id = :user_id RETURNING confirmed_at IS NOT NULL")
    return bool((await session.execute(gone, {"user_id": user_id})).scalar())


async def replace_recovery_codes(session: AsyncSession, user_id: UUID, hashes: Collection[bytes], salt: bytes) -> None:
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id))
    if hashes:
        rows = [{"user_id": user_id, "code_hash": code_hash, "salt": salt} for code_hash in hashes]
        await session.execute(insert(RecoveryCodeRow), rows)


async def recovery_salt(session: AsyncSession, user_id: UUID) -> bytes | None:
    """None where no code is left."""
    return await session.scalar(select(RecoveryCodeRow.salt).where(RecoveryCodeRow.user_id == user_id).limit(1))


async def use_recovery_code(session: AsyncSession, user_id: UUID, code_hash: bytes) -> bool:
    gone = delete(RecoveryCodeRow).where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.code_hash == code_hash)
    return (await session.execute(gone.returning(RecoveryCodeRow.user_id))).first() is not None
