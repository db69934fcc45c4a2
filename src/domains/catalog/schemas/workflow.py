"""What those who work on a course say to each other, and what became of its drafts, over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from domains.catalog.policy.diff import NodeKind, What
from domains.catalog.repository.publishing import Action
from domains.kernel.wire import In, Out

Note = Annotated[str, msgspec.Meta(max_length=2_000)]


class NoteIn(In, frozen=True):
    """What goes into the log, for those who work on the course."""

    note: Note = ""


class ReturnIn(In, frozen=True):
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    """What has to be done."""


class ScheduleIn(In, frozen=True):
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    note: Note = ""


class ReviewRuleIn(In, frozen=True):
    required: bool
    """Whether somebody who has not written it has to approve what is published."""


class RollbackIn(In, frozen=True):
    number: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    """Of the revision that learners get again."""
    reset_draft: bool = False
    """Whether the draft is to say the same; what was changed in it is lost then."""
    note: Note = ""


class WorkflowOut(Out, frozen=True):
    """Where the draft stands. `approved` and `publish_at` hold for one version: a change of the draft voids the one,
    and leaves the other without effect (`publishes_this` is false then)."""

    state: str
    """draft or in_review."""
    version: int
    etag: str
    """Of the tree, as If-Match of approving and publishing takes it."""
    changed: bool
    review_required: bool
    approved: bool
    mine: bool
    """Whether I have changed it since it was last published: then somebody else approves it."""
    publish_at: datetime | None
    publishes_this: bool


class PublishedOut(Out, frozen=True):
    """`changed` is false where learners had this already."""

    revision_id: UUID
    number: int
    changed: bool


class RetiredOut(Out, frozen=True):
    retired: bool
    changed: bool
    """Whether it was otherwise before."""


class PersonOut(Out, frozen=True):
    """`name` is null for an account that was closed."""

    id: UUID
    name: str | None


class RevisionOut(Out, frozen=True):
    id: UUID
    number: int
    published_at: datetime
    current: bool
    """It is what learners get."""
    size_bytes: int
    by: PersonOut | None
    """Null for whoever has the machine."""
    note: str


class LogLineOut(Out, frozen=True):
    id: UUID
    action: Action
    number: int | None
    """Of the revision, where it is about one."""
    by: PersonOut | None
    note: str
    at: datetime


class FieldChangeOut(Out, frozen=True):
    """`field` with its path, as `content.accepted`; values as texts, long ones cut."""

    field: str
    before: str | None
    after: str | None


class ChangeOut(Out, frozen=True):
    kind: NodeKind
    key: str
    node_id: UUID | None
    what: What
    title: str
    path: list[str]
    """Titles of what it stands in."""
    fields: list[FieldChangeOut]
    below: int
    """How many nodes came or went with it."""
    other_question: bool
    """An exercise asks for something else now."""


class DiffOut(Out, frozen=True):
    """In the order of the newer document, and what is gone at the end; at most 2,000, and `total` counts all."""

    items: list[ChangeOut]
    total: int


class CommentIn(In, frozen=True):
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=5_000)]
    node_id: UUID | None = None
    """Null for the course as a whole."""


class ResolveIn(In, frozen=True):
    resolved: bool


class CommentOut(Out, frozen=True):
    id: UUID
    node_id: UUID | None
    author: PersonOut
    body: str
    created_at: datetime
    resolved_at: datetime | None
    resolved_by: PersonOut | None


class InviteIn(In, frozen=True):
    """`who` is an address, or a handle as `@ada`. The answer is the same whether or not there is such a person."""

    who: Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
    role: Literal["editor", "reviewer"]


class InvitationOut(Out, frozen=True):
    id: UUID
    who: str
    role: str
    created_at: datetime


class RoleIn(In, frozen=True):
    role: Literal["owner", "editor", "reviewer"]
    """Who becomes the owner takes the course over; the one before is an editor then."""


class CollaboratorOut(Out, frozen=True):
    person: PersonOut
    role: str
    added_at: datetime


class CollaboratorsOut(Out, frozen=True):
    """The owner first; only the owner is shown who was asked."""

    items: list[CollaboratorOut]
    invitations: list[InvitationOut]


class AskedOfMeOut(Out, frozen=True):
    id: UUID
    course_id: UUID
    slug: str
    title: str
    role: str
    by: PersonOut | None
    created_at: datetime


class AskedOfMeListOut(Out, frozen=True):
    items: list[AskedOfMeOut]


class AnswerInvitationIn(In, frozen=True):
    accept: bool


class AnsweredOut(Out, frozen=True):
    course_id: UUID
