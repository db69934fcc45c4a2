"""A course as a file, with the files that belong to it."""

import asyncio
from uuid import UUID

from domains.catalog import formats
from domains.catalog.content import Course, media_of
from domains.catalog.errors import FormatUnknown
from domains.catalog.formats import Report, Written
from domains.catalog.formats.archive import MOST_BYTES
from domains.catalog.service import comparing
from domains.kernel.errors import NotFound
from domains.kernel.uow import Database
from domains.media import api as media


async def export(db: Database, course_id: UUID, state: str, format_name: str) -> tuple[Course, Written, Report]:
    """Whoever calls has asked who may. Raises FormatUnknown, RevisionNotFound and CourseInvalid."""
    form = formats.FORMATS.get(format_name)
    if form is None or form.write is None:
        known = ", ".join(each.name for each in formats.FORMATS.values() if each.write)
        raise FormatUnknown(f"`{format_name[:40]}` is no format that is written; known are {known}")
    async with db.begin() as uow:
        course = await comparing.document(uow, course_id, state)
    files, lost = await _files(db, course)
    written, report = await asyncio.to_thread(formats.write, course, format_name, files)
    for ref in lost:
        report.add("warning", course.slug, 1, f"the file {ref[:19]}… is left out: it is not there, or there is no room")
    if written is None:
        raise FormatUnknown(report.remarks[0].message)
    return course, written, report


async def _files(db: Database, course: Course) -> tuple[dict[str, bytes], list[str]]:
    """Those that the course names, and which of them are missing: more than we would open again is left out."""
    found: dict[str, bytes] = {}
    lost: list[str] = []
    refs = list(dict.fromkeys(media_of(course)))
    public = await media.known(db, refs)
    size = 0
    for ref in refs:
        if ref not in public or size > MOST_BYTES // 2:
            lost.append(ref)
            continue
        try:
            found[ref] = await media.read(db, ref)
        except NotFound:
            lost.append(ref)
            continue
        size += len(found[ref])
    return found, lost
