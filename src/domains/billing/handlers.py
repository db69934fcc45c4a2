"""What billing does about facts."""

from domains.billing.events import WebhookReceived
from domains.billing.service import inbox, leaving, merging
from domains.identity.events import AccountErased, AccountMerged, DeletionRequested
from domains.kernel.clock import utc_now
from domains.kernel.uow import Subscription, UnitOfWork


async def apply_webhook(uow: UnitOfWork, fact: WebhookReceived) -> None:
    await inbox.apply_webhook(uow, fact.webhook_id, utc_now())


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await merging.merge(uow, fact.from_id, fact.into_id)


async def end_with_period(uow: UnitOfWork, fact: DeletionRequested) -> None:
    await leaving.end_subscriptions(uow.db, fact.user_id, at_once=False, now=utc_now())


async def end_at_once(uow: UnitOfWork, fact: AccountErased) -> None:
    await leaving.end_subscriptions(uow.db, fact.user_id, at_once=True, now=utc_now())


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await leaving.forget(uow, fact.user_id)


SUBSCRIPTIONS = [
    Subscription("billing.forget_account", AccountErased, forget_account, "inside"),
    Subscription("billing.end_with_period", DeletionRequested, end_with_period, "after"),
    Subscription("billing.end_at_once", AccountErased, end_at_once, "after"),
    Subscription("billing.apply_webhook", WebhookReceived, apply_webhook, "after"),
    Subscription("billing.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
