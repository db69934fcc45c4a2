"""Plans and their subscribers, on the fake provider."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, text

from conftest import Crank
from domains.billing.models import EntitlementRow, OrderRow, SubscriptionRow
from domains.billing.service import till
from domains.kernel.uow import Database
from factories.people import Learner
from factories.shop import OnSale, put_on_sale


async def put_plan(db: Database, *keys: str, **fields: Any) -> OnSale:
    return await put_on_sale(db, *keys, kind="plan", **{"interval": "month", "amount_minor": 900, **fields})


async def begin(learner: Learner, plan: OnSale, **fields: Any) -> dict[str, Any]:
    answer = await learner.post("/subscriptions", {"product_id": str(plan.product_id), **fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def pay(learner: Learner, begun: dict[str, Any], crank: Crank, card: str = "good") -> None:
    paid = await learner.http.post(
        f"/pay/{begun['checkout']['ref']}", data={"card": card}, headers={"Origin": "http://127.0.0.1:8000"}
    )
    assert paid.status_code == 303, paid.text
    await crank.jobs()


async def subscribe(learner: Learner, plan: OnSale, crank: Crank, card: str = "good", **fields: Any) -> dict[str, Any]:
    await pay(learner, await begin(learner, plan, **fields), crank, card)
    [found, *_] = (await learner.get("/subscriptions")).json()
    shown: dict[str, Any] = found
    return shown


async def move_on(db: Database, crank: Crank, now: datetime) -> None:
    """The provider's clock strikes, and we hear of what it did."""
    await till.tick(db, now)
    await crank.jobs()


async def row_of(db: Database, subscription_id: str | UUID) -> SubscriptionRow:
    async with db.begin() as uow:
        return await uow.session.get_one(SubscriptionRow, UUID(str(subscription_id)))


async def orders_of(db: Database, subscription_id: str) -> list[OrderRow]:
    async with db.begin() as uow:
        found = await uow.session.scalars(
            select(OrderRow).where(OrderRow.subscription_id == UUID(subscription_id)).order_by(OrderRow.id)
        )
        return list(found)


async def given(db: Database, user_id: UUID) -> dict[tuple[str, str], datetime | None]:
    async with db.begin() as uow:
        rows = await uow.session.scalars(select(EntitlementRow).where(EntitlementRow.user_id == user_id))
        return {(row.key, row.source): row.ends_at for row in rows}


async def told(db: Database) -> list[str]:
    """The changes that were announced, in order."""
    async with db.begin() as uow:
        found = await uow.session.execute(
            text("SELECT payload FROM kernel_outbox WHERE type = 'billing.subscription_changed.v1' ORDER BY id")
        )
        return [msgspec.json.decode(payload)["change"] for payload in found.scalars()]
