"""Razorpay's API over real HTTP, with its faults, and its webhooks with real signatures.

with RazorpayServer() as razorpay:
    provider = Razorpay(razorpay.key_id, razorpay.key_secret, razorpay.secrets, api_base=razorpay.url)
    …
    razorpay.account.pay(checkout.ref)
    await razorpay.deliver(client, "/api/v1/webhooks/razorpay", times=3, shuffle=random.Random(1))
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import random
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qs

import httpx
import uvicorn

from doubles.razorpay_account import Account, Refused, Webhook
from doubles.razorpay_links import PaymentLinks
from doubles.razorpay_shapes import Entity, new_ref

_LISTS = {"orders": "order", "payments": "payment", "refunds": "refund", "subscriptions": "subscription"}
_LISTS |= {"invoices": "invoice", "disputes": "dispute", "plans": "plan"}


@dataclass
class Fault:
    """`before`: nothing is done; `lost`: all is done, and the answer does not arrive. With `seconds`, that long is
    waited first; then, unless `status` is 200, the answer has this status."""

    when: Literal["before", "lost"] = "before"
    status: int = 500
    seconds: float = 0.0
    path: str = ""
    """Only for calls that contain it, e.g. `POST /v1/orders`."""


@dataclass
class Call:
    method: str
    path: str
    body: Entity
    headers: dict[str, str]


class RazorpayServer:
    """Listens while it is entered. `account` and its `links` are what happens there, `faults` are used up one by one,
    `down` refuses all calls, `calls` are those that came."""

    def __init__(self, *, secrets: Sequence[str] = ("whsec-of-now",), live: bool = False) -> None:
        self.key_id = f"rzp_{'live' if live else 'test'}_{new_ref('k')[2:]}"
        self.key_secret = new_ref("s")[2:]
        self.secrets = list(secrets)
        """The first signs."""
        self.account = Account()
        self.links = PaymentLinks(self.account)
        self.faults: list[Fault] = []
        self.down = False
        self.calls: list[Call] = []
        self._delivered = 0
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._app, interface="asgi3", log_config=None, lifespan="off", timeout_graceful_shutdown=1, ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> "RazorpayServer":
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def reset(self) -> None:
        """An empty account, and no trouble."""
        self.account, self._delivered = Account(), 0
        self.links = PaymentLinks(self.account)
        self.faults.clear()
        self.calls.clear()
        self.down = False

    # ---- webhooks

    def signed(self, webhook: Webhook, *, secret: str | None = None, event_id: str | None = None) -> dict[str, str]:
        """The headers it is sent with."""
        key = (secret or self.secrets[0]).encode()
        return {
            "content-type": "application/json",
            "user-agent": "Razorpay-Webhook/v1",
            "x-razorpay-signature": hmac.new(key, webhook.body, hashlib.sha256).hexdigest(),
            "x-razorpay-event-id": event_id or webhook.event_id,
        }

    def taken(self) -> list[Webhook]:
        """Those that happened since the last time."""
        with self.account.lock:
            new = self.account.webhooks[self._delivered :]
            self._delivered = len(self.account.webhooks)
        return new

    async def deliver(
        self,
        client: httpx.AsyncClient,
        url: str,
        *,
        webhooks: Iterable[Webhook] | None = None,
        times: int = 1,
        shuffle: random.Random | None = None,
        drop: float = 0.0,
        ids: int = 1,
        tries: int = 1,
    ) -> list[int]:
        """Sends what happened since the last time, or `webhooks`: each `times` over, under `ids` event ids each time,
        out of order, with a part lost. What is not answered by 2xx is sent again, up to `tries` times in all. The
        status codes of the last answers; 0 where none came."""
        chosen = list(self.taken() if webhooks is None else webhooks)
        chance = shuffle or random.Random(0)
        kept = [webhook for webhook in chosen if chance.random() >= drop] if drop else chosen
        posts = [
            (webhook, webhook.event_id if number == 0 else f"{webhook.event_id}{number}")
            for webhook in kept
            for _ in range(times)
            for number in range(ids)
        ]
        if shuffle is not None:
            shuffle.shuffle(posts)
        return [await self._post(client, url, webhook, event_id, tries) for webhook, event_id in posts]

    async def _post(self, client: httpx.AsyncClient, url: str, webhook: Webhook, event_id: str, tries: int) -> int:
        status = 0
        for _ in range(tries):
            with contextlib.suppress(httpx.HTTPError):
                headers = self.signed(webhook, event_id=event_id)
                status = (await client.post(url, content=webhook.body, headers=headers)).status_code
            if 200 <= status < 300:
                break
            await asyncio.sleep(0.05)
        return status

    # ---- HTTP

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        content = b""
        more = True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"]
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        fault = self._fault(f"{method} {path}")
        if fault is not None and fault.when == "before":
            await asyncio.sleep(fault.seconds)
            if fault.status != 200:
                await _answer(send, fault.status, _trouble(fault.status))
                return
        status, answer = self._called(method, path, query, content, headers)
        if fault is not None and fault.when == "lost":
            await asyncio.sleep(fault.seconds)
            if fault.status != 200:
                status, answer = fault.status, _trouble(fault.status)
        await _answer(send, status, answer)

    def _fault(self, call: str) -> Fault | None:
        if self.down:
            return Fault(status=503)
        found = next((fault for fault in self.faults if fault.path in call), None)
        if found is not None:
            self.faults.remove(found)
        return found

    def _called(
        self, method: str, path: str, query: dict[str, str], content: bytes, headers: dict[str, str]
    ) -> tuple[int, Entity]:
        wanted = base64.b64encode(f"{self.key_id}:{self.key_secret}".encode()).decode()
        if headers.get("authorization") != f"Basic {wanted}":
            return 401, _error("BAD_REQUEST_ERROR", "Authentication failed")
        body = json.loads(content) if content else {}
        self.calls.append(Call(method, path, body, headers))
        try:
            with self.account.lock:
                # A copy: what is sent does not change while it is sent.
                return 200, json.loads(json.dumps(self._route(method, path, query, body, headers)))
        except Refused as error:
            return error.status, _error("BAD_REQUEST_ERROR", error.description)

    def _route(self, method: str, path: str, query: dict[str, str], body: Entity, headers: dict[str, str]) -> Entity:
        account = self.account
        match [method, *path.removeprefix("/v1/").split("/")]:
            case ["POST", "orders"]:
                return account.create_order(body)
            case ["POST", "payment_links"]:
                return self.links.create(body)
            case ["POST", "payment_links", ref, "cancel"]:
                return self.links.cancel(ref)
            case ["GET", "payment_links"]:
                return self.links.listed(query)
            case ["GET", "payment_links", ref]:
                return self.links.one(ref)
            case ["POST", "plans"]:
                return account.create_plan(body)
            case ["POST", "subscriptions"]:
                return account.create_subscription(body)
            case ["POST", "payments", ref, "refund"]:
                return account.create_refund(ref, body, headers.get("x-refund-idempotency"))
            case ["POST", "payments", ref, "capture"]:
                return account.capture(ref)
            case ["POST", "subscriptions", ref, "cancel"]:
                return account.cancel_subscription(ref, body)
            case ["POST", "subscriptions", ref, "pause"]:
                return account.pause_subscription(ref)
            case ["POST", "subscriptions", ref, "resume"]:
                return account.resume_subscription(ref)
            case ["PATCH", "subscriptions", ref]:
                return account.update_subscription(ref, body)
            case ["GET", "orders", ref, "payments"]:
                return _collection(account.all("payment", order_id=ref))
            case ["GET", "payments", ref, "refunds"]:
                return _page(account.all("refund", payment_id=ref), query)
            case ["GET", kind] if kind in _LISTS:
                given = {name: query[name] for name in ("receipt", "subscription_id") if name in query}
                return _page(account.all(_LISTS[kind], **given), query)
            case ["GET", kind, ref] if kind in _LISTS:
                return account.one(ref, _LISTS[kind])
        raise Refused("The requested URL was not found on the server.", 404)


def _page(found: list[Entity], query: dict[str, str]) -> Entity:
    begin, end = int(query.get("from", 0)), int(query.get("to", 2**62))
    count, skip = int(query.get("count", 10)), int(query.get("skip", 0))
    if not 1 <= count <= 100:
        raise Refused("The count may not be greater than 100.")
    return _collection([one for one in found if begin <= one["created_at"] <= end][skip : skip + count])


def _collection(items: list[Entity]) -> Entity:
    return {"entity": "collection", "count": len(items), "items": items}


def _error(code: str, description: str) -> Entity:
    more = {"source": "business", "step": "payment_initiation", "reason": "input_validation_failed", "metadata": {}}
    return {"error": {"code": code, "description": description, **more}}


def _trouble(status: int) -> Entity:
    return _error("SERVER_ERROR" if status >= 500 else "BAD_REQUEST_ERROR", "We are facing some trouble")


async def _answer(send: Any, status: int, answer: Entity) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
