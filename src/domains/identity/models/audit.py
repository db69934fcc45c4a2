"""What was done to accounts, and by whom. Append-only: the table refuses every UPDATE, and to DELETE what is young."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Identified, Moment


class AuditEntry(Identified, Base):
    """No foreign keys: what is told here outlives those whom it tells of."""

    __tablename__ = "identity_audit"

    at: Mapped[datetime] = mapped_column(Moment)
    action: Mapped[str] = mapped_column(Text)
    """Of `policy.actions`."""
    user_id: Mapped[UUID | None]
    """Whose account."""
    actor_id: Mapped[UUID | None]
    """Who did it; None for somebody who was not logged in, and for the house itself."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    address: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_identity_audit_user_id", "user_id", "id"),
        Index("ix_identity_audit_actor_id", "actor_id", "id"),
        Index("ix_identity_audit_action", "action", "id"),
    )
