"""A lean Socket.IO client over a websocket for load: text frames, no compression, one namespace.

It answers pings of both layers, so that the server keeps it, and hands over whole events as they came.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Any, cast

import msgspec

from bench.keepalive import HttpFailure


class Socket(asyncio.Protocol):
    """`on_event(text)` gets the JSON array of every event."""

    def __init__(self) -> None:
        self.on_event: Callable[[str], None] = lambda text: None
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._upgraded = False
        self._replies: dict[str, asyncio.Future[str]] = {}
        self._acks = 0
        self._packet: Callable[[str], None] = self._of_socketio

    @classmethod
    async def connect(cls, host: str, port: int, token: str, *, within_s: float = 20.0) -> "Socket":
        """Connected to the default namespace. Raises HttpFailure where the server refuses."""
        _, socket = await asyncio.get_running_loop().create_connection(cls, host, port)
        async with asyncio.timeout(within_s):
            opened, connected = socket._expect("0"), socket._expect("40")
            await socket._upgrade("/socket.io/?EIO=4&transport=websocket")
            await opened
            socket.send("40" + msgspec.json.encode({"token": token}).decode())
            await connected
        return socket

    @classmethod
    async def plain(cls, host: str, port: int, path: str, on_text: Callable[[str], None]) -> "Socket":
        """A websocket without Socket.IO: every text goes to `on_text`."""
        _, socket = await asyncio.get_running_loop().create_connection(cls, host, port)
        socket._packet = on_text
        async with asyncio.timeout(10):
            await socket._upgrade(path)
        return socket

    async def _upgrade(self, path: str) -> None:
        upgraded = self._expect("upgrade")
        key = base64.b64encode(os.urandom(16)).decode()
        self._write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await upgraded

    async def emit(self, event: str, data: object) -> Any:
        """What the server acknowledges with."""
        self._acks += 1
        reply = self._expect(f"43{self._acks}")
        self.send(f"42{self._acks}{msgspec.json.encode([event, data]).decode()}")
        return msgspec.json.decode(await asyncio.wait_for(reply, 10))[0]

    def send(self, text: str) -> None:
        """One masked text frame. The mask is zero: it is there for proxies, and there are none."""
        data = text.encode()
        size = len(data)
        head = struct.pack("!BB", 0x81, 0x80 | size) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
        self._write(head + b"\0\0\0\0" + data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(HttpFailure("the socket was closed"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self._fail(bytes(self._buffer[:200]).decode(errors="replace"))
                return
            del self._buffer[: end + 4]
            self._upgraded = True
            self._settle("upgrade", "")
        while (text := self._frame()) is not None:
            self._packet(text)

    def _frame(self) -> str | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length == 126:
            if len(buffer) < 4:
                return None
            length, start = int.from_bytes(buffer[2:4], "big"), 4
        elif length == 127:
            if len(buffer) < 10:
                return None
            length, start = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < start + length:
            return None
        kind = buffer[0] & 0x0F
        body = bytes(buffer[start : start + length])
        del buffer[: start + length]
        if kind == 9:
            # The server's websocket layer pings besides Socket.IO, and closes a socket that does not answer.
            self._write(struct.pack("!BB", 0x8A, 0x80 | len(body)) + b"\0\0\0\0" + body)
        return body.decode() if kind == 1 else ""

    def _of_socketio(self, text: str) -> None:
        if text.startswith("42"):
            self.on_event(text[2:])
        elif text == "2":
            self.send("3")
        elif text.startswith("44"):
            self._fail(text[2:])
        elif text.startswith("43"):
            head, _, rest = text.partition("[")
            self._settle(head, f"[{rest}")
        elif text.startswith(("0", "40")):
            self._settle("40" if text.startswith("40") else "0", text)

    def _expect(self, what: str) -> asyncio.Future[str]:
        reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._replies[what] = reply
        return reply

    def _settle(self, what: str, value: str) -> None:
        reply = self._replies.pop(what, None)
        if reply is not None and not reply.done():
            reply.set_result(value)

    def _fail(self, reason: str) -> None:
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(HttpFailure(reason))

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)


async def connect_many(host: str, port: int, tokens: list[str], *, at_once: int = 20) -> list[Socket]:
    """One socket per token, in order."""
    found: list[Socket] = []
    for start in range(0, len(tokens), at_once):
        lot = tokens[start : start + at_once]
        found += await asyncio.gather(*(Socket.connect(host, port, token) for token in lot))
    return found
