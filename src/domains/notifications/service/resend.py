"""Another try for a message that never left. What was sent is not sent twice: it would come under the same name."""

from datetime import datetime, timedelta
from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.notifications.errors import NothingToResend, NotificationNotFound
from domains.notifications.policy.kinds import KINDS
from domains.notifications.repository import deliveries as repository

_RESENT = frozenset({"failed", "expired"})


async def resend(uow: UnitOfWork, user_id: UUID, delivery_id: UUID, now: datetime) -> None:
    """The clock sends it at its next turn. Raises NotificationNotFound and NothingToResend."""
    row = await repository.one_of(uow.session, user_id, delivery_id)
    if row is None:
        raise NotificationNotFound
    kind = KINDS.get(row.kind)
    if kind is None or row.state not in _RESENT:
        raise NothingToResend
    row.state, row.reason, row.attempts = "waiting", "", 0
    row.due_at, row.expires_at = now, now + timedelta(seconds=kind.ttl_s)
