"""Razorpay, over its REST API.

Decision: no SDK. The official one is synchronous, has no time limits, prints, and accepts an empty webhook secret; what
billing needs of the API is small. Consequence: the shapes in `entities` are ours to keep, and are checked when read.

To be chosen on Razorpay's dashboard for the webhook: order.paid, payment.authorized, .captured, .failed, .dispute.*,
refund.*, subscription.*, invoice.paid, payment_link.paid, .cancelled, .expired. Others are kept and ignored.
"""

from domains.billing.providers.razorpay.provider import Razorpay

__all__ = ["Razorpay"]
