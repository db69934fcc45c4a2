"""Publishing a course."""

import asyncio
from pathlib import Path
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domains.catalog import formats, repository
from domains.catalog.content import Course, encode, media_of, problems
from domains.catalog.content import digest as digest_of
from domains.catalog.errors import CourseInvalid, CourseNotFound, DraftInProgress
from domains.catalog.events import CourseRevisionPublished
from domains.catalog.repository import publishing
from domains.catalog.service import drafts
from domains.catalog.service.reading import show
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork
from domains.media import api as media

DEMO_COURSE = Path(__file__).parents[1] / "demo" / "spanish.yaml"
DEMO_SLUG = "spanish-first-steps"


class PublishedCourse(Struct, frozen=True):
    """`changed` is False where the course was already published just so."""

    course_id: UUID
    revision_id: UUID
    number: int
    changed: bool


async def publish(
    uow: UnitOfWork,
    course: Course,
    *,
    draft: Literal["refuse", "replace", "keep"] = "refuse",
    by_id: UUID | None = None,
    note: str = "",
) -> PublishedCourse:
    """Makes `course` what learners get from now on. Safe to run twice at once. `by_id` and `note` go into the log.

    `draft`: what becomes of what authors have changed since the last publish. Either nothing is published, or the draft
    says what `course` says and their changes are lost, or it is left as it is, for a caller who sees to it.

    Raises CourseInvalid and DraftInProgress.
    """
    found = list(problems(course))
    if found:
        raise CourseInvalid("; ".join(found[:20]))
    digest = digest_of(course)
    await repository.lock_course(uow.session, course.slug)
    before = await repository.latest(uow.session, course.slug)
    if before and before.revision_id and before.number and before.digest == digest:
        return PublishedCourse(before.course_id, before.revision_id, before.number, changed=False)
    course_id = before.course_id if before else new_id()
    behind = await drafts.held(uow, course_id) if before and before.has_draft and draft != "keep" else None
    if behind and behind.in_progress and draft == "refuse":
        raise DraftInProgress
    number = (before.last_number or 0) + 1 if before else 1
    await repository.save_course(uow.session, course_id, course)
    await repository.insert_nodes(uow.session, course_id, nodes_of(course))
    await show(uow, course_id, course)
    revision_id = new_id()
    stored = repository.Revision(revision_id, course_id, number, encode(course))
    await repository.publish_revision(uow.session, stored, digest)
    await publishing.log(uow.session, course_id, "published", by_id=by_id, revision_id=revision_id, note=note)
    if behind:
        await drafts.replaced(uow, behind, course, None, clean=True)
    if files := frozenset(media_of(course)):
        # For good: any revision may be what learners get again.
        await media.hold(uow, f"revision:{revision_id}", files)
    uow.record(CourseRevisionPublished(course_id=course_id, revision_id=revision_id, number=number))
    return PublishedCourse(course_id, revision_id, number, changed=True)


async def publish_draft(
    uow: UnitOfWork, course_id: UUID, *, by_id: UUID | None = None, note: str = ""
) -> PublishedCourse:
    """Makes what authors have written what learners get. Whoever calls has asked who may. Raises CourseNotFound, and
    CourseInvalid with all that `drafts.problems` tells."""
    slug = await repository.slug_of(uow.session, course_id)
    if slug is None:
        raise CourseNotFound
    await repository.lock_course(uow.session, slug)
    course, version = await drafts.document(uow, course_id)
    found = [each.message for each, _ in await drafts.problems_of(uow, course_id, course)]
    if found:
        raise CourseInvalid("; ".join(found[:20]))
    done = await publish(uow, course, draft="keep", by_id=by_id, note=note)
    await drafts.published(uow, course_id, version)
    return done


def nodes_of(course: Course) -> list[tuple[str, str]]:
    """Kind and key of every node."""
    nodes = [("section", section.key) for section in course.sections]
    nodes += [("unit", unit.key) for unit in course.units()]
    nodes += [("lesson", lesson.key) for lesson in course.lessons()]
    return nodes + [("exercise", exercise.key) for exercise in course.exercises()]


async def ensure_demo_course(uow: UnitOfWork) -> PublishedCourse:
    """The course that comes with Lyceum, published if there is none by its name; an author's changes to it stay."""
    await repository.lock_course(uow.session, DEMO_SLUG)
    before = await repository.latest(uow.session, DEMO_SLUG)
    if before and before.revision_id and before.number:
        return PublishedCourse(before.course_id, before.revision_id, before.number, changed=False)
    return await publish(uow, await asyncio.to_thread(demo_course))


def demo_course() -> Course:
    """The course that comes with Lyceum, as it is shipped."""
    loaded, report = formats.read(DEMO_COURSE, "lyceum")
    if loaded is None:
        raise CourseInvalid(f"the course that comes with Lyceum is broken: {report.remarks[0]}")
    return loaded.course
