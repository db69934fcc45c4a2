"""Two learners become one: what both did is the other's then, and what follows from it is counted from both logs."""

from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.learning.repository import hearts, merging, recount, reports, schedule, sync
from domains.learning.service.completion import announce_if_complete


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """A course that is complete only with what both did is complete now."""
    for part in (schedule, hearts, sync, reports):
        await part.move(uow.session, from_id, into_id)
    incomplete = await merging.move(uow.session, from_id, into_id)
    await recount.mend(uow, into_id)
    for course_id in incomplete:
        await announce_if_complete(uow, into_id, course_id)
