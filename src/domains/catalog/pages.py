"""Course pages as bytes ready to send, as they are and compressed.

A page belongs to one revision and never changes; which revision is published is asked again after FRESH_S, by one
request for all that wait, and at once where the process heard that it changed. So a new revision shows in every process
within FRESH_S, even in one that hears nothing, and a page costs no query.
"""

import asyncio
import gzip
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID
from weakref import WeakKeyDictionary

import msgspec

from domains.catalog.content import Course, Lesson, Unit
from domains.catalog.errors import CourseNotFound
from domains.catalog.kinds.assets import shown_image
from domains.catalog.repository import reading
from domains.catalog.revisions import RevisionContent, revision
from domains.catalog.schemas.courses import (
    CourseLessonOut,
    CourseLessonsOut,
    CourseSkillOut,
    CourseTreeOut,
    LessonOut,
    SectionOut,
    UnitOut,
)
from domains.kernel.uow import Database

FRESH_S = 1.0
MOST_KEPT = 256
_WORTH_IT = 1_000
"""Bytes from which a page is compressed."""

PageName = Literal["tree", "lessons"]


@dataclass(frozen=True, slots=True)
class PageBytes:
    """`etag` with its quotes, strong: equal for equal bytes only. `compressed` by gzip, under an ETag of its own."""

    body: bytes
    etag: str
    compressed: bytes | None = None
    compressed_etag: str = ""


@dataclass(slots=True)
class _Kept:
    revision_id: UUID
    retired: bool
    checked_at: float
    pages: dict[PageName, PageBytes]


class CoursePages:
    """Pages of one database in one process."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        self._coming: dict[UUID, asyncio.Task[_Kept]] = {}

    async def page(self, course_id: UUID, name: PageName) -> PageBytes:
        """Raises CourseNotFound."""
        kept = self._kept.get(course_id)
        if kept is None:
            kept = await self._first(course_id)
        elif self._clock() - kept.checked_at >= FRESH_S:
            kept = await self._checked(course_id, kept)
        return kept.pages[name]

    def changed(self, course_id: UUID) -> None:
        """To be told after the commit; whoever asks next, asks the database."""
        kept = self._kept.get(course_id)
        if kept is not None:
            kept.checked_at = float("-inf")

    async def _first(self, course_id: UUID) -> _Kept:
        """Made once for all who come before it is there."""
        coming = self._coming.get(course_id)
        if coming is None:
            coming = self._coming[course_id] = asyncio.create_task(self._checked(course_id, None))
            coming.add_done_callback(lambda done: self._arrived(course_id, done))
        # Whoever asked first may hang up.
        return await asyncio.shield(coming)

    def _arrived(self, course_id: UUID, done: asyncio.Task[_Kept]) -> None:
        del self._coming[course_id]
        if not done.cancelled():
            # Looked at, also where nobody waits for it any more.
            done.exception()

    async def _checked(self, course_id: UUID, kept: _Kept | None) -> _Kept:
        if kept is not None:
            # Whoever comes meanwhile gets the page at hand instead of asking too.
            kept.checked_at = self._clock()
        found = await reading.standing(self._database, course_id)
        if found is None:
            self._kept.pop(course_id, None)
            raise CourseNotFound
        revision_id, retired = found[0], found[1] is not None
        if kept is None or (kept.revision_id, kept.retired) != (revision_id, retired):
            content = await revision(self._database, revision_id)
            # A large course takes tens of milliseconds: not on the loop.
            pages = await asyncio.to_thread(_pages, content, retired=retired)
            kept = _Kept(content.id, retired, self._clock(), pages)
            self._kept[course_id] = kept
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return kept


_of: WeakKeyDictionary[Database, CoursePages] = WeakKeyDictionary()


def pages_of(db: Database) -> CoursePages:
    """Those of this process."""
    return _of.get(db) or _of.setdefault(db, CoursePages(db))


def course_changed(db: Database, course_id: UUID) -> None:
    """Something of the course was published, here or in another process: whoever asks next sees it."""
    pages_of(db).changed(course_id)


def _pages(content: RevisionContent, *, retired: bool) -> dict[PageName, PageBytes]:
    return {"tree": _page(_tree(content, retired=retired)), "lessons": _page(_lessons(content))}


def _page(answer: msgspec.Struct) -> PageBytes:
    body = msgspec.json.encode(answer)
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    if len(body) < _WORTH_IT:
        return PageBytes(body, f'"{tag}"')
    # Once per revision and not per request, so it may take its time.
    return PageBytes(body, f'"{tag}"', gzip.compress(body, mtime=0), f'"{tag}-gzip"')


def _tree(content: RevisionContent, *, retired: bool) -> CourseTreeOut:
    course: Course = content.course
    ids = content.node_ids
    return CourseTreeOut(
        id=content.course_id,
        slug=course.slug,
        title=course.title,
        description=course.description,
        source_language=course.source_language,
        target_language=course.target_language,
        level=course.level,
        categories=list(course.categories),
        topics=list(course.topics),
        tags=list(course.tags),
        skills=[CourseSkillOut(skill.key, skill.title) for skill in course.skills],
        prerequisites=list(course.prerequisites),
        image=shown_image(course.image),
        licence=course.licence,
        repository=course.repository,
        special_characters=list(course.special_characters),
        revision_id=content.id,
        revision=content.number,
        retired=retired,
        sections=[
            SectionOut(ids["section", section.key], section.title, [_unit(unit, content) for unit in section.units])
            for section in course.sections
        ],
    )


def _unit(unit: Unit, content: RevisionContent) -> UnitOut:
    ids = content.node_ids
    lessons = [_lesson(lesson, ids["lesson", lesson.key]) for lesson in unit.lessons]
    return UnitOut(ids["unit", unit.key], unit.title, unit.introduction, lessons)


def _lesson(lesson: Lesson, lesson_id: UUID) -> LessonOut:
    return LessonOut(
        id=lesson_id,
        title=lesson.title,
        exercises=len(lesson.exercises),
        form=lesson.form,
        preview=lesson.preview,
        has_text=bool(lesson.text),
        materials=len(lesson.materials),
    )


def _lessons(content: RevisionContent) -> CourseLessonsOut:
    of_key = {lesson.key: lesson for lesson in content.course.lessons()}
    return CourseLessonsOut(
        [
            CourseLessonOut(
                id=view.id,
                title=view.title,
                section_id=view.section_id,
                unit_id=view.unit_id,
                exercises=len(view.exercises),
                form=of_key[view.key].form,
                preview=of_key[view.key].preview,
            )
            for view in content.lessons.values()
        ]
    )
