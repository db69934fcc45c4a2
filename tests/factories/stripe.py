"""Orders that are paid through the stand-in for Stripe."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from domains.billing.policy.seen import Lookup, Seen, SubscriptionSeen, Told
from domains.billing.providers.port import Buyer, Charge, CheckoutWanted
from domains.billing.providers.stripe import StripeProvider
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.stripe_server import StripeServer

PRICE, PRODUCT = new_id(), new_id()
BUYER = Buyer(new_id(), "Ada Lovelace", "ada@example.org")
MONTHLY = Charge(PRICE, PRODUCT, "Everything", 999, "EUR", "month")
DAY = 86400


def once(order_id: UUID | None = None, **fields: Any) -> CheckoutWanted:
    given: dict[str, Any] = {
        "order_id": order_id or new_id(),
        "buyer": BUYER,
        "title": "Spanish for everybody",
        "amount_minor": 1999,
        "currency": "EUR",
        "quantity": 1,
        "success_url": "https://lyceum.test/paid",
        "cancel_url": "https://lyceum.test/left",
        "expires_at": utc_now() + timedelta(hours=1),
    }
    return CheckoutWanted(**given | fields)


def plan(order_id: UUID | None = None, **fields: Any) -> CheckoutWanted:
    return once(order_id, **{"charge": MONTHLY, "amount_minor": 999, "title": "Everything", **fields})


async def subscribed(
    provider: StripeProvider, server: StripeServer, db: Database, *, fingerprint: str = "", **fields: Any
) -> tuple[UUID, str]:
    order_id = new_id()
    checkout = await provider.open_checkout(db, plan(order_id, **fields))
    made = server.pay(checkout.ref, fingerprint=fingerprint)
    return order_id, made["id"]


def said(provider: StripeProvider, server: StripeServer, since: int) -> list[Told]:
    """What the provider reads out of the events after the first `since`."""
    return [told for event in server.events[since:] for told in provider.read(server.signed(event)[0])]


async def resolved(provider: StripeProvider, db: Database, told: list[Told]) -> list[Seen]:
    seen: list[Seen] = []
    for one in told:
        seen += await provider.look_up(db, one) if isinstance(one, Lookup) else [one]
    return seen


def another(server: StripeServer, thing: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One more of its kind, without any event."""
    made = {**thing, "id": server.book.id(thing["id"].partition("_")[0]), **fields}
    server.book.things[made["id"]] = made
    return made


async def status(provider: StripeProvider, db: Database, ref: str) -> str:
    [seen] = await provider.look_up(db, Lookup(kind="subscription", ref=ref))
    assert isinstance(seen, SubscriptionSeen)
    return seen.status
