"""SQL of subscriptions, the orders of their periods, and the trials that were used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import OrderRow, SubscriptionRow
from domains.kernel.ids import new_id

GOING_ON = ("trialing", "active", "past_due", "paused")

_PERIOD_AROUND = text("""
    SELECT EXISTS (
        SELECT FROM billing_order WHERE subscription_id = :subscription_id AND period_start < :at AND :at < period_end
    ) OR EXISTS (
        SELECT FROM billing_subscription
        WHERE id = :subscription_id AND current_period_start < :at AND :at < current_period_end
    )
""")

# A mark is free again when the order that claimed it never became a subscription: another order of the same person
# takes it over, and so does anybody once that order was given up.
_CLAIM = text("""
    INSERT INTO billing_trial_use AS t (product_id, mark, order_id)
    SELECT :product_id, m.mark, :order_id FROM unnest(CAST(:marks AS text[])) AS m (mark) ORDER BY m.mark
    ON CONFLICT (product_id, mark) DO UPDATE SET order_id = excluded.order_id
    WHERE t.order_id = excluded.order_id OR (
        NOT EXISTS (SELECT FROM billing_subscription s WHERE s.order_id = t.order_id)
        AND EXISTS (
            SELECT FROM billing_order o WHERE o.id = t.order_id
            AND (o.state = 'void' OR o.user_id = (SELECT user_id FROM billing_order WHERE id = excluded.order_id))
        )
    )
    RETURNING mark
""")
_KEEP = text("""
    INSERT INTO billing_trial_use AS t (product_id, mark, order_id)
    SELECT :product_id, m.mark, :order_id FROM unnest(CAST(:marks AS text[])) AS m (mark) ORDER BY m.mark
    ON CONFLICT (product_id, mark) DO UPDATE SET order_id = excluded.order_id
    WHERE t.order_id = excluded.order_id
        OR NOT EXISTS (SELECT FROM billing_subscription s WHERE s.order_id = t.order_id)
    RETURNING mark
""")
_MARKED = text("SELECT mark FROM billing_trial_use WHERE order_id = :order_id")
_UNCLAIM = text("DELETE FROM billing_trial_use WHERE order_id = :order_id")
_NOTHING_TO_COME = text("""
    UPDATE billing_order SET expires_at = :now
    WHERE subscription_id = :subscription_id AND state IN ('draft', 'pending') AND expires_at IS NULL
""")


async def by_ref(
    session: AsyncSession, provider: str, subscription_ref: str, *, lock: bool = False
) -> SubscriptionRow | None:
    """Locked against other changes, but not against orders that refer to it."""
    query = select(SubscriptionRow).where(
        SubscriptionRow.provider == provider, SubscriptionRow.subscription_ref == subscription_ref
    )
    if lock:
        query = query.with_for_update(key_share=True)
    return await session.scalar(query.execution_options(populate_existing=True))


async def by_id(session: AsyncSession, subscription_id: UUID) -> SubscriptionRow | None:
    return await session.get(SubscriptionRow, subscription_id)


async def add(session: AsyncSession, values: dict[str, Any]) -> None:
    """Nothing where the order, or the provider's subscription, has one already."""
    await session.execute(insert(SubscriptionRow).values(id=new_id(), **values).on_conflict_do_nothing())


async def own(session: AsyncSession, user_id: UUID, subscription_id: UUID) -> SubscriptionRow | None:
    return await session.scalar(
        select(SubscriptionRow)
        .where(SubscriptionRow.id == subscription_id, SubscriptionRow.user_id == user_id)
        .execution_options(populate_existing=True)
    )


async def of_person(session: AsyncSession, user_id: UUID) -> Sequence[SubscriptionRow]:
    """The newest first."""
    found = await session.scalars(
        select(SubscriptionRow).where(SubscriptionRow.user_id == user_id).order_by(SubscriptionRow.id.desc())
    )
    return found.all()


async def going_on(session: AsyncSession, user_id: UUID, product_id: UUID) -> SubscriptionRow | None:
    """The one to this product that has not ended."""
    return await session.scalar(
        select(SubscriptionRow)
        .where(
            SubscriptionRow.user_id == user_id,
            SubscriptionRow.product_id == product_id,
            SubscriptionRow.status.in_(GOING_ON),
        )
        .limit(1)
    )


# ---- orders of later periods


async def order_of_invoice(session: AsyncSession, provider: str, invoice_ref: str) -> OrderRow | None:
    return await session.scalar(
        select(OrderRow)
        .where(OrderRow.provider == provider, OrderRow.provider_invoice_ref == invoice_ref)
        .execution_options(populate_existing=True)
    )


async def add_order(session: AsyncSession, values: dict[str, Any]) -> None:
    """Nothing where the provider's invoice has an order already."""
    await session.execute(insert(OrderRow).values(id=new_id(), **values).on_conflict_do_nothing())


async def price_order(session: AsyncSession, order_id: UUID, values: dict[str, int]) -> None:
    """Other amounts for an order that nobody has paid."""
    await session.execute(update(OrderRow).where(OrderRow.id == order_id, OrderRow.paid_at.is_(None)).values(**values))


async def is_inside_a_period(session: AsyncSession, subscription_id: UUID, at: datetime) -> bool:
    """Whether `at` lies strictly within a period that we know of."""
    values = {"subscription_id": subscription_id, "at": at}
    return bool((await session.execute(_PERIOD_AROUND, values)).scalar_one())


async def nothing_to_come(session: AsyncSession, subscription_id: UUID, now: datetime) -> None:
    """Orders of its periods that nobody paid are due to be given up."""
    await session.execute(_NOTHING_TO_COME, {"subscription_id": subscription_id, "now": now})


# ---- trials


async def claim_trial(session: AsyncSession, product_id: UUID, marks: Sequence[str], order_id: UUID) -> set[str]:
    """The marks that this order has now; waits for a claim of the same marks that is under way."""
    values = {"product_id": product_id, "marks": list(marks), "order_id": order_id}
    return set((await session.execute(_CLAIM, values)).scalars())


async def keep_trial(session: AsyncSession, product_id: UUID, marks: Sequence[str], order_id: UUID) -> set[str]:
    """As `claim_trial`, for a trial that has begun: only another trial that has begun keeps its marks."""
    values = {"product_id": product_id, "marks": list(marks), "order_id": order_id}
    return set((await session.execute(_KEEP, values)).scalars())


async def trial_marks(session: AsyncSession, order_id: UUID) -> set[str]:
    return set((await session.execute(_MARKED, {"order_id": order_id})).scalars())


async def unclaim_trial(session: AsyncSession, order_id: UUID) -> None:
    await session.execute(_UNCLAIM, {"order_id": order_id})
