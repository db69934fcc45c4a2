"""Changes to a subscription that runs. Those that set a state are safe to repeat by themselves, and take no key of
ours: with one, a cancellation that follows a withdrawn cancellation would be answered from memory and not be done."""

from datetime import UTC, datetime

import stripe
from stripe.params import InvoiceCreatePreviewParams, SubscriptionUpdateParams

from domains.billing.errors import StateForbids
from domains.billing.providers.port import ChangePreview, Charge
from domains.billing.providers.stripe.amounts import from_stripe, to_stripe
from domains.billing.providers.stripe.client import plain
from domains.billing.providers.stripe.shapes import Customer, Invoice, Item, LatestInvoice, Subscription, ref, shaped

_OVER = ("canceled", "incomplete_expired")


class Plans:
    def __init__(self, client: stripe.StripeClient) -> None:
        self._stripe = client

    async def find(self, subscription_ref: str, *, expand: list[str] | None = None) -> Subscription:
        found = await self._stripe.v1.subscriptions.retrieve_async(subscription_ref, {"expand": expand or []})
        return shaped(plain(found), Subscription)

    async def cancel(self, subscription_ref: str, *, at_period_end: bool) -> None:
        """Quiet when it is over already."""
        try:
            if at_period_end:
                await self._set(subscription_ref, {"cancel_at_period_end": True})
            else:
                await self._stripe.v1.subscriptions.cancel_async(subscription_ref)
        except stripe.InvalidRequestError:
            if (await self.find(subscription_ref)).status not in _OVER:
                raise

    async def withdraw_cancel(self, subscription_ref: str) -> None:
        found = await self.find(subscription_ref)
        if found.cancel_at is not None and not found.cancel_at_period_end:
            # An end with a date of its own, set in the dashboard.
            await self._set(subscription_ref, {"cancel_at": ""})
        else:
            await self._set(subscription_ref, {"cancel_at_period_end": False})

    async def pause(self, subscription_ref: str) -> None:
        """Periods go on, and nothing is asked for them."""
        await self._set(subscription_ref, {"pause_collection": {"behavior": "void"}})

    async def resume(self, subscription_ref: str) -> None:
        """In the period that was paid, or else with a new one from now on: the rest of one that began during the pause
        would be free."""
        found = await self.find(subscription_ref, expand=["latest_invoice"])
        asked = found.latest_invoice
        if found.status == "paused":
            # Paused as a whole, in the dashboard or by a trial that ended without a card: a new period begins.
            await self._stripe.v1.subscriptions.resume_async(subscription_ref)
        elif isinstance(asked, LatestInvoice) and asked.status == "void":
            anew: SubscriptionUpdateParams = {
                "pause_collection": "",
                "billing_cycle_anchor": {"type": "now"},
                "proration_behavior": "none",
            }
            await self._set(subscription_ref, anew)
        else:
            await self._set(subscription_ref, {"pause_collection": ""})

    async def preview(
        self, subscription_ref: str, charge: Charge, quantity: int, product: str, at: int
    ) -> ChangePreview:
        item = _only_item(await self.find(subscription_ref))
        amount = to_stripe(charge.amount_minor, charge.currency)
        params: InvoiceCreatePreviewParams = {
            "subscription": subscription_ref,
            "subscription_details": {
                "items": [
                    {
                        "id": item.id,
                        "quantity": quantity,
                        "price_data": {
                            "currency": charge.currency.lower(),
                            "product": product,
                            "unit_amount": amount,
                            "recurring": {"interval": charge.interval},
                        },
                    }
                ],
                "proration_behavior": "always_invoice",
                "proration_date": at,
            },
        }
        found = shaped(plain(await self._stripe.v1.invoices.create_preview_async(params)), Invoice)
        currency = found.currency.upper()
        due = found.total if found.total < 0 else found.amount_due
        return ChangePreview(from_stripe(due, currency), currency, datetime.fromtimestamp(at, UTC))

    async def change(
        self, subscription_ref: str, charge: Charge, quantity: int, product: str, *, key: str, at: int
    ) -> None:
        """Refused, and nothing is changed, when the difference cannot be taken at once."""
        found = await self.find(subscription_ref)
        if (found.metadata or {}).get("change") == key:
            # Done before, and so long ago that Stripe may have forgotten the key.
            return
        params: SubscriptionUpdateParams = {
            "items": [
                {
                    "id": _only_item(found).id,
                    "quantity": quantity,
                    "price_data": {
                        "currency": charge.currency.lower(),
                        "product": product,
                        "unit_amount": to_stripe(charge.amount_minor, charge.currency),
                        "recurring": {"interval": charge.interval},
                    },
                }
            ],
            "proration_behavior": "always_invoice",
            "proration_date": at,
            "payment_behavior": "error_if_incomplete",
            "metadata": {"price_id": str(charge.price_id), "change": key},
        }
        await self._stripe.v1.subscriptions.update_async(
            subscription_ref, params, {"idempotency_key": f"lyceum-change-{key}"}
        )

    async def retry_payment(self, subscription_ref: str, *, key: str) -> bool:
        """Every open invoice, the oldest first, from the card that the customer has chosen by now."""
        found = await self.find(subscription_ref, expand=["customer"])
        settings = found.customer.invoice_settings if isinstance(found.customer, Customer) else None
        chosen = ref(settings.default_payment_method) if settings else None
        if chosen and chosen != ref(found.default_payment_method):
            await self._set(subscription_ref, {"default_payment_method": chosen})
        page = await self._stripe.v1.invoices.list_async(
            {"subscription": subscription_ref, "status": "open", "limit": 100}
        )
        for invoice in reversed(page.data):
            await self._stripe.v1.invoices.pay_async(
                invoice.id, options={"idempotency_key": f"lyceum-retry-{key}-{invoice.id}"}
            )
        return True

    async def payment_method_url(self, subscription_ref: str, return_url: str) -> str:
        found = await self.find(subscription_ref)
        customer = found.customer if isinstance(found.customer, str) else found.customer.id
        card = ref(found.default_payment_method)
        if card:
            await self._hand_to_customer(customer, subscription_ref, card)
        session = await self._stripe.v1.billing_portal.sessions.create_async(
            {
                "customer": customer,
                "return_url": return_url,
                "flow_data": {
                    "type": "payment_method_update",
                    "after_completion": {"type": "redirect", "redirect": {"return_url": return_url}},
                },
            }
        )
        return session.url

    async def _hand_to_customer(self, customer: str, subscription_ref: str, card: str) -> None:
        """The page changes the card of the customer, and Checkout has given the subscription one of its own, which
        would go before it: from now on the subscription uses the customer's."""
        await self._stripe.v1.customers.update_async(customer, {"invoice_settings": {"default_payment_method": card}})
        try:
            await self._set(subscription_ref, {"default_payment_method": ""})
        except stripe.InvalidRequestError:
            # Then the next `retry_payment` tells the subscription of the new card.
            return

    async def _set(self, subscription_ref: str, params: SubscriptionUpdateParams) -> None:
        await self._stripe.v1.subscriptions.update_async(subscription_ref, params)


def _only_item(found: Subscription) -> Item:
    if found.status in _OVER or len(found.items.data) != 1:
        raise StateForbids("the subscription is over, or was changed at Stripe by hand")
    return found.items.data[0]
