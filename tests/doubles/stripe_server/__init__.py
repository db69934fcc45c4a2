"""A stand-in for Stripe; see `server`."""

from doubles.stripe_server.book import Refusal
from doubles.stripe_server.server import Delivery, StripeServer

__all__ = ["Delivery", "Refusal", "StripeServer"]
