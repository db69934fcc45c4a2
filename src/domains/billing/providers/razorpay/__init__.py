"""Razorpay, over its REST API.

Decision: no SDK. The official one is synchronous, has no time limits, prints, and accepts an empty webhook secret; what
billing needs of the API is small. Consequence: the shapes in `entities` are ours to keep, and are checked when read.
"""

from domains.billing.providers.razorpay.provider import Razorpay

__all__ = ["Razorpay"]
