"""Orders and the facts about them. A payment, refund or dispute is one row per thing at the provider, whatever the
order or number of its webhooks, and may be there before what it refers to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class CustomerRow(Dated, Base):
    """Whom documents are made out to. Copied into each invoice, which never changes."""

    __tablename__ = "billing_customer"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, server_default="")
    country: Mapped[str] = mapped_column(Text, server_default="")
    region: Mapped[str] = mapped_column(Text, server_default="")
    """State or province: for India the two digits of the GST state code."""
    address: Mapped[str] = mapped_column(Text, server_default="")
    tax_id: Mapped[str] = mapped_column(Text, server_default="")


class OrderRow(Identified, Dated, Base):
    __tablename__ = "billing_order"
    __table_args__ = (
        CheckConstraint("total_minor >= 0", name="ck_billing_order_total"),
        Index("ix_billing_order_user", "user_id", "id"),
        Index("ix_billing_order_subscription", "subscription_id"),
        Index(
            "uq_billing_order_invoice_ref",
            "provider",
            "provider_invoice_ref",
            unique=True,
            postgresql_where=text("provider_invoice_ref IS NOT NULL"),
        ),
        Index(
            "uq_billing_order_checkout_ref",
            "provider",
            "provider_checkout_ref",
            unique=True,
            postgresql_where=text("provider_checkout_ref IS NOT NULL"),
        ),
        Index("ix_billing_order_open", "expires_at", postgresql_where=text("state IN ('draft', 'pending')")),
        Index("ix_billing_order_unpaid", "provider", "created_at", postgresql_where=text("paid_at IS NULL")),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("billing_product.id"))
    price_id: Mapped[UUID] = mapped_column(ForeignKey("billing_price.id"))
    kind: Mapped[str] = mapped_column(Text)
    """purchase, gift, seats, subscription (its first period), renewal or plan_change."""
    subscription_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("billing_subscription.id", name="fk_billing_order_subscription", use_alter=True)
    )
    provider: Mapped[str] = mapped_column(Text)
    """stripe, razorpay, fake; none where nothing is due."""
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    """policy.orders.OrderState: what the facts say, kept here so that lists need no join."""
    quantity: Mapped[int] = mapped_column(Integer, server_default="1")
    currency: Mapped[str] = mapped_column(Text)
    list_minor: Mapped[int] = mapped_column(BigInteger)
    discount_minor: Mapped[int] = mapped_column(BigInteger)
    tax_minor: Mapped[int] = mapped_column(BigInteger)
    """Part of `total_minor`."""
    total_minor: Mapped[int] = mapped_column(BigInteger)
    """What the customer pays: list less discount, plus tax where the price does not include it."""
    tax_name: Mapped[str] = mapped_column(Text, server_default="")
    tax_bp: Mapped[int] = mapped_column(Integer, server_default="0")
    coupon_id: Mapped[UUID | None] = mapped_column(ForeignKey("billing_coupon.id"))
    trial_days: Mapped[int] = mapped_column(Integer, server_default="0")
    hosted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    """Begun to be paid on the provider's own page. An order has one way to be paid, so that nobody pays it twice."""
    provider_checkout_ref: Mapped[str | None] = mapped_column(Text)
    provider_invoice_ref: Mapped[str | None] = mapped_column(Text)
    """Of a subscription's period, at the provider."""
    checkout: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What the client needs to pay, as the provider gave it; null until it did."""
    placed_at: Mapped[datetime | None] = mapped_column(Moment)
    given_up_at: Mapped[datetime | None] = mapped_column(Moment)
    paid_at: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    """When an unpaid order is given up."""
    period_start: Mapped[datetime | None] = mapped_column(Moment)
    period_end: Mapped[datetime | None] = mapped_column(Moment)


class PaymentRow(Identified, Dated, Base):
    __tablename__ = "billing_payment"
    __table_args__ = (
        UniqueConstraint("provider", "payment_ref", name="uq_billing_payment_ref"),
        Index("ix_billing_payment_order", "order_id"),
        Index("ix_billing_payment_captured", "provider", "captured_at"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id"))
    provider: Mapped[str] = mapped_column(Text)
    payment_ref: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    """created, failed, authorised or captured; only ever moves that way."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text, server_default="")
    failure: Mapped[str] = mapped_column(Text, server_default="")
    captured_at: Mapped[datetime | None] = mapped_column(Moment)


class RefundRow(Identified, Dated, Base):
    """Asked for by us (`requested_by`, first without a `refund_ref`) or seen at the provider."""

    __tablename__ = "billing_refund"
    __table_args__ = (
        UniqueConstraint("provider", "refund_ref", name="uq_billing_refund_ref"),
        CheckConstraint("amount_minor > 0", name="ck_billing_refund_amount"),
        Index("ix_billing_refund_payment", "provider", "payment_ref"),
    )

    provider: Mapped[str] = mapped_column(Text)
    payment_ref: Mapped[str] = mapped_column(Text)
    refund_ref: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    """requested, pending, succeeded or failed; only ever moves that way."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    requested_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class DisputeRow(Identified, Dated, Base):
    __tablename__ = "billing_dispute"
    __table_args__ = (
        UniqueConstraint("provider", "dispute_ref", name="uq_billing_dispute_ref"),
        Index("ix_billing_dispute_payment", "provider", "payment_ref"),
    )

    provider: Mapped[str] = mapped_column(Text)
    payment_ref: Mapped[str] = mapped_column(Text)
    dispute_ref: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    """open, won or lost; only ever moves that way."""
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
