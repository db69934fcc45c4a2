"""What a reconciliation compares, and what it found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import (
    DisputeRow,
    OrderRow,
    PaymentRow,
    ReconciliationRow,
    RefundRow,
    SubscriptionRow,
)
from domains.kernel.ids import new_id


async def unpaid_checkouts(session: AsyncSession, provider: str, since: datetime, until: datetime) -> Sequence[str]:
    """Pages that were opened in the window and of which no payment is known."""
    found = await session.scalars(
        select(OrderRow.provider_checkout_ref)
        .where(
            OrderRow.provider == provider,
            OrderRow.provider_checkout_ref.is_not(None),
            OrderRow.paid_at.is_(None),
            OrderRow.created_at.between(since, until),
        )
        .order_by(OrderRow.id)
    )
    return [ref for ref in found if ref is not None]


async def overdue_subscriptions(session: AsyncSession, provider: str, until: datetime) -> Sequence[str]:
    """Those of which we should have heard: a period has ended, and nothing was said since."""
    found = await session.scalars(
        select(SubscriptionRow.subscription_ref)
        .where(
            SubscriptionRow.provider == provider,
            SubscriptionRow.status != "cancelled",
            SubscriptionRow.current_period_end < until,
        )
        .order_by(SubscriptionRow.id)
    )
    return found.all()


async def captured_refs(session: AsyncSession, provider: str, since: datetime, until: datetime) -> Sequence[str]:
    """Payments that we have and the provider should have."""
    found = await session.scalars(
        select(PaymentRow.payment_ref)
        .where(
            PaymentRow.provider == provider,
            PaymentRow.status == "captured",
            PaymentRow.captured_at.between(since, until),
        )
        .order_by(PaymentRow.id)
    )
    return found.all()


async def payment_standing(session: AsyncSession, provider: str, payment_ref: str) -> str:
    """For people: what we have of a payment and its order."""
    row = (
        await session.execute(
            select(PaymentRow.status, OrderRow.state)
            .join(OrderRow, OrderRow.id == PaymentRow.order_id)
            .where(PaymentRow.provider == provider, PaymentRow.payment_ref == payment_ref)
        )
    ).one_or_none()
    return f"{row[0]}, order {row[1]}" if row else "unknown"


async def refund_standing(session: AsyncSession, provider: str, refund_ref: str, own_id: UUID | None) -> str:
    which = RefundRow.refund_ref == refund_ref
    if own_id is not None:
        which = which | (RefundRow.id == own_id)
    row = (
        await session.execute(
            select(RefundRow.status, RefundRow.settled_at).where(RefundRow.provider == provider, which).limit(1)
        )
    ).one_or_none()
    return f"{row[0]}{', settled' if row[1] else ''}" if row else "unknown"


async def dispute_standing(session: AsyncSession, provider: str, dispute_ref: str) -> str:
    status = await session.scalar(
        select(DisputeRow.status).where(DisputeRow.provider == provider, DisputeRow.dispute_ref == dispute_ref)
    )
    return status or "unknown"


async def subscription_standing(session: AsyncSession, provider: str, subscription_ref: str) -> str:
    row = (
        await session.execute(
            select(
                SubscriptionRow.status,
                SubscriptionRow.current_period_end,
                SubscriptionRow.cancel_at_period_end,
                SubscriptionRow.price_id,
            ).where(SubscriptionRow.provider == provider, SubscriptionRow.subscription_ref == subscription_ref)
        )
    ).one_or_none()
    if row is None:
        return "unknown"
    end = f"{row[1]:%Y-%m-%d %H:%M}" if row[1] else "-"
    return f"{row[0]} to {end}{', ends then' if row[2] else ''}, price {row[3]}"


async def order_state(session: AsyncSession, order_id: UUID) -> str:
    return await session.scalar(select(OrderRow.state).where(OrderRow.id == order_id)) or "unknown"


async def add_report(
    session: AsyncSession, provider: str, since: datetime, until: datetime, report: dict[str, Any], *, dry_run: bool
) -> None:
    session.add(
        ReconciliationRow(id=new_id(), provider=provider, since=since, until=until, dry_run=dry_run, report=report)
    )
    await session.flush()


async def last_until(session: AsyncSession, provider: str) -> datetime | None:
    """Up to when the last one looked that was not a trial run."""
    return await session.scalar(
        select(func.max(ReconciliationRow.until)).where(
            ReconciliationRow.provider == provider, ReconciliationRow.dry_run.is_(False)
        )
    )
