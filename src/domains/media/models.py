"""Tables of media.

`media_blob` is content, kept once however many have it; `media_file` is who has it. What lies in the storage and is not
named by a blob stands in `media_leftover`, from before it is written until after it is deleted: a process that dies
leaves nothing behind that nobody knows of.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class BlobRow(Dated, Base):
    """Content by the hash of what was uploaded."""

    __tablename__ = "media_blob"

    sha256: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    place: Mapped[UUID] = mapped_column()
    """Part of the names of its objects. Content that is stored anew gets another, so that what is deleted late is
    never what is in use again."""
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(Text)
    """By content."""
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text, server_default="stored")
    """stored, or missing where the storage has lost it."""
    variants: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'::jsonb"))
    """Of `policy.variants.Variant`."""
    idle_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when perhaps nobody has it and nothing uses it."""

    __table_args__ = (Index("ix_media_blob_idle", "idle_at", postgresql_where=sql("idle_at IS NOT NULL")),)


class FileRow(Identified, Dated, Base):
    __tablename__ = "media_file"

    sha256: Mapped[bytes] = mapped_column(ForeignKey("media_blob.sha256"))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    """None where who brought it has gone, and something of theirs that stays uses it."""
    purpose: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    alt: Mapped[str] = mapped_column(Text, server_default="")

    __table_args__ = (
        Index("uq_media_file_owner_id", "owner_id", "sha256", "purpose", unique=True),
        Index("ix_media_file_owner_id", "owner_id", "id"),
        Index("ix_media_file_sha256", "sha256"),
    )


class UploadRow(Identified, Dated, Base):
    __tablename__ = "media_upload"

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id"))
    purpose: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    alt: Mapped[str] = mapped_column(Text, server_default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(Text)
    """As declared."""
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    """As declared."""
    state: Mapped[str] = mapped_column(Text, server_default="open")
    """open, processing, done, failed."""
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("media_file.id", ondelete="SET NULL"), index=True)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Why it failed: code, detail and further members."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)

    __table_args__ = (Index("ix_media_upload_owner_id", "owner_id"),)


class UseRow(Base):
    """Where content is used, told by the domains above."""

    __tablename__ = "media_use"

    holder: Mapped[str] = mapped_column(Text, primary_key=True)
    """E.g. `course:<id>`."""
    sha256: Mapped[bytes] = mapped_column(ForeignKey("media_blob.sha256"), primary_key=True, index=True)


class LeftoverRow(Base):
    """Objects to be deleted once it is due: all whose names begin so."""

    __tablename__ = "media_leftover"

    prefix: Mapped[str] = mapped_column(Text, primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment, index=True)


class MediaKey(Dated, Base):
    """Keys that are made once and kept."""

    __tablename__ = "media_key"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
