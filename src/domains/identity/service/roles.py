"""Who may do what, and changing that.

Invariant: there is always an admin whose account is open, and nobody changes what they are themselves.
"""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from domains.identity.errors import AccountClosed, LastAdmin, OwnAccount, PersonUnknown
from domains.identity.events import RolesChanged, SessionsRevoked
from domains.identity.policy.actions import Action
from domains.identity.policy.fields import Role, checked_roles
from domains.identity.policy.permissions import Permission, Scope, checked_scoped, holds, is_staff
from domains.identity.repository import roles as repository
from domains.identity.repository import staff
from domains.identity.repository.roles import Scoped, Standing
from domains.identity.service import audit, notices
from domains.identity.service.caller import Caller
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


class Rights(NamedTuple):
    everywhere: frozenset[Permission]
    within: frozenset[Permission]
    """By a role in the course or class that was asked about, and that alone."""


class Change(NamedTuple):
    before: frozenset[str]
    after: frozenset[str]


async def may(uow: UnitOfWork, user_id: UUID, permission: Permission, scope: Scope | None = None) -> bool:
    """Whether somebody may, everywhere or within `scope`, as this transaction leaves them. No for nobody and for the
    banned."""
    kind, within_id = scope or (None, None)
    held = await repository.held_within(uow.session, user_id, kind, within_id)
    return holds(permission, held.roles, held.scoped_roles)


async def rights(uow: UnitOfWork, user_id: UUID, scope: Scope) -> Rights:
    """What somebody may, for whoever has to tell rights in one place from rights in all. None for the banned."""
    held = await repository.held_within(uow.session, user_id, *scope)
    return Rights(
        frozenset(each for each in Permission if holds(each, held.roles)),
        frozenset(each for each in Permission if holds(each, (), held.scoped_roles)),
    )


async def change_roles(
    uow: UnitOfWork,
    user_id: UUID,
    roles: Collection[str],
    *,
    scoped: Collection[Scoped] | None = None,
    by: UUID | None,
    reason: str = "",
    caller: Caller | None = None,
) -> Change:
    """From now on these, and no others. `scoped`: None leaves those within courses and classes as they are. `by`: None
    for whoever has the machine.

    Raises BadField, OwnAccount, PersonUnknown, AccountClosed and LastAdmin.
    """
    wanted = checked_roles(frozenset(roles))
    places = None if scoped is None else sorted({_checked(each) for each in scoped})
    standing = await hold(uow, user_id, by=by)
    if standing.merged:
        raise AccountClosed
    if Role.ADMIN in standing.roles and Role.ADMIN not in wanted:
        await keep_an_admin(uow, user_id)
    before = await repository.scoped(uow.session, user_id)
    if places is not None and places != before:
        await repository.replace_scoped(uow.session, user_id, places)
    elif wanted == standing.roles:
        return Change(standing.roles, wanted)
    await repository.replace_roles(uow.session, user_id, wanted)
    await _tell(uow, user_id, standing.roles, wanted, places, by=by, reason=reason, caller=caller)
    return Change(standing.roles, wanted)


async def hold(uow: UnitOfWork, user_id: UUID, *, by: UUID | None) -> Standing:
    """Until the commit neither this account nor who is staff changes. Raises OwnAccount and PersonUnknown."""
    if by == user_id:
        raise OwnAccount
    await repository.hold_staff(uow.session)
    standing = await repository.standing(uow.session, user_id)
    if standing is None:
        raise PersonUnknown
    return standing


async def keep_an_admin(uow: UnitOfWork, without: UUID) -> None:
    """Raises LastAdmin where nobody else is one. Call it while `hold` holds."""
    if not await repository.other_admins(uow.session, without):
        raise LastAdmin


async def end_of_staff(uow: UnitOfWork, user_id: UUID, *, by: UUID | None, caller: Caller | None) -> None:
    """What somebody began as staff ends: looks through others' eyes, and the API keys that they made."""
    await _end_looks(uow, "no longer staff", actor_id=user_id)
    for key in await staff.revoke_keys_of(uow.session, user_id, utc_now()):
        detail = {"key": str(key.id), "name": key.name, "prefix": key.prefix, "scopes": key.scopes}
        audit.record(uow, Action.API_KEY_REVOKED, user_id=None, actor_id=by, detail=detail, caller=caller)


async def _end_looks(
    uow: UnitOfWork, reason: str, *, actor_id: UUID | None = None, user_id: UUID | None = None
) -> None:
    now = utc_now()
    for look in await staff.end_looks(uow.session, now=now, reason=reason, actor_id=actor_id, user_id=user_id):
        audit.look_ended(uow, look)
        uow.record(SessionsRevoked(user_id=look.user_id, session_ids=[look.session_id]))


async def _tell(
    uow: UnitOfWork,
    user_id: UUID,
    before: frozenset[str],
    after: frozenset[str],
    places: Collection[Scoped] | None,
    *,
    by: UUID | None,
    reason: str,
    caller: Caller | None,
) -> None:
    detail: dict[str, object] = {"before": sorted(before), "after": sorted(after), "reason": reason}
    if places is not None:
        detail["scoped"] = [f"{each.role}@{each.kind}:{each.within_id}" for each in places]
    audit.record(uow, Action.ROLES_CHANGED, user_id=user_id, actor_id=by, detail=detail, caller=caller)
    uow.record(RolesChanged(user_id=user_id, before=sorted(before), after=sorted(after)))
    notices.tell(uow, user_id, Action.ROLES_CHANGED)
    if is_staff(before - after):
        await end_of_staff(uow, user_id, by=by, caller=caller)
    if is_staff(after):
        # Nobody looks through the eyes of staff, also not of somebody who has just become one.
        await _end_looks(uow, "staff by now", user_id=user_id)


def _checked(given: Scoped) -> Scoped:
    role, kind = checked_scoped(given.role, given.kind)
    return Scoped(role, kind, given.within_id)
