"""Work by the clock: failed payments, ends that are near, orders that nobody paid.

Invariant: what is due is found by SQL and done one by one, each in a transaction that looks again whether it still is.
A run that comes late or twice changes nothing, one that fails leaves the others alone, and a provider that is away
delays only its own.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.events import SubscriptionReminded
from domains.billing.policy import dunning as policy
from domains.billing.providers.port import Provider, Providers
from domains.billing.repository import subscriptions as repository
from domains.billing.repository.subscriptions import Due, Unpaid
from domains.billing.service import checkout, plans
from domains.kernel.uow import Database, UnitOfWork

AT_ONCE = 100
_FIRST = UUID(int=0)

log = logging.getLogger(__name__)

Work = TypeVar("Work", Due, Unpaid)


async def chase_payments(db: Database, now: datetime) -> None:
    """Has failed payments tried again and reminds of them; ends subscriptions for which that was in vain."""
    since = now - timedelta(days=policy.REMINDER_DAYS[0])
    for provider in db.port(Providers):
        async for due in _all(repository.past_due, db, provider.name, since):
            if not await _attempt(f"subscription {due.id}", _chase(db, provider, due, now)):
                break


async def _chase(db: Database, provider: Provider, due: Due, now: datetime) -> None:
    if policy.is_hopeless(due.since, due.step, now):
        await _end(db, provider, due, now)
        return
    step = policy.reminder_due(due.since, due.step, now)
    if step is None:
        return
    try:
        await provider.retry_payment(db, due.subscription_ref, key=f"retry:{due.id}:{due.since.isoformat()}:{step}")
    except ProviderRefused as error:
        log.info("subscription %s was not paid: %s", due.id, error)
    # What came of it: nobody is reminded of what has just been paid.
    await plans.refresh(db, provider, due.subscription_ref, now)
    async with db.begin() as uow:
        if await repository.reminded(uow.session, due, step):
            _remind(uow, due, "payment_failed", step, now)


async def end_refused_trials(db: Database, now: datetime) -> None:
    """Cancels trials on cards that had one before."""
    for provider in db.port(Providers):
        async for due in _all(repository.refused_trials, db, provider.name):
            if not await _attempt(f"subscription {due.id}", _refuse_trial(db, provider, due, now)):
                break


async def _refuse_trial(db: Database, provider: Provider, due: Due, now: datetime) -> None:
    await _end(db, provider, due, now)
    async with db.begin() as uow:
        _remind(uow, due, "trial_refused", 0, now)


async def end_charged_back(db: Database, now: datetime) -> None:
    """Cancels what the bank has taken the money back for: a charge after that would be the next dispute."""
    for provider in db.port(Providers):
        async for due in _all(repository.charged_back, db, provider.name):
            if not await _attempt(f"subscription {due.id}", _end(db, provider, due, now)):
                break


async def _end(db: Database, provider: Provider, due: Due, now: datetime) -> None:
    try:
        await provider.cancel(db, due.subscription_ref, at_period_end=False)
    except ProviderRefused as error:
        log.warning("subscription %s was not cancelled: %s", due.id, error)
    await plans.refresh(db, provider, due.subscription_ref, now)


async def announce_ends(db: Database, now: datetime) -> None:
    """Tells of trials that are about to be charged and of years that are about to be over, once each."""
    async for due in _all(repository.trials_ending, db, now, now + policy.TRIAL_NOTICE):
        await _attempt(f"subscription {due.id}", _announce(db, due, "trial_ends", policy.TRIAL_NOTICE, now))
    async for due in _all(repository.years_ending, db, now, now + policy.YEAR_NOTICE):
        await _attempt(f"subscription {due.id}", _announce(db, due, "period_ends", policy.YEAR_NOTICE, now))


async def _announce(
    db: Database, due: Due, reminder: Literal["trial_ends", "period_ends"], ahead: timedelta, now: datetime
) -> None:
    if policy.notice_due(due.since, due.until, ahead, now):
        async with db.begin() as uow:
            if await repository.announced(uow.session, due):
                _remind(uow, due, reminder, 0, due.until)


def _remind(uow: UnitOfWork, due: Due, reminder: str, step: int, at: datetime) -> None:
    uow.record(SubscriptionReminded(user_id=due.user_id, subscription_id=due.id, reminder=reminder, step=step, at=at))


# ---- orders that nobody paid


async def give_up_orders(db: Database, now: datetime) -> None:
    """Closes the pages of orders whose time is over, then gives the orders up: that sets their coupons free."""
    providers = db.port(Providers)
    for provider in providers:
        async for order in _all(repository.unpaid, db, provider.name, now):
            if not await _attempt(f"order {order.id}", checkout.abandon(db, order.id, now)):
                break
    async for order in _all(repository.unpaid_elsewhere, db, providers.names, now):
        await _attempt(f"order {order.id}", checkout.abandon(db, order.id, now))


async def _all(query: Callable[..., Awaitable[list[Work]]], db: Database, *about: object) -> AsyncIterator[Work]:
    """Everything that `query` finds, page by page; what is done about a row may take it out of the query."""
    after = _FIRST
    while found := await query(db, *about, after=after, most=AT_ONCE):
        for each in found:
            yield each
        after = found[-1].id


async def _attempt(what: str, work: Awaitable[object]) -> bool:
    """False when the provider is away and the rest of its work had better wait."""
    try:
        await work
    except ProviderAway as error:
        log.warning("%s has to wait: %s", what, error)
        return False
    except Exception:
        log.exception("%s is left for the next run", what)
    return True
