"""The front door of billing."""

from domains.billing.providers.port import Providers
from domains.billing.providers.setup import RazorpayKeys, StripeKeys, providers_for

__all__ = ["Providers", "RazorpayKeys", "StripeKeys", "providers_for"]
