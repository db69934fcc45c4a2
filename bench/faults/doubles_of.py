"""The doubles of the two providers, and what Lyceum has to be told to talk to them."""

from collections.abc import Sequence

from bench.faults.shop import AMOUNT, Ordered
from bench.faults.webhooks import RAZORPAY_SECRET, STRIPE_SECRET, Webhook
from doubles.razorpay_server import RazorpayServer
from doubles.stripe_server import StripeServer


def stripe_double() -> StripeServer:
    return StripeServer(secret=STRIPE_SECRET)


def razorpay_double() -> RazorpayServer:
    return RazorpayServer(secrets=[RAZORPAY_SECRET])


def settings_of(*doubles: StripeServer | RazorpayServer) -> dict[str, str]:
    found: dict[str, str] = {}
    for double in doubles:
        if isinstance(double, StripeServer):
            found |= {"stripe_secret_key": double.key, "stripe_api_base": double.url}
        else:
            found |= {
                "razorpay_key_id": double.key_id,
                "razorpay_key_secret": double.key_secret,
                "razorpay_api_base": double.url,
            }
    return found


def paid_at_razorpay(double: RazorpayServer, orders: Sequence[Ordered]) -> list[Webhook]:
    """What is told about each order's payment: one `order.paid` each."""
    for order in orders:
        terms = {"amount": AMOUNT, "currency": order.currency, "receipt": str(order.id)}
        double.account.pay(double.account.create_order(terms | {"notes": {"order_id": str(order.id)}})["id"])
    return [Webhook("razorpay", one.event_id, one.body) for one in double.taken() if one.event == "order.paid"]
