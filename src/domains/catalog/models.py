"""Tables of the catalog.

A revision never changes once written. A node is the lasting identity of a section, unit, lesson or exercise: every
revision of a course that has a node with that key means the same node, and so does the draft.

A draft is what authors work on, a row for each node, so that two of them who change two exercises do not meet. Its
documents are kept as bytes: what is published is byte for byte what was written.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Boolean, ForeignKey, Index, Integer, LargeBinary, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class CourseRow(Identified, Dated, Base):
    """What a list of courses shows; the rest is in the published revision."""

    __tablename__ = "catalog_course"
    __table_args__ = (
        Index(
            "ix_catalog_course_title",
            "title_order",
            "id",
            postgresql_where=text("published_revision_id IS NOT NULL AND retired_at IS NULL"),
        ),
    )

    slug: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    source_language: Mapped[str] = mapped_column(Text)
    target_language: Mapped[str] = mapped_column(Text)
    lessons: Mapped[int] = mapped_column(Integer)
    exercises: Mapped[int] = mapped_column(Integer)
    published_revision_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("catalog_revision.id", name="fk_catalog_course_published_revision", use_alter=True)
    )
    level: Mapped[str] = mapped_column(Text, server_default="")
    """Of the Common European Framework; empty where none is said."""
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    licence: Mapped[str] = mapped_column(Text, server_default="")
    """Its name."""
    image: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`content.Image` as JSON."""
    published_at: Mapped[datetime | None] = mapped_column(Moment)
    """For the first time."""
    retired_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when nobody new may begin it."""
    prerequisites: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Slugs."""
    title_order: Mapped[str] = mapped_column(Text(collation="C"), server_default="")
    """The title as lists are sorted by: without case and accents."""
    new_learners: Mapped[int] = mapped_column(Integer, server_default="0")
    """Who enrolled within the last `counted_days`, when that was counted."""
    new_completions: Mapped[int] = mapped_column(Integer, server_default="0")
    """Who completed it within them."""
    counted_days: Mapped[int] = mapped_column(Integer, server_default="0")
    counted_at: Mapped[datetime | None] = mapped_column(Moment)


class RevisionRow(Identified, Base):
    __tablename__ = "catalog_revision"
    __table_args__ = (UniqueConstraint("course_id", "number", name="uq_catalog_revision_number"),)

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_revision_course", ondelete="CASCADE")
    )
    number: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of `content`."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    """The course document as JSON, byte for byte as it was digested."""
    published_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class NodeRow(Identified, Base):
    __tablename__ = "catalog_node"
    __table_args__ = (UniqueConstraint("course_id", "kind", "key", name="uq_catalog_node_key"),)

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_node_course", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(Text)
    """section, unit, lesson or exercise."""
    key: Mapped[str] = mapped_column(Text)


class DraftRow(Base):
    """The course as its authors have it now. Whoever changes anything of it holds this row."""

    __tablename__ = "catalog_draft"
    __table_args__ = (
        Index("ix_catalog_draft_publish_at", "publish_at", postgresql_where=text("publish_at IS NOT NULL")),
    )

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_draft_course", ondelete="CASCADE"), primary_key=True
    )
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """`content.Course` without sections, as JSON."""
    version: Mapped[int] = mapped_column(Integer)
    """Grows with every change of anything in the draft."""
    course_version: Mapped[int] = mapped_column(Integer)
    """The `version` of the last change of `body`."""
    clean_version: Mapped[int] = mapped_column(Integer, server_default="0")
    """The `version` that says what the published revision says; 0 where there was none."""
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    """draft or in_review."""
    review_required: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    approved_version: Mapped[int | None] = mapped_column(Integer)
    """The `version` that a reviewer has approved."""
    publish_at: Mapped[datetime | None] = mapped_column(Moment)
    publish_version: Mapped[int | None] = mapped_column(Integer)
    """The `version` that is published then, and no other."""
    edited_by: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    """Who has changed anything since the last publish."""
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_by: Mapped[UUID | None] = mapped_column()
    """Null for whoever has the machine."""


class DraftNodeRow(Base):
    __tablename__ = "catalog_draft_node"
    __table_args__ = (
        Index("ix_catalog_draft_node_course", "course_id"),
        Index("ix_catalog_draft_node_parent", "parent_id", "position"),
    )

    id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_node.id", name="fk_catalog_draft_node_node", ondelete="CASCADE"), primary_key=True
    )
    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_draft.course_id", name="fk_catalog_draft_node_course", ondelete="CASCADE")
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("catalog_draft_node.id", name="fk_catalog_draft_node_parent", ondelete="CASCADE")
    )
    """Null for sections."""
    kind: Mapped[str] = mapped_column(Text)
    """section, unit, lesson or exercise."""
    position: Mapped[int] = mapped_column(Integer)
    """Among its siblings, from 0."""
    title: Mapped[str] = mapped_column(Text)
    """For a tree: of an exercise what it is about."""
    form: Mapped[str] = mapped_column(Text, server_default="")
    """The kind of an exercise, the form of a lesson."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The node without its children, as JSON."""
    version: Mapped[int] = mapped_column(Integer)
    """The draft's version of its last change."""
    deleted_with: Mapped[UUID | None] = mapped_column()
    """The node that was deleted, this one or one above it; null while it is there. Such rows go at the next publish."""
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_by: Mapped[UUID | None] = mapped_column()


