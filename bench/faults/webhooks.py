"""Webhooks as the two providers send them, with real signatures, for payments that only the bench knows of."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any

from bench.faults.shop import AMOUNT, Ordered

STRIPE_KEY = "sk_test_bench"
STRIPE_SECRET = "whsec_bench"
RAZORPAY_KEY_ID = "rzp_test_bench0000000"
RAZORPAY_KEY_SECRET = "bench-key"
RAZORPAY_SECRET = "bench-webhooks"

SETTINGS = {
    "stripe_secret_key": STRIPE_KEY,
    "stripe_webhook_secrets": STRIPE_SECRET,
    "razorpay_key_id": RAZORPAY_KEY_ID,
    "razorpay_key_secret": RAZORPAY_KEY_SECRET,
    "razorpay_webhook_secrets": RAZORPAY_SECRET,
    "stripe_api_base": "http://127.0.0.1:9",
    "razorpay_api_base": "http://127.0.0.1:9",
}
"""Nobody listens there: a bench that needs a provider's API names its double besides."""


@dataclass(frozen=True, slots=True)
class Webhook:
    provider: str
    event_ref: str
    body: bytes

    @property
    def path(self) -> str:
        return f"/api/v1/webhooks/{self.provider}"

    def headers(self) -> dict[str, str]:
        """Signed now: every delivery has a time of its own."""
        if self.provider == "stripe":
            return stripe_headers(self.body)
        return razorpay_headers(self.body, self.event_ref)


def stripe_headers(body: bytes, *, secret: str = STRIPE_SECRET, at: int | None = None) -> dict[str, str]:
    moment = int(time.time()) if at is None else at
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "stripe-signature": f"t={moment},v1={signature}"}


def razorpay_headers(body: bytes, event_ref: str, *, secret: str = RAZORPAY_SECRET) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "x-razorpay-signature": signature,
        "x-razorpay-event-id": event_ref,
    }


# ---- Stripe


def stripe_event(name: str, ref: str, found: dict[str, Any]) -> Webhook:
    body = {
        "id": f"evt_{ref}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": name,
        "data": {"object": found},
    }
    return Webhook("stripe", f"evt_{ref}", json.dumps(body).encode())


def session_completed(order: Ordered) -> Webhook:
    return stripe_event("checkout.session.completed", f"cs{order.hex}", _session(order, "complete", "paid"))


def session_expired(order: Ordered) -> Webhook:
    return stripe_event("checkout.session.expired", f"ce{order.hex}", _session(order, "expired", "unpaid"))


def _session(order: Ordered, status: str, payment_status: str) -> dict[str, Any]:
    return {
        "id": f"cs_test_{order.hex}",
        "object": "checkout.session",
        "mode": "payment",
        "status": status,
        "payment_status": payment_status,
        "amount_total": AMOUNT,
        "currency": order.currency.lower(),
        "client_reference_id": str(order.id),
        "metadata": {"order_id": str(order.id)},
        "payment_intent": f"pi_{order.hex}" if status == "complete" else None,
        "created": int(time.time()),
        "livemode": False,
    }


def payment_succeeded(order: Ordered) -> Webhook:
    found = {
        "id": f"pi_{order.hex}",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": AMOUNT,
        "amount_received": AMOUNT,
        "currency": order.currency.lower(),
        "metadata": {"order_id": str(order.id)},
        "payment_method_types": ["card"],
        "latest_charge": f"ch_{order.hex}",
        "created": int(time.time()),
        "livemode": False,
    }
    return stripe_event("payment_intent.succeeded", f"pi{order.hex}", found)


def refunded(order: Ordered, amount: int) -> Webhook:
    found = {
        "id": f"re_{order.hex}",
        "object": "refund",
        "amount": amount,
        "currency": order.currency.lower(),
        "status": "succeeded",
        "payment_intent": f"pi_{order.hex}",
        "metadata": {},
        "created": int(time.time()),
    }
    return stripe_event("refund.created", f"re{order.hex}", found)


def disputed(order: Ordered, amount: int, status: str) -> Webhook:
    found = {
        "id": f"du_{order.hex}",
        "object": "dispute",
        "amount": amount,
        "currency": order.currency.lower(),
        "status": status,
        "payment_intent": f"pi_{order.hex}",
        "created": int(time.time()),
        "livemode": False,
    }
    return stripe_event("charge.dispute.closed", f"du{order.hex}", found)
