"""Copies of what is held about people, and what is left of those who went, until they have been told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class ExportRow(Identified, Dated, Base):
    """The row is the work: a job only looks at it. One at a time per person."""

    __tablename__ = "identity_export"
    __table_args__ = (
        Index(
            "uq_identity_export_open",
            "user_id",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
        Index("ix_identity_export_user_id", "user_id", "id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    """Of `policy.rights.ExportState`."""
    run: Mapped[int] = mapped_column(Integer, server_default="0")
    """Which try it is; an earlier one that is still at work writes nothing more."""
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Rows."""
    total: Mapped[int] = mapped_column(BigInteger, server_default="0")
    size_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment, index=True)


class ExportChunkRow(Base):
    """A piece of the ZIP file. Rows, so that every process can write it and every process can send it."""

    __tablename__ = "identity_export_chunk"

    export_id: Mapped[UUID] = mapped_column(ForeignKey("identity_export.id", ondelete="CASCADE"), primary_key=True)
    run: Mapped[int] = mapped_column(Integer, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    """From 0, without gaps."""
    body: Mapped[bytes] = mapped_column(LargeBinary)


class FarewellRow(Identified, Dated, Base):
    """Where to tell somebody that their account is gone. Deleted once that was done, and after two days."""

    __tablename__ = "identity_farewell"

    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(Text)
