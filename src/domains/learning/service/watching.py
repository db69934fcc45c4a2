"""Who may look on while somebody learns. Invariant: an invitation serves one person, one session, while it runs.

The code is shown once and kept as a hash: whoever reads the table can watch nobody.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import repository
from domains.learning.errors import SessionClosed, SessionNotFound, TooManyInvitations
from domains.learning.repository import watching
from domains.learning.repository.watching import SessionProgress
from domains.learning.schemas import InvitationMadeOut, InvitationOut, WatcherOut
from domains.learning.service.sessions import running_session

INVITATION_LIFETIME = timedelta(hours=24)
MOST_INVITATIONS = 10
"""Open at once for one session."""
MOST_CODE_LETTERS = 100


async def invite(uow: UnitOfWork, user_id: UUID, session_id: UUID) -> InvitationMadeOut:
    """Raises SessionNotFound, SessionClosed and TooManyInvitations."""
    session = await repository.lock_session(uow, session_id, user_id)
    if session is None:
        raise SessionNotFound
    if session.completed_at is not None:
        raise SessionClosed
    code, now = secrets.token_urlsafe(24), utc_now()
    made = InvitationMadeOut(new_id(), code, now + INVITATION_LIFETIME)
    added = await watching.add_invitation(
        uow.session,
        invitation_id=made.id,
        session_id=session_id,
        code_hash=_hash(code),
        now=now,
        expires_at=made.expires_at,
        most=MOST_INVITATIONS,
    )
    if not added:
        raise TooManyInvitations(f"{MOST_INVITATIONS} are open; revoke one first")
    return made


async def invitations(db: Database, user_id: UUID, session_id: UUID) -> list[InvitationOut]:
    """Those that are open, and who took them. Raises SessionNotFound."""
    await running_session(db, session_id, user_id)
    found = await watching.invitations(db, user_id, session_id, utc_now())
    names = await identity.names(db, [each.watcher_id for each in found if each.watcher_id])
    return [
        InvitationOut(
            each.id,
            each.created_at,
            each.expires_at,
            each.claimed_at,
            WatcherOut(each.watcher_id, names.get(each.watcher_id, "")) if each.watcher_id else None,
        )
        for each in found
    ]


async def revoke(db: Database, user_id: UUID, session_id: UUID, invitation_id: UUID) -> None:
    """Quiet where there is nothing to revoke: it is gone either way."""
    await watching.revoke_invitation(db, user_id, session_id, invitation_id)


async def may_watch_session(db: Database, user_id: UUID, session_id: UUID, invitation: str | None = None) -> bool:
    """The owner; or who holds an invitation while the session runs, and for five seconds more. The code of one that
    nobody holds claims it."""
    code_hash = _hash(invitation) if invitation and len(invitation) <= MOST_CODE_LETTERS else None
    return await watching.may_watch(db, user_id, session_id, code_hash, utc_now())


async def still_may_watch_sessions(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of the (user, session) pairs for which `may_watch_session` still holds; one statement for all."""
    return await watching.still_may_watch(db, list(pairs), utc_now()) if pairs else set()


async def session_progress(db: Database, user_id: UUID, session_id: UUID) -> SessionProgress:
    """For the owner, and for who watches it, also how it ended. Raises SessionNotFound for all others."""
    found = await watching.seen_progress(db, user_id, session_id, utc_now())
    if found is None:
        raise SessionNotFound
    return found


async def standing_session(db: Database, session_id: UUID) -> tuple[UUID, SessionProgress] | None:
    """The owner of a session and how far it is. Whoever asks has made sure that it may be shown."""
    return await watching.standing(db, session_id)


async def still_enrolled(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of the (user, course) pairs where the one learns the other; one statement for all."""
    return await watching.still_enrolled(db, pairs) if pairs else set()


async def current_sessions(
    db: Database, user_ids: Collection[UUID], course_id: UUID | None = None
) -> dict[UUID, SessionProgress]:
    """The session in which each of them last did something, of the given course or of any; who never began one is left
    out. One statement."""
    return await watching.current_sessions(db, user_ids, course_id) if user_ids else {}


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
