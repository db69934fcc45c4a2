"""What is sold. Rows are never deleted once something was ordered: they are switched off."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class ProductRow(Identified, Dated, Base):
    __tablename__ = "billing_product"

    slug: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    """course (once), plan (a subscription), seats (once, for several people) or gift (once, for somebody else)."""
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """What may be used with it: `course:<id>`, `courses:*`, `hearts:unlimited`, `offline` …"""
    duration_days: Mapped[int | None] = mapped_column(Integer)
    """How long what was bought once may be used; null for ever."""
    trial_days: Mapped[int] = mapped_column(Integer, server_default="0")
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class PriceRow(Identified, Dated, Base):
    """A price never changes: a new one takes its place and the old one is switched off."""

    __tablename__ = "billing_price"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="ck_billing_price_amount"),
        Index(
            "uq_billing_price_active",
            "product_id",
            "currency",
            text("coalesce(country, '')"),
            text("coalesce(interval, '')"),
            unique=True,
            postgresql_where=text("active"),
        ),
    )

    product_id: Mapped[UUID] = mapped_column(ForeignKey("billing_product.id"))
    currency: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    """Per piece, or per person and interval."""
    tax_inclusive: Mapped[bool] = mapped_column(server_default=text("true"))
    country: Mapped[str | None] = mapped_column(Text)
    """ISO 3166 alpha-2; null for everywhere that has no price of its own."""
    interval: Mapped[str | None] = mapped_column(Text)
    """month or year, for plans."""
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class CouponRow(Identified, Dated, Base):
    __tablename__ = "billing_coupon"
    __table_args__ = (
        CheckConstraint("(percent_bp IS NULL) <> (amount_minor IS NULL)", name="ck_billing_coupon_worth"),
        CheckConstraint("percent_bp BETWEEN 1 AND 10000", name="ck_billing_coupon_percent"),
    )

    code: Mapped[str] = mapped_column(Text, unique=True)
    """In capitals."""
    percent_bp: Mapped[int | None] = mapped_column(Integer)
    """Hundredths of a percent: 2500 is 25 %."""
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    duration: Mapped[str] = mapped_column(Text, server_default="once")
    """once, repeating (for `cycles` periods of a subscription) or forever."""
    cycles: Mapped[int | None] = mapped_column(Integer)
    most_uses: Mapped[int | None] = mapped_column(Integer)
    most_uses_per_person: Mapped[int | None] = mapped_column(Integer, server_default="1")
    product_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    """Null for everything."""
    starts_at: Mapped[datetime | None] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class CouponUseRow(Identified, Dated, Base):
    """Reserved when the order is placed, consumed when it is paid, released when it is given up. A reservation that
    ran out counts no more."""

    __tablename__ = "billing_coupon_use"
    __table_args__ = (
        UniqueConstraint("order_id", name="uq_billing_coupon_use_order"),
        Index("ix_billing_coupon_use_coupon", "coupon_id", "user_id"),
    )

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("billing_coupon.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    """reserved, consumed or released."""
    reserved_until: Mapped[datetime] = mapped_column(Moment)


class CouponGuessRow(Identified, Dated, Base):
    """A code that was none, for the limit on guessing."""

    __tablename__ = "billing_coupon_guess"
    __table_args__ = (Index("ix_billing_coupon_guess_user", "user_id", "created_at"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
