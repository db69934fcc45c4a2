"""Counting anew, from the log, what is counted along with it."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database
from domains.learning.repository import recount as repository
from domains.learning.repository.recount import Differences

_PAGE = 500


class Recounted(NamedTuple):
    user_id: UUID
    found: Differences


async def recount(db: Database, user_id: UUID, *, dry_run: bool) -> Recounted:
    """What is not as the log says; mended, unless `dry_run`."""
    found = await repository.differences(db, user_id)
    if any(found[1:]) and not dry_run:
        await repository.mend(db, user_id)
    return Recounted(user_id, found)


async def recount_all(db: Database, user_id: UUID | None, *, dry_run: bool) -> AsyncIterator[Recounted]:
    """As `recount`, for this one or for everybody, one after the other."""
    if user_id is not None:
        yield await recount(db, user_id, dry_run=dry_run)
        return
    after = UUID(int=0)
    while page := await repository.learners(db, after, _PAGE):
        for each in page:
            yield await recount(db, each, dry_run=dry_run)
        after = page[-1]
