"""What authors send and are shown. These hold solutions: only who works on a course gets them.

Invariant: each `…Fields` has the fields of its node in `content`, but key and children; a test holds them to that.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domains.catalog.content import (
    MOST_HINTS,
    DictionaryEntry,
    Level,
    Licence,
    LongText,
    Material,
    Name,
    Phrase,
    Skill,
)
from domains.catalog.kinds import Content
from domains.catalog.kinds.assets import Audio, Image
from domains.kernel.wire import In, Out

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Language = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
"""BCP 47."""
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Hints = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=500)], ...], msgspec.Meta(max_length=MOST_HINTS)
]
Names = Annotated[tuple[Name, ...], msgspec.Meta(max_length=100)]
Phrases = Annotated[tuple[Phrase, ...], msgspec.Meta(max_length=2_000)]
Materials = Annotated[tuple[Material, ...], msgspec.Meta(max_length=100)]
Characters = Annotated[
    tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=10)], ...], msgspec.Meta(max_length=100)
]
Position = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
"""Among the siblings, from 0; one that is too large means the end."""
Form = Literal["lesson", "deck"]


class SectionFields(In, frozen=True, tag_field="kind", tag="section"):
    title: Title


class UnitFields(In, frozen=True, tag_field="kind", tag="unit"):
    title: Title
    introduction: LongText = ""


class LessonFields(In, frozen=True, tag_field="kind", tag="lesson"):
    title: Title
    words: Phrases = ()
    sentences: Phrases = ()
    form: Form = "lesson"
    text: LongText = ""
    materials: Materials = ()
    preview: bool = False


class ExerciseFields(In, frozen=True, tag_field="kind", tag="exercise"):
    content: Content
    hints: Hints = ()
    explanation: LongText = ""
    image: Image | None = None
    audio: Audio | None = None
    skills: Names = ()


NodeFields = SectionFields | UnitFields | LessonFields | ExerciseFields
"""A node without its key and its children."""


class SectionPatch(In, frozen=True, tag_field="kind", tag="section"):
    title: Title | UnsetType = UNSET


class UnitPatch(In, frozen=True, tag_field="kind", tag="unit"):
    title: Title | UnsetType = UNSET
    introduction: LongText | UnsetType = UNSET


class LessonPatch(In, frozen=True, tag_field="kind", tag="lesson"):
    title: Title | UnsetType = UNSET
    words: Phrases | UnsetType = UNSET
    sentences: Phrases | UnsetType = UNSET
    form: Form | UnsetType = UNSET
    text: LongText | UnsetType = UNSET
    materials: Materials | UnsetType = UNSET
    preview: bool | UnsetType = UNSET


class ExercisePatch(In, frozen=True, tag_field="kind", tag="exercise"):
    content: Content | UnsetType = UNSET
    hints: Hints | UnsetType = UNSET
    explanation: LongText | UnsetType = UNSET
    image: Image | UnsetType | None = UNSET
    audio: Audio | UnsetType | None = UNSET
    skills: Names | UnsetType = UNSET


NodePatch = SectionPatch | UnitPatch | LessonPatch | ExercisePatch
"""What is left out stays."""


class CourseFields(In, frozen=True):
    """A course without its slug and its sections. One that teaches no language has the same language twice."""

    title: Title
    source_language: Language
    target_language: Language
    description: LongText = ""
    licence: Licence | None = None
    repository: Annotated[str, msgspec.Meta(max_length=500)] = ""
    special_characters: Characters = ()
    dictionary: Annotated[tuple[DictionaryEntry, ...], msgspec.Meta(max_length=10_000)] = ()
    level: Level = ""
    categories: Names = ()
    topics: Names = ()
    tags: Names = ()
    skills: Annotated[tuple[Skill, ...], msgspec.Meta(max_length=500)] = ()
    prerequisites: Names = ()
    image: Image | None = None


class NewCourse(CourseFields, frozen=True):
    slug: Slug | None = None
    """Stays for good. Without it the course gets one out of its title."""


class CoursePatch(In, frozen=True):
    title: Title | UnsetType = UNSET
    source_language: Language | UnsetType = UNSET
    target_language: Language | UnsetType = UNSET
    description: LongText | UnsetType = UNSET
    licence: Licence | UnsetType | None = UNSET
    repository: Annotated[str, msgspec.Meta(max_length=500)] | UnsetType = UNSET
    special_characters: Characters | UnsetType = UNSET
    dictionary: Annotated[tuple[DictionaryEntry, ...], msgspec.Meta(max_length=10_000)] | UnsetType = UNSET
    level: Level | UnsetType = UNSET
    categories: Names | UnsetType = UNSET
    topics: Names | UnsetType = UNSET
    tags: Names | UnsetType = UNSET
    skills: Annotated[tuple[Skill, ...], msgspec.Meta(max_length=500)] | UnsetType = UNSET
    prerequisites: Names | UnsetType = UNSET
    image: Image | UnsetType | None = UNSET


class Create(In, frozen=True, tag_field="op", tag="create"):
    """`ref` is a name by which later operations of the same list may put nodes into this one."""

    node: NodeFields
    parent_id: UUID | None = None
    """None for a section."""
    parent_ref: str | None = None
    position: Position | None = None
    key: Key | None = None
    """Stays for good, and comes from elsewhere; without it the node gets one."""
    ref: str | None = None


class Replace(In, frozen=True, tag_field="op", tag="replace"):
    id: UUID
    node: NodeFields


class Patch(In, frozen=True, tag_field="op", tag="patch"):
    id: UUID
    node: NodePatch


class Move(In, frozen=True, tag_field="op", tag="move"):
    id: UUID
    parent_id: UUID | None = None
    parent_ref: str | None = None
    position: Position | None = None
    """Where it stands afterwards; at the end without it."""


class Delete(In, frozen=True, tag_field="op", tag="delete"):
    id: UUID


class Restore(In, frozen=True, tag_field="op", tag="restore"):
    id: UUID


class Duplicate(In, frozen=True, tag_field="op", tag="duplicate"):
    """With all that is below it; the copies have keys of their own. It stands after the original without `parent_id`
    and `position`."""

    id: UUID
    parent_id: UUID | None = None
    position: Position | None = None


class Reorder(In, frozen=True, tag_field="op", tag="reorder"):
    parent_id: UUID | None
    """None for the sections."""
    order: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=5_000)]
    """Every child once."""


Operation = Create | Replace | Patch | Move | Delete | Restore | Duplicate | Reorder


class NewNode(In, frozen=True):
    node: NodeFields
    parent_id: UUID | None = None
    """None for a section."""
    position: Position | None = None
    key: Key | None = None
    """Stays for good. For nodes that come from elsewhere; without it the node gets one."""


class MoveTo(In, frozen=True):
    parent_id: UUID | None = None
    """None for a section."""
    position: Position | None = None
    """Where it stands afterwards; at the end without it."""


class DuplicateTo(In, frozen=True):
    parent_id: UUID | None = None
    """Without it the copy stands after the original."""
    position: Position | None = None


class OrderIn(In, frozen=True):
    parent_id: UUID | None
    """None for the sections."""
    order: Annotated[tuple[UUID, ...], msgspec.Meta(max_length=5_000)]
    """Every child once."""


class EditsIn(In, frozen=True):
    operations: Annotated[tuple[Operation, ...], msgspec.Meta(min_length=1, max_length=500)]
    """Done in this order; all of them or none."""


class MyCourseOut(Out, frozen=True):
    id: UUID
    slug: str
    title: str
    role: str | None
    """owner, editor or reviewer; null for staff that has none of its own."""
    published: bool
    retired_at: datetime | None
    state: str
    """draft or in_review."""
    changed: bool
    """Whether the draft says other than what is published."""
    updated_at: datetime


class AuthoredCourseOut(Out, frozen=True):
    """A course as its authors have it now, without its nodes. `etag` is what a change of `course` needs."""

    id: UUID
    slug: str
    role: str | None
    may_edit: bool
    may_publish: bool
    state: str
    changed: bool
    review_required: bool
    publish_at: datetime | None
    version: int
    """Grows with every change of anything in the draft."""
    etag: str
    updated_at: datetime
    updated_by: UUID | None
    course: CourseFields


class DraftLessonOut(Out, frozen=True):
    id: UUID
    key: str
    title: str
    form: str
    exercises: int
    etag: str


class DraftUnitOut(Out, frozen=True):
    id: UUID
    key: str
    title: str
    etag: str
    lessons: list[DraftLessonOut]


class DraftSectionOut(Out, frozen=True):
    id: UUID
    key: str
    title: str
    etag: str
    units: list[DraftUnitOut]


class DraftTreeOut(Out, frozen=True):
    """`etag` is what a change of the order, or of many nodes at once, needs."""

    course_id: UUID
    version: int
    etag: str
    sections: list[DraftSectionOut]


class NodeOut(Out, frozen=True):
    id: UUID
    parent_id: UUID | None
    key: str
    position: int
    etag: str
    """What a change of this node needs."""
    updated_at: datetime
    updated_by: UUID | None
    node: NodeFields


class DeletedNodeOut(Out, frozen=True):
    id: UUID
    parent_id: UUID | None
    kind: str
    title: str
    deleted_at: datetime
    deleted_by: UUID | None


class DeletedNodesOut(Out, frozen=True):
    """The last deleted first, at most 200."""

    items: list[DeletedNodeOut]


class EditOut(Out, frozen=True):
    id: UUID | None
    """Of the node that the operation was about; null for a change of order."""
    etag: str


class EditsOut(Out, frozen=True):
    """One result for each operation."""

    version: int
    etag: str
    results: list[EditOut]


class CourseProblemOut(Out, frozen=True):
    severity: Literal["error", "note"]
    """A note keeps nothing from being published."""
    message: str
    kind: str
    """course, section, unit, lesson or exercise."""
    node_id: UUID | None
    """Null for the course itself."""


class CourseProblemsOut(Out, frozen=True):
    """What keeps the draft from being published, in the order of the course, at most 500; then notes."""

    items: list[CourseProblemOut]
