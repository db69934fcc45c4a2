"""What changed at Stripe in a window of time, for reconciliation.

Invariant: what was made within the window is told as it is now, under our API version; what happened within it to
things made before, as long as Stripe remembers its events (30 days). One odd thing ends nothing: it is logged.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import stripe

from domains.billing.policy.seen import Lookup, Told
from domains.billing.providers.port import Quarantine
from domains.billing.providers.stripe import reading
from domains.billing.providers.stripe.client import asking, plain
from domains.billing.providers.stripe.shapes import (
    Dispute,
    Event,
    Invoice,
    PaymentIntent,
    Refund,
    Subscription,
    own_id,
    shaped,
)

log = logging.getLogger(__name__)

Read = Callable[[dict[str, Any]], Sequence[Told]]
Ask = Callable[[], Awaitable[stripe.ListObject[Any]]]

_PAGE = 100
_CHANGES = [
    *(f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "canceled")),
    *(f"refund.{what}" for what in ("created", "updated", "failed")),
    *(f"charge.dispute.{what}" for what in ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")),
    *(f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed")),
    *(f"invoice.{what}" for what in ("paid", "payment_failed")),
    "checkout.session.expired",
]
"""Stripe takes 20 at most."""


class History:
    def __init__(self, client: stripe.StripeClient, *, live: bool, limit_s: float) -> None:
        self._stripe = client.v1
        self._live = live
        self._limit_s = limit_s

    async def between(self, since: datetime, until: datetime) -> AsyncIterator[Told]:
        """Each thing once. Refunds and disputes carry no id of ours: those of payments that are not ours are told
        too."""
        said: set[Told] = set()
        for read, ask in self._sources(int(since.timestamp()), int(until.timestamp()) + 1):
            async for found in self._pages(ask):
                for told in _understood(read, found):
                    if told not in said:
                        said.add(told)
                        yield told

    def _sources(self, since: int, until: int) -> Iterator[tuple[Read, Ask]]:
        made: Any = {"created": {"gte": since, "lt": until}, "limit": _PAGE}
        v1 = self._stripe
        yield _payment, lambda: v1.payment_intents.list_async(made | {"expand": ["data.latest_charge"]})
        yield _refund, lambda: v1.refunds.list_async(made)
        yield _dispute, lambda: v1.disputes.list_async(made)
        yield _subscription, lambda: v1.subscriptions.list_async(made | {"status": "all"})
        yield _invoice, lambda: v1.invoices.list_async(made)
        yield lambda event: self._event(since, event), lambda: v1.events.list_async(made | {"types": _CHANGES})

    def _event(self, since: int, found: dict[str, Any]) -> Sequence[Told]:
        event = shaped(found, Event)
        return reading.told(event, live=self._live) if _of_before(since, event.data.object) else []

    async def _pages(self, ask: Ask) -> AsyncIterator[dict[str, Any]]:
        """Each page has the time limit of a call of its own."""
        async with asking(self._limit_s):
            page = await ask()
        while True:
            for found in page.data:
                yield plain(found)
            if not page.has_more or not page.data:
                return
            async with asking(self._limit_s):
                page = await page.next_page_async()


def _understood(read: Read, found: dict[str, Any]) -> Sequence[Told]:
    try:
        return read(found)
    except (ValueError, Quarantine) as unreadable:
        log.warning("stripe: %s %s was left out: %s", found.get("object"), found.get("id"), unreadable)
        return []


def _of_before(since: int, thing: dict[str, Any]) -> bool:
    """Other things made within the window were listed themselves; pay pages are not, they are many and say little."""
    made = thing.get("created")
    return thing.get("object") == "checkout.session" or not isinstance(made, int) or made < since


def _payment(found: dict[str, Any]) -> Sequence[Told]:
    return [reading.payment(shaped(found, PaymentIntent))] if own_id(found.get("metadata"), "order_id") else []


def _refund(found: dict[str, Any]) -> Sequence[Told]:
    seen = reading.refund(shaped(found, Refund))
    return [seen] if seen else []


def _dispute(found: dict[str, Any]) -> Sequence[Told]:
    seen = reading.dispute(shaped(found, Dispute))
    return [seen] if seen else []


def _subscription(found: dict[str, Any]) -> Sequence[Told]:
    ours = own_id(found.get("metadata"), "order_id")
    return [Lookup(kind="subscription", ref=shaped(found, Subscription).id)] if ours else []


def _invoice(found: dict[str, Any]) -> Sequence[Told]:
    invoice = shaped(found, Invoice)
    return [Lookup(kind="invoice", ref=invoice.id)] if invoice.id and reading.invoice_order(invoice) else []
