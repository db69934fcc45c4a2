"""Looking at login sessions and ending them, one's own or, for staff, somebody's.

Invariant: who does not own a session cannot tell it from one that does not exist.
"""

from uuid import UUID

from domains.identity.errors import SessionUnknown
from domains.identity.policy.actions import Action
from domains.identity.policy.agents import device_words
from domains.identity.repository import logins as repository
from domains.identity.schemas.sessions import SessionOut
from domains.identity.service import audit
from domains.identity.service.authenticator import Authenticator
from domains.identity.service.caller import Caller
from domains.identity.service.sessions import revoke_session
from domains.identity.service.staff import protect_staff
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database


async def logins_of(db: Database, user_id: UUID, *, current: UUID | None = None) -> list[SessionOut]:
    """The live ones, the last used first."""
    return [
        SessionOut(
            id=login.id,
            device=device_words(login.user_agent),
            method=login.method,
            current=login.id == current,
            created_at=login.created_at,
            last_seen_at=login.last_used_at,
            ends_at=login.ends_at,
        )
        for login in await repository.live_logins(db, user_id, now=utc_now())
    ]


async def end_login(
    db: Database,
    authenticator: Authenticator,
    *,
    user_id: UUID,
    session_id: UUID,
    caller: Caller,
    by: UUID | None = None,
) -> None:
    """`by`: staff who do it to somebody. Raises SessionUnknown for what is not the person's or has ended, and
    StaffProtected where only an admin may."""
    if not await _end(db, authenticator, user_id=user_id, session_id=session_id, keep=None, caller=caller, by=by):
        raise SessionUnknown


async def end_logins(
    db: Database,
    authenticator: Authenticator,
    *,
    user_id: UUID,
    caller: Caller,
    keep: UUID | None = None,
    by: UUID | None = None,
) -> int:
    """All of the person's login sessions but `keep`; how many there were. Raises StaffProtected as `end_login`."""
    return await _end(db, authenticator, user_id=user_id, session_id=None, keep=keep, caller=caller, by=by)


async def _end(
    db: Database,
    authenticator: Authenticator,
    *,
    user_id: UUID,
    session_id: UUID | None,
    keep: UUID | None,
    caller: Caller,
    by: UUID | None,
) -> int:
    async with db.begin() as uow:
        if by is not None:
            await protect_staff(uow, user_id, by=by)
        reason = "ended by staff" if by is not None else "ended by its owner"
        ended = await revoke_session(uow, user_id=user_id, session_id=session_id, keep=keep, reason=reason)
        if ended:
            detail = {"sessions": [str(each) for each in ended]}
            audit.record(uow, Action.SESSIONS_ENDED, user_id=user_id, actor_id=by, detail=detail, caller=caller)
    for each in ended:
        authenticator.forget_session(each)
    return len(ended)
