"""Subscriptions as they stand at their provider."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class SubscriptionRow(Identified, Dated, Base):
    __tablename__ = "billing_subscription"
    __table_args__ = (
        UniqueConstraint("provider", "subscription_ref", name="uq_billing_subscription_ref"),
        Index("ix_billing_subscription_user", "user_id"),
        Index("ix_billing_subscription_dunning", "past_due_since", postgresql_where=text("status = 'past_due'")),
        Index("ix_billing_subscription_period", "current_period_end"),
        Index("ix_billing_subscription_trial", "trial_end", postgresql_where=text("status = 'trialing'")),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("billing_product.id"))
    price_id: Mapped[UUID] = mapped_column(ForeignKey("billing_price.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id"), unique=True)
    """The order that began it."""
    provider: Mapped[str] = mapped_column(Text)
    subscription_ref: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    """incomplete, trialing, active, past_due, paused or cancelled."""
    quantity: Mapped[int] = mapped_column(Integer, server_default="1")
    current_period_start: Mapped[datetime | None] = mapped_column(Moment)
    current_period_end: Mapped[datetime | None] = mapped_column(Moment)
    trial_end: Mapped[datetime | None] = mapped_column(Moment)
    cancel_at_period_end: Mapped[bool] = mapped_column(server_default=text("false"))
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    past_due_since: Mapped[datetime | None] = mapped_column(Moment)
    dunning_step: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How many of the reminders of the present failure were sent."""
    reminded_period_end: Mapped[datetime | None] = mapped_column(Moment)
    """The period or trial whose end was announced."""
    seen: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Number of the look-up that this row shows; an earlier one that comes later changes nothing."""


class TrialUseRow(Dated, Base):
    """One trial per product and person, also if the person comes back under another name with the same card."""

    __tablename__ = "billing_trial_use"
    __table_args__ = (
        Index("ix_billing_trial_use_order", "order_id"),
        Index("ix_billing_trial_use_refused", "order_id", postgresql_where=text("mark LIKE 'refused:%'")),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("billing_product.id"), primary_key=True)
    mark: Mapped[str] = mapped_column(Text, primary_key=True)
    """`user:<id>`, or a digest of a mailbox or a card; nothing that can be read back."""
    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id", ondelete="CASCADE"))
