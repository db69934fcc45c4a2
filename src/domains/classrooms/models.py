"""Tables of classrooms.

Who left has no row. Who was removed keeps one, so that the code they know lets them in no more.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class ClassroomRow(Identified, Dated, Base):
    __tablename__ = "classrooms_classroom"

    name: Mapped[str] = mapped_column(Text)
    course_id: Mapped[UUID | None] = mapped_column(ForeignKey("catalog_course.id"))
    """Teachers see sessions of this course alone; of every course where there is none."""
    code: Mapped[str | None] = mapped_column(Text, unique=True)
    """As `kernel.codes` makes it; null while nobody can join."""
    archived_at: Mapped[datetime | None] = mapped_column(Moment)


class MemberRow(Base):
    __tablename__ = "classrooms_member"
    __table_args__ = (
        Index("ix_classrooms_member_user", "user_id", "classroom_id"),
        Index("uq_classrooms_member_teacher", "classroom_id", unique=True, postgresql_where=text("role = 'teacher'")),
    )

    classroom_id: Mapped[UUID] = mapped_column(
        ForeignKey("classrooms_classroom.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    """teacher, co_teacher or learner."""
    joined_at: Mapped[datetime] = mapped_column(Moment)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
