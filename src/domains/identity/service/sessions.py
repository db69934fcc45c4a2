"""Login sessions and their refresh tokens: each token is good once, and a second use ends the whole session."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domains.identity.errors import RefreshInvalid, RefreshReused, SessionEnded
from domains.identity.events import SessionsRevoked
from domains.identity.models import LoginSession, RefreshToken
from domains.identity.policy.actions import Action
from domains.identity.policy.entry import Method
from domains.identity.policy.sessions import SESSION_LIFETIME, Verdict, refresh_verdict
from domains.identity.repository import sessions as repository
from domains.identity.repository.sessions import Family
from domains.identity.repository.staff import Look
from domains.identity.service import audit, notices
from domains.identity.service.hashing import fingerprint
from domains.kernel.clock import utc_now
from domains.kernel.errors import Unauthenticated
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

_LONGEST_AGENT = 300


@dataclass(frozen=True, slots=True)
class Opened:
    session_id: UUID
    user_id: UUID
    refresh_token: str


async def open_session(uow: UnitOfWork, user_id: UUID, *, user_agent: str | None, method: Method) -> Opened:
    now = utc_now()
    session_id = new_id()
    uow.session.add(
        LoginSession(
            id=session_id,
            user_id=user_id,
            expires_at=now + SESSION_LIFETIME,
            last_used_at=now,
            user_agent=_storable(user_agent),
            method=method,
            authenticated_at=now,
        )
    )
    await uow.session.flush()
    token = secrets.token_urlsafe(32)
    _add_token(uow, session_id, token, now)
    return Opened(session_id, user_id, token)


async def refresh_session(db: Database, token: str) -> Opened:
    """The successor of `token`. Raises RefreshInvalid, SessionEnded (also for the banned), or RefreshReused when the
    token was used before.

    In a transaction of its own, because the end of a session must outlive the 401 that tells of it.
    """
    async with db.begin() as uow:
        outcome = await _rotate(uow, token)
    if isinstance(outcome, Unauthenticated):
        raise outcome
    return outcome


async def revoke_session(
    uow: UnitOfWork, *, user_id: UUID, session_id: UUID | None = None, keep: UUID | None = None, reason: str
) -> list[UUID]:
    """Ends one login session of the user, or all (`keep`: but this one); the ids of those that were live. Sockets
    close by the fact."""
    ended = await repository.end_sessions(
        uow.session, user_id=user_id, session_id=session_id, keep=keep, reason=reason, now=utc_now()
    )
    for ended_id, actor_id in ended.items():
        if actor_id is not None:
            audit.look_ended(uow, Look(ended_id, user_id, actor_id))
    if ended:
        uow.record(SessionsRevoked(user_id=user_id, session_ids=list(ended)))
    return list(ended)


async def _rotate(uow: UnitOfWork, token: str) -> Opened | Unauthenticated:
    now = utc_now()
    family = await repository.lock_family(uow.session, fingerprint(token))
    if family is None:
        return RefreshInvalid()
    match refresh_verdict(family.presented, now):
        case Verdict.ENDED:
            return SessionEnded()
        case Verdict.REUSED:
            await revoke_session(
                uow, user_id=family.user_id, session_id=family.session_id, reason="refresh token used twice"
            )
            detail = {"session": str(family.session_id)}
            audit.record(uow, Action.REFRESH_REUSED, user_id=family.user_id, detail=detail)
            notices.tell(uow, family.user_id, Action.REFRESH_REUSED)
            return RefreshReused()
        case _ if family.banned:
            return SessionEnded()
        case Verdict.REPEAT:
            salt = family.successor_salt or b""
        case Verdict.ROTATE:
            salt = await _succeed(uow, family, token, now)
    return Opened(family.session_id, family.user_id, _successor(token, salt))


async def _succeed(uow: UnitOfWork, family: Family, token: str, now: datetime) -> bytes:
    salt = secrets.token_bytes(16)
    await repository.use_refresh_token(uow.session, fingerprint(token), salt=salt, now=now)
    await repository.touch_session(uow.session, family.session_id, now)
    _add_token(uow, family.session_id, _successor(token, salt), now)
    return salt


def _add_token(uow: UnitOfWork, session_id: UUID, token: str, now: datetime) -> None:
    uow.session.add(RefreshToken(token_hash=fingerprint(token), session_id=session_id, issued_at=now))


def _successor(token: str, salt: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(salt + token.encode()).digest()).rstrip(b"=").decode()


def _storable(user_agent: str | None) -> str | None:
    return user_agent.replace("\0", "")[:_LONGEST_AGENT] if user_agent else None
