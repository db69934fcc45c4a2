"""Looking through somebody's eyes, to see what they see.

Invariant: it lasts fifteen minutes at most, changes nothing (`guards` lets its token read and no more), never shows
what a member of the staff sees, and is in the audit log where it begins and where it ends.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domains.identity.errors import AccountClosed, OwnAccount, PersonUnknown, SessionUnknown, StaffProtected
from domains.identity.events import SessionsRevoked
from domains.identity.models import LoginSession
from domains.identity.policy.actions import Action
from domains.identity.policy.entry import FRESH_FOR, Method
from domains.identity.policy.permissions import is_staff
from domains.identity.policy.sessions import ACCESS_LIFETIME
from domains.identity.repository import roles as roles_repository
from domains.identity.repository import staff as repository
from domains.identity.service import audit
from domains.identity.service.authenticator import Authenticator
from domains.identity.service.caller import Caller
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database


@dataclass(frozen=True, slots=True)
class Look:
    session_id: UUID
    access_token: str
    expires_at: datetime


async def begin(
    db: Database, authenticator: Authenticator, user_id: UUID, *, purpose: str, by: UUID, caller: Caller
) -> Look:
    """Raises OwnAccount, PersonUnknown, AccountClosed and StaffProtected."""
    if by == user_id:
        raise OwnAccount
    session_id, now = new_id(), utc_now()
    expires_at = now + ACCESS_LIFETIME
    async with db.begin() as uow:
        standing = await roles_repository.standing(uow.session, user_id)
        if standing is None:
            raise PersonUnknown
        if is_staff(standing.roles):
            raise StaffProtected
        if standing.banned_at is not None:
            raise AccountClosed
        uow.session.add(
            LoginSession(
                id=session_id,
                user_id=user_id,
                actor_id=by,
                expires_at=expires_at,
                last_used_at=now,
                user_agent=None,
                method=Method.IMPERSONATION,
                # Its holder has not proved to be the user, and counts as fresh for nothing.
                authenticated_at=now - FRESH_FOR - timedelta(days=1),
            )
        )
        detail = {"session": str(session_id), "purpose": purpose}
        audit.record(uow, Action.IMPERSONATION_BEGAN, user_id=user_id, actor_id=by, detail=detail, caller=caller)
    token = await authenticator.issue(user_id=user_id, session_id=session_id, roles=standing.roles, actor_id=by)
    return Look(session_id, token, expires_at)


async def end(db: Database, authenticator: Authenticator, session_id: UUID, *, by: UUID, caller: Caller) -> None:
    """By whoever began it. Raises SessionUnknown for what is not theirs or has ended."""
    async with db.begin() as uow:
        ended = await repository.end_looks(
            uow.session, now=utc_now(), reason="looked", actor_id=by, session_id=session_id
        )
        for look in ended:
            audit.look_ended(uow, look, caller=caller)
            uow.record(SessionsRevoked(user_id=look.user_id, session_ids=[session_id]))
    if not ended:
        raise SessionUnknown
    authenticator.forget_session(session_id)


async def note_ends(db: Database) -> None:
    """Writes down the end of those that nobody ended."""
    async with db.begin() as uow:
        for look in await repository.end_looks(uow.session, now=utc_now(), reason="expired", over=True):
            audit.look_ended(uow, look)
