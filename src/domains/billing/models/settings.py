"""Who sells, and at which tax rates: data that comes with the catalogue file."""

from typing import Any

from sqlalchemy import CheckConstraint, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base


class SellerRow(Base):
    """One row: name, address, country, region, tax id, prefix of document numbers, first month of the fiscal year."""

    __tablename__ = "billing_seller"
    __table_args__ = (CheckConstraint("id = 1", name="ck_billing_seller_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TaxRateRow(Base):
    __tablename__ = "billing_tax_rate"

    country: Mapped[str] = mapped_column(Text, primary_key=True)
    """ISO 3166 alpha-2."""
    name: Mapped[str] = mapped_column(Text)
    """VAT, GST …"""
    rate_bp: Mapped[int] = mapped_column(Integer)
    """Hundredths of a percent."""
