"""Transfers, numbers and documents. Rows are only ever added."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import (
    DisputeRow,
    InvoiceRow,
    OrderRow,
    PaymentRow,
    RefundRow,
    TransferRow,
)
from domains.billing.policy.books import Leg

_NEXT_NUMBER = text(
    "INSERT INTO billing_number_range AS range (series, last) VALUES (:series, 1)"
    " ON CONFLICT (series) DO UPDATE SET last = range.last + 1 RETURNING last"
)

_MOVED = text(
    "SELECT coalesce(sum(amount_minor) FILTER (WHERE status = 'captured'), 0)::bigint,"
    " coalesce(sum((SELECT sum(refund.amount_minor) FROM billing_refund refund WHERE refund.provider = payment.provider"
    "  AND refund.payment_ref = payment.payment_ref AND refund.status = 'succeeded')), 0)::bigint"
    " + coalesce(sum((SELECT sum(dispute.amount_minor) FROM billing_dispute dispute"
    "  WHERE dispute.provider = payment.provider AND dispute.payment_ref = payment.payment_ref"
    "  AND dispute.status <> 'won')), 0)::bigint"
    " FROM billing_payment payment WHERE order_id = :order_id"
)


class Moved(NamedTuple):
    """Of an order: what came in and what went out again, by the facts."""

    captured_minor: int
    out_minor: int


async def lock_order(session: AsyncSession, order_id: UUID) -> None:
    """What is booked or issued for one order is so one after the other. Leaves the loaded row as it is."""
    await session.execute(select(OrderRow.id).where(OrderRow.id == order_id).with_for_update(key_share=True))


async def payment_of(session: AsyncSession, provider: str, payment_ref: str) -> PaymentRow | None:
    return await session.scalar(
        select(PaymentRow).where(PaymentRow.provider == provider, PaymentRow.payment_ref == payment_ref)
    )


async def payments_of(session: AsyncSession, order_id: UUID) -> Sequence[PaymentRow]:
    return (await session.scalars(select(PaymentRow).filter_by(order_id=order_id).order_by(PaymentRow.id))).all()


async def refunds_of(session: AsyncSession, payment: PaymentRow) -> Sequence[RefundRow]:
    statement = select(RefundRow).filter_by(provider=payment.provider, payment_ref=payment.payment_ref)
    return (await session.scalars(statement.order_by(RefundRow.id))).all()


async def disputes_of(session: AsyncSession, payment: PaymentRow) -> Sequence[DisputeRow]:
    statement = select(DisputeRow).filter_by(provider=payment.provider, payment_ref=payment.payment_ref)
    return (await session.scalars(statement.order_by(DisputeRow.id))).all()


async def transfers_of(session: AsyncSession, order_id: UUID) -> Sequence[TransferRow]:
    statement = select(TransferRow).filter_by(order_id=order_id).order_by(TransferRow.id, TransferRow.leg)
    return (await session.scalars(statement)).all()


def add_transfers(session: AsyncSession, order: OrderRow, cause: str, legs: Sequence[Leg]) -> None:
    session.add_all(
        TransferRow(cause=cause, leg=number, order_id=order.id, currency=order.currency, **leg._asdict())
        for number, leg in enumerate(legs)
    )


async def moved(session: AsyncSession, order_id: UUID) -> Moved:
    found = (await session.execute(_MOVED, {"order_id": order_id})).one()
    return Moved(found[0], found[1])


async def next_number(session: AsyncSession, series: str) -> int:
    """The range's row stays locked until the transaction ends: one that fails takes no number with it."""
    found: int = (await session.execute(_NEXT_NUMBER, {"series": series})).scalar_one()
    return found


async def document_of(session: AsyncSession, kind: str, cause_id: UUID) -> InvoiceRow | None:
    return await session.scalar(select(InvoiceRow).filter_by(kind=kind, cause_id=cause_id))


async def documents_of(session: AsyncSession, order_id: UUID) -> Sequence[InvoiceRow]:
    statement = select(InvoiceRow).filter_by(order_id=order_id).order_by(InvoiceRow.issued_at, InvoiceRow.id)
    return (await session.scalars(statement)).all()


async def document(session: AsyncSession, document_id: UUID) -> InvoiceRow | None:
    return await session.get(InvoiceRow, document_id)
