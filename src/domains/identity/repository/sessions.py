"""Login sessions and the families of their refresh tokens."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import LoginSession, RefreshToken
from domains.identity.policy.sessions import Presented
from domains.kernel.uow import Database

_LIVE = """
    SELECT ARRAY(SELECT r.role FROM identity_user_role r WHERE r.user_id = u.id) AS roles
    FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = $1 AND s.user_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $3 AND u.banned_at IS NULL
"""


_LIVE_SESSIONS = """
    SELECT s.id FROM identity_session s JOIN identity_user u ON u.id = s.user_id
    WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > $2 AND u.banned_at IS NULL
"""


_PRESENTED = text("""
    SELECT t.session_id, s.user_id, s.revoked_at, s.expires_at, s.last_used_at, u.banned_at IS NOT NULL AS banned
    FROM identity_refresh_token t
    JOIN identity_session s ON s.id = t.session_id JOIN identity_user u ON u.id = s.user_id
    WHERE t.token_hash = :token_hash FOR UPDATE OF s
""")


async def live_roles(db: Database, *, session_id: UUID, user_id: UUID, now: datetime) -> frozenset[str] | None:
    """The user's roles, or None when the login session has ended or the user is banned."""
    rows = await db.fetch(_LIVE, session_id, user_id, now)
    return frozenset(rows[0]["roles"]) if rows else None


async def is_live(session: AsyncSession, session_id: UUID, user_id: UUID, now: datetime) -> bool:
    """Whether it has not ended, also not a moment ago; hold the account before, and it does not until the commit."""
    live = (LoginSession.id == session_id, LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
    return bool(await session.scalar(select(exists().where(*live, LoginSession.expires_at > now))))


async def authenticated_at(db: Database, session_id: UUID) -> datetime | None:
    """When the holder of a live login session last proved who they are."""
    rows = await db.fetch(
        "SELECT authenticated_at FROM identity_session WHERE id = $1 AND revoked_at IS NULL", session_id
    )
    return rows[0]["authenticated_at"] if rows else None


async def authenticated(session: AsyncSession, session_id: UUID, now: datetime) -> bool:
    """The holder of a login session has proved once more who they are; False for a session that has ended."""
    live = (LoginSession.id == session_id, LoginSession.revoked_at.is_(None))
    proved = update(LoginSession).where(*live).values(authenticated_at=now).returning(LoginSession.id)
    return (await session.execute(proved)).first() is not None


async def live_sessions(db: Database, session_ids: Collection[UUID], *, now: datetime) -> frozenset[UUID]:
    """Those that have not ended and whose user is not banned."""
    return frozenset(row["id"] for row in await db.fetch(_LIVE_SESSIONS, list(session_ids), now))


class Family(NamedTuple):
    """A presented refresh token with the login session it belongs to, which is locked until the commit."""

    session_id: UUID
    user_id: UUID
    presented: Presented
    successor_salt: bytes | None
    banned: bool


async def lock_family(session: AsyncSession, token_hash: bytes) -> Family | None:
    row = (await session.execute(_PRESENTED, {"token_hash": token_hash})).one_or_none()
    if row is None:
        return None
    # The token is read again now that its family is locked: a parallel refresh may have used it in between.
    token = (await session.scalars(select(RefreshToken).where(RefreshToken.token_hash == token_hash))).one()
    presented = Presented(token.used_at, row.revoked_at, row.expires_at, row.last_used_at)
    return Family(row.session_id, row.user_id, presented, token.successor_salt, row.banned)


async def use_refresh_token(session: AsyncSession, token_hash: bytes, *, salt: bytes, now: datetime) -> None:
    await session.execute(
        update(RefreshToken).where(RefreshToken.token_hash == token_hash).values(used_at=now, successor_salt=salt)
    )


async def touch_session(session: AsyncSession, session_id: UUID, now: datetime) -> None:
    await session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_used_at=now))


async def end_sessions(
    session: AsyncSession, *, user_id: UUID, session_id: UUID | None, keep: UUID | None, reason: str, now: datetime
) -> dict[UUID, UUID | None]:
    """Ends one session of the user, or all of them but `keep`; those that were live until now, each with who of the
    staff looked on by it."""
    statement = (
        update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason=reason)
        .returning(LoginSession.id, LoginSession.actor_id)
    )
    if session_id is not None:
        statement = statement.where(LoginSession.id == session_id)
    if keep is not None:
        statement = statement.where(LoginSession.id != keep)
    return {row.id: row.actor_id for row in await session.execute(statement)}
