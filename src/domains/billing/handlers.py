"""What billing does about facts."""

from domains.billing.events import WebhookReceived
from domains.billing.service import inbox, merging
from domains.identity.events import AccountMerged
from domains.kernel.clock import utc_now
from domains.kernel.uow import Subscription, UnitOfWork


async def apply_webhook(uow: UnitOfWork, fact: WebhookReceived) -> None:
    await inbox.apply_webhook(uow, fact.webhook_id, utc_now())


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await merging.merge(uow, fact.from_id, fact.into_id)


SUBSCRIPTIONS = [
    Subscription("billing.apply_webhook", WebhookReceived, apply_webhook, "after"),
    Subscription("billing.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
