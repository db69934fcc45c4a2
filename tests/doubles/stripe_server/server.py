"""A stand-in for Stripe that real clients talk to over real HTTP, and that signs and delivers real webhooks.

What a customer, a bank or a calendar does at Stripe is a method here: `pay`, `renew`, `refund`, `open_dispute` …
What goes wrong is one too: `hang`, `fail_next`, `decline`. Nothing is delivered before `deliver` is called: how often,
in which order and what never, is up to the test.

    with StripeServer() as stripe:
        provider = StripeProvider(stripe.key, [stripe.secret], stripe.url)
        …
        stripe.pay(checkout.ref)
        await stripe.deliver("http://lyceum.test/api/v1/webhooks/stripe", client, copies=3, shuffle=True)
"""

import asyncio
import hashlib
import hmac
import json
import random
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

import httpx
import uvicorn

from doubles.stripe_server import money, plans
from doubles.stripe_server.book import Book, Refusal, Thing
from doubles.stripe_server.http import Gate


class Delivery(NamedTuple):
    event_id: str
    type: str
    status: int
    """HTTP status of the answer; 0 where there was none."""


class StripeServer:
    def __init__(self, *, live: bool = False, secret: str = "whsec_double", port: int = 0) -> None:
        self.key = "sk_live_double" if live else "sk_test_double"
        self.secret = secret
        self.book = Book(live=live)
        self.gate = Gate(self.book, self.key)
        self.delivered: set[str] = set()
        """Ids of events that were answered with 2xx."""
        self._lock = self.gate.lock
        self.url = ""
        """Known once it runs."""
        self._port = port
        config = uvicorn.Config(
            self.gate, log_config=None, lifespan="off", timeout_graceful_shutdown=1, ws="none", loop="asyncio"
        )
        self._server = uvicorn.Server(config)

    def __enter__(self) -> "StripeServer":
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.hanging = False
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    # ---- what customers and banks do

    def pay(
        self, session_id: str, *, fingerprint: str = "", on_its_way: bool = False, only_hold: bool = False
    ) -> Thing:
        """The customer pays on the page. `on_its_way`: with a debit that takes days, see `settle`. Returns the payment
        intent or the subscription."""
        with self._lock:
            session = self._open(session_id)
            customer = self.book.get(session["customer"], "customer")
            method = money.card(self.book, customer["id"], fingerprint=fingerprint)
            customer["invoice_settings"]["default_payment_method"] = (
                customer["invoice_settings"]["default_payment_method"] or method["id"]
            )
            if session["mode"] == "subscription":
                made = plans.begin(self.book, session, method)
                session.update(subscription=made["id"], invoice=made["latest_invoice"], payment_status="paid")
            else:
                made = self._intent(session)
                status = "processing" if on_its_way else "requires_capture" if only_hold else "succeeded"
                money.attempt(self.book, made, method, status=status)
                session.update(payment_intent=made["id"], payment_status="paid" if status == "succeeded" else "unpaid")
            session.update(status="complete", url=None)
            self.book.tell("checkout.session.completed", session)
            return made

    def try_to_pay(self, session_id: str) -> Thing:
        """With a card that is declined; the page stays open."""
        with self._lock:
            session = self._open(session_id)
            made = self._intent(session)
            money.attempt(self.book, made, money.card(self.book, session["customer"], declines=True))
            return made

    def settle(self, session_id: str, *, works: bool = True) -> None:
        """How a payment ends that was on its way."""
        with self._lock:
            session = self.book.get(session_id, "checkout.session")
            money.settle(self.book, self.book.things[session["payment_intent"]], works=works)
            session["payment_status"] = "paid" if works else "unpaid"
            self.book.tell(f"checkout.session.async_payment_{'succeeded' if works else 'failed'}", session)

    def expire(self, session_id: str) -> None:
        with self._lock:
            session = self._open(session_id)
            session.update(status="expired", url=None)
            self.book.tell("checkout.session.expired", session)

    def renew(self, subscription_id: str) -> Thing | None:
        """A period (or trial) ends and the next begins; the invoice for it, or None when it was the last."""
        with self._lock:
            return plans.renew(self.book, self.book.get(subscription_id, "subscription"))

    def retry(self, invoice_id: str) -> bool:
        """Stripe's own further attempt at an open invoice."""
        with self._lock:
            return plans.retry(self.book, self.book.get(invoice_id, "invoice"))

    def give_up(self, subscription_id: str, status: str = "canceled") -> None:
        """What Stripe does after its last attempt: `canceled` or `unpaid`."""
        with self._lock:
            found = self.book.get(subscription_id, "subscription")
            if status == "canceled":
                plans.end(self.book, found)
            else:
                found["status"] = status
                self.book.tell("customer.subscription.updated", found)

    def change_outside(self, subscription_id: str, **fields: Any) -> None:
        """Somebody changes it in the dashboard."""
        with self._lock:
            found = self.book.get(subscription_id, "subscription")
            found.update(fields)
            self.book.tell("customer.subscription.updated", found)

    def decline(self, customer_id: str, *, declines: bool = True) -> None:
        """All cards of the customer stop to pay, or work again."""
        with self._lock:
            for card in self.book.all("payment_method"):
                if card["customer"] == customer_id:
                    (self.book.declining.add if declines else self.book.declining.discard)(card["id"])

    def change_card(self, customer_id: str, *, fingerprint: str = "") -> Thing:
        """On the portal: a new card that works, the customer's from now on."""
        with self._lock:
            customer = self.book.get(customer_id, "customer")
            card = money.card(self.book, customer_id, fingerprint=fingerprint)
            customer["invoice_settings"]["default_payment_method"] = card["id"]
            self.book.tell("payment_method.attached", card)
            self.book.tell("customer.updated", customer)
            return card

    def refund(self, payment_ref: str, amount: int, *, status: str = "succeeded") -> Thing:
        """In the dashboard."""
        with self._lock:
            return money.refund(self.book, self.book.get(payment_ref, "payment_intent"), amount, status=status)

    def end_refund(self, refund_ref: str, status: str) -> None:
        with self._lock:
            money.end_refund(self.book, self.book.get(refund_ref, "refund"), status)

    def open_dispute(self, payment_ref: str, amount: int | None = None, *, status: str = "needs_response") -> Thing:
        with self._lock:
            paid = self.book.get(payment_ref, "payment_intent")
            return money.dispute(self.book, paid, amount or paid["amount"], status)

    def move_dispute(self, dispute_ref: str, status: str) -> None:
        with self._lock:
            money.move_dispute(self.book, self.book.get(dispute_ref, "dispute"), status)

    # ---- what goes wrong

    def hang(self, hanging: bool = True) -> None:
        """No call is answered until it is over."""
        self.gate.hanging = hanging

    def drip(self, dripping: bool = True) -> None:
        """Answers come one byte at a time, ten a second: no read ever times out."""
        self.gate.dripping = dripping

    def fail_next(self, times: int = 1, *, status: int = 500, after: bool = False) -> None:
        """The next calls answer with an error; `after`: they are done before, and only the answer is lost."""
        self.gate.failures = [(status, after)] * times

    # ---- webhooks

    @property
    def events(self) -> list[Thing]:
        return list(self.book.events)

    def signed(self, event: Thing, *, at: float | None = None, secrets: tuple[str, ...] = ()) -> tuple[bytes, str]:
        """The body, and the Stripe-Signature header."""
        body = json.dumps(event, indent=2).encode()
        return body, self.signature(body, at=at, secrets=secrets)

    def signature(self, body: bytes, *, at: float | None = None, secrets: tuple[str, ...] = ()) -> str:
        stamp = int(time.time() if at is None else at)
        marks = [
            hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            for secret in secrets or (self.secret,)
        ]
        return ",".join([f"t={stamp}", *(f"v1={mark}" for mark in marks)])

    async def deliver(
        self,
        url: str,
        client: httpx.AsyncClient | None = None,
        *,
        copies: int = 1,
        shuffle: bool = False,
        drop: float = 0.0,
        seed: int = 0,
        only: Callable[[Thing], bool] = lambda event: True,
        at_once: int = 1,
    ) -> list[Delivery]:
        """Sends what was not answered with 2xx yet, `copies` times each, oldest first or shuffled, so many `at_once`;
        a share of `drop` is lost for ever. What fails stays for the next call, as Stripe tries again for three
        days."""
        chance = random.Random(seed)
        waiting = [event for event in self.events if event["id"] not in self.delivered and only(event)]
        lost = {event["id"] for event in waiting if drop and chance.random() < drop}
        self.delivered |= lost
        queue = [event for event in waiting if event["id"] not in lost for _ in range(copies)]
        if shuffle:
            chance.shuffle(queue)
        own = httpx.AsyncClient(timeout=20)
        try:
            room = asyncio.Semaphore(at_once)
            return await asyncio.gather(*(self._send(client or own, url, event, room) for event in queue))
        finally:
            await own.aclose()

    async def _send(self, client: httpx.AsyncClient, url: str, event: Thing, room: asyncio.Semaphore) -> Delivery:
        async with room:
            body, signature = self.signed(event)
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json; charset=utf-8"}
            try:
                status = (await client.post(url, content=body, headers=headers)).status_code
            except httpx.TransportError:
                status = 0
        if 200 <= status < 300:
            self.delivered.add(event["id"])
        return Delivery(event["id"], event["type"], status)

    # ---- inside

    def _open(self, session_id: str) -> Thing:
        session = self.book.get(session_id, "checkout.session")
        if session["status"] != "open":
            raise Refusal(f"This page is {session['status']}")
        return session

    def _intent(self, session: Thing) -> Thing:
        """A page has one payment, which is tried again."""
        if session["payment_intent"]:
            return self.book.things[session["payment_intent"]]
        data = session["_payment"]
        made = money.intent(
            self.book,
            amount=session["amount_total"],
            currency=session["currency"],
            customer=session["customer"],
            metadata=data.get("metadata", {}),
            description=data.get("description", ""),
        )
        session["payment_intent"] = made["id"]
        return made
