"""Tables of the catalog.

A revision never changes once written. A node is the lasting identity of a section, unit, lesson or exercise: every
revision of a course that has a node with that key means the same node.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class CourseRow(Identified, Dated, Base):
    """What a list of courses shows; the rest is in the published revision."""

    __tablename__ = "catalog_course"

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
