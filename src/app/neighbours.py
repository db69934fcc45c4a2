"""Several server processes behind one port, without sticky sessions.

A long-polling client speaks over many connections, and the kernel gives each to any process. So an engine session's
id begins with the place of the process that holds it, every process also listens on a private socket, and a request
for somebody else's session is handed to its owner as it is. Clients that begin with a websocket never need this.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import httpx
from litestar.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin

# Longer than a long poll lasts.
_PATIENCE_S = 60.0
_FRAME_BYTES = 65_536
_CLOSE_S = 2.0
_PASSED_ON = frozenset({b"accept", b"accept-encoding", b"content-type", b"origin", b"authorization"})
_KEPT_BACK = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"date"})

Handle = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """One process's place in the fleet; `home` is a directory that only we can enter."""

    home: Path
    number: int

    @property
    def mark(self) -> str:
        """What the ids of this place's engine sessions begin with."""
        return f"{self.number}."

    def listen(self) -> socket.socket:
        path = self._socket(self.number)
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        return listener

    def owner_of(self, query: bytes) -> Path | None:
        """The private socket of the process that holds the request's session; None if that is us, or nobody."""
        found = parse_qs(query.decode("latin-1")).get("sid", [""])[0]
        number, mark, _ = found.partition(".")
        # Only ASCII digits, and few: `int` refuses what else counts as a digit, and numbers of thousands of them.
        if not mark or len(number) > 4 or not (number.isascii() and number.isdecimal()) or int(number) == self.number:
            return None
        path = self._socket(int(number))
        return path if path.exists() else None

    def _socket(self, number: int) -> Path:
        return self.home / f"{number}.sock"


class Neighbours:
    """Wraps the handler of `/socket.io`: what belongs to a neighbour goes there."""

    def __init__(self, place: Place, handle: Handle) -> None:
        self._place = place
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        owner = self._place.owner_of(scope.get("query_string", b""))
        if owner is None:
            await self._handle(scope, receive, send)
        elif str(scope["type"]) == "websocket":
            await _pass_websocket(owner, scope, receive, send)
        else:
            await _pass_request(owner, scope, receive, send)


def _target(scope: Scope) -> str:
    return f"/socket.io/?{scope.get('query_string', b'').decode('latin-1')}"


async def _pass_request(owner: Path, scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message.get("body", b"")
        if len(body) > _FRAME_BYTES * 2 or not message.get("more_body", False):
            break
    headers = [(name, value) for name, value in scope["headers"] if name in _PASSED_ON]
    transport = httpx.AsyncHTTPTransport(uds=str(owner))
    async with httpx.AsyncClient(transport=transport, timeout=_PATIENCE_S, base_url="http://neighbour") as client:
        method = scope["method"]  # type: ignore[typeddict-item]
        try:
            answer = await client.request(method, _target(scope), headers=headers, content=body)
        except (httpx.HTTPError, httpx.InvalidURL):
            # The neighbour is gone, and its sessions with it: clients open another on any 4xx.
            answer = httpx.Response(400, json={"code": 1, "message": "Session ID unknown"})
    kept = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _KEPT_BACK]
    kept.append((b"content-length", str(len(answer.content)).encode()))
    kept = [(name, value) for name, value in kept if name != b"content-encoding"]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
    await send({"type": "http.response.body", "body": answer.content, "more_body": False})


async def _pass_websocket(owner: Path, scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    given = dict(scope["headers"]).get(b"origin")
    origin = Origin(given.decode("latin-1")) if given else None
    try:
        # What a neighbour sends is ours; what a client sends, both sides limit already.
        line = unix_connect(
            str(owner),
            f"ws://neighbour{_target(scope)}",
            origin=origin,
            compression=None,
            max_size=None,
            close_timeout=_CLOSE_S,
        )
        async with line as neighbour:
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            async with asyncio.TaskGroup() as both:
                back = both.create_task(_carry_back(neighbour, send))
                await _carry_there(neighbour, receive)
                back.cancel()
    except (OSError, WebSocketException):
        await send({"type": "websocket.close", "code": 1011, "reason": None})


async def _carry_there(neighbour: ClientConnection, receive: Receive) -> None:
    """Until the client has gone, which it also has once it was told that the neighbour has."""
    with suppress(ConnectionClosed):
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text")
            await neighbour.send(text if text is not None else message.get("bytes") or b"")


async def _carry_back(neighbour: ClientConnection, send: Send) -> None:
    # A client that is gone is written to until `_carry_there` notices.
    with suppress(OSError, RuntimeError):
        with suppress(ConnectionClosed):
            async for frame in neighbour:
                if isinstance(frame, str):
                    await send({"type": "websocket.send", "text": frame, "bytes": None})
                else:
                    await send({"type": "websocket.send", "text": None, "bytes": frame})
        await send({"type": "websocket.close", "code": neighbour.close_code or 1000, "reason": None})
