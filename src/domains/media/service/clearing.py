"""What nobody needs any more. Invariant: rows go first and objects after the commit, so that what is named is there;
and what was not deleted today stands among the leftovers and is deleted tomorrow."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from domains.kernel.repository import Fetch
from domains.kernel.uow import Database
from domains.media.errors import StorageAway
from domains.media.policy.purposes import ENDED_KEPT, GRACE
from domains.media.providers.port import Depot
from domains.media.repository import blobs, uploads
from domains.media.service.storage import delete_all

_AT_ONCE = 200

log = logging.getLogger(__name__)


async def clear(db: Database, now: datetime) -> None:
    while await _some(db, now, _purge_uploads) == _AT_ONCE:
        pass
    while await _some(db, now, _forget_idle) == _AT_ONCE:
        pass
    await delete_leftovers(db, now)


async def delete_leftovers(db: Database, now: datetime) -> int:
    """How many objects were deleted. What the storage does not delete now stays to be deleted."""
    deleted = 0
    while prefixes := await blobs.due_leftovers(db, now=now, most=_AT_ONCE):
        for prefix in prefixes:
            try:
                deleted += await delete_all(db.port(Depot), prefix)
            except StorageAway:
                return deleted
            await blobs.no_leftovers(db.fetch, [prefix])
    if deleted:
        log.info("%d objects deleted that nobody needed", deleted)
    return deleted


async def _some(db: Database, now: datetime, work: Callable[[Fetch, datetime], Awaitable[int]]) -> int:
    async with db.begin() as uow:
        return await work(uow.fetch, now)


async def _purge_uploads(fetch: Fetch, now: datetime) -> int:
    return await uploads.purge(fetch, now=now, ended_before=now - ENDED_KEPT, most=_AT_ONCE)


async def _forget_idle(fetch: Fetch, now: datetime) -> int:
    return await blobs.forget_idle(fetch, before=now - GRACE, most=_AT_ONCE)
