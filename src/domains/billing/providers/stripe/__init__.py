"""Stripe, through its own library. Invariant: what Stripe tells is turned into words of ours here, and nothing of its
shapes, amounts or errors is known anywhere else.

Decisions: Checkout Sessions take the money, so card data never comes near us. Prices are made on the spot from ours,
so that there is one catalogue. Payments, refunds and disputes are believed from a signed body; subscriptions and their
invoices are looked up, because bodies come in any order.

To be set up at Stripe: a webhook endpoint at /api/v1/webhooks/stripe for checkout.session.*, payment_intent.*,
charge.refunded, refund.*, charge.dispute.*, customer.subscription.*, invoice.* and invoice_payment.paid (more does no
harm); and the customer portal, for new cards.
"""

from domains.billing.providers.stripe.provider import StripeProvider

__all__ = ["StripeProvider"]
