"""SQL of subscriptions, the orders of their periods, and the trials that were used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import OrderRow, SubscriptionRow
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

GOING_ON = ("trialing", "active", "past_due", "paused")

_IN_A_PERIOD = text("""
    SELECT EXISTS (
        SELECT FROM billing_order WHERE subscription_id = :subscription_id AND period_start <= :at AND :at < period_end
    )
""")

# A trial is used once a subscription gave something. Until then a mark may pass to another order of the same person,
# and to anybody's once the order that has it was given up.
_USED = """EXISTS (
    SELECT FROM billing_subscription s JOIN billing_entitlement e ON e.source = 'subscription' AND e.source_id = s.id
    WHERE s.order_id = t.order_id
)"""
_CLAIM = text(f"""
    INSERT INTO billing_trial_use AS t (product_id, mark, order_id)
    SELECT :product_id, m.mark, :order_id FROM unnest(CAST(:marks AS text[])) AS m (mark) ORDER BY m.mark
    ON CONFLICT (product_id, mark) DO UPDATE SET order_id = excluded.order_id
    WHERE t.order_id = excluded.order_id OR (
        NOT {_USED} AND EXISTS (
            SELECT FROM billing_order o WHERE o.id = t.order_id
            AND (o.state = 'void' OR o.user_id = (SELECT user_id FROM billing_order WHERE id = excluded.order_id))
        )
    )
    RETURNING mark
""")  # noqa: S608
_KEEP = text(f"""
    INSERT INTO billing_trial_use AS t (product_id, mark, order_id)
    SELECT :product_id, m.mark, :order_id FROM unnest(CAST(:marks AS text[])) AS m (mark) ORDER BY m.mark
    ON CONFLICT (product_id, mark) DO UPDATE SET order_id = excluded.order_id
    WHERE t.order_id = excluded.order_id OR NOT {_USED}
    RETURNING mark
""")  # noqa: S608
_MARKED = text("SELECT mark FROM billing_trial_use WHERE order_id = :order_id")
_UNCLAIM = text("DELETE FROM billing_trial_use WHERE order_id = :order_id")
_MONEY = text("""
    SELECT bool_or(paid.gone) AS gone, max(paid.period_end) FILTER (WHERE NOT paid.gone) AS paid_until
    FROM billing_subscription s CROSS JOIN LATERAL (
        SELECT o.period_end, o.state = 'refunded' OR EXISTS (
            SELECT FROM billing_payment p JOIN billing_dispute d USING (provider, payment_ref)
            WHERE p.order_id = o.id AND p.status = 'captured' AND d.status <> 'won'
        ) AS gone
        FROM billing_order o
        WHERE o.subscription_id = s.id AND o.paid_at IS NOT NULL AND o.total_minor > 0
            AND o.period_end > s.current_period_start
    ) paid
    WHERE s.id = :id
""")
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
    return await session.get(SubscriptionRow, subscription_id, populate_existing=True)


class Money(NamedTuple):
    """For the present period of a subscription. `gone`: that of an order was all given back, is disputed or lost."""

    gone: bool
    paid_until: datetime | None
    """By orders whose money is there."""


async def money_for(session: AsyncSession, subscription_id: UUID) -> Money:
    found = (await session.execute(_MONEY, {"id": subscription_id})).one()
    return Money(bool(found.gone), found.paid_until)


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


async def going_on(
    session: AsyncSession, user_id: UUID, product_id: UUID, *, besides: UUID | None = None
) -> SubscriptionRow | None:
    """The one to this product that has not ended; `besides` one subscription."""
    return await session.scalar(
        select(SubscriptionRow)
        .where(
            SubscriptionRow.user_id == user_id,
            SubscriptionRow.product_id == product_id,
            SubscriptionRow.status.in_(GOING_ON),
            SubscriptionRow.id.is_distinct_from(besides),
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


async def has_order_at(session: AsyncSession, subscription_id: UUID, at: datetime) -> bool:
    """Whether `at` lies in a period that has an order."""
    values = {"subscription_id": subscription_id, "at": at}
    return bool((await session.execute(_IN_A_PERIOD, values)).scalar_one())


async def nothing_to_come(session: AsyncSession, subscription_id: UUID, now: datetime) -> None:
    """Orders of its periods that nobody paid are due to be given up."""
    await session.execute(_NOTHING_TO_COME, {"subscription_id": subscription_id, "now": now})


# ---- due work, found by the clock


class Due(NamedTuple):
    """A subscription that something has to be done about."""

    id: UUID
    user_id: UUID
    subscription_ref: str
    since: datetime
    until: datetime
    step: int


_PAST_DUE = """
    SELECT id, user_id, subscription_ref, past_due_since, past_due_since, dunning_step FROM billing_subscription
    WHERE status = 'past_due' AND provider = $1 AND past_due_since <= $2 AND id > $3 ORDER BY id LIMIT $4
"""
_TRIALS_ENDING = """
    SELECT id, user_id, subscription_ref, created_at, trial_end, 0 FROM billing_subscription
    WHERE status = 'trialing' AND NOT cancel_at_period_end AND trial_end > $1 AND trial_end <= $2
        AND reminded_period_end IS DISTINCT FROM trial_end AND id > $3
    ORDER BY id LIMIT $4
