"""Who may do what with a course.

Invariant: whoever has no part in a course is told that there is none.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from domains.catalog.errors import CourseNotFound, NotYourCourse
from domains.catalog.repository import authors as repository
from domains.identity import api as identity
from domains.identity.api import Permission
from domains.kernel.uow import Database, UnitOfWork


class CourseRole(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    REVIEWER = "reviewer"


class Access(NamedTuple):
    """What somebody may with a course that they have a part in."""

    course_id: UUID
    user_id: UUID | None
    """None for whoever has the machine."""
    role: CourseRole | None
    """None for staff that has none of its own."""
    staff: bool
    """Looks after every course."""
    publisher: bool
    """May publish what they may edit, where no review is required."""

    @property
    def may_edit(self) -> bool:
        return self.staff or self.role in (CourseRole.OWNER, CourseRole.EDITOR)

    @property
    def may_review(self) -> bool:
        return self.staff or self.role in (CourseRole.OWNER, CourseRole.REVIEWER)

    @property
    def owns(self) -> bool:
        return self.staff or self.role is CourseRole.OWNER

    @property
    def may_publish(self) -> bool:
        return self.staff or (self.may_edit and self.publisher)


async def access(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> Access:
    """Raises CourseNotFound for a stranger."""
    own = await repository.role(uow.session, course_id, user_id)
    scope = identity.Scope(identity.ScopeKind.COURSE, course_id)
    rights = await identity.rights(uow, user_id, scope)
    staff = Permission.COURSES_ALL in rights.everywhere
    role = CourseRole(own) if own else None
    if role is None and Permission.COURSES_WRITE in rights.within:
        # A role that an admin gave within this course.
        role = CourseRole.EDITOR
    if role is None and not (staff and await repository.course_exists(uow.session, course_id)):
        raise CourseNotFound
    publisher = Permission.COURSES_PUBLISH in rights.everywhere | rights.within
    return Access(course_id, user_id, role, staff, publisher)


async def editor(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> Access:
    """Raises CourseNotFound, and NotYourCourse for whoever may look but not change."""
    found = await access(uow, user_id, course_id)
    if not found.may_edit:
        raise NotYourCourse("reviewers comment, editors and the owner change")
    return found


async def still_authors(db: Database, pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Those of `pairs`, as person and course, in which the one may look at the draft of the other."""
    async with db.begin() as uow:
        found = await repository.among(uow.session, pairs)
        # Whoever has no part of their own is staff: few look on.
        for user_id, course_id in set(pairs) - found:
            try:
                await access(uow, user_id, course_id)
            except CourseNotFound:
                continue
            found.add((user_id, course_id))
    return found