class PublishLogRow(Identified, Base):
    """What was done about publishing a course, by whom. Lines are added, never changed."""

    __tablename__ = "catalog_publish_log"
    __table_args__ = (Index("ix_catalog_publish_log_course", "course_id", "id"),)

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_publish_log_course", ondelete="CASCADE")
    )
    revision_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("catalog_revision.id", name="fk_catalog_publish_log_revision", ondelete="CASCADE")
    )
    action: Mapped[str] = mapped_column(Text)
    """published, rolled_back, scheduled, unscheduled, retired, restored, submitted, returned or approved."""
    by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_user.id", name="fk_catalog_publish_log_by", ondelete="SET NULL"), index=True
    )
    """Null for whoever has the machine, and for who is gone."""
    note: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class CollaboratorRow(Base):
    """Who works on a course. One that came with the house or by its command line has no owner: staff looks after it."""

    __tablename__ = "catalog_collaborator"
    __table_args__ = (
        Index("uq_catalog_collaborator_owner", "course_id", unique=True, postgresql_where=text("role = 'owner'")),
    )

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_collaborator_course", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", name="fk_catalog_collaborator_user", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    )
    role: Mapped[str] = mapped_column(Text)
    """owner, editor or reviewer."""
    added_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class InvitationRow(Identified, Dated, Base):
    """Who was asked to work on a course and has not answered. It looks the same whether or not there is such a person:
    whoever asks must not learn that."""

    __tablename__ = "catalog_invitation"
    __table_args__ = (UniqueConstraint("course_id", "asked", name="uq_catalog_invitation_asked"),)

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_invitation_course", ondelete="CASCADE")
    )
    asked: Mapped[str] = mapped_column(Text)
    """The address or handle in lower case, as it was typed."""
    user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_user.id", name="fk_catalog_invitation_user", ondelete="CASCADE"), index=True
    )
    """Whom that named; null for nobody."""
    role: Mapped[str] = mapped_column(Text)
    """editor or reviewer."""
    by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_user.id", name="fk_catalog_invitation_by", ondelete="SET NULL"), index=True
    )


class CommentRow(Identified, Dated, Base):
    """A remark of somebody who works on the course, on a node or on all of it."""

    __tablename__ = "catalog_comment"
    __table_args__ = (Index("ix_catalog_comment_course", "course_id", "id"),)

    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_comment_course", ondelete="CASCADE")
    )
    node_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("catalog_node.id", name="fk_catalog_comment_node", ondelete="CASCADE")
    )
    author_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", name="fk_catalog_comment_author", ondelete="CASCADE"), index=True
    )
    body: Mapped[str] = mapped_column(Text)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment)
    resolved_by: Mapped[UUID | None] = mapped_column()


class ImportRow(Identified, Dated, Base):
    """A course that is being read from a file, or was. The row is the work: whoever takes it up finds all in it."""

    __tablename__ = "catalog_import"
    __table_args__ = (
        Index("ix_catalog_import_owner", "owner_id", "id"),
        Index("ix_catalog_import_open", "id", postgresql_where=text("finished_at IS NULL")),
    )

    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_user.id", name="fk_catalog_import_owner", ondelete="CASCADE")
    )
    course_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_import_course", ondelete="CASCADE")
    )
    """Into which it goes, or which it became; null for one that is not there yet."""
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    """waiting for its file, queued, running, done or failed."""
    format: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    """Of the file, as its owner called it."""
    size_bytes: Mapped[int] = mapped_column(Integer, server_default="0")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    """How often it was begun."""
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    total: Mapped[int] = mapped_column(Integer, server_default="0")
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class ImportPartRow(Base):
    """A piece of the file that an import reads, until that is over."""

    __tablename__ = "catalog_import_part"

    import_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_import.id", name="fk_catalog_import_part_import", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """From 1."""
    body: Mapped[bytes] = mapped_column(LargeBinary)


class CategoryRow(Base):
    """What a platform sorts its courses into."""

    __tablename__ = "catalog_category"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """By language."""
    parent: Mapped[str | None] = mapped_column(
        ForeignKey("catalog_category.slug", name="fk_catalog_category_parent", ondelete="SET NULL")
    )
    position: Mapped[int] = mapped_column(Integer, server_default="0")


class SearchRow(Base):
    """A published course or one of its lessons, as search finds and shows it. All of it follows from the revision."""

    __tablename__ = "catalog_search"
    __table_args__ = (
        Index("ix_catalog_search_course", "course_id"),
        # A short list of what is not yet in its place: every question reads all of it.
        Index(
            "ix_catalog_search_words", "words", postgresql_using="gin", postgresql_with={"gin_pending_list_limit": 256}
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Of the course, or of the lesson's node."""
    course_id: Mapped[UUID] = mapped_column(
        ForeignKey("catalog_course.id", name="fk_catalog_search_course", ondelete="CASCADE")
    )
    kind: Mapped[str] = mapped_column(Text)
    """course or lesson."""
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    """What may be shown of it to anybody; found is more."""
    words: Mapped[str] = mapped_column(TSVECTOR)


class SearchWordRow(Base):
    """Every word that a course or a lesson was ever found by: what a mistyped one may have meant."""

    __tablename__ = "catalog_search_word"

    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
