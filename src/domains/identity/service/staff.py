"""What staff do to accounts: look somebody up, close and open an account.

Invariant: whatever staff look at or do is in the audit log with who, when and why, and commits with it.
"""

from uuid import UUID

from domains.identity.errors import AccountClosed, PersonUnknown, StaffProtected
from domains.identity.policy.actions import Action
from domains.identity.policy.fields import Role, checked_text
from domains.identity.policy.permissions import Permission, holds, is_staff
from domains.identity.repository import accounts
from domains.identity.repository import roles as roles_repository
from domains.identity.repository import staff as repository
from domains.identity.repository.roles import Scoped
from domains.identity.repository.staff import Found
from domains.identity.service import audit
from domains.identity.service.caller import Caller
from domains.identity.service.roles import end_of_staff, hold, keep_an_admin
from domains.identity.service.sessions import revoke_session
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork


async def search(
    db: Database, query: str, *, purpose: str, before: UUID | None, most: int, by: UUID, caller: Caller
) -> list[Found]:
    """Up to `most`, the newest first. What was typed is not kept, whom it found is."""
    query = checked_text("query", query).strip()
    found = await repository.search(db, query, user_id=_as_id(query), before=before, most=most)
    async with db.begin() as uow:
        detail = {"purpose": purpose, "found": [str(person.id) for person in found]}
        audit.record(uow, Action.PEOPLE_SEARCHED, user_id=None, actor_id=by, detail=detail, caller=caller)
    return found


async def show(db: Database, user_id: UUID, *, by: UUID, caller: Caller) -> tuple[Found, list[Scoped]]:
    """Raises PersonUnknown."""
    found = await repository.show(db, user_id)
    if found is None:
        raise PersonUnknown
    async with db.begin() as uow:
        audit.record(uow, Action.PERSON_VIEWED, user_id=user_id, actor_id=by, caller=caller)
        return found, await roles_repository.scoped(uow.session, user_id)


async def ban(uow: UnitOfWork, user_id: UUID, *, reason: str, by: UUID, caller: Caller) -> None:
    """Closes the account: its login sessions end, sockets close, and with them what it began as staff. Quiet for one
    that is closed. Raises OwnAccount, PersonUnknown, StaffProtected, LastAdmin."""
    standing = await hold(uow, user_id, by=by)
    if is_staff(standing.roles) and not await _leads(uow, by):
        raise StaffProtected
    if standing.banned_at is not None:
        return
    if Role.ADMIN in standing.roles:
        await keep_an_admin(uow, user_id)
    now = utc_now()
    await repository.set_ban(uow.session, user_id, at=now, reason=checked_text("reason", reason))
    await revoke_session(uow, user_id=user_id, reason="banned")
    await end_of_staff(uow, user_id, by=by, caller=caller)
    audit.record(uow, Action.BANNED, user_id=user_id, actor_id=by, detail={"reason": reason}, caller=caller)


async def unban(uow: UnitOfWork, user_id: UUID, *, by: UUID, caller: Caller) -> None:
    """Quiet for an account that is open. Raises OwnAccount, PersonUnknown, StaffProtected, and AccountClosed for one
    that was joined to another or erased."""
    standing = await hold(uow, user_id, by=by)
    if standing.merged:
        raise AccountClosed("it was joined to another account, or erased")
    if is_staff(standing.roles) and not await _leads(uow, by):
        raise StaffProtected
    if standing.banned_at is None:
        return
    await repository.set_ban(uow.session, user_id, at=None, reason=None)
    audit.record(uow, Action.UNBANNED, user_id=user_id, actor_id=by, caller=caller)


async def protect_staff(uow: UnitOfWork, user_id: UUID, *, by: UUID) -> None:
    """Raises StaffProtected where the account belongs to the staff, and `by` is neither its owner nor an admin."""
    if by == user_id or not is_staff(await accounts.roles_within(uow.session, user_id)):
        return
    if not holds(Permission.PEOPLE_ROLES, await accounts.roles_within(uow.session, by)):
        raise StaffProtected


async def _leads(uow: UnitOfWork, user_id: UUID) -> bool:
    standing = await roles_repository.standing(uow.session, user_id)
    return standing is not None and holds(Permission.PEOPLE_ROLES, standing.roles)


def _as_id(query: str) -> UUID | None:
    try:
        return UUID(query)
    except ValueError:
        return None
