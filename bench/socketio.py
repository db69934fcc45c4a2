"""A lean Socket.IO client over a websocket for load: text frames, no compression, one namespace.

It answers pings of both layers, so that the server keeps it, and hands over whole events as they came.
"""

import asyncio
import base64
import os
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import msgspec

from bench.keepalive import HttpFailure

PATH = "/socket.io/?EIO=4&transport=websocket"


class Socket(asyncio.Protocol):
    """`on_event(text)` gets the JSON array of every event, `on_lost()` runs once when the socket is gone."""

    def __init__(self) -> None:
        self.on_event: Callable[[str], None] = lambda text: None
        self.on_lost: Callable[[], None] = lambda: None
        self.closed = False
        self.heard: list[str] | None = None
        """All packets but pings as they came, once somebody puts a list here."""
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._upgraded = False
        self._replies: dict[str, asyncio.Future[str]] = {}
        self._acks = 0
        self._packet: Callable[[str], None] = self._of_socketio

    @classmethod
    async def connect(
        cls, host: str, port: int, auth: str | Mapping[str, object], *, within_s: float = 20.0, heard: bool = False
    ) -> "Socket":
        """Connected to the default namespace. Raises HttpFailure where the server refuses; its text begins with what
        the server said. `auth` is a token, or the whole object."""
        opened = await cls.opened(host, port, within_s=within_s)
        if heard:
            opened.heard = []
        try:
            async with asyncio.timeout(within_s):
                await opened.login(auth)
        except BaseException:
            opened.close()
            raise
        return opened

    @classmethod
    async def opened(cls, host: str, port: int, *, within_s: float = 20.0) -> "Socket":
        """As far as Engine.IO goes: nobody is logged in yet."""
        async with asyncio.timeout(within_s):
            _, made = await asyncio.get_running_loop().create_connection(cls, host, port)
            try:
                opened = made._expect("0")
                await made._upgrade(PATH)
                await opened
            except BaseException:
                made.close()
                raise
        return made

    @classmethod
    async def plain(cls, host: str, port: int, path: str, on_text: Callable[[str], None]) -> "Socket":
        """A websocket without Socket.IO: every text goes to `on_text`."""
        _, made = await asyncio.get_running_loop().create_connection(cls, host, port)
        made._packet = on_text
        async with asyncio.timeout(10):
            await made._upgrade(path)
        return made

    async def login(self, auth: str | Mapping[str, object]) -> None:
        connected = self._expect("40")
        body = {"token": auth} if isinstance(auth, str) else auth
        self.send("40" + msgspec.json.encode(body).decode())
        await connected

    async def _upgrade(self, path: str) -> None:
        upgraded = self._expect("upgrade")
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await upgraded

    async def emit(self, event: str, data: object, *, within_s: float = 10.0) -> Any:
        """What the server acknowledges with."""
        return msgspec.json.decode(await asyncio.wait_for(self.ask(event, data), within_s))[0]

    def ask(self, event: str, data: object) -> asyncio.Future[str]:
        """Sends at once; the future holds the acknowledgement, a JSON array."""
        self._acks += 1
        reply = self._expect(f"43{self._acks}")
        self.send(f"42{self._acks}{msgspec.json.encode([event, data]).decode()}")
        return reply

    def send(self, text: str) -> None:
        self.write(frame(text.encode()))

    def write(self, data: bytes) -> None:
        """Bytes as they are."""
        if self._transport is None:
            raise HttpFailure("the socket is not open")
        if not self.closed:
            self._transport.write(data)

    def stop_reading(self) -> None:
        """What comes fills the buffers of the kernel, and then those of the server."""
        if self._transport is not None:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self._transport.pause_reading()

    @property
    def port(self) -> int:
        """Our own end's."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._fail("the socket was closed")
        self.on_lost()

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
        self._read_frames()

    def _read_frames(self) -> None:
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            length, start = buffer[at + 1] & 0x7F, at + 2
            if length == 126:
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if len(buffer) < start + length:
                break
            kind = buffer[at] & 0x0F
            body = bytes(buffer[start : start + length])
            at = start + length
            if kind == 1:
                self._packet(body.decode())
            elif kind == 8:
                self._leave()
            elif kind == 9:
                # The server's websocket layer may ping besides Socket.IO, and closes who does not answer.
                self.write(struct.pack("!BB", 0x8A, 0x80 | len(body)) + b"\0\0\0\0" + body)
        if at:
            del buffer[:at]

    def _of_socketio(self, text: str) -> None:
        if text == "2":
            self.send("3")
            return
        if self.heard is not None:
            self.heard.append(text)
        if text.startswith("42"):
            self.on_event(text[2:])
        elif text == "1":
            self._leave()
        elif text.startswith("44"):
            self._fail(text[2:])
        elif text.startswith("43"):
            head, _, rest = text.partition("[")
            self._settle(head, f"[{rest}")
        elif text.startswith(("0", "40")):
            self._settle("40" if text.startswith("40") else "0", text)

    def _leave(self) -> None:
        """The server has closed: every client answers that and goes."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame(struct.pack("!H", 1000), head=0x88))
            self._transport.close()

    def _expect(self, what: str) -> asyncio.Future[str]:
        reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._replies[what] = reply
        return reply

    def _settle(self, what: str, value: str) -> None:
        reply = self._replies.pop(what, None)
        if reply is not None and not reply.done():
            reply.set_result(value)

    def _fail(self, reason: str) -> None:
        replies, self._replies = self._replies, {}
        for reply in replies.values():
            if not reply.done():
                reply.set_exception(HttpFailure(reason))
                # Whoever asked may have gone.
                reply.exception()


def frame(data: bytes, *, head: int = 0x81) -> bytes:
    """One masked frame, of text unless `head` says otherwise. The mask is zero: it is there for proxies, and there are
    none."""
    size = len(data)
    if size < 126:
        return struct.pack("!BB", head, 0x80 | size) + b"\0\0\0\0" + data
    if size < 65_536:
        return struct.pack("!BBH", head, 0xFE, size) + b"\0\0\0\0" + data
    return struct.pack("!BBQ", head, 0xFF, size) + b"\0\0\0\0" + data


async def connect_many(host: str, port: int, tokens: Sequence[str], *, at_once: int = 20) -> list[Socket]:
    """One socket per token, in order."""
    found: list[Socket] = []
    for start in range(0, len(tokens), at_once):
        lot = tokens[start : start + at_once]
        found += await asyncio.gather(*(Socket.connect(host, port, token) for token in lot))
    return found
