"""The way to Stripe. Invariant: no call takes longer than its limit, also when the server answers drop by drop, and
every failure leaves here as ProviderAway (nobody knows whether it was done: the same key again finds out) or
ProviderRefused (it was not done)."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import stripe

from domains.billing.errors import ProviderAway, ProviderRefused

log = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
"""What the shapes were written for; the account's own version does not matter."""
_RETRIES = 2

# The library would keep an id file in the home directory and report the platform; and at its lower levels it logs
# names, addresses and whole answers.
stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)


class _HTTP(stripe.HTTPXClient):
    """The library's own (16.1) hands the encoded form to httpx under a name that httpx has deprecated."""

    def _get_request_args_kwargs(self, *given: Any) -> Any:
        args, named = super()._get_request_args_kwargs(*given)
        named["content"] = named.pop("data") or None
        return args, named


def open_client(secret_key: str, api_base: str, limit_s: float) -> tuple[stripe.StripeClient, stripe.HTTPXClient]:
    """The second is there to be closed."""
    http = _HTTP(timeout=limit_s)
    client = stripe.StripeClient(
        secret_key,
        http_client=http,
        base_addresses={"api": api_base.rstrip("/")} if api_base else None,
        stripe_version=API_VERSION,
        max_network_retries=_RETRIES,
    )
    return client, http


@asynccontextmanager
async def asking(limit_s: float) -> AsyncGenerator[None]:
    """Around every call. The limit of the HTTP client holds for each read only, and for each try: this one holds for
    all of it."""
    try:
        async with asyncio.timeout(limit_s) as limit:
            yield
    except TimeoutError:
        if limit.expired():
            log.warning("stripe did not answer within %s s", limit_s)
            raise ProviderAway from None
        raise
    except stripe.StripeError as error:
        raise situation(error) from None
    except msgspec.ValidationError as unreadable:
        log.warning("stripe answered something else than its API version says: %s", unreadable)
        raise ProviderAway from None


def situation(error: stripe.StripeError) -> ProviderAway | ProviderRefused:
    """What the caller can be told. Stripe's words are shown only where it wrote them for the customer: others name
    our keys, ids and parameters."""
    name, code, param = type(error).__name__, _code(error), getattr(error, "param", None)
    log.warning("stripe: %s %s %s, HTTP %s, request %s", name, code, param, error.http_status, error.request_id)
    status = error.http_status or 0
    if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError) or status in (409, 429) or status >= 500:
        return ProviderAway()
    if isinstance(error, stripe.CardError):
        return ProviderRefused(_for_customers(error.user_message or "The card was declined."), reason=code)
    if isinstance(error, stripe.APIError) and status < 400:
        # Something that is no answer of Stripe's.
        return ProviderAway()
    return ProviderRefused(f"Stripe refused: {code}" if code else "Stripe refused", reason=code)


def _code(error: stripe.StripeError) -> str:
    code = error.code or (error.error.code if error.error else None) or ""
    return code if code.replace("_", "").isalnum() and code.isascii() and len(code) <= 80 else ""


def _for_customers(message: str) -> str:
    """Without any digits: no card number gets through, whatever is written there."""
    return "".join(char for char in message[:200] if char.isprintable() and not char.isdigit())


def plain(found: stripe.StripeObject) -> dict[str, Any]:
    """An answer as plain JSON. The library passes through whatever JSON came."""
    if not isinstance(found, stripe.StripeObject):
        raise ProviderAway
    return found.to_dict()
