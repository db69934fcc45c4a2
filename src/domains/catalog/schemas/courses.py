"""What readers of courses get over the wire. Nothing here can hold a solution."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domains.catalog.content import SLUG, SLUG_LENGTH, Level, Licence
from domains.catalog.kinds.assets import ImageOut
from domains.kernel.wire import In, Out

_MOST_TITLES = 100


class PopularityOut(Out, frozen=True):
    """How many enrolled and how many completed the course within the last `days`, as of `counted_at`."""

    learners: int
    completions: int
    days: int
    counted_at: datetime


class CourseOut(Out, frozen=True):
    id: UUID
    slug: str
    title: str
    description: str
    source_language: str
    target_language: str
    lessons: int
    exercises: int
    paid: bool
    """It has to be bought, or be part of a plan; lessons that are previews are open."""
    level: Level
    """Of the Common European Framework; empty where none is said."""
    categories: list[str]
    """Slugs."""
    topics: list[str]
    tags: list[str]
    image: ImageOut | None
    published_at: datetime | None
    """For the first time."""
    popularity: PopularityOut | None
    """Null until it has been counted."""


class FacetOut(Out, frozen=True):
    value: str
    courses: int


class FacetsOut(Out, frozen=True):
    """Of the courses that the same filters list: how many have which value, the most frequent first. Tags and topics:
    at most a hundred."""

    total: int
    source_languages: list[FacetOut]
    target_languages: list[FacetOut]
    levels: list[FacetOut]
    categories: list[FacetOut]
    topics: list[FacetOut]
    tags: list[FacetOut]


class PartOut(Out, frozen=True):
    """A piece of plain text. It may hold any character: whoever shows it as HTML must escape it."""

    text: str
    hit: bool
    """Whether it is what was searched for."""


class FoundCourseOut(Out, frozen=True):
    id: UUID
    slug: str
    title: str
    source_language: str
    target_language: str
    level: Level


class FoundOut(Out, frozen=True):
    """A course, or one of its lessons. `snippet` joined is a piece of its text."""

    kind: Literal["course", "lesson"]
    id: UUID
    title: str
    snippet: list[PartOut]
    course: FoundCourseOut


class SearchOut(Out, frozen=True):
    """`next_cursor` is null on the last page."""

    items: list[FoundOut]
    next_cursor: str | None
    searched_for: list[str]
    """The words that were looked for, without case and accents. Where `mended`, nothing was found for the question as
    it was asked, and these are what it may have meant."""
    mended: bool


class LessonOut(Out, frozen=True):
    id: UUID
    title: str
    exercises: int
    form: Literal["lesson", "deck"]
    preview: bool
    """It may be learned without having bought the course."""
    has_text: bool
    """There is something to read."""
    materials: int


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


class CourseSkillOut(Out, frozen=True):
    key: str
    title: str


class CourseTreeOut(Out, frozen=True):
    """What lessons are about is open to all; their texts and materials come with the lesson."""

    id: UUID
    slug: str
    title: str
    description: str
    source_language: str
    target_language: str
    level: Level
    categories: list[str]
    topics: list[str]
    tags: list[str]
    skills: list[CourseSkillOut]
    prerequisites: list[str]
    """Slugs of courses that should be learned before. Nobody is kept out."""
    image: ImageOut | None
    licence: Licence | None
    repository: str
    special_characters: list[str]
    revision_id: UUID
    revision: int
    retired: bool
    """It takes no new learners; whoever has begun it may go on."""
    sections: list[SectionOut]


class CourseLessonOut(Out, frozen=True):
    id: UUID
    title: str
    section_id: UUID
    unit_id: UUID
    exercises: int
    form: Literal["lesson", "deck"]
    preview: bool


class CourseLessonsOut(Out, frozen=True):
    """All lessons of a course in the author's order."""

    items: list[CourseLessonOut]


class CategoryOut(Out, frozen=True):
    slug: str
    title: str
    """In the language that was asked for, else in English, else in any."""
    titles: dict[str, str]
    """By language."""
    parent: str | None
    position: int
    courses: int
    """In it or in a category below it."""


class CategoriesOut(Out, frozen=True):
    """In their order; those below another stand between the others and say below which."""

    items: list[CategoryOut]


CategorySlug = Annotated[str, msgspec.Meta(pattern=f"^{SLUG.pattern}$", max_length=SLUG_LENGTH)]


class CategoryIn(In, frozen=True):
    titles: Annotated[
        dict[
            Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)],
            Annotated[str, msgspec.Meta(min_length=1, max_length=80)],
        ],
        msgspec.Meta(min_length=1, max_length=_MOST_TITLES),
    ]
    """By language."""
    parent: CategorySlug | None = None
    """A category at the top: there are two levels."""
    position: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 0
