"""The audit log. Invariant: an entry commits with what it tells of, and holds no secret."""

from collections.abc import Mapping
from uuid import UUID

from domains.identity.models.audit import AuditEntry
from domains.identity.policy.actions import Action
from domains.identity.repository.staff import Look
from domains.identity.service.caller import Caller
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork


def record(
    uow: UnitOfWork,
    action: Action,
    *,
    user_id: UUID | None,
    actor_id: UUID | None = None,
    detail: Mapping[str, object] | None = None,
    caller: Caller | None = None,
) -> None:
    """`user_id`: whose account. `actor_id`: who did it, where it was not the same person or is not known from it."""
    uow.session.add(
        AuditEntry(
            id=new_id(),
            at=utc_now(),
            action=action,
            user_id=user_id,
            actor_id=actor_id,
            detail=dict(detail or {}),
            address=caller.address if caller else None,
        )
    )


def look_ended(uow: UnitOfWork, look: Look, *, caller: Caller | None = None) -> None:
    """Somebody of the staff no longer looks through another's eyes."""
    detail = {"session": str(look.session_id)}
    record(uow, Action.IMPERSONATION_ENDED, user_id=look.user_id, actor_id=look.actor_id, detail=detail, caller=caller)
