"""What billing asks of Razorpay, answered by its API.

What Razorpay has no key against repetition for is looked for before it is made: orders by their receipt, payment links
by their reference, refunds by our id in their notes. Where two make the same thing at once, the reference that is
kept first wins, and nobody is given the other. What it cannot do is refused with a text that says so.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from domains.billing.errors import BadSignature, ProviderRefused
from domains.billing.policy.proration import prorate
from domains.billing.policy.seen import Lookup, RefundSeen, Seen, Told
from domains.billing.providers.port import ChangePreview, Charge, Checkout, CheckoutWanted, Incoming, Quarantine
from domains.billing.providers.razorpay import facts, subscribing, webhooks
from domains.billing.providers.razorpay.api import Api, Missing, within
from domains.billing.providers.razorpay.entities import Order, Refund, Subscription, moment, own_id
from domains.billing.providers.razorpay.links import Links
from domains.billing.providers.razorpay.lookups import Lookups, Names
from domains.billing.providers.razorpay.subscribing import Subscribing
from domains.billing.repository import provider as refs
from domains.kernel.money import exponent
from domains.kernel.uow import Database

SECOND_LOOK_S = 1.0
LATEST_CAPTURE_MIN = 7200
"""Payments that succeed late are taken too: an order that was given up counts again when its money arrives."""


class Razorpay:
    """One account, in the mode of its key. `account_id`, where it is set, is what every webhook has to name."""

    name = "razorpay"
    always_hosted = False

    def __init__(
        self,
        key_id: str,
        key_secret: str,
        webhook_secrets: Sequence[str] = (),
        *,
        api_base: str = "",
        account_id: str = "",
    ) -> None:
        self.live = key_id.startswith("rzp_live_")
        self._key_id = key_id
        self._key_secret = key_secret
        self._webhook_secrets = tuple(secret for secret in (one.strip() for one in webhook_secrets) if secret)
        self.accepts_webhooks = bool(self._webhook_secrets)
        self._account_id = account_id
        self._api = Api(key_id, key_secret, api_base)
        self._names = Names(self.live)
        self._subscribing = Subscribing(self._api, self.name, self._names, key_id)
        self._links = Links(self._api, self.name, self._names)

    # ---- paying

    async def open_checkout(self, db: Database, wanted: CheckoutWanted) -> Checkout:
        """One order, payment link or subscription for each of ours, so that paying twice is impossible. An order is
        paid with checkout.js and has no page of its own; a payment link is one, and makes an order for itself."""
        payable(wanted.amount_minor, wanted.currency)
        async with within():
            if wanted.charge is not None:
                return await self._subscribing.checkout(db, wanted, wanted.charge)
            if wanted.hosted:
                return await self._links.checkout(db, wanted)
            ref = await refs.ref_of(db, self.name, self._names.order, wanted.order_id)
            if ref is None:
                order = await self._order_made_before(wanted) or await self._new_order(wanted)
                ref = await refs.keep_ref(db, self.name, self._names.order, wanted.order_id, order.id)
        data = {
            "key_id": self._key_id,
            "order_id": ref,
            "amount": wanted.amount_minor,
            "currency": wanted.currency,
            "name": wanted.title,
        }
        return Checkout(ref=ref, data=data)

    async def _order_made_before(self, wanted: CheckoutWanted) -> Order | None:
        """By a call whose answer we never heard."""
        with suppress(Missing):
            async for order in self._api.all(Order, "orders", receipt=str(wanted.order_id)):
                same = (order.amount, order.currency) == (wanted.amount_minor, wanted.currency)
                if same and own_id(order.notes, "order_id") == wanted.order_id:
                    return order
        return None

    async def _new_order(self, wanted: CheckoutWanted) -> Order:
        body = {
            "amount": wanted.amount_minor,
            "currency": wanted.currency,
            "receipt": str(wanted.order_id),
            "notes": {"order_id": str(wanted.order_id)},
            "payment": {
                "capture": "automatic",
                "capture_options": {
                    "automatic_expiry_period": LATEST_CAPTURE_MIN,
                    "manual_expiry_period": LATEST_CAPTURE_MIN,
                    "refund_speed": "normal",
                },
            },
        }
        return await self._api.post(Order, "orders", body=body)

    async def close_checkout(self, db: Database, ref: str) -> None:
        """Razorpay's orders stay open: money for one that was given up is counted when it comes."""
        if not ref.startswith(("sub_", "plink_")):
            return
        async with within():
            with suppress(ProviderRefused):
                if ref.startswith("plink_"):
                    await self._links.close(ref)
                elif (await self._api.get(Subscription, "subscriptions", ref)).status == "created":
                    await self._subscribing.end(ref, at_cycle_end=False)

    async def refund(
        self, db: Database, *, refund_id: UUID, payment_ref: str, amount_minor: int, currency: str
    ) -> RefundSeen:
        payable(amount_minor, currency)
        async with within():
            async for made in self._api.all(Refund, "payments", payment_ref, "refunds"):
                if own_id(made.notes, "refund_id") == refund_id:
                    return facts.refunded(made)
            body = {
                "amount": amount_minor,
                "speed": "normal",
                "receipt": str(refund_id),
                "notes": {"refund_id": str(refund_id)},
            }
            headers = {"X-Refund-Idempotency": str(refund_id)}
            made = await self._api.post(Refund, "payments", payment_ref, "refund", body=body, headers=headers)
            return facts.refunded(made)

    # ---- subscriptions

    async def cancel(self, db: Database, subscription_ref: str, *, at_period_end: bool) -> None:
        async with within():
            await self._subscribing.cancel(db, subscription_ref, at_period_end=at_period_end)

    async def withdraw_cancel(self, db: Database, subscription_ref: str) -> None:
        raise ProviderRefused(
            "Razorpay cannot take the end of a subscription back; it can be bought again once it has ended"
        )

    async def pause(self, db: Database, subscription_ref: str) -> None:
        async with within():
            await self._subscribing.pause(subscription_ref)

    async def resume(self, db: Database, subscription_ref: str) -> None:
        async with within():
            await self._subscribing.resume(subscription_ref)

    async def preview_change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, at: datetime
    ) -> ChangePreview:
        """An estimate by time; Razorpay offers none. What it gives back goes to the card at once."""
        payable(charge.amount_minor * quantity, charge.currency)
        async with within():
            lookups = self._lookups()
            subscription = await lookups.subscription(subscription_ref)
            plan = await lookups.plan(subscription.plan_id)
        subscribing.changeable(subscription, plan, charge)
        start, end = moment(subscription.current_start), moment(subscription.current_end)
        due = 0
        if start is not None and end is not None and start < end:
            # An estimate: Razorpay settles by time as well, and says how much only once it is done.
            due = prorate(
                plan.item.amount * subscription.quantity,
                charge.amount_minor * quantity,
                start=start,
                end=end,
                at=at,
                same_interval=plan.period == subscribing.PERIODS[charge.interval],
                currency=charge.currency,
            ).due_minor
        return ChangePreview(due, charge.currency, at)

    async def change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, *, key: str, at: datetime
    ) -> None:
        """`key` is not needed: a change that was made is not made again. Razorpay prorates at the moment of the call,
        charges what is due and gives back what is not; it refuses for mandates that it cannot change (UPI)."""
        payable(charge.amount_minor * quantity, charge.currency)
        async with within():
            await self._subscribing.change(db, self._lookups(), subscription_ref, charge, quantity)

    async def retry_payment(self, db: Database, subscription_ref: str, *, key: str) -> bool:
        """Razorpay tries again by itself only, and when the customer changes the card."""
        return False

    async def payment_method_url(self, db: Database, subscription_ref: str, return_url: str) -> str:
        """The subscription's own page. It does not lead back."""
        async with within():
            subscription = await self._api.get(Subscription, "subscriptions", subscription_ref)
        if not subscription.short_url or subscription.status in facts.ENDED:
            raise ProviderRefused("the payment method of a subscription that has ended cannot be changed")
        return subscription.short_url

    # ---- hearing

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Incoming:
        return webhooks.verified(body, headers, self._webhook_secrets)

    def read(self, body: bytes) -> Sequence[Told]:
        return webhooks.read(body, self._account_id)

    async def confirm(self, db: Database, *, order_ref: str, payment_ref: str, signature: str) -> Sequence[Seen]:
        """`order_ref` is the checkout that we kept for the order, never what the browser sends along. What a payment
        link's page brings back is signed in another way and not needed: the return page waits for the webhook."""
        subscribed = order_ref.startswith("sub_")
        pair = (payment_ref, order_ref) if subscribed else (order_ref, payment_ref)
        if not webhooks.fits("|".join(pair).encode("utf-8", "replace"), signature, (self._key_secret,)):
            raise BadSignature
        lookups = self._lookups()
        seen: Sequence[Seen] = ()
        async with within():
            with suppress(Missing):
                seen = await lookups.seen(db, Lookup(kind="payment", ref=payment_ref))
            if subscribed and not seen:
                # The payment that only proved the mandate is given back by Razorpay and pays for nothing of ours.
                seen = await lookups.seen(db, Lookup(kind="subscription", ref=order_ref))
        return seen

    async def look_up(self, db: Database, lookup: Lookup) -> Sequence[Seen]:
        """What we were told of is there, unless another account or the other mode told us."""
        async with within():
            with suppress(Missing):
                return await self._lookups().seen(db, lookup)
            # Webhooks can be faster than what the API reads from.
            await asyncio.sleep(SECOND_LOOK_S)
            try:
                return await self._lookups().seen(db, lookup)
            except Missing as missing:
                raise Quarantine(f"{lookup.ref} is not in this account and mode") from missing

    def history(self, db: Database, since: datetime, until: datetime) -> AsyncIterator[Told]:
        return self._lookups().history(db, since, until)

    async def aclose(self) -> None:
        await self._api.aclose()

    def _lookups(self) -> Lookups:
        return Lookups(self._api, self.name, self._names, self._subscribing.plans)


def payable(amount_minor: int, currency: str) -> None:
    """Raises ProviderRefused: card networks round away the third decimal, so Razorpay wants it to be zero."""
    if exponent(currency) == 3 and amount_minor % 10:
        raise ProviderRefused(f"Razorpay takes no third decimal in {currency}")
