"""Courses out of files of strangers, as drafts.

Invariant: the import's row and its parts are all there is to know, so that whoever takes the work up can do it; what
it changes is changed in one transaction, together with saying that it is done. A try that dies is followed by another,
and after MOST_TRIES the import is told as failed. Files of the course are stored before, and left to the clock where
the course does not come about.
"""

import asyncio
import logging
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domains.catalog import formats
from domains.catalog import repository as courses
from domains.catalog.content import Course, media_of
from domains.catalog.drafts import MOST_NODES
from domains.catalog.errors import (
    BadPart,
    DraftInProgress,
    FormatUnknown,
    ImportBegun,
    ImportNotFound,
    NotYourCourse,
    SlugTaken,
    TooManyCourses,
    TooManyImports,
)
from domains.catalog.events import ImportProgressed, ImportRequested
from domains.catalog.formats import Loaded, Options, Report
from domains.catalog.formats.report import Severity
from domains.catalog.repository import authors
from domains.catalog.repository import drafts as drafts_repository
from domains.catalog.repository import importing as repository
from domains.catalog.repository.importing import Import
from domains.catalog.service import drafts
from domains.catalog.service.authors import CourseRole, editor
from domains.catalog.service.courses import nodes_of
from domains.catalog.service.editing import MOST_OWNED
from domains.identity import api as identity
from domains.identity.api import Permission
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError, Unavailable
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.media import api as media

PART_BYTES = 4 * 1024 * 1024
MOST_OPEN = 5
"""Imports that one person has under way."""
MOST_TRIES = 5
MOST_REMARKS = 5_000
WAITING_KEPT = timedelta(days=1)
FINISHED_KEPT = timedelta(days=30)
_TELL_EVERY_S = 0.5
_STEPS = 3
"""Read, checked and stored; each file of the course is one more."""
_ENDING = re.compile(r"\.\w{1,8}\Z")
_BAD_IN_NAMES = re.compile(r"[^\w. ()+-]+")

log = logging.getLogger(__name__)


class Wish(Struct, frozen=True):
    """What somebody wants of a file. `replace`: also where authors are at work on the draft. `draft_version`: that
    which there was when they said so; what is written later they have not seen."""

    format: str | None = None
    options: Options = Options()
    replace: bool = False
    dry_run: bool = False
    draft_version: int | None = None


class Under(NamedTuple):
    """An import as it stands, and the parts of its file that are missing."""

    work: Import
    missing: list[int]


class _Report(Struct):
    remarks: list[formats.Remark]
    errors: int
    counts: dict[str, int]


# Before it runs


