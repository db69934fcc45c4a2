"""The in-app inbox."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class Notification(Identified, Dated, Base):
    __tablename__ = "notifications_notification"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    dedupe_key: Mapped[str] = mapped_column(Text)
    """Names the cause: one cause is told once."""
    read_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        Index("uq_notifications_notification_cause", "user_id", "dedupe_key", unique=True),
        Index("ix_notifications_notification_newest", "user_id", "id"),
        Index("ix_notifications_notification_unread", "user_id", postgresql_where=text("read_at IS NULL")),
    )
