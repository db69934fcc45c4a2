"""Course pages as bytes ready to send.

A page belongs to one revision and never changes; which revision is published is asked again after FRESH_S, by one
request for all that wait. So a new revision shows in every process within FRESH_S, and a page costs no query.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import msgspec

from domains.catalog import repository
from domains.catalog.errors import CourseNotFound
from domains.catalog.revisions import RevisionContent, revision
from domains.catalog.schemas.courses import (
    CourseLessonOut,
    CourseLessonsOut,
    CourseTreeOut,
    LessonOut,
    SectionOut,
    UnitOut,
)
from domains.kernel.uow import Database

FRESH_S = 1.0
MOST_KEPT = 256

PageName = Literal["tree", "lessons"]


@dataclass(frozen=True, slots=True)
class PageBytes:
    """`etag` with its quotes, strong: equal for equal bytes only."""

    body: bytes
    etag: str


@dataclass(slots=True)
class _Kept:
    revision_id: UUID
    checked_at: float
    pages: dict[PageName, PageBytes]


class CoursePages:
    """Pages of one database in one process."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    async def page(self, course_id: UUID, name: PageName) -> PageBytes:
        """Raises CourseNotFound."""
        kept = self._kept.get(course_id)
        if kept is None or self._clock() - kept.checked_at >= FRESH_S:
            kept = await self._checked(course_id, kept)
        return kept.pages[name]

    async def _checked(self, course_id: UUID, kept: _Kept | None) -> _Kept:
        if kept is not None:
            # Whoever comes meanwhile gets the page at hand instead of asking too.
            kept.checked_at = self._clock()
        revision_id = await repository.published_now(self._database, course_id)
        if revision_id is None:
            self._kept.pop(course_id, None)
            raise CourseNotFound
        if kept is None or kept.revision_id != revision_id:
            content = await revision(self._database, revision_id)
            pages: dict[PageName, PageBytes] = {"tree": _page(_tree(content)), "lessons": _page(_lessons(content))}
            kept = _Kept(content.id, self._clock(), pages)
            self._kept[course_id] = kept
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return kept


def _page(answer: msgspec.Struct) -> PageBytes:
    body = msgspec.json.encode(answer)
    return PageBytes(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')


def _tree(content: RevisionContent) -> CourseTreeOut:
    course, ids = content.course, content.node_ids
    return CourseTreeOut(
        id=content.course_id,
        slug=course.slug,
        title=course.title,
        description=course.description,
        source_language=course.source_language,
        target_language=course.target_language,
        licence=course.licence,
        repository=course.repository,
        special_characters=list(course.special_characters),
        revision_id=content.id,
        revision=content.number,
        sections=[
            SectionOut(
                ids["section", section.key],
                section.title,
                [
                    UnitOut(
                        ids["unit", unit.key],
                        unit.title,
                        unit.introduction,
                        [
                            LessonOut(ids["lesson", lesson.key], lesson.title, len(lesson.exercises))
                            for lesson in unit.lessons
                        ],
                    )
                    for unit in section.units
                ],
            )
            for section in course.sections
        ],
    )


def _lessons(content: RevisionContent) -> CourseLessonsOut:
    return CourseLessonsOut(
        [
            CourseLessonOut(lesson.id, lesson.title, lesson.section_id, lesson.unit_id, len(lesson.exercises))
            for lesson in content.lessons.values()
        ]
    )
