"""The doubles of the two providers, and what Lyceum has to be told to talk to them."""

from bench.faults.webhooks import RAZORPAY_SECRET, STRIPE_SECRET
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
