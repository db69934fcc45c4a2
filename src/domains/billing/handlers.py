"""What billing does about facts: its own, for now."""

from domains.billing.events import WebhookReceived
from domains.billing.service import inbox
from domains.kernel.clock import utc_now
from domains.kernel.uow import Subscription, UnitOfWork


async def apply_webhook(uow: UnitOfWork, fact: WebhookReceived) -> None:
    await inbox.apply_webhook(uow, fact.webhook_id, utc_now())


SUBSCRIPTIONS = [Subscription("billing.apply_webhook", WebhookReceived, apply_webhook, "after")]
