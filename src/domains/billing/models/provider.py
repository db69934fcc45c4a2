"""The edge to the providers: what they told us, and what our things are called there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class WebhookRow(Identified, Base):
    """The inbox: a webhook as it came, byte for byte."""

    __tablename__ = "billing_webhook"
    __table_args__ = (
        UniqueConstraint("provider", "event_ref", name="uq_billing_webhook_event"),
        UniqueConstraint("provider", "body_hash", name="uq_billing_webhook_body"),
        Index(
            "ix_billing_webhook_kept",
            "handled_at",
            postgresql_where=text("state IN ('applied', 'ignored') AND body <> ''::bytea"),
        ),
        Index("ix_billing_webhook_open", "received_at", postgresql_where=text("state IN ('received', 'quarantined')")),
    )

    provider: Mapped[str] = mapped_column(Text)
    event_ref: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Emptied three months after it was handled."""
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256."""
    state: Mapped[str] = mapped_column(Text, server_default="received")
    """received, applied, ignored (nothing in it is about us) or quarantined (a person has to look)."""
    note: Mapped[str] = mapped_column(Text, server_default="")
    received_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    handled_at: Mapped[datetime | None] = mapped_column(Moment)


class ProviderRefRow(Dated, Base):
    """What one of our rows is called at a provider: a customer, a product, a plan."""

    __tablename__ = "billing_provider_ref"

    provider: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    """`customer`, `product`, `plan`, with `:test` behind it for things of a provider's test mode."""
    own_id: Mapped[UUID] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(Text)


class FakeObjectRow(Dated, Base):
    """What the fake provider remembers, as a real one would on its own machines."""

    __tablename__ = "billing_fake_object"
    __table_args__ = (Index("ix_billing_fake_object_kind", "kind", "created_at"),)

    ref: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    """checkout, payment, refund or subscription."""
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
