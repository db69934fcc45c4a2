"""What two states of a course have different."""

import asyncio
import re
from uuid import UUID

from domains.catalog import repository as courses
from domains.catalog.content import Course
from domains.catalog.errors import RevisionNotFound
from domains.catalog.policy.diff import Change, diff
from domains.catalog.repository import publishing
from domains.catalog.revisions import revision
from domains.catalog.service import drafts
from domains.kernel.uow import UnitOfWork

DRAFT = "draft"
PUBLISHED = "published"
STATES = f"^({DRAFT}|{PUBLISHED}|[1-9][0-9]{{0,8}})$"
"""How a state of a course is named: those two, or the number of a revision."""


async def document(uow: UnitOfWork, course_id: UUID, state: str) -> Course:
    """Raises RevisionNotFound, and CourseInvalid for a draft that is not even a course."""
    if state == DRAFT:
        return (await drafts.document(uow, course_id)).course
    if not re.fullmatch(STATES, state):
        raise RevisionNotFound(f"`{state[:40]}` is neither {DRAFT} nor {PUBLISHED} nor the number of a revision")
    if state == PUBLISHED:
        revision_id = await courses.published_of_course(uow.session, course_id)
    else:
        revision_id = await publishing.of_number(uow.session, course_id, int(state))
    if revision_id is None:
        raise RevisionNotFound
    return (await revision(uow, revision_id)).course


async def changes(uow: UnitOfWork, course_id: UUID, before: str, after: str) -> list[Change]:
    """A course that was never published differs from nothing by all it has. Raises as `document`."""
    new = await document(uow, course_id, after)
    try:
        old = await document(uow, course_id, before)
    except RevisionNotFound:
        if before != PUBLISHED:
            raise
        old = Course(new.slug, "", new.source_language, new.target_language, ())
    return await asyncio.to_thread(diff, old, new)
