"""Orders that are placed as the product places them, with a pay page at a double, and paid there."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from app import registry
from app.config import Settings
from app.infra import PATIENT, Infra, open_infra
from bench.faults import shop
from bench.faults.machine import Machine
from bench.faults.naive import standing
from bench.faults.shop import Ordered, Product
from bench.faults.webhooks import Webhook
from domains.billing.service import checkout
from domains.billing.service.checkout import Wish
from domains.kernel.clock import utc_now
from doubles.razorpay_server import RazorpayServer
from doubles.stripe_server import StripeServer

AT_ONCE = 8


@contextlib.asynccontextmanager
async def connected(machine: Machine) -> AsyncGenerator[Infra]:
    """What a process of the product stands on, in this one."""
    async with open_infra(Settings.load(machine.environment), registry.subscriptions(), PATIENT) as infra:
        yield infra


async def placed(
    infra: Infra, sql: asyncpg.Connection, product: Product, count: int, provider: str
) -> list[tuple[Ordered, str]]:
    """Each with the reference of its pay page."""
    users = await shop.people(sql, count)
    room = asyncio.Semaphore(AT_ONCE)

    async def place(user: UUID) -> tuple[Ordered, str]:
        wish = Wish(
            user_id=user,
            product_id=product.id,
            kind="subscription" if product.kind == "subscription" else "purchase",
            provider=provider,
        )
        async with room:
            begun = await checkout.begin(infra.db, wish, utc_now())
        assert begun.checkout is not None
        return Ordered(begun.order.id, user, product.currency), begun.checkout.ref

    return list(await asyncio.gather(*map(place, users)))


class StripeNews:
    """What has happened at the double since the last look, as webhooks."""

    def __init__(self, double: StripeServer) -> None:
        self._double = double
        self._told = len(double.events)

    def taken(self) -> list[Webhook]:
        events = self._double.events[self._told :]
        self._told += len(events)
        return [as_webhook(event) for event in events]


def as_webhook(event: dict[str, Any]) -> Webhook:
    return Webhook("stripe", event["id"], json.dumps(event, indent=2).encode())


async def subscribed(
    infra: Infra, sql: asyncpg.Connection, double: StripeServer, count: int
) -> tuple[list[tuple[Ordered, str]], list[Webhook]]:
    """Subscriptions that were begun and paid: the order, what the subscription is called there, and all webhooks."""
    plan = await shop.on_sale(sql, "EUR", plan=True)
    news = StripeNews(double)
    made = [(order, double.pay(session)["id"]) for order, session in await placed(infra, sql, plan, count, "stripe")]
    return made, news.taken()


async def paid_at_razorpay(machine: Machine, double: RazorpayServer, count: int) -> tuple[list[Ordered], list[Webhook]]:
    """Orders that were paid, and one `order.paid` for each."""
    async with connected(machine) as infra, machine.sql() as sql:
        made = await placed(infra, sql, await shop.on_sale(sql, "INR"), count, "razorpay")
    for _, ref in made:
        double.account.pay(ref)
    told = [Webhook("razorpay", one.event_id, one.body) for one in double.taken() if one.event == "order.paid"]
    return [order for order, _ in made], told


def at_stripe(double: StripeServer, refs: Sequence[str]) -> dict[str, tuple[str, bool, int]]:
    """How each stands there: status in our words, whether it ends with its period, how many pieces."""
    return {ref: standing(double.book.things[ref]) for ref in refs}


async def in_tables(sql: asyncpg.Connection) -> dict[str, tuple[str, bool, int]]:
    rows = await sql.fetch("SELECT subscription_ref, status, cancel_at_period_end, quantity FROM billing_subscription")
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
