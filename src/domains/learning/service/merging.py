"""Two learners become one: sessions with their answers, memory, courses and progress are the other's then."""

from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.learning import repository
from domains.learning.repository import schedule
from domains.learning.service.completion import announce_if_complete


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """A course that is complete only with what both did is complete now."""
    await schedule.move(uow.session, from_id, into_id)
    shared = await repository.move_learning(uow.session, from_id, into_id)
    for course_id in shared:
        await announce_if_complete(uow, into_id, course_id)
