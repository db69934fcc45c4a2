"""Asking Razorpay what a thing is now, and whose.

Invariant: a payment is ours only by what the secret key wrote: the notes of its order, of its payment link, or of its
subscription.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from domains.billing.policy.seen import CheckoutClosed, DisputeSeen, Lookup, PaymentSeen, Seen, SubscriptionSeen, Told
from domains.billing.providers.razorpay import facts
from domains.billing.providers.razorpay.api import Api, Missing
from domains.billing.providers.razorpay.entities import (
    Dispute,
    Invoice,
    Order,
    Payment,
    PaymentLink,
    Plan,
    Refund,
    Subscription,
    own_id,
)
from domains.billing.repository import provider as refs
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

LATE_AUTHORISATION = timedelta(days=5)
"""How long after it was begun a payment may still succeed."""
LONGEST_DISPUTE = timedelta(days=180)


class Names:
    """Kinds of references that we keep; those of the test mode stand apart."""

    def __init__(self, live: bool) -> None:
        suffix = "" if live else ":test"
        self.order = f"order{suffix}"
        self.link = f"link{suffix}"
        self.plan = f"plan{suffix}"
        self.subscription = f"subscription{suffix}"
        self.leaving = f"leaving{suffix}"
        """Own id: the order that began a subscription whose end we asked for."""
        self.ended = f"ended{suffix}"
        """And which was then ended at once after all."""


class Lookups:
    """One look at Razorpay; what is read once is not read again within it."""

    def __init__(self, api: Api, provider: str, names: Names, plans: dict[str, Plan]) -> None:
        """`plans`: those read before; a plan never changes."""
        self._api = api
        self._provider = provider
        self._names = names
        self._plans = plans
        self._orders: dict[str, Order] = {}
        self._subscriptions: dict[str, Subscription] = {}

    async def seen(self, db: Database, lookup: Lookup) -> list[Seen]:
        """Raises Missing."""
        match lookup.kind:
            case "subscription":
                return await self._subscription(db, lookup.ref)
            case "invoice":
                return await self._invoice(db, lookup.ref)
            case "payment":
                return await self.payment(db, await self._api.get(Payment, "payments", lookup.ref))
            case "checkout":
                return await self._checkout(db, lookup.ref)

    async def payment(self, db: Database, payment: Payment) -> list[Seen]:
        """With its refunds. Empty when it is not ours."""
        seen: list[Seen] = []
        if payment.invoice_id is not None:
            invoice = await self._api.get(Invoice, "invoices", payment.invoice_id)
            if invoice.subscription_id is None:
                return []
            subscription = await self.subscription(invoice.subscription_id)
            standing = await self._standing(db, subscription)
            if standing is None:
                return []
            first = await self._begins(invoice, subscription)
            seen = [standing, facts.paid_in_period(payment, invoice, subscription, first=first)]
        elif payment.order_id is not None:
            once = facts.paid_once(payment, (await self._order(payment.order_id)).notes)
            if once is None:
                return []
            seen = [once]
        return [*seen, *await self._refunds(payment)] if seen else []

    async def _refunds(self, payment: Payment) -> list[Seen]:
        if not payment.amount_refunded:
            return []
        found = self._api.all(Refund, "payments", payment.id, "refunds")
        return [facts.refunded(refund) async for refund in found]

    async def _begins(self, invoice: Invoice, subscription: Subscription) -> bool:
        """Whether the subscription began with this invoice."""
        if not facts.may_begin_it(invoice, subscription):
            return False
        found = [one async for one in self._api.all(Invoice, "invoices", subscription_id=subscription.id)]
        # They come the newest first, which also decides between those of the same second.
        oldest = min(reversed(found), key=lambda one: one.created_at or 0, default=invoice)
        return oldest.id == invoice.id

    async def subscription(self, ref: str) -> Subscription:
        if ref not in self._subscriptions:
            self._subscriptions[ref] = await self._api.get(Subscription, "subscriptions", ref)
        return self._subscriptions[ref]

    async def plan(self, ref: str) -> Plan:
        if ref not in self._plans:
            self._plans[ref] = await self._api.get(Plan, "plans", ref)
        return self._plans[ref]

    async def leaving(self, db: Database, subscription: Subscription) -> bool:
        """Whether it is to end with what was paid for, and no sooner."""
        order_id = own_id(subscription.notes, "order_id")
        if order_id is None or await refs.ref_of(db, self._provider, self._names.leaving, order_id) is None:
            return False
        return await refs.ref_of(db, self._provider, self._names.ended, order_id) is None

    async def history(self, db: Database, since: datetime, until: datetime) -> AsyncIterator[Told]:
        """Razorpay lists things by when they were made. Subscriptions that only changed are not among them."""
        begin, end = int(since.timestamp()), int(until.timestamp())
        earlier = int((since - LATE_AUTHORISATION).timestamp())
        async for order in self._api.all(Order, "orders", **{"from": earlier, "to": end}):
            self._orders[order.id] = order
        paid: dict[str, bool] = {}
        told: set[str] = set()
        async for payment in self._api.all(Payment, "payments", **{"from": earlier, "to": end}):
            seen = await self._tolerated(db, payment)
            paid[payment.id] = bool(seen)
            for one in seen:
                if not isinstance(one, SubscriptionSeen):
                    yield one
                elif one.subscription_ref not in told:
                    # Before its payments, and to be looked up under a number of its own.
                    told.add(one.subscription_ref)
                    yield Lookup(kind="subscription", ref=one.subscription_ref)
        async for refund in self._api.all(Refund, "refunds", **{"from": begin, "to": end}):
            if await self._ours(db, refund.payment_id, paid):
                yield facts.refunded(refund)
        async for dispute in self._disputes((since - LONGEST_DISPUTE).timestamp(), until.timestamp()):
            if await self._ours(db, dispute.payment_ref, paid):
                yield dispute
        async for subscription in self._api.all(Subscription, "subscriptions", **{"from": begin, "to": end}):
            if own_id(subscription.notes, "order_id") and subscription.id not in told:
                yield Lookup(kind="subscription", ref=subscription.id)

    async def _ours(self, db: Database, payment_ref: str, known: dict[str, bool]) -> bool:
        if payment_ref not in known:
            payment = await self._api.get(Payment, "payments", payment_ref)
            known[payment_ref] = bool(await self._tolerated(db, payment))
        return known[payment_ref]

    async def _tolerated(self, db: Database, payment: Payment) -> list[Seen]:
        try:
            return await self.payment(db, payment)
        except Missing:
            return []

    async def _disputes(self, oldest: float, newest: float) -> AsyncIterator[DisputeSeen]:
        """They cannot be asked for by time and come the newest first. Old ones, too: what matters is their end."""
        try:
            async for dispute in self._api.all(Dispute, "disputes"):
                begun = dispute.created_at or newest
                if begun < oldest:
                    return
                if begun <= newest and (seen := facts.disputed(dispute)) is not None:
                    yield seen
        except Missing:
            # Not every account may ask.
            return

    async def _order(self, ref: str) -> Order:
        if ref not in self._orders:
            self._orders[ref] = await self._api.get(Order, "orders", ref)
        return self._orders[ref]

    async def _standing(self, db: Database, subscription: Subscription) -> SubscriptionSeen | None:
        plan = await self.plan(subscription.plan_id)
        leaving = await self.leaving(db, subscription)
        return facts.subscribed(subscription, plan, leaving=leaving, now=utc_now())

    async def _subscription(self, db: Database, ref: str) -> list[Seen]:
        found = await self._standing(db, await self.subscription(ref))
        return [found] if found else []

    async def _invoice(self, db: Database, ref: str) -> list[Seen]:
        invoice = await self._api.get(Invoice, "invoices", ref)
        if invoice.subscription_id is None:
            return []
        if invoice.payment_id is None:
            return await self._subscription(db, invoice.subscription_id)
        return await self.payment(db, await self._api.get(Payment, "payments", invoice.payment_id))

    async def _checkout(self, db: Database, ref: str) -> list[Seen]:
        if ref.startswith("plink_"):
            return await self._link(ref)
        if not ref.startswith("sub_"):
            found = await self._api.list(Payment, "orders", ref, "payments")
            return [one for payment in found for one in await self.payment(db, payment)]
        subscription = await self.subscription(ref)
        order_id = own_id(subscription.notes, "order_id")
        seen = await self._subscription(db, ref)
        if order_id and subscription.status in facts.ENDED and not subscription.paid_count and not seen_open(seen):
            return [*seen, CheckoutClosed(order_id=order_id)]
        return seen

    async def _link(self, ref: str) -> list[Seen]:
        link = await self._api.get(PaymentLink, "payment_links", ref)
        order_id = own_id(link.notes, "order_id")
        if order_id is None:
            return []
        seen: list[Seen] = []
        for payment in await self._api.list(Payment, "orders", link.order_id, "payments") if link.order_id else []:
            once = facts.paid_once(payment, link.notes)
            seen += [*([once] if once else []), *await self._refunds(payment)]
        paid = any(isinstance(one, PaymentSeen) and one.status == "captured" for one in seen)
        if link.status in facts.CLOSED_LINK and not paid:
            seen.append(CheckoutClosed(order_id=order_id))
        return seen


def seen_open(seen: list[Seen]) -> bool:
    return any(isinstance(one, SubscriptionSeen) and one.status != "cancelled" for one in seen)
