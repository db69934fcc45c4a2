"""Somebody leaves for good: nothing is charged any more, and nobody is named where no law wants it.

Invariant: subscriptions end at their provider, by the same way as by their owner's hand, and as often as it takes.
"""

from datetime import datetime
from uuid import UUID

from domains.billing.repository import orders, rights
from domains.billing.service import plans
from domains.kernel.uow import Database, UnitOfWork


async def end_subscriptions(db: Database, user_id: UUID, *, at_once: bool, now: datetime) -> None:
    """At the end of their periods, or at once. Raises ProviderAway and ProviderRefused."""
    async with db.begin() as uow:
        going_on = await rights.going_on(uow.session, user_id)
    for subscription_id in going_on:
        await plans.cancel(db, user_id, subscription_id, at_once=at_once, now=now)


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    await orders.lock_buyer(uow.session, user_id)
    await rights.erase(uow.session, user_id)
