"""What things at Stripe are now.

Invariant: only what carries one of our ids is answered; a thing that is not there (any more) is nothing.
"""

import stripe

from domains.billing.policy.seen import Lookup, Seen
from domains.billing.providers.port import Quarantine
from domains.billing.providers.stripe import reading
from domains.billing.providers.stripe.client import plain
from domains.billing.providers.stripe.shapes import (
    Dispute,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    Refund,
    Session,
    Subscription,
    own_id,
    ref,
    shaped,
)

_PAGE = 100


class Questions:
    def __init__(self, client: stripe.StripeClient, *, live: bool) -> None:
        self._stripe = client.v1
        self._live = live

    async def look_up(self, lookup: Lookup) -> list[Seen]:
        try:
            match lookup.kind:
                case "subscription":
                    return await self._subscription(lookup.ref)
                case "invoice":
                    return await self._invoice(lookup.ref)
                case "payment":
                    return await self._payment(lookup.ref)
                case "checkout":
                    return await self._checkout(lookup.ref)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return []
            raise
        except ValueError as unreadable:
            raise Quarantine(f"{lookup.kind} {lookup.ref}: {unreadable}") from None

    async def _subscription(self, subscription_ref: str) -> list[Seen]:
        asked = await self._stripe.subscriptions.retrieve_async(
            subscription_ref, {"expand": ["default_payment_method"]}
        )
        found = shaped(plain(asked), Subscription)
        seen = reading.subscription(found)
        if seen is None:
            return []
        self._same_mode(found.livemode)
        return [seen]

    async def _invoice(self, invoice_ref: str) -> list[Seen]:
        found = shaped(
            plain(await self._stripe.invoices.retrieve_async(invoice_ref, {"expand": ["payments"]})), Invoice
        )
        if reading.invoice_order(found) is None:
            return []
        self._same_mode(found.livemode)
        seen: list[Seen] = []
        for link in found.payments.data if found.payments else []:
            payment_ref = ref(link.payment.payment_intent)
            if payment_ref and link.status != "canceled":
                seen.append(reading.invoice_payment(found, reading.payment(await self._intent(payment_ref))))
        return seen

    async def _payment(self, payment_ref: str) -> list[Seen]:
        """With its refunds and disputes."""
        found = await self._intent(payment_ref)
        seen: list[Seen] = []
        if own_id(found.metadata, "order_id"):
            seen.append(reading.payment(found))
        else:
            links = await self._stripe.invoice_payments.list_async(
                {"payment": {"type": "payment_intent", "payment_intent": payment_ref}}
            )
            for link in links.data:
                invoice_ref = ref(shaped(plain(link), InvoicePayment).invoice)
                seen += await self._invoice(invoice_ref) if invoice_ref else []
        if not seen:
            return []
        self._same_mode(found.livemode)
        refunds = await self._stripe.refunds.list_async({"payment_intent": payment_ref, "limit": _PAGE})
        seen += filter(None, (reading.refund(shaped(plain(one), Refund)) for one in refunds.data))
        disputes = await self._stripe.disputes.list_async({"payment_intent": payment_ref, "limit": _PAGE})
        seen += filter(None, (reading.dispute(shaped(plain(one), Dispute)) for one in disputes.data))
        return seen

    async def _checkout(self, session_ref: str) -> list[Seen]:
        found = shaped(plain(await self._stripe.checkout.sessions.retrieve_async(session_ref)), Session)
        seen: list[Seen] = []
        for told in reading.session(found):
            self._same_mode(found.livemode)
            seen += await self.look_up(told) if isinstance(told, Lookup) else [told]
        return seen

    async def _intent(self, payment_ref: str) -> PaymentIntent:
        found = await self._stripe.payment_intents.retrieve_async(payment_ref, {"expand": ["latest_charge"]})
        return shaped(plain(found), PaymentIntent)

    def _same_mode(self, livemode: bool) -> None:
        if livemode != self._live:
            raise Quarantine(f"a thing of {'live' if livemode else 'test'} mode")
