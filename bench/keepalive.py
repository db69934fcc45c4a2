"""A lean HTTP/1.1 client for load: keep-alive, ready-made request bytes, one request at a time per connection.

It understands what this server sends, answers with a content length, and nothing more.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)


class HttpFailure(Exception):
    """An answer that a benchmark cannot go on with."""


def request(method: str, path: str, *, token: str = "", body: bytes | None = None, headers: str = "") -> bytes:
    """Request bytes. `headers` are whole lines, each with its line end."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}"
    if token:
        lines += f"Authorization: Bearer {token}\r\n"
    if body is not None:
        lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return lines.encode() + b"\r\n" + (body or b"")


class Connection(asyncio.Protocol):
    """Calls `on_answer(status, body)` for each whole answer."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.on_answer: Callable[[int, bytes], None] = lambda status, body: None
        self.on_lost: Callable[[], None] = lambda: None
        self._buffer = b""
        self._head = b""

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        _, connection = await asyncio.get_running_loop().create_connection(cls, host, port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.on_lost()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[: end + 2]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self._buffer) < whole:
                return
            body, self._buffer = self._buffer[end + 4 : whole], self._buffer[whole:]
            self._head = head
            self.on_answer(int(head[9:12]), body)

    @property
    def etag(self) -> str:
        """Of the last answer."""
        found = _ETAG.search(self._head)
        return found[1].decode() if found else ""

    def send(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def ask(self, data: bytes, *, within_s: float = 20.0) -> tuple[int, bytes]:
        """Status and body. Raises HttpFailure when the connection is lost, TimeoutError."""
        answered: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()

        def answer(status: int, body: bytes) -> None:
            if not answered.done():
                answered.set_result((status, body))

        def lost() -> None:
            if not answered.done():
                answered.set_exception(HttpFailure("the connection was closed"))

        self.on_answer, self.on_lost = answer, lost
        self.send(data)
        return await asyncio.wait_for(answered, within_s)

    async def call(self, data: bytes, *, within_s: float = 20.0) -> bytes:
        """One request and its body. Raises HttpFailure for anything but success."""
        status, body = await self.ask(data, within_s=within_s)
        if status >= 300:
            raise HttpFailure(f"{data.split(b' HTTP', 1)[0].decode()}: {status} {body[:200].decode()}")
        return body
