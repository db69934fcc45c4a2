"""Tables of the kernel: facts on their way out, the work they cause, answers already given, and feature flags.

`kernel_delivery` is job, receipt and dead letter in one row: pending until its work has committed, done in the same
transaction as the work, dead after the last try. An ARQ job is only the wake-up for such a row.
"""

from datetime import datetime
from uuid import UUID

from advanced_alchemy.base import AdvancedDeclarativeBase
from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, SmallInteger, Text, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.ids import new_id

Moment = DateTime(timezone=True)


class Base(AdvancedDeclarativeBase):
    """Declarative base of every table. Domains name their tables `<domain>_<singular>`."""

    __abstract__ = True


class Identified:
    """A primary key made in the process, so that a fact can name a row before it is flushed."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-10)


class Dated:
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now(), sort_order=100)


class OutboxRow(Base):
    """A recorded fact. `lease_until` keeps other dispatchers away from it: the process that recorded it holds the
    first lease and usually dispatches it from memory."""

    __tablename__ = "kernel_outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    """The fact as JSON, tag included."""
    occurred_at: Mapped[datetime] = mapped_column(Moment)
    lease_until: Mapped[datetime] = mapped_column(Moment)
    dispatched_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_kernel_outbox_undispatched", "lease_until", postgresql_where=text("dispatched_at IS NULL")),
        Index("ix_kernel_outbox_dispatched", "dispatched_at", postgresql_where=text("dispatched_at IS NOT NULL")),
    )


class Delivery(Base):
    """One subscription's work on one fact."""

    __tablename__ = "kernel_delivery"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("kernel_outbox.id", ondelete="CASCADE"), primary_key=True)
    subscription: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default="pending")
    """pending, done or dead."""
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    """When the work may be claimed; while it runs, the end of the claim's lease."""
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_kernel_delivery_due", "due_at", postgresql_where=text("state = 'pending'")),
        Index("ix_kernel_delivery_dead", "finished_at", postgresql_where=text("state = 'dead'")),
    )


class IdempotentAnswer(Base):
    """The answer given to an `Idempotency-Key`, kept for a day."""

    __tablename__ = "kernel_idempotent_answer"

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of operation and body: the same key with another request is a mistake of the client."""
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now(), index=True)


class FlagRow(Base):
    """A feature flag and whom it is on for; `domains.kernel.flags` says how it is read."""

    __tablename__ = "kernel_flag"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    note: Mapped[str] = mapped_column(Text, server_default="")
    environments: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """In which the percentage counts."""
    percentage: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    people: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    """Who has it everywhere."""
    changed_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    changed_by: Mapped[UUID | None]
