"""What an accountant reads: documents with numbers, and every movement of money twice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Identified, Moment


class NumberRangeRow(Base):
    """The number is taken in the transaction that writes the document, so that none is lost or given twice."""

    __tablename__ = "billing_number_range"

    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


class InvoiceRow(Identified, Base):
    """A document as it was issued. Never changed; what was wrong gets a credit note."""

    __tablename__ = "billing_invoice"
    __table_args__ = (
        UniqueConstraint("kind", "cause_id", name="uq_billing_invoice_cause"),
        UniqueConstraint("number", name="uq_billing_invoice_number"),
        Index("ix_billing_invoice_order", "order_id"),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id"))
    kind: Mapped[str] = mapped_column(Text)
    """invoice or credit_note."""
    cause_id: Mapped[UUID]
    """The order of an invoice, the refund or dispute of a credit note."""
    number: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(Moment)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Seller, customer, lines and sums at that moment."""


class TransferRow(Identified, Base):
    """Money from one account to another: a row always balances. `cause` is what moved it, once."""

    __tablename__ = "billing_transfer"
    __table_args__ = (
        UniqueConstraint("cause", "leg", name="uq_billing_transfer_cause"),
        CheckConstraint("amount_minor > 0", name="ck_billing_transfer_amount"),
        CheckConstraint("debit <> credit", name="ck_billing_transfer_accounts"),
        Index("ix_billing_transfer_at", "at"),
        Index("ix_billing_transfer_order", "order_id"),
    )

    cause: Mapped[str] = mapped_column(Text)
    """`capture:<payment id>`, `refund:<refund id>`, `dispute:<dispute id>`, `dispute_won:<dispute id>`."""
    leg: Mapped[int] = mapped_column(SmallInteger)
    debit: Mapped[str] = mapped_column(Text)
    credit: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("billing_order.id"))
    at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class ReconciliationRow(Identified, Base):
    """A comparison with a provider and what it found."""

    __tablename__ = "billing_reconciliation"

    provider: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)
    dry_run: Mapped[bool] = mapped_column(server_default=text("false"))
    finished_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
