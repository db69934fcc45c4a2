"""Telling many people in one transaction. Invariant: somebody who cannot be told, whatever the reason, keeps nobody
else waiting."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.notifications.policy.kinds import Channel
from domains.notifications.service import plan

log = logging.getLogger(__name__)


async def notify(
    uow: UnitOfWork,
    user_id: UUID,
    kind: str,
    *,
    params: Mapping[str, object],
    url: str,
    cause: str,
    now: datetime,
    channels: Collection[Channel] | None = None,
) -> bool:
    """`plan.notify`; what it raises is logged, and undone for this person alone."""
    facts = len(uow.facts)
    try:
        async with uow.session.begin_nested():
            return await plan.notify(
                uow, user_id, kind, params=params, url=url, cause=cause, now=now, channels=channels
            )
    except Exception:
        del uow.facts[facts:]
        log.exception("%s could not be planned for %s", kind, user_id)
        return False
