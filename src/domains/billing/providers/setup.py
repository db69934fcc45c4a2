"""Which providers there are, by what is set."""

from typing import NamedTuple

from domains.billing.providers.fake import FakeProvider
from domains.billing.providers.port import Provider, Providers
from domains.billing.providers.razorpay import Razorpay
from domains.billing.providers.stripe import StripeProvider


class StripeKeys(NamedTuple):
    secret_key: str
    webhook_secrets: tuple[str, ...] = ()
    api_base: str = ""
    """Empty for Stripe's own."""


class RazorpayKeys(NamedTuple):
    key_id: str
    key_secret: str
    webhook_secrets: tuple[str, ...] = ()
    api_base: str = ""
    account_id: str = ""
    """acc_…, which every webhook then has to name; empty takes any account's."""


def providers_for(
    *, stripe: StripeKeys | None, razorpay: RazorpayKeys | None, production: bool, public_url: str
) -> Providers:
    """Without any keys, the fake provider, except in production, where nothing can be sold then."""
    found: list[Provider] = []
    if stripe is not None:
        found.append(StripeProvider(stripe.secret_key, stripe.webhook_secrets, stripe.api_base))
    if razorpay is not None:
        found.append(
            Razorpay(
                razorpay.key_id,
                razorpay.key_secret,
                razorpay.webhook_secrets,
                api_base=razorpay.api_base,
                account_id=razorpay.account_id,
            )
        )
    if not found and not production:
        found.append(FakeProvider(public_url=public_url))
    return Providers(found, public_url=public_url)
