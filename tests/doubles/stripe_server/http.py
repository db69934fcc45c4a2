"""The door of the stand-in for Stripe: keys, form bodies, idempotency, and faults on request. An ASGI application."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from doubles.stripe_server import api
from doubles.stripe_server.book import API_VERSION, Book, Refusal, Thing
from doubles.stripe_server.forms import decode

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Thing]]
Send = Callable[[Thing], Awaitable[None]]


class Seen(NamedTuple):
    method: str
    path: str
    key: str
    """Idempotency key; empty for none."""
    form: str


class Gate:
    def __init__(self, book: Book, key: str) -> None:
        self.book = book
        self.lock = threading.RLock()
        self.seen: list[Seen] = []
        """Every call that was let in, oldest first."""
        self.hanging = False
        self.dripping = False
        self.failures: list[tuple[int, bool]] = []
        self._key = key
        self._said: dict[str, tuple[tuple[str, str], int, Thing]] = {}

    def forget_keys(self) -> None:
        """As Stripe does after a day."""
        self._said.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            part = await receive()
            if part["type"] == "http.disconnect":
                return
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        while self.hanging:
            await asyncio.sleep(0.01)
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        form = (body or scope["query_string"]).decode()
        with self.lock:
            status, said, replayed = self._answer(scope["method"], scope["path"], form, headers)
        await self._say(send, status, said, replayed=replayed)

    def _answer(self, method: str, path: str, form: str, headers: dict[str, str]) -> tuple[int, Thing, bool]:
        if headers.get("authorization") != f"Bearer {self._key}":
            refusal = Refusal("Invalid API Key provided: sk_****", status=401)
            return refusal.status, {"error": refusal.error}, False
        assert headers.get("stripe-version") == API_VERSION, headers.get("stripe-version")
        key = headers.get("idempotency-key", "")
        self.seen.append(Seen(method, path, key, form))
        failure = self.failures.pop(0) if self.failures else None
        if failure and not failure[1]:
            return failure[0], _broken(), False
        status, said, replayed = self._once(method, path, form, key)
        return (failure[0], _broken(), False) if failure else (status, said, replayed)

    def _once(self, method: str, path: str, form: str, key: str) -> tuple[int, Thing, bool]:
        if method == "POST" and key and key in self._said:
            asked, status, said = self._said[key]
            if asked == (path, form):
                return status, said, True
            error = {
                "type": "idempotency_error",
                "message": "Keys for idempotent requests can only be used with the same parameters they were first "
                f"used with. Try using a key other than '{key}' if you meant to execute a different request.",
            }
            return 400, {"error": error}, False
        try:
            status, said = 200, api.answer(self.book, method, path, decode(form))
        except Refusal as refusal:
            status, said = refusal.status, {"error": refusal.error}
        except KeyError as missing:
            name = str(missing.args[0])
            error = {"type": "invalid_request_error", "code": "parameter_missing", "param": name}
            status, said = 400, {"error": error | {"message": f"Missing required param: {name}."}}
        # What never began to be done is not remembered.
        if method == "POST" and key and status not in (400, 404):
            self._said[key] = ((path, form), status, said)
        return status, said, False

    async def _say(self, send: Send, status: int, said: Thing, *, replayed: bool) -> None:
        body = json.dumps(said, indent=2).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"request-id", b"req_double"),
            (b"stripe-version", API_VERSION.encode()),
        ]
        if replayed:
            headers.append((b"idempotent-replayed", b"true"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        while self.dripping and len(body) > 1:
            await send({"type": "http.response.body", "body": body[:1], "more_body": True})
            body = body[1:]
            await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": body})


def _broken() -> Thing:
    return {"error": {"type": "api_error", "message": "An error occurred."}}
