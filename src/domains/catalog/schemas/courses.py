"""What the catalog sends over the wire. Nothing here can hold a solution."""

from uuid import UUID

from domains.catalog.content import Licence
from domains.kernel.wire import Out


class CourseOut(Out, frozen=True):
    id: UUID
    slug: str
    title: str
    description: str
    source_language: str
    target_language: str
    lessons: int
    exercises: int


class LessonOut(Out, frozen=True):
    id: UUID
    title: str
    exercises: int


class UnitOut(Out, frozen=True):
    id: UUID
    title: str
    introduction: str
    """Markdown as its author wrote it, not cleaned: whoever shows it as HTML must."""
    lessons: list[LessonOut]


class SectionOut(Out, frozen=True):
    id: UUID
    title: str
    units: list[UnitOut]


class CourseTreeOut(Out, frozen=True):
    id: UUID
    slug: str
    title: str
    description: str
    source_language: str
    target_language: str
    licence: Licence | None
    repository: str
    special_characters: list[str]
    revision_id: UUID
    revision: int
    sections: list[SectionOut]


class CourseLessonOut(Out, frozen=True):
    id: UUID
    title: str
    section_id: UUID
    unit_id: UUID
    exercises: int


class CourseLessonsOut(Out, frozen=True):
    """All lessons of a course in the author's order."""

    items: list[CourseLessonOut]
