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


class CourseWorkMoved(Event, frozen=True, kw_only=True, tag="catalog.course_work_moved.v1"):
    """Something that others who work on a course wait for. `action` as in the publishing log, or `commented`, or
    `invited`: then `to_id` was asked to join."""

    course_id: UUID
    action: str
    by_id: UUID | None
    """Null where the clock did it."""
    to_id: UUID | None = None


class ImportRequested(Event, frozen=True, kw_only=True, tag="catalog.import_requested.v1"):
    """The file of an import is there."""

    import_id: UUID


class ImportProgressed(Event, frozen=True, kw_only=True, tag="catalog.import_progressed.v1"):
    """For screens only: how far an import is, as its row says too."""

    durable: ClassVar[bool] = False

    import_id: UUID
    owner_id: UUID
    state: str
    done: int
    total: int
    course_id: UUID | None = None


class DraftEdited(Event, frozen=True, kw_only=True, tag="catalog.draft_edited.v1"):
    """Something of a course's draft is other than before. For live screens only: `version` is in the draft's row."""

    durable: ClassVar[bool] = False

    course_id: UUID
    version: int
