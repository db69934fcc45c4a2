"""Facts of the catalog."""

from typing import ClassVar
from uuid import UUID

from domains.kernel.events import Event, Published


class CourseRevisionPublished(Event, frozen=True, kw_only=True, tag="catalog.course_revision_published.v1"):
    """A course has new content from now on; sessions that run finish on the revision they began with."""

    published: ClassVar[Published | None] = Published("course-events", "course.published")

    course_id: UUID
    revision_id: UUID
    number: int
    """Counts the revisions of the course from 1."""


class DraftEdited(Event, frozen=True, kw_only=True, tag="catalog.draft_edited.v1"):
    """Something of a course's draft is other than before. For live screens only: `version` is in the draft's row."""

    durable: ClassVar[bool] = False

    course_id: UUID
    version: int
