"""The front door of classrooms: who teaches whom, for live screens and for whoever writes to a class."""

from collections.abc import Collection
from uuid import UUID

from domains.classrooms import repository
from domains.classrooms.errors import ClassroomNotFound
from domains.classrooms.repository import ClassOf
from domains.classrooms.schemas import ClassroomProgressOut, LearnerProgressOut
from domains.classrooms.service import progress
from domains.kernel.uow import Database, UnitOfWork


async def teaches(db: Database, user_id: UUID, classroom_id: UUID) -> bool:
    """Whether this is the teacher or a co-teacher of the class, and the class is not archived."""
    return await repository.teaches(db, user_id, classroom_id)


async def may_watch(db: Database, user_id: UUID, classroom_id: UUID) -> bool:
    """Whether this person may follow the class's live view."""
    return await repository.teaches(db, user_id, classroom_id)


async def still_may_watch(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of the (user, class) pairs for which `may_watch` still holds; one statement for all."""
    return await repository.still_teach(db, list(pairs)) if pairs else set()


async def classes_of(db: Database, user_ids: Collection[UUID]) -> dict[UUID, tuple[ClassOf, ...]]:
    """The classes that these people learn in, without archived ones; who is in none is left out. One statement.

    The live view of a class with a `course_id` shows sessions of that course alone.
    """
    return await repository.classes_of(db, user_ids) if user_ids else {}


async def require_teacher(db: Database, user_id: UUID, classroom_id: UUID) -> None:
    """Raises ClassroomNotFound for everybody who does not teach it, as if it were not there."""
    if not await teaches(db, user_id, classroom_id):
        raise ClassroomNotFound


async def name(uow: UnitOfWork, classroom_id: UUID) -> str | None:
    """What the class is called; None where there is none, and where it is archived."""
    return await repository.name(uow.session, classroom_id)


async def members(uow: UnitOfWork, classroom_id: UUID, *, after: UUID | None, most: int) -> list[UUID]:
    """Up to `most` people of the class behind `after`, teachers included, in the order of their ids; nobody where it is
    archived."""
    return await repository.members(uow.session, classroom_id, after=after, most=most)


async def count_members(uow: UnitOfWork, classroom_id: UUID) -> int:
    """How many `members` there are."""
    return await repository.count_members(uow.session, classroom_id)


__all__ = [
    "ClassOf",
    "ClassroomProgressOut",
    "LearnerProgressOut",
    "classes_of",
    "count_members",
    "may_watch",
    "members",
    "name",
    "progress",
    "require_teacher",
    "still_may_watch",
    "teaches",
]
