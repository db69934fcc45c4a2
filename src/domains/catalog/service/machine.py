"""What whoever has the machine does with courses, on the command line: the rules of authors about state hold, those
about persons do not."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domains.catalog import formats
from domains.catalog import repository as courses
from domains.catalog.content import Course, media_of
from domains.catalog.errors import CourseNotFound, DraftInProgress
from domains.catalog.formats import Loaded, Options, Report
from domains.catalog.formats.report import Severity
from domains.catalog.repository import authors
from domains.catalog.repository import publishing as repository
from domains.catalog.repository.publishing import Standing
from domains.catalog.service import drafts, importing
from domains.catalog.service.authors import Access, CourseRole
from domains.catalog.service.courses import nodes_of, publish
from domains.kernel.uow import Database, UnitOfWork


class Brought(Struct, frozen=True):
    """What became of a file. `number` is of the revision, null for a draft; `changed` is false where all was so."""

    course_id: UUID
    slug: str
    revision_id: UUID | None
    number: int | None
    changed: bool


def access_of(course_id: UUID) -> Access:
    return Access(course_id, None, None, staff=True, publisher=True)


async def named(uow: UnitOfWork, course: str) -> Standing:
    """The course with this slug or id, published or not. Raises CourseNotFound."""
    course_id = await repository.id_of_slug(uow.session, course)
    if course_id is None:
        try:
            course_id = UUID(course)
        except ValueError:
            raise CourseNotFound(f"there is no course `{course}`") from None
    found = await repository.standings(uow.session, course_id)
    if not found:
        raise CourseNotFound(f"there is no course `{course}`")
    return found[0]


async def read(path: Path, format_name: str | None, options: Options) -> tuple[Loaded | None, Report]:
    """The course at `path`, of which nothing is stored; None and a report with errors."""
    loaded, report = await asyncio.to_thread(formats.read, path, format_name, options)
    if loaded is not None:
        importing.check_limits(loaded.course, path.name, report)
    return (None if report.has_errors else loaded), report


def has_files(loaded: Loaded) -> bool:
    """Whether there are any to store, for which there has to be somebody whose they are."""
    return any(ref in loaded.media for ref in media_of(loaded.course))


async def check(
    db: Database,
    loaded: Loaded,
    report: Report,
    *,
    name: str,
    owner_id: UUID | None,
    as_draft: bool,
    tell: Callable[[int, int], Awaitable[None]],
) -> None:
    """Tells what keeps it from being published: an error, but for a draft. Its files are stored where they have an
    owner, and else only looked at."""
    taken = await importing.store_files(db, owner_id, name, loaded, report, tell)
    severity: Severity = "warning" if as_draft else "error"
    await importing.check_draft(db, name, loaded.course, report, severity=severity, taken=taken)


async def bring(
    db: Database,
    loaded: Loaded,
    report: Report,
    *,
    name: str,
    owner_id: UUID | None,
    as_draft: bool,
    even_changed: bool,
    tell: Callable[[int, int], Awaitable[None]],
) -> Brought | None:
    """Publishes what was read, or makes it the draft; None where `report` says why it cannot be published.
    `even_changed`: also where authors have changed the draft since, which is lost then. A new course is its owner's.
    Raises CourseInvalid and DraftInProgress."""
    # Files that are nobody's are not stored.
    whole = loaded if owner_id is not None else replace(loaded, media={})
    await check(db, whole, report, name=name, owner_id=owner_id, as_draft=as_draft, tell=tell)
    if report.has_errors:
        return None
    course = loaded.course
    async with db.begin() as uow:
        await courses.lock_course(uow.session, course.slug)
        before = await courses.latest(uow.session, course.slug)
        if as_draft:
            if before is None:
                course_id = await importing.make_course(uow, course, owner_id)
            else:
                course_id = before.course_id
                await _replace_draft(uow, course_id, course, even_changed=even_changed)
            return Brought(course_id, course.slug, None, None, changed=True)
        done = await publish(uow, course, draft="replace" if even_changed else "refuse")
        if before is None and owner_id is not None:
            await authors.add(uow.session, done.course_id, owner_id, CourseRole.OWNER)
        return Brought(done.course_id, course.slug, done.revision_id, done.number, done.changed)


async def _replace_draft(uow: UnitOfWork, course_id: UUID, course: Course, *, even_changed: bool) -> None:
    draft = await drafts.held(uow, course_id)
    if draft.in_progress and not even_changed:
        raise DraftInProgress
    await courses.insert_nodes(uow.session, course_id, nodes_of(course))
    await drafts.replaced(uow, draft, course, None, clean=False)