def part_count(size_bytes: int) -> int:
    return -(-size_bytes // PART_BYTES)


async def begin(
    uow: UnitOfWork, owner_id: UUID, course_id: UUID | None, name: str, size_bytes: int, wish: Wish
) -> Under:
    """Raises FormatUnknown, TooManyImports, and what whoever may not write the course is told."""
    form = formats.FORMATS.get(wish.format) if wish.format else None
    if wish.format and (form is None or form.read is None):
        known = ", ".join(each.name for each in formats.FORMATS.values() if each.read)
        raise FormatUnknown(f"`{wish.format[:40]}` is no format that is read; known are {known}", field="format")
    endings = {ending for each in formats.FORMATS.values() if each.read for ending in each.endings}
    if not wish.format and _ENDING.search(name) and not name.lower().endswith(tuple(endings)):
        known = ", ".join(sorted(endings))
        raise FormatUnknown(f"files of courses end in {known}; of another, name the `format`", field="name")
    if course_id is not None:
        await editor(uow, owner_id, course_id)
        wish = replace(wish, draft_version=(await drafts.opened(uow, course_id)).version)
    await repository.lock(uow, owner_id)
    if await repository.count_open(uow, owner_id) >= MOST_OPEN:
        raise TooManyImports(f"at most {MOST_OPEN} at once")
    work = await repository.insert(
        uow, new_id(), owner_id, course_id, wish.format or "", name, size_bytes, msgspec.json.encode(wish)
    )
    return Under(work, list(range(1, part_count(size_bytes) + 1)))


async def take_part(uow: UnitOfWork, owner_id: UUID, import_id: UUID, number: int, body: bytes) -> Under:
    """A part of the file, from 1; the same again changes nothing. With the last one the work is on its way. Raises
    ImportNotFound, ImportBegun and BadPart."""
    work = await repository.hold(uow, import_id, owner_id)
    if work is None:
        raise ImportNotFound
    if work.state != "waiting":
        raise ImportBegun
    count = part_count(work.size_bytes)
    if not 1 <= number <= count:
        raise BadPart(f"the parts are numbered from 1 to {count}")
    wanted = PART_BYTES if number < count else work.size_bytes - (count - 1) * PART_BYTES
    if len(body) != wanted:
        raise BadPart(f"part {number} has {wanted} bytes, and these are {len(body)}")
    await repository.put(uow, import_id, number, body)
    arrived = set(await repository.there(uow, import_id))
    missing = [each for each in range(1, count + 1) if each not in arrived]
    if not missing:
        await repository.queue(uow, import_id)
        uow.record(ImportRequested(import_id=import_id))
        work = work._replace(state="queued")
    return Under(work, missing)


async def one(db: Database, owner_id: UUID, import_id: UUID) -> Under:
    """Raises ImportNotFound."""
    work = await repository.one(db, import_id, owner_id)
    if work is None:
        raise ImportNotFound
    return await under(db, work)


async def under(db: Database, work: Import) -> Under:
    if work.state != "waiting":
        return Under(work, [])
    arrived = set(await repository.there(db, work.id))
    return Under(work, [each for each in range(1, part_count(work.size_bytes) + 1) if each not in arrived])


async def drop(uow: UnitOfWork, owner_id: UUID, import_id: UUID) -> None:
    """Raises ImportNotFound, and ImportBegun for what is under way."""
    work = await repository.hold(uow, import_id, owner_id)
    if work is None:
        raise ImportNotFound
    if work.state in ("queued", "running"):
        raise ImportBegun
    await repository.drop(uow, import_id)


async def clear(db: Database) -> None:
    """Forgets what nobody went on with, and what ended long ago."""
    now = utc_now()
    await repository.clear(db, waiting_before=now - WAITING_KEPT, finished_before=now - FINISHED_KEPT)


# While it runs


async def run(uow: UnitOfWork, import_id: UUID) -> None:
    """One try. `uow` is untouched until the course is read and its files are stored."""
    db = uow.db
    work = await repository.begin(db, import_id)
    if work is None:
        return
    wish = msgspec.json.decode(work.options, type=Wish)
    if work.attempts > MOST_TRIES:
        report = Report()
        report.add("error", work.name, 1, f"it was tried {MOST_TRIES} times, and ended each time without a result")
        await _end(uow, work, report, None, {})
        return
    teller = _Teller(db, work)
    await teller.tell(0, _STEPS)
    loaded, report = await _read(db, work, wish)
    await teller.tell(1, _STEPS)
    counts = counted(loaded.course) if loaded else {}
    course_id: UUID | None = None
    if loaded is not None:
        try:
            owner_id = None if wish.dry_run else work.owner_id
            taken = await store_files(db, owner_id, work.name, loaded, report, teller.tell_files)
            await check_draft(db, work.name, loaded.course, report, severity="warning", taken=taken)
            await teller.tell(teller.total - 1, teller.total)
            course_id = await _applied(uow, work, wish, loaded.course)
        except Unavailable:
            raise
        except AppError as error:
            report.add("error", work.name, 1, error.detail or error.title)
    await _end(uow, work, report, course_id, counts)


async def _read(db: Database, work: Import, wish: Wish) -> tuple[Loaded | None, Report]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / _file_name(work.name)
        with path.open("wb") as file:
            async for part in _parts(db, work):
                await asyncio.to_thread(file.write, part)
        try:
            loaded, report = await asyncio.to_thread(formats.read, path, wish.format, wish.options)
        except Exception:
            # A reader never raises for what a file says: this one did, and would again.
            log.exception("import %s: the reader of %s failed", work.id, wish.format or "a recognised format")
            report = Report()
            report.add("error", path.name, 1, "the file could not be read, by a fault on our side")
            return None, report
    if loaded is not None:
        check_limits(loaded.course, path.name, report)
        if loaded.schedule:
            told = f"{len(loaded.schedule)} cards say when they are due: learners bring that themselves, to the course"
            report.add("note", path.name, 1, told)
    return (None if report.has_errors else loaded), report


def check_limits(course: Course, name: str, report: Report) -> None:
    if (count := len(nodes_of(course))) > MOST_NODES:
        report.add("error", name, 1, f"the course has {count} nodes, and may have {MOST_NODES}")


async def check_draft(
    db: Database, name: str, course: Course, report: Report, *, severity: Severity, taken: Collection[str]
) -> None:
    """Tells as `severity` what keeps the course from being published, and what may be mistyped. `taken`: files that
    are stored, or would be."""
    for each in (*await drafts.obstacles(db, course, taken), *await drafts.notes(db, course)):
        place = f"{each.kind} `{each.key[:80]}`: " if each.key else ""
        report.add(severity if each.severity == "error" else "note", name, 1, place + each.message)


async def _parts(db: Database, work: Import) -> AsyncIterator[bytes]:
    for number in range(1, part_count(work.size_bytes) + 1):
        yield await repository.part(db, work.id, number)


def _file_name(name: str) -> str:
    """Harmless, and with the ending by which readers may know a format."""
    plain = _BAD_IN_NAMES.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(". ")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:80]}{dot}{ending[:20]}" if stem else ending[:80] or "course"


class _Teller:
    """Tells how far the work is, not more often than somebody can read."""

    def __init__(self, db: Database, work: Import) -> None:
        self._db = db
        self._work = work
        self._told_at = float("-inf")
        self.total = _STEPS

    async def tell_files(self, done: int, total: int) -> None:
        await self.tell(done + 1, total - 1 + _STEPS)

    async def tell(self, done: int, total: int) -> None:
        self.total = total
        now = time.monotonic()
        if now - self._told_at < _TELL_EVERY_S:
            return
        self._told_at = now
        work = self._work
        await repository.step(self._db, work, done, total)
        self._db.announce(
            [ImportProgressed(import_id=work.id, owner_id=work.owner_id, state="running", done=done, total=total)]
        )


