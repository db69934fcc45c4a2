"""The front door of billing.

Guards ask `entitled` (a key that somebody gated needs an entitlement) or `holds` (there is one, gate or not).
"""

from domains.billing.errors import AccessRequired
from domains.billing.policy.keys import UNLIMITED_HEARTS, course_key
from domains.billing.providers.port import Providers
from domains.billing.providers.setup import RazorpayKeys, StripeKeys, providers_for
from domains.billing.service.guard import allowed, entitled, gated, holds

__all__ = [
    "UNLIMITED_HEARTS",
    "AccessRequired",
    "Providers",
    "RazorpayKeys",
    "StripeKeys",
    "allowed",
    "course_key",
    "entitled",
    "gated",
    "holds",
    "providers_for",
]
