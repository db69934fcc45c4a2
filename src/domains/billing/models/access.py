"""Who may use what, and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class EntitlementRow(Identified, Dated, Base):
    """One row per person, key and source. Losing one source never touches what another gives."""

    __tablename__ = "billing_entitlement"
    __table_args__ = (
        UniqueConstraint("user_id", "key", "source", "source_id", name="uq_billing_entitlement_source"),
        Index("ix_billing_entitlement_source", "source", "source_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    """purchase, subscription, seat, gift or grant."""
    source_id: Mapped[UUID]
    """The order, subscription or grant."""
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    """Of the staff, where a person took it back; the sale or the subscription ends it otherwise."""
    end_reason: Mapped[str] = mapped_column(Text, server_default="")


class GateRow(Dated, Base):
    """A key that needs an entitlement. It stays one when what sold it is taken from sale, until somebody opens it."""

    __tablename__ = "billing_gate"

    key: Mapped[str] = mapped_column(Text, primary_key=True)


class SeatRow(Dated, Base):
    __tablename__ = "billing_seat"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)


class GiftRow(Dated, Base):
    """The code of a gift, which one person may redeem, or of a class's seats, which as many may as were bought."""

    __tablename__ = "billing_gift"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    redeemed_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    redeemed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    """While the money for it has gone back or is disputed, nobody can use the code."""
