"""What learning shows of courses that may be chosen, and of lessons to read."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from domains.catalog.api import CourseOut
from domains.kernel.wire import Out
from domains.learning.policy.recommending import ReasonKind


class PrerequisiteOut(Out, frozen=True):
    """A course that should be learned before, and was not completed."""

    course_id: UUID
    slug: str
    title: str


class ReasonOut(Out, frozen=True):
    """`builds_on`: on `courses`, which I have completed. `same_languages`: as those of a course of mine. `next_level`:
    one above what I have completed, or the level that I have begun. `fellow_learners`: of `of` others who share a
    course with me, `learners` take it. `popular`: `learners` enrolled within `days`. `your_language`: it is for those
    who read what I read."""

    kind: ReasonKind
    learners: int | None
    of: int | None
    days: int | None
    courses: list[str]
    """Slugs."""


class RecommendationOut(Out, frozen=True):
    course: CourseOut
    reasons: list[ReasonOut]
    """The strongest first; never none."""


class RecommendationsOut(Out, frozen=True):
    """The best first."""

    items: list[RecommendationOut]


class EnrollmentOut(Out, frozen=True):
    course_id: UUID
    enrolled_at: datetime
    missing: list[PrerequisiteOut]
    """A warning: nobody is kept out."""


class MaterialOut(Out, frozen=True):
    title: str
    url: str


class LessonPageOut(Out, frozen=True):
    """A lesson to read; its exercises are asked in a session."""

    id: UUID
    course_id: UUID
    unit_id: UUID
    revision_id: UUID
    title: str
    form: Literal["lesson", "deck"]
    preview: bool
    """It is open to whoever has not bought the course."""
    text: str
    """Markdown as its author wrote it, not cleaned: whoever shows it as HTML must."""
    materials: list[MaterialOut]
    exercises: int
