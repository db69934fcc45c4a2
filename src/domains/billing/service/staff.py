"""What staff do about access by hand: grants with a reason, and gates.

Invariant: what a person did by hand is kept with who did it and why, and touches nothing that was bought.
"""

from datetime import datetime
from uuid import UUID

from domains.billing.errors import BadKey, EntitlementNotFound, PersonNotFound, StateForbids
from domains.billing.models import EntitlementRow, GateRow
from domains.billing.policy.keys import is_key
from domains.billing.repository import entitlements as repository
from domains.billing.schemas.access import StaffEntitlementOut
from domains.billing.service import entitlements, guard
from domains.identity import api as identity
from domains.kernel.errors import Invalid
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork


async def grant(
    uow: UnitOfWork,
    *,
    user_id: UUID,
    key: str,
    reason: str,
    by: UUID | None,
    now: datetime,
    ends_at: datetime | None = None,
) -> StaffEntitlementOut:
    """A new grant of its own, beside all others. `by` None: from the command line.

    Raises BadKey, PersonNotFound, and Invalid for an end that has passed.
    """
    if not is_key(key):
        raise BadKey
    if ends_at is not None and ends_at <= now:
        raise Invalid("ends_at has passed")
    if await identity.contact(uow, user_id) is None:
        raise PersonNotFound("there is no such user")
    source_id = new_id()
    await entitlements.grant(
        uow,
        user_id=user_id,
        keys=[key],
        source="grant",
        source_id=source_id,
        starts_at=now,
        ends_at=ends_at,
        reason=reason,
        granted_by=by,
    )
    [row] = await repository.of_source(uow.session, "grant", source_id, user_id)
    if by is not None:
        detail = {"key": key, "reason": reason}
        identity.record_action(uow, identity.Action.ACCESS_GRANTED, user_id=user_id, actor_id=by, detail=detail)
    return _shown(row, now)


async def entitlements_of(uow: UnitOfWork, user_id: UUID, now: datetime) -> list[StaffEntitlementOut]:
    """All that the person has or had, the oldest first."""
    return [_shown(row, now) for row in await repository.of_person(uow.session, user_id)]


async def take_back(uow: UnitOfWork, entitlement_id: UUID, *, by: UUID, reason: str, now: datetime) -> None:
    """Ends a grant now; quiet where it has ended. Raises EntitlementNotFound, and StateForbids for what was not
    granted by hand: that ends with its refund, subscription or seat."""
    row = await repository.by_id(uow.session, entitlement_id)
    if row is None:
        raise EntitlementNotFound
    if row.source != "grant":
        raise StateForbids(f"it comes from a {row.source} and ends with it")
    if row.ends_at is not None and row.ends_at <= now:
        return
    await entitlements.end(uow, "grant", row.source_id, now, ended_by=by, reason=reason)
    detail = {"key": row.key, "reason": reason}
    identity.record_action(uow, identity.Action.ACCESS_ENDED, user_id=row.user_id, actor_id=by, detail=detail)


async def put_gate(uow: UnitOfWork, key: str, *, by: UUID) -> None:
    """From now on `key` needs an entitlement. Raises BadKey."""
    if not is_key(key):
        raise BadKey
    guard.gates_change(uow.db)
    await repository.add_gate(uow.session, key)
    identity.record_action(uow, identity.Action.GATE_SET, user_id=None, actor_id=by, detail={"key": key})


async def open_gate(uow: UnitOfWork, key: str, *, by: UUID) -> None:
    """`key` is for everybody, until something sells it again; quiet where it was."""
    guard.gates_change(uow.db)
    await repository.remove_gate(uow.session, key)
    identity.record_action(uow, identity.Action.GATE_REMOVED, user_id=None, actor_id=by, detail={"key": key})


async def gates(uow: UnitOfWork) -> list[GateRow]:
    return await repository.gates(uow.session)


def _shown(row: EntitlementRow, now: datetime) -> StaffEntitlementOut:
    return StaffEntitlementOut(
        id=row.id,
        key=row.key,
        source=row.source,
        source_id=row.source_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        open=row.starts_at <= now and (row.ends_at is None or now < row.ends_at),
        reason=row.reason,
        granted_by=row.granted_by,
        ended_by=row.ended_by,
        end_reason=row.end_reason,
        created_at=row.created_at,
    )
