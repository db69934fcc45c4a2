"""Orders, payments, refunds and disputes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import DisputeRow, OrderRow, PaymentRow, PriceRow, ProductRow, RefundRow
from domains.kernel.ids import new_id

_LOCK_PAYMENT = text("SELECT pg_advisory_xact_lock(hashtextextended('lyceum.payment.' || CAST(:name AS text), 0))")

_LOCK_BUYER = text("SELECT pg_advisory_xact_lock(hashtextextended('lyceum.buyer.' || CAST(:name AS text), 0))")


async def lock_payments(session: AsyncSession, provider: str, payment_refs: Sequence[str]) -> None:
    """Until the end of the transaction. Facts about one payment are written one after the other, so that each fold
    sees those before it."""
    for ref in sorted(set(payment_refs)):
        await session.execute(_LOCK_PAYMENT, {"name": f"{provider}:{ref}"})


async def lock_buyer(session: AsyncSession, user_id: UUID) -> None:
    """Until the end of the transaction: one person places one order at a time, so that two clicks are one order."""
    await session.execute(_LOCK_BUYER, {"name": str(user_id)})


async def order(session: AsyncSession, order_id: UUID, *, lock: bool = False) -> OrderRow | None:
    # Not against rows that refer to it: two payments of one order, written at once, would wait for each other.
    return await session.get(
        OrderRow, order_id, with_for_update={"key_share": True} if lock else None, populate_existing=lock
    )


async def order_of_checkout(session: AsyncSession, provider: str, checkout_ref: str) -> OrderRow | None:
    return await session.scalar(
        select(OrderRow).where(OrderRow.provider == provider, OrderRow.provider_checkout_ref == checkout_ref)
    )


async def product(session: AsyncSession, product_id: UUID) -> ProductRow:
    return await session.get_one(ProductRow, product_id)


async def price(session: AsyncSession, price_id: UUID) -> PriceRow:
    return await session.get_one(PriceRow, price_id)


async def payment(session: AsyncSession, provider: str, payment_ref: str) -> PaymentRow | None:
    return await session.scalar(
        select(PaymentRow)
        .where(PaymentRow.provider == provider, PaymentRow.payment_ref == payment_ref)
        .execution_options(populate_existing=True)
    )


async def refund_by_id(session: AsyncSession, refund_id: UUID) -> RefundRow | None:
    return await session.get(RefundRow, refund_id, populate_existing=True)


async def refund_by_ref(session: AsyncSession, provider: str, refund_ref: str) -> RefundRow | None:
    return await session.scalar(
        select(RefundRow)
        .where(RefundRow.provider == provider, RefundRow.refund_ref == refund_ref)
        .execution_options(populate_existing=True)
    )


async def dispute(session: AsyncSession, provider: str, dispute_ref: str) -> DisputeRow | None:
    return await session.scalar(
        select(DisputeRow)
        .where(DisputeRow.provider == provider, DisputeRow.dispute_ref == dispute_ref)
        .execution_options(populate_existing=True)
    )


async def payments_of(session: AsyncSession, order_id: UUID) -> Sequence[PaymentRow]:
    """The oldest first."""
    found = await session.scalars(
        select(PaymentRow)
        .where(PaymentRow.order_id == order_id)
        .order_by(PaymentRow.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def refunds_of(session: AsyncSession, provider: str, payment_refs: Sequence[str]) -> Sequence[RefundRow]:
    """The oldest first, those known before their payment included."""
    found = await session.scalars(
        select(RefundRow)
        .where(RefundRow.provider == provider, RefundRow.payment_ref.in_(payment_refs))
        .order_by(RefundRow.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def disputes_of(session: AsyncSession, provider: str, payment_refs: Sequence[str]) -> Sequence[DisputeRow]:
    """The oldest first, those known before their payment included."""
    found = await session.scalars(
        select(DisputeRow)
        .where(DisputeRow.provider == provider, DisputeRow.payment_ref.in_(payment_refs))
        .order_by(DisputeRow.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


class Listed(NamedTuple):
    """An order as a list of transactions shows it."""

    order: OrderRow
    product_name: str
    refunded_minor: int


async def orders_of(
    session: AsyncSession, user_id: UUID | None, *, after: UUID | None, most: int, state: str | None = None
) -> Sequence[Listed]:
    """Orders that somebody, or with None anybody, was sent to pay, the newest first."""
    conditions: list[ColumnElement[bool]] = [OrderRow.state != "draft" if state is None else OrderRow.state == state]
    if user_id is not None:
        conditions.append(OrderRow.user_id == user_id)
    if after is not None:
        conditions.append(OrderRow.id < after)
    refunded = (
        select(func.coalesce(func.sum(RefundRow.amount_minor), 0))
        .join(
            PaymentRow,
            (PaymentRow.provider == RefundRow.provider) & (PaymentRow.payment_ref == RefundRow.payment_ref),
        )
        .where(PaymentRow.order_id == OrderRow.id, RefundRow.status == "succeeded", PaymentRow.status == "captured")
        .correlate(OrderRow)
        .scalar_subquery()
    )
    found = await session.execute(
        select(OrderRow, ProductRow.name, refunded)
        .join(ProductRow, ProductRow.id == OrderRow.product_id)
        .where(*conditions)
        .order_by(OrderRow.id.desc())
        .limit(most)
    )
    return [Listed(order, name, int(given_back)) for order, name, given_back in found]


async def open_order(
    session: AsyncSession, user_id: UUID, product_id: UUID, kind: str, now: datetime
) -> OrderRow | None:
    """One that was placed for the same thing and can still be paid, locked."""
    return await session.scalar(
        select(OrderRow)
        .where(
            OrderRow.user_id == user_id,
            OrderRow.product_id == product_id,
            OrderRow.kind == kind,
            OrderRow.state.in_(("draft", "pending")),
            OrderRow.expires_at > now,
        )
        .order_by(OrderRow.id.desc())
        .limit(1)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def is_under_way(session: AsyncSession, order_id: UUID) -> bool:
    """Whether a payment was made that has not arrived, such as a debit, which takes days."""
    found = await session.scalar(
        select(PaymentRow.id).where(PaymentRow.order_id == order_id, PaymentRow.status == "authorised").limit(1)
    )
    return found is not None


async def bought_for_good(
    session: AsyncSession, user_id: UUID, product_id: UUID, *, besides: UUID | None = None
) -> bool:
    """Whether somebody has bought what never runs out, and has not got all the money back; `besides` one order."""
    found = await session.scalar(
        select(OrderRow.id)
        .join(ProductRow, ProductRow.id == OrderRow.product_id)
        .where(
            OrderRow.user_id == user_id,
            OrderRow.product_id == product_id,
            OrderRow.kind == "purchase",
            OrderRow.state.in_(("paid", "partially_refunded")),
            ProductRow.duration_days.is_(None),
            OrderRow.id.is_distinct_from(besides),
        )
        .limit(1)
    )
    return found is not None


async def paid_without_subscription(session: AsyncSession, user_id: UUID, product_id: UUID) -> bool:
    """Whether somebody has paid for the beginning of a subscription that is not there yet."""
    found = await session.scalar(
        select(OrderRow.id)
        .where(
            OrderRow.user_id == user_id,
            OrderRow.product_id == product_id,
            OrderRow.kind == "subscription",
            OrderRow.state.in_(("paid", "partially_refunded")),
            OrderRow.subscription_id.is_(None),
        )
        .limit(1)
    )
    return found is not None


async def add_payment(session: AsyncSession, values: dict[str, object]) -> bool:
    """False when the provider's payment is known already."""
    added = await session.scalar(
        insert(PaymentRow).values(id=new_id(), **values).on_conflict_do_nothing().returning(PaymentRow.id)
    )
    return added is not None


async def add_refund(session: AsyncSession, values: dict[str, object]) -> bool:
    added = await session.scalar(
        insert(RefundRow).values(id=new_id(), **values).on_conflict_do_nothing().returning(RefundRow.id)
    )
    return added is not None


async def add_dispute(session: AsyncSession, values: dict[str, object]) -> bool:
    added = await session.scalar(
        insert(DisputeRow).values(id=new_id(), **values).on_conflict_do_nothing().returning(DisputeRow.id)
    )
    return added is not None


async def refunds_to_send(session: AsyncSession, provider: str, now: datetime, *, most: int) -> Sequence[UUID]:
    """Begun more than half a minute ago and unknown to the provider, the oldest first."""
    found = await session.scalars(
        select(RefundRow.id)
        .where(
            RefundRow.provider == provider,
            RefundRow.status == "requested",
            RefundRow.refund_ref.is_(None),
            RefundRow.created_at < now - timedelta(seconds=30),
        )
        .order_by(RefundRow.id)
        .limit(most)
    )
    return found.all()