"""
_YEARS_ENDING = """
    SELECT s.id, s.user_id, s.subscription_ref, s.current_period_start, s.current_period_end, 0
    FROM billing_subscription s JOIN billing_price p ON p.id = s.price_id
    WHERE s.status = 'active' AND NOT s.cancel_at_period_end AND p.interval = 'year'
        AND s.current_period_end > $1 AND s.current_period_end <= $2
        AND s.current_period_start IS NOT NULL AND s.reminded_period_end IS DISTINCT FROM s.current_period_end
        AND s.id > $3
    ORDER BY s.id LIMIT $4
"""
_REFUSED_TRIALS = """
    SELECT s.id, s.user_id, s.subscription_ref, s.created_at, s.trial_end, 0
    FROM billing_trial_use t JOIN billing_subscription s ON s.order_id = t.order_id
    WHERE t.mark LIKE 'refused:%' AND s.status = 'trialing' AND s.provider = $1 AND s.id > $2
    ORDER BY s.id LIMIT $3
"""
_CHARGED_BACK = """
    SELECT DISTINCT s.id, s.user_id, s.subscription_ref, s.created_at, s.created_at, 0
    FROM billing_dispute d
    JOIN billing_payment p ON p.provider = d.provider AND p.payment_ref = d.payment_ref
    JOIN billing_order o ON o.id = p.order_id
    JOIN billing_subscription s ON s.id = o.subscription_id
    WHERE d.status = 'lost' AND d.provider = $1 AND s.status <> 'cancelled' AND s.id > $2
    ORDER BY s.id LIMIT $3
"""
# A bank transfer that is under way takes days; a card that was only tried is no reason to wait.
_UNPAID = """
    SELECT id, provider_checkout_ref FROM billing_order o
    WHERE state IN ('draft', 'pending') AND expires_at <= $1 AND provider = $2 AND id > $3 AND NOT EXISTS (
        SELECT FROM billing_payment p
        WHERE p.order_id = o.id AND p.status = 'authorised' AND p.created_at > $1 - interval '14 days')
    ORDER BY id LIMIT $4
"""
_UNPAID_ELSEWHERE = """
    SELECT id, NULL FROM billing_order
    WHERE state IN ('draft', 'pending') AND expires_at <= $1 AND provider <> ALL($2::text[]) AND id > $3
    ORDER BY id LIMIT $4
"""
_REMINDED = text("""
    UPDATE billing_subscription SET dunning_step = :step
    WHERE id = :id AND status = 'past_due' AND past_due_since = :since AND dunning_step < :step RETURNING true
""")
_ANNOUNCED = text("""
    UPDATE billing_subscription SET reminded_period_end = :end
    WHERE id = :id AND :end = CASE status WHEN 'trialing' THEN trial_end WHEN 'active' THEN current_period_end END
        AND reminded_period_end IS DISTINCT FROM :end
    RETURNING true
""")


async def past_due(db: Database, provider: str, since: datetime, *, after: UUID, most: int) -> list[Due]:
    """Whose payment failed at `since` or before."""
    return [Due(*row) for row in await db.fetch(_PAST_DUE, provider, since, after, most)]


async def trials_ending(db: Database, now: datetime, until: datetime, *, after: UUID, most: int) -> list[Due]:
    """That will be charged then and have not been told."""
    return [Due(*row) for row in await db.fetch(_TRIALS_ENDING, now, until, after, most)]


async def years_ending(db: Database, now: datetime, until: datetime, *, after: UUID, most: int) -> list[Due]:
    """Of plans that will be renewed for a year, whose owners have not been told."""
    return [Due(*row) for row in await db.fetch(_YEARS_ENDING, now, until, after, most)]


async def refused_trials(db: Database, provider: str, *, after: UUID, most: int) -> list[Due]:
    """That run on a card which had one before."""
    return [Due(*row) for row in await db.fetch(_REFUSED_TRIALS, provider, after, most)]


async def charged_back(db: Database, provider: str, *, after: UUID, most: int) -> list[Due]:
    """That go on although the bank has taken a payment of theirs back for good."""
    return [Due(*row) for row in await db.fetch(_CHARGED_BACK, provider, after, most)]


class Unpaid(NamedTuple):
    id: UUID
    checkout_ref: str | None


async def unpaid(db: Database, provider: str, now: datetime, *, after: UUID, most: int) -> list[Unpaid]:
    """Orders whose time is over."""
    return [Unpaid(*row) for row in await db.fetch(_UNPAID, now, provider, after, most)]


async def unpaid_elsewhere(
    db: Database, providers: Sequence[str], now: datetime, *, after: UUID, most: int
) -> list[Unpaid]:
    """Of none of these providers: nothing due, or a provider that is set up no more."""
    return [Unpaid(*row) for row in await db.fetch(_UNPAID_ELSEWHERE, now, list(providers), after, most)]


async def reminded(session: AsyncSession, due: Due, step: int) -> bool:
    """False when this failure is over, or somebody else was faster."""
    values = {"id": due.id, "since": due.since, "step": step}
    return (await session.execute(_REMINDED, values)).one_or_none() is not None


async def announced(session: AsyncSession, due: Due) -> bool:
    """False when its end was announced before."""
    return (await session.execute(_ANNOUNCED, {"id": due.id, "end": due.until})).one_or_none() is not None


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
