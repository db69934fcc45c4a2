"""A websocket straight on the transport of a server: no task, no queue, no copy of a frame per socket.

Invariants: bytes go to the transport as they were framed; a client that breaks RFC 6455 is closed with the code that it
wants; while the engine is busy with a client's frames, no more of them are read.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from realtime.gateway import frames
from realtime.gateway.agenda import Entry
from realtime.gateway.frames import Frame, Reader, Violation
from realtime.gateway.line import Limits, Line

Headers = Sequence[tuple[bytes, bytes]]

# RFC 6455, 1.3
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Others(Protocol):
    """The connections that a server waits for when it stops."""

    def add(self, connection: Any, /) -> None: ...

    def discard(self, connection: Any, /) -> None: ...


def handshake(headers: Headers) -> bytes | None:
    """The answer that makes a connection a websocket; None where the request does not ask rightly for one."""
    found = dict(headers)
    key = found.get(b"sec-websocket-key", b"")
    try:
        good = len(base64.b64decode(key, validate=True)) == 16
    except binascii.Error:
        good = False
    if not good or found.get(b"sec-websocket-version") != b"13":
        return None
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


class DirectLine(Line, asyncio.Protocol):
    __slots__ = ("_behind", "_grace", "_held", "_missed", "_others", "_reader", "_transport")

    def __init__(self, limits: Limits, transport: Any, others: Others, answer: bytes) -> None:
        super().__init__(limits)
        self._transport = transport
        self._others = others
        self._reader = Reader(limits.frame_bytes)
        self._held = False
        self._behind = False
        """More waits than the transport likes."""
        self._missed = 0
        """Packets written since then."""
        self._grace: Entry | None = None
        others.add(self)
        transport.set_protocol(self)
        transport.write(answer)

    # ---- the engine's side

    def write(self, frame: Frame) -> bool:
        if self._behind:
            if self._missed >= self._limits.queue_limit or self.waiting_bytes() > self._limits.queue_bytes:
                return False
            self._missed += 1
        self._transport.write(frame.wire)
        return True

    def waiting_bytes(self) -> int:
        return int(self._transport.get_write_buffer_size())

    def finish(self, number: int, reason: str = "") -> None:
        if self._grace is not None:
            return
        self._grace = self._limits.agenda.call_later(self._limits.closing_grace_s, self.abort)
        if not self._transport.is_closing():
            self._transport.write(frames.closing(number, reason))
        self.release()

    def abort(self) -> None:
        self._transport.abort()

    def hold(self) -> None:
        if not self._held:
            self._held = True
            self._transport.pause_reading()

    def release(self) -> None:
        if not self._held:
            return
        self._held = False
        self._hear()
        if not self._held and not self._transport.is_closing():
            self._transport.resume_reading()

    # ---- the transport's side

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        self._hear()

    def _hear(self) -> None:
        try:
            while not self._held and (message := self._reader.message()) is not None:
                self._obey(*message)
        except Violation as violation:
            self._refuse(violation.number)
        except UnicodeDecodeError:
            self._refuse(1007)

    def _obey(self, kind: int, data: bytes) -> None:
        if kind == frames.TEXT or kind == frames.BINARY:
            if self.owner is not None:
                self.owner.heard(self, data.decode() if kind == frames.TEXT else data)
        elif kind == frames.PING:
            if self._grace is None and self.waiting_bytes() <= self._limits.queue_bytes:
                self._transport.write(frames.framed(frames.PONG, data))
        elif kind == frames.CLOSE:
            if self._grace is None:
                self._transport.write(frames.framed(frames.CLOSE, data[:2]))
            self._end()

    def _refuse(self, number: int) -> None:
        if self._grace is None:
            self._transport.write(frames.closing(number))
        self._end()

    def _end(self) -> None:
        """Closes behind what was written; a client that does not take it is cut."""
        self._reader = Reader(0)
        self._transport.close()
        if self._grace is None:
            self._grace = self._limits.agenda.call_later(self._limits.closing_grace_s, self.abort)

    def pause_writing(self) -> None:
        self._behind = True
        self._missed = 0

    def resume_writing(self) -> None:
        self._behind = False

    def eof_received(self) -> None:
        """The transport closes then."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._grace is not None:
            self._grace.cancel()
        self._others.discard(self)
        self._lose()

    # ---- the server's side

    def shutdown(self) -> None:
        """A server that stops asks for it."""
        with suppress(RuntimeError):
            self.finish(1012)
