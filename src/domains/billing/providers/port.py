"""What billing asks of a payment provider.

Every call has a time limit of ten seconds or less and raises ProviderAway when there was no answer, ProviderRefused
when the answer was no. Calls that change something carry a key of ours: the same key again changes nothing more.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from domains.billing.errors import ProviderUnknown
from domains.billing.policy.seen import Lookup, RefundSeen, Seen, Told
from domains.kernel.uow import Database

TIMEOUT_S = 10.0


class Buyer(NamedTuple):
    user_id: UUID
    name: str
    email: str


class Charge(NamedTuple):
    """What a period of a subscription costs, all included, in the currency's minor units."""

    price_id: UUID
    product_id: UUID
    product_name: str
    amount_minor: int
    currency: str
    interval: str
    """month or year."""


class Discount(NamedTuple):
    """Off each of the first `cycles` charges; None for all of them."""

    amount_minor: int
    cycles: int | None


class CheckoutWanted(NamedTuple):
    """`charge` None: pay `amount_minor` once. Otherwise subscribe to `quantity` times `charge`, after the trial."""

    order_id: UUID
    buyer: Buyer
    title: str
    amount_minor: int
    currency: str
    quantity: int
    success_url: str
    cancel_url: str
    expires_at: datetime
    charge: Charge | None = None
    discount: Discount | None = None
    trial_days: int = 0
    hosted: bool = False
    """On the provider's own page, also where its client library could do without one."""


class Checkout(msgspec.Struct, frozen=True):
    """`url` is the provider's pay page, where it has one; `data` is what its own client library wants. No secrets."""

    ref: str
    url: str | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Incoming(NamedTuple):
    """A webhook whose signature fits. `event_ref` is unique for what happened, not for its delivery."""

    event_ref: str
    type: str


class ChangePreview(NamedTuple):
    """`due_minor` is asked for at once when the change is made; negative is a credit towards the next period."""

    due_minor: int
    currency: str
    proration_at: datetime


class Quarantine(Exception):
    """Signed, and yet not for us to act on: the wrong mode, account, amount or currency. A person has to look."""


class Provider(Protocol):
    name: str
    live: bool
    """False in the provider's test mode."""
    accepts_webhooks: bool
    """False while no secret is set."""
    always_hosted: bool
    """Whether every checkout has a page, wanted or not. Otherwise what was wanted with one has no other way to pay."""

    # ---- paying

    async def open_checkout(self, db: Database, wanted: CheckoutWanted) -> Checkout:
        """Keyed by the order: again gives the same checkout."""
        ...

    async def close_checkout(self, db: Database, ref: str) -> None:
        """So that nobody pays for an order that was given up. Quiet when it is closed or paid already."""
        ...

    async def refund(
        self, db: Database, *, refund_id: UUID, payment_ref: str, amount_minor: int, currency: str
    ) -> RefundSeen: ...

    # ---- subscriptions

    async def cancel(self, db: Database, subscription_ref: str, *, at_period_end: bool) -> None: ...

    async def withdraw_cancel(self, db: Database, subscription_ref: str) -> None: ...

    async def pause(self, db: Database, subscription_ref: str) -> None: ...

    async def resume(self, db: Database, subscription_ref: str) -> None:
        """In the period that was paid, or, when that is over, with a new one from now on."""
        ...

    async def preview_change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, at: datetime
    ) -> ChangePreview: ...

    async def change(
        self, db: Database, subscription_ref: str, charge: Charge, quantity: int, *, key: str, at: datetime
    ) -> None:
        """With the proration that `preview_change` showed for the same `at`."""
        ...

    async def retry_payment(self, db: Database, subscription_ref: str, *, key: str) -> bool:
        """Tries the open invoice again. False where the provider does that by itself only."""
        ...

    async def payment_method_url(self, db: Database, subscription_ref: str, return_url: str) -> str:
        """The provider's own page, on which the customer changes the card."""
        ...

    # ---- hearing

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Incoming:
        """Raises BadSignature, WebhooksClosed. `headers` have lower-case names. Nothing of the body is believed
        before the signature over these very bytes was found right, in constant time."""
        ...

    def read(self, body: bytes) -> Sequence[Told]:
        """What a verified body says; empty when nothing in it is about us. Raises Quarantine, ValueError."""
        ...

    async def look_up(self, db: Database, lookup: Lookup) -> Sequence[Seen]:
        """What it is now; empty when it is not about us. Raises Quarantine, ProviderAway."""
        ...

    def history(self, db: Database, since: datetime, until: datetime) -> AsyncIterator[Told]:
        """Everything of ours that was paid, refunded, disputed or changed between the two, for reconciliation."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Confirming(Protocol):
    """A provider whose page hands the browser a signed word that it was paid."""

    async def confirm(self, db: Database, *, order_ref: str, payment_ref: str, signature: str) -> Sequence[Seen]:
        """Raises BadSignature, ProviderAway."""
        ...


class Providers:
    """The providers that are set up, the preferred one first."""

    def __init__(self, found: Sequence[Provider], *, public_url: str) -> None:
        self._found = {provider.name: provider for provider in found}
        self.public_url = public_url.rstrip("/")
        """Where pay pages return to."""

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._found.values())

    @property
    def names(self) -> list[str]:
        return list(self._found)

    def chosen(self, name: str | None) -> Provider:
        """By name, or the preferred one. Raises ProviderUnknown."""
        wanted = name or next(iter(self._found), None)
        if wanted is None or wanted not in self._found:
            raise ProviderUnknown(f"set up are: {', '.join(self._found) or 'none'}")
        return self._found[wanted]

    async def aclose(self) -> None:
        for provider in self._found.values():
            await provider.aclose()
