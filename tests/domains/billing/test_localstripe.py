"""Our half of Stripe against localstripe, which somebody else wrote to Stripe's rules of some years ago. It knows
customers, payments, refunds, subscriptions and signed webhooks; it knows no pay pages, disputes or invoice payments."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import stripe as library

from domains.billing.errors import ProviderRefused
from domains.billing.policy.seen import PaymentSeen
from domains.billing.providers.port import Buyer, CheckoutWanted
from domains.billing.providers.stripe import StripeProvider, reading
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

SECRET = "whsec_localstripe"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as found:
            port = found.getsockname()[1]
    except OSError as error:
        pytest.skip(f"localstripe listens on IPv6 only, and here is none: {error}")
    log = tmp_path_factory.mktemp("localstripe") / "log"
    command = [sys.executable, "-W", "ignore", "-m", "localstripe", "--from-scratch", "--port", str(port)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            _await_answer(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _await_answer(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"localstripe does not start: {log.read_text()[-2000:]}")


@pytest.fixture
async def provider(url: str) -> AsyncIterator[StripeProvider]:
    found = StripeProvider("sk_test_12345", [SECRET], url)
    yield found
    await found.aclose()


@pytest.fixture
async def paid(provider: StripeProvider) -> tuple[UUID, str]:
    """An order, and the payment for it, made as Stripe's page would make it."""
    client, order_id = provider._client.v1, new_id()
    made = await client.payment_intents.create_async(
        {
            "amount": 1999,
            "currency": "eur",
            "payment_method": (await card(client)).id,
            "confirm": True,
            "metadata": {"order_id": str(order_id)},
        }
    )
    return order_id, made.id


async def card(client: Any) -> library.PaymentMethod:
    details = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2031, "cvc": "123"}
    made: library.PaymentMethod = await client.payment_methods.create_async({"type": "card", "card": details})
    return made


async def test_a_customer_is_made_once_and_what_localstripe_does_not_know_is_refused(
    provider: StripeProvider, db: Database
) -> None:
    buyer = Buyer(new_id(), "Ada", f"{new_id().hex}@example.org")
    wanted = CheckoutWanted(
        new_id(), buyer, "Spanish", 1999, "EUR", 1, "https://lyceum.test/", "https://lyceum.test/", utc_now()
    )
    for _ in range(2):
        with pytest.raises(ProviderRefused):
            await provider.open_checkout(db, wanted)
    known = await provider._client.v1.customers.list_async({"email": buyer.email})
    assert [(one.name, one.metadata and one.metadata["user_id"]) for one in known.data] == [("Ada", str(buyer.user_id))]


async def test_a_payment_is_refunded_once_in_part_and_told_again(
    provider: StripeProvider, db: Database, paid: tuple[UUID, str]
) -> None:
    refund_id = new_id()
    made = [
        await provider.refund(db, refund_id=refund_id, payment_ref=paid[1], amount_minor=500, currency="EUR")
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert (made[0].own_id, made[0].payment_ref, made[0].amount_minor, made[0].status) == (
        refund_id,
        paid[1],
        500,
        "succeeded",
    )
    listed = await provider._client.v1.refunds.list_async({"payment_intent": paid[1]})
    assert len(listed.data) == 1


async def test_a_webhook_that_localstripe_signs_is_verified_and_read(provider: StripeProvider, url: str) -> None:
    came: asyncio.Queue[tuple[bytes, dict[str, str]]] = asyncio.Queue()
    server = await asyncio.start_server(lambda reader, writer: _take(reader, writer, came), "127.0.0.1", 0)
    hook = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    client, order_id = provider._client.v1, new_id()
    async with server, httpx.AsyncClient() as http:
        await http.post(f"{url}/_config/webhooks/ours", json={"url": hook, "secret": SECRET})
        method = (await card(client)).id
        made = await client.payment_intents.create_async(
            {
                "amount": 1999,
                "currency": "eur",
                "payment_method": method,
                "confirm": True,
                "metadata": {"order_id": str(order_id)},
            }
        )
        while True:
            body, headers = await asyncio.wait_for(came.get(), 20)
            incoming = provider.verify(body, headers, utc_now())
            if incoming.type == "payment_intent.succeeded" and made.id.encode() in body:
                break
    [seen] = provider.read(body)
    assert isinstance(seen, PaymentSeen)
    assert (seen.order_id, seen.status, seen.amount_minor) == (order_id, "captured", 1999)


async def _take(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, came: "asyncio.Queue[tuple[bytes, dict[str, str]]]"
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers["content-length"]))
    came.put_nowait((body, headers))
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_a_subscription_is_read_cancelled_withdrawn_and_ended(provider: StripeProvider, db: Database) -> None:
    client, order_id = provider._client.v1, new_id()
    customer, method = await client.customers.create_async({"email": "ada@example.org"}), await card(client)
    await client.payment_methods.attach_async(method.id, {"customer": customer.id})
    settings: Any = {"invoice_settings": {"default_payment_method": method.id}}
    await client.customers.update_async(customer.id, settings)
    product = await client.products.create_async({"name": "Everything"})
    plan = await client.plans.create_async(
        {"amount": 999, "currency": "eur", "interval": "month", "product": product.id}
    )
    made = await client.subscriptions.create_async(
        {"customer": customer.id, "items": [{"plan": plan.id}], "metadata": {"order_id": str(order_id)}}
    )

    async def seen() -> tuple[str, bool]:
        # A look-up asks for the card with it, which localstripe does not know how to do.
        found = reading.subscription(await provider._plans.find(made.id))
        assert found is not None
        assert found.order_id == order_id
        return found.status, found.cancel_at_period_end

    assert await seen() == ("active", False)
    await provider.cancel(db, made.id, at_period_end=True)
    assert await seen() == ("active", True)
    await provider.withdraw_cancel(db, made.id)
    assert await seen() == ("active", False)
    await provider.cancel(db, made.id, at_period_end=False)
    assert (await seen())[0] == "cancelled"
