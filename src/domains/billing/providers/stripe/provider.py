"""Stripe as a Provider: each call bounded in time, its failures in our words."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domains.billing.errors import BadSignature, ProviderAway, WebhooksClosed
from domains.billing.policy.seen import Lookup, RefundSeen, Seen, Told
from domains.billing.providers.port import TIMEOUT_S, ChangePreview, Charge, Checkout, CheckoutWanted, Incoming
from domains.billing.providers.stripe import reading, signature
from domains.billing.providers.stripe.amounts import to_stripe
from domains.billing.providers.stripe.asking import Questions
from domains.billing.providers.stripe.checkout import PayPages
from domains.billing.providers.stripe.client import asking, open_client, plain
from domains.billing.providers.stripe.history import History
from domains.billing.providers.stripe.plans import Plans
from domains.billing.providers.stripe.shapes import Refund, shaped
from domains.kernel.uow import Database


class StripeProvider:
    name = "stripe"
    always_hosted = True

    def __init__(
        self, secret_key: str, webhook_secrets: Sequence[str] = (), api_base: str = "", *, limit_s: float = TIMEOUT_S
    ) -> None:
        """`secret_key`: sk_… or rk_…, of live or test mode. `webhook_secrets`: whsec_…, any of which may sign. Raises
        ValueError for a key that is none."""
        if not secret_key.startswith(("sk_live_", "sk_test_", "rk_live_", "rk_test_")):
            raise ValueError("a secret key of Stripe begins with sk_live_, sk_test_, rk_live_ or rk_test_")
        self.live = secret_key[3:].startswith("live_")
        self._secrets = [secret.strip() for secret in webhook_secrets if secret.strip()]
        self.accepts_webhooks = bool(self._secrets)
        self._limit_s = limit_s
        self._client, self._http = open_client(secret_key, api_base, limit_s)
        self._pages = PayPages(self._client, "" if self.live else ":test")
        self._plans = Plans(self._client)
        self._questions = Questions(self._client, live=self.live)
        self._history = History(self._client, live=self.live, limit_s=limit_s)

    # ---- paying

    async def open_checkout(self, db: Database, wanted: CheckoutWanted) -> Checkout:
        async with asking(self._limit_s):
            return await self._pages.open(db, wanted)

    async def close_checkout(self, db: Database, ref: str) -> None:
        async with asking(self._limit_s):
            await self._pages.close(ref)

    async def refund(
        self, db: Database, *, refund_id: UUID, payment_ref: str, amount_minor: int, currency: str
    ) -> RefundSeen:
        """Stripe forgets a key after a day, and a refund may be tried again later than that: it is looked for first."""
        refunds = self._client.v1.refunds
        amount = to_stripe(amount_minor, currency)
        async with asking(self._limit_s):
            page = await refunds.list_async({"payment_intent": payment_ref, "limit": 100})
            for one in page.data:
                made = reading.refund(shaped(plain(one), Refund))
                if made and made.own_id == refund_id:
                    return made
            one = await refunds.create_async(
                {"payment_intent": payment_ref, "amount": amount, "metadata": {"own_id": str(refund_id)}},
                {"idempotency_key": f"lyceum-refund-{refund_id}"},
            )
            made = reading.refund(shaped(plain(one), Refund))
        if made is None:
            raise ProviderAway
        return made

    # ---- subscriptions

    async def cancel(self, db: Database, subscription_ref: str, *, at_period_end: bool) -> None:
        async with asking(self._limit_s):
            await self._plans.cancel(subscription_ref, at_period_end=at_period_end)

    async def withdraw_cancel(self, db: Database, subscription_ref: str) -> None:
        async with asking(self._limit_s):
            await self._plans.withdraw_cancel(subscription_ref)

    async def pause(self, db: Database, subscription_ref: str) -> None:
        async with asking(self._limit_s):
            await self._plans.pause(subscription_ref)

    async def resume(self, db: Database, subscription_ref: str) -> None:
        async with asking(self._limit_s):
            await self._plans.resume(subscription_ref)

    async def preview_change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, at: datetime
    ) -> ChangePreview:
        async with asking(self._limit_s):
            product = await self._pages.product(db, charge)
            return await self._plans.preview(subscription_ref, charge, quantity, product, int(at.timestamp()))

    async def change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, *, key: str, at: datetime
    ) -> None:
        async with asking(self._limit_s):
            product = await self._pages.product(db, charge)
            await self._plans.change(subscription_ref, charge, quantity, product, key=key, at=int(at.timestamp()))

    async def retry_payment(self, db: Database, subscription_ref: str, *, key: str) -> bool:
        async with asking(self._limit_s):
            return await self._plans.retry_payment(subscription_ref, key=key)

    async def payment_method_url(self, db: Database, subscription_ref: str, return_url: str) -> str:
        async with asking(self._limit_s):
            return await self._plans.payment_method_url(subscription_ref, return_url)

    # ---- hearing

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Incoming:
        """Also raises WebhookUnreadable, for a body that fits its signature."""
        if not self._secrets:
            raise WebhooksClosed
        header = headers.get("stripe-signature")
        if not header:
            raise BadSignature
        signature.check(body, header, self._secrets, now)
        event = reading.incoming(body)
        return Incoming(event_ref=event.id, type=event.type)

    def read(self, body: bytes) -> Sequence[Told]:
        return reading.told(reading.incoming(body), live=self.live)

    async def look_up(self, db: Database, lookup: Lookup) -> Sequence[Seen]:
        async with asking(self._limit_s):
            return await self._questions.look_up(lookup)

    def history(self, db: Database, since: datetime, until: datetime) -> AsyncIterator[Told]:
        return self._history.between(since, until)

    async def aclose(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]
