"""Who people are elsewhere, and their ways there and back.

Each step of a flow is taken by the statement that finds it, which commits by itself: of two who bring the same state or
the same code, one gets on, whatever becomes of that one.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import delete, exists, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.identity.models import LoginSession, User
from domains.identity.models.factors import PendingLoginRow
from domains.identity.models.oidc import OidcFlow, OidcIdentity, OidcSession
from domains.kernel.uow import Database

_TAKE_FLOW = """
    UPDATE identity_oidc_flow SET answered_at = $2
    WHERE state_hash = $1 AND answered_at IS NULL AND expires_at > $2
    RETURNING provider, nonce, code_verifier, return_to
"""
_ANSWER_FLOW = """
    UPDATE identity_oidc_flow SET exchange_hash = $2, claims = $3::text::jsonb, expires_at = $4 WHERE state_hash = $1
"""
_USE_FLOW = """
    DELETE FROM identity_oidc_flow WHERE exchange_hash = $1
    RETURNING provider, starter_hash, link, user_id, session_id, claims::text AS claims, expires_at > $2 AS live
"""
_SPEND = text("""
    INSERT INTO identity_oidc_logout_token (token_hash, expires_at) VALUES (:token_hash, :expires_at)
    ON CONFLICT DO NOTHING RETURNING true
""")
_SESSION = """
    SELECT issuer, sid FROM identity_oidc_session
    WHERE user_id = $1 AND (session_id = $2 OR session_id IS NULL AND EXISTS (
        SELECT FROM identity_session s WHERE s.id = $2 AND s.method = 'oidc'))
    ORDER BY session_id NULLS LAST, created_at DESC LIMIT 1
"""


class Sent(NamedTuple):
    """Somebody who has come back from a provider."""

    provider: str
    nonce: str
    code_verifier: str
    return_to: str


class Answered(NamedTuple):
    provider: str
    starter_hash: bytes
    link: bool
    user_id: UUID | None
    session_id: UUID | None
    claims: dict[str, Any]


class AtProvider(NamedTuple):
    """By which provider a login session was opened, and the provider's name for it."""

    issuer: str
    sid: str | None


async def take_flow(db: Database, state_hash: bytes, now: datetime) -> Sent | None:
    rows = await db.fetch(_TAKE_FLOW, state_hash, now)
    return Sent(*rows[0]) if rows else None


async def answer_flow(
    db: Database, state_hash: bytes, *, exchange_hash: bytes, claims: dict[str, Any], expires_at: datetime
) -> None:
    await db.fetch(_ANSWER_FLOW, state_hash, exchange_hash, msgspec.json.encode(claims).decode(), expires_at)


async def use_flow(db: Database, exchange_hash: bytes, now: datetime) -> Answered | None:
    rows = await db.fetch(_USE_FLOW, exchange_hash, now)
    if not rows or not rows[0]["live"]:
        return None
    row = rows[0]
    claims = msgspec.json.decode(row["claims"], type=dict[str, Any])
    return Answered(row["provider"], row["starter_hash"], row["link"], row["user_id"], row["session_id"], claims)


def add_flow(session: AsyncSession, flow: OidcFlow) -> None:
    session.add(flow)


async def identity(session: AsyncSession, issuer: str, subject: str) -> OidcIdentity | None:
    same = (OidcIdentity.issuer == issuer, OidcIdentity.subject == subject)
    return await session.scalar(select(OidcIdentity).where(*same))


async def used(session: AsyncSession, identity_id: UUID, now: datetime) -> bool:
    """False: it was unlinked meanwhile."""
    statement = update(OidcIdentity).where(OidcIdentity.id == identity_id).values(last_used_at=now)
    return (await session.execute(statement.returning(OidcIdentity.id))).first() is not None


async def add_identity(session: AsyncSession, row: OidcIdentity) -> None:
    session.add(row)
    await session.flush()


async def is_linked(session: AsyncSession, user_id: UUID, issuers: Collection[str]) -> bool:
    """To one of these."""
    own = (OidcIdentity.user_id == user_id, OidcIdentity.issuer.in_(issuers))
    return bool(await session.scalar(select(exists().where(*own))))


async def linked(session: AsyncSession, user_id: UUID) -> list[OidcIdentity]:
    """Oldest first."""
    own = select(OidcIdentity).where(OidcIdentity.user_id == user_id).order_by(OidcIdentity.id)
    return list((await session.scalars(own)).all())


async def forget(session: AsyncSession, user_id: UUID, issuer: str | None = None) -> bool:
    """Those of one provider, or all; False where there was none."""
    gone = delete(OidcIdentity).where(OidcIdentity.user_id == user_id)
    if issuer is not None:
        gone = gone.where(OidcIdentity.issuer == issuer)
    return bool((await session.scalars(gone.returning(OidcIdentity.id))).all())


async def owner_of_email(session: AsyncSession, email: str) -> UUID | None:
    """Also of a closed account."""
    return await session.scalar(select(User.id).where(func.lower(User.email) == func.lower(email)))


async def add_session(session: AsyncSession, row: OidcSession) -> None:
    session.add(row)
    await session.flush()


async def at_provider(db: Database, user_id: UUID, session_id: UUID) -> AtProvider | None:
    rows = await db.fetch(_SESSION, user_id, session_id)
    return AtProvider(*rows[0]) if rows else None


async def take_sessions(
    session: AsyncSession,
    issuer: str,
    *,
    subject: str | None = None,
    sid: str | None = None,
    user_id: UUID | None = None,
) -> list[tuple[UUID, UUID]]:
    """User and login session of those that the provider's login stands behind, which are forgotten. Logins that wait
    for a second factor are worth nothing any more."""
    gone = delete(OidcSession).where(OidcSession.issuer == issuer)
    for column, value in ((OidcSession.subject, subject), (OidcSession.sid, sid), (OidcSession.user_id, user_id)):
        if value is not None:
            gone = gone.where(column == value)
    rows = (
        await session.execute(gone.returning(OidcSession.user_id, OidcSession.session_id, OidcSession.created_at))
    ).all()
    found = [(row.user_id, row.session_id) for row in rows if row.session_id is not None]
    waiting = [row for row in rows if row.session_id is None]
    if waiting:
        later = or_(*(_since(row.user_id, row.created_at) for row in waiting))
        opened = await session.execute(select(LoginSession.user_id, LoginSession.id).where(later))
        found += [(row.user_id, row.id) for row in opened if (row.user_id, row.id) not in found]
        whose = {row.user_id for row in waiting}
        await session.execute(
            delete(PendingLoginRow).where(PendingLoginRow.user_id.in_(whose), PendingLoginRow.method == "oidc")
        )
    return found


def _since(user_id: UUID, created_at: datetime) -> Any:
    return (
        (LoginSession.user_id == user_id)
        & (LoginSession.method == "oidc")
        & (LoginSession.created_at >= created_at)
        & LoginSession.revoked_at.is_(None)
    )


async def spend_logout_token(session: AsyncSession, token_hash: bytes, expires_at: datetime) -> bool:
    """False: it was used before."""
    values = {"token_hash": token_hash, "expires_at": expires_at}
    return (await session.execute(_SPEND, values)).first() is not None