async def store_files(
    db: Database,
    owner_id: UUID | None,
    name: str,
    loaded: Loaded,
    report: Report,
    tell: Callable[[int, int], Awaitable[None]],
) -> set[str]:
    """Those that the course names, or only looks at them without an owner; the refs that are taken. What is no picture
    and no sound is told, and the author sees where it is missing. Raises QuotaExceeded and what else is wrong with more
    than one file."""
    refs = [ref for ref in dict.fromkeys(media_of(loaded.course)) if ref in loaded.media]
    # A try that follows another goes on where that was.
    there = await media.known(db, refs)
    for done, ref in enumerate(refs):
        await tell(done, len(refs) + 1)
        if ref in there:
            continue
        try:
            if owner_id is None:
                await media.look_at(db, loaded.media[ref])
            else:
                await media.put(db, loaded.media[ref], name=f"{name[:60]} {ref[7:19]}", owner=owner_id)
            there.add(ref)
        except media.NOT_TAKEN as error:
            report.add("warning", name, 1, f"a file of the course is not taken: {error.detail or error.title}")
    return there


async def _applied(uow: UnitOfWork, work: Import, wish: Wish, course: Course) -> UUID | None:
    """As `_apply`, of which nothing is left where it raises: that the import failed is committed."""
    facts = len(uow.facts)
    try:
        async with uow.session.begin_nested():
            return await _apply(uow, work, wish, course)
    except BaseException:
        del uow.facts[facts:]
        raise


async def _apply(uow: UnitOfWork, work: Import, wish: Wish, course: Course) -> UUID | None:
    """Makes the draft say so. With nothing changed but checked in a dry run. Raises what an author is told."""
    if work.course_id is not None:
        found = await editor(uow, work.owner_id, work.course_id)
        draft = await drafts.held(uow, found.course_id)
        if draft.in_progress and not wish.replace:
            raise DraftInProgress("authors have changed the draft; `replace` throws that away")
        if wish.draft_version not in (None, draft.version):
            raise DraftInProgress("the draft was changed after this import was begun: look at it, and import again")
        if wish.dry_run or not await repository.still(uow, work):
            return work.course_id
        course = replace(course, slug=draft.slug)
        await courses.insert_nodes(uow.session, found.course_id, nodes_of(course))
        await drafts.replaced(uow, draft, course, work.owner_id, clean=False)
        return work.course_id
    if not await identity.may(uow, work.owner_id, Permission.COURSES_WRITE):
        raise NotYourCourse
    if await authors.count_owned(uow.session, work.owner_id) >= MOST_OWNED:
        raise TooManyCourses(f"one person owns at most {MOST_OWNED} courses")
    if await slug_taken(uow, course.slug):
        raise SlugTaken(f"there is a course `{course.slug}` already: name another slug, or import into that course")
    if wish.dry_run or not await repository.still(uow, work):
        return None
    return await make_course(uow, course, work.owner_id)


async def slug_taken(uow: UnitOfWork, slug: str) -> bool:
    return await courses.latest(uow.session, slug) is not None


async def make_course(uow: UnitOfWork, course: Course, owner_id: UUID | None) -> UUID:
    """A course that is not published, whose draft says this. Raises SlugTaken."""
    course_id = new_id()
    if not await drafts_repository.insert_course(uow.session, course_id, course):
        raise SlugTaken(f"there is a course `{course.slug}` already")
    await courses.insert_nodes(uow.session, course_id, nodes_of(course))
    await drafts.made(uow, course_id, course, owner_id)
    if owner_id is not None:
        await authors.add(uow.session, course_id, owner_id, CourseRole.OWNER)
    return course_id


async def _end(uow: UnitOfWork, work: Import, report: Report, course_id: UUID | None, counts: dict[str, int]) -> None:
    if not await repository.still(uow, work):
        return
    remarks = report.remarks[:MOST_REMARKS]
    if len(report.remarks) > MOST_REMARKS:
        left = len(report.remarks) - MOST_REMARKS
        remarks.append(formats.Remark("note", work.name, 1, f"{left} more remarks are not told"))
    errors = len(report.of("error"))
    state = "failed" if errors else "done"
    told = msgspec.json.encode(_Report(remarks, errors, counts)).replace(b"\\u0000", b"")
    done, total = await repository.finish(uow, work.id, state, course_id or work.course_id, told, utc_now())
    uow.record(
        ImportProgressed(
            import_id=work.id,
            owner_id=work.owner_id,
            state=state,
            done=done,
            total=total,
            course_id=course_id or work.course_id,
        )
    )


def counted(course: Course) -> dict[str, int]:
    kinds = [kind for kind, _ in nodes_of(course)]
    return {kind: kinds.count(kind) for kind in ("section", "unit", "lesson", "exercise")}
