"""SQL of the fake provider: its things as JSON under their references, and what it has yet to tell."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import FakeObjectRow
from domains.kernel.uow import Database

EVENT = "event"

_DUE = text("""
    SELECT ref FROM billing_fake_object
    WHERE kind = 'subscription' AND data->>'status' IN ('trialing', 'active', 'past_due')
        AND CAST(data->>'current_period_end' AS timestamptz) <= :now
    ORDER BY CAST(data->>'current_period_end' AS timestamptz) LIMIT :most
""")
_OVER = text("""
    SELECT ref FROM billing_fake_object
    WHERE kind = 'checkout' AND data->>'state' = 'open' AND CAST(data->>'expires_at' AS timestamptz) <= :now
    ORDER BY created_at LIMIT :most
""")
_OF_ORDER = """
    SELECT ref, kind, data::text AS data FROM billing_fake_object
    WHERE kind IN ('payment', 'subscription') AND data->>'order_id' = $1 ORDER BY created_at, ref
"""
_BETWEEN = """
    SELECT ref, kind, data::text AS data FROM billing_fake_object
    WHERE (kind IN ('payment', 'refund') AND created_at >= $1 AND created_at < $2)
        OR (kind = 'subscription' AND CAST(data->>'changed_at' AS timestamptz) >= $1 AND created_at < $2)
    ORDER BY created_at, ref
"""


class Kept(NamedTuple):
    ref: str
    kind: str
    data: Any
    """Builtin types, or from `fetch` statements their JSON."""


async def add(session: AsyncSession, ref: str, kind: str, data: dict[str, Any], at: datetime) -> bool:
    """False when something of this reference is there already, which then stays as it is."""
    statement = (
        insert(FakeObjectRow)
        .values(ref=ref, kind=kind, data=data, created_at=at)
        .on_conflict_do_nothing()
        .returning(FakeObjectRow.ref)
    )
    return (await session.execute(statement)).one_or_none() is not None


async def find(session: AsyncSession, ref: str, kind: str, *, lock: bool = False) -> dict[str, Any] | None:
    statement = select(FakeObjectRow.data).where(FakeObjectRow.ref == ref, FakeObjectRow.kind == kind)
    return (await session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()


async def change(session: AsyncSession, ref: str, data: dict[str, Any]) -> None:
    await session.execute(update(FakeObjectRow).where(FakeObjectRow.ref == ref).values(data=data))


async def take_events(session: AsyncSession, most: int) -> Sequence[Kept]:
    """Events that were not told yet, in their order; they are gone when the transaction commits."""
    statement = (
        select(FakeObjectRow.ref, FakeObjectRow.kind, FakeObjectRow.data)
        .where(FakeObjectRow.kind == EVENT)
        .order_by(FakeObjectRow.created_at, FakeObjectRow.ref)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    taken = [Kept(*row) for row in await session.execute(statement)]
    if taken:
        await session.execute(delete(FakeObjectRow).where(FakeObjectRow.ref.in_([kept.ref for kept in taken])))
    return taken


async def due_subscriptions(session: AsyncSession, now: datetime, most: int) -> Sequence[str]:
    return (await session.execute(_DUE, {"now": now, "most": most})).scalars().all()


async def checkouts_over(session: AsyncSession, now: datetime, most: int) -> Sequence[str]:
    """Open ones whose time has passed."""
    return (await session.execute(_OVER, {"now": now, "most": most})).scalars().all()


async def one(db: Database, ref: str) -> Kept | None:
    rows = await db.fetch("SELECT ref, kind, data::text AS data FROM billing_fake_object WHERE ref = $1", ref)
    return Kept(*rows[0]) if rows else None


async def refunds_of(db: Database, payment_ref: str) -> Sequence[Kept]:
    rows = await db.fetch(
        "SELECT ref, kind, data::text AS data FROM billing_fake_object"
        " WHERE kind = 'refund' AND data->>'payment_ref' = $1 ORDER BY created_at, ref",
        payment_ref,
    )
    return [Kept(*row) for row in rows]


async def of_order(db: Database, order_id: str) -> Sequence[Kept]:
    """Payments and the subscription that came of an order."""
    return [Kept(*row) for row in await db.fetch(_OF_ORDER, order_id)]


async def between(db: Database, since: datetime, until: datetime) -> Sequence[Kept]:
    """Payments and refunds made, and subscriptions changed, in that time."""
    return [Kept(*row) for row in await db.fetch(_BETWEEN, since, until)]
