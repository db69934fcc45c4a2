"""Somebody leaves for good: nothing is charged any more, and nobody is named where no law wants it.

Invariant: subscriptions end at their provider, by the same way as by their owner's hand, and as often as it takes.
"""

from datetime import datetime
from uuid import UUID

from domains.billing.repository import orders, rights
from domains.billing.service import plans
from domains.identity import api as identity
from domains.kernel.errors import AppError
from domains.kernel.uow import Database, UnitOfWork


async def end_subscriptions(db: Database, user_id: UUID, *, at_once: bool, now: datetime) -> None:
    """At the end of their periods, or at once; nothing for who stays after all. One that cannot be ended keeps no other
    going. Raises the first of what `plans.cancel` raises."""
    async with db.begin() as uow:
        contact = await identity.contact(uow, user_id)
        if contact is None or not contact.closed:
            return
        going_on = await rights.going_on(uow.session, user_id)
    refused: list[AppError] = []
    for subscription_id in going_on:
        try:
            await plans.cancel(db, user_id, subscription_id, at_once=at_once, now=now)
        except AppError as error:
            refused.append(error)
    if refused:
        raise refused[0]


async def forget(uow: UnitOfWork, user_id: UUID) -> None:
    await orders.lock_buyer(uow.session, user_id)
    await rights.erase(uow.session, user_id)
