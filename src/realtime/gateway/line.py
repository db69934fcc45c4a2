"""One websocket under the engine, whatever server brought it.

Invariants: what is written leaves in that order; nothing waits for a client, and what a client has not taken is bounded
in bytes and in packets; `lost` is told once, at the end.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from typing import Any, Protocol

from litestar.types import Receive, Send

from realtime.gateway.agenda import Agenda
from realtime.gateway.frames import Frame


class Limits(Protocol):
    """What a line asks its engine."""

    agenda: Agenda
    frame_bytes: int
    queue_limit: int
    queue_bytes: int
    closing_grace_s: float
    lines: "set[Line]"


class Owner(Protocol):
    """The socket behind a line."""

    def heard(self, line: "Line", payload: str | bytes) -> None: ...

    def lost(self, line: "Line") -> None: ...


class Line(ABC):
    __slots__ = ("_limits", "owner")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.owner: Owner | None = None
        limits.lines.add(self)

    @abstractmethod
    def write(self, frame: Frame) -> bool:
        """False, and nothing was written, when the client is too far behind."""

    @abstractmethod
    def waiting_bytes(self) -> int:
        """What the client has not taken yet."""

    @abstractmethod
    def finish(self, number: int, reason: str = "") -> None:
        """Closes after what was written, and cuts the line where that does not get through in time."""

    @abstractmethod
    def abort(self) -> None:
        """Cuts the line at once."""

    @abstractmethod
    def hold(self) -> None:
        """Hears no more for now, so that the client's own line fills up."""

    @abstractmethod
    def release(self) -> None: ...

    def _lose(self) -> None:
        self._limits.lines.discard(self)
        owner, self.owner = self.owner, None
        if owner is not None:
            owner.lost(self)


class AsgiLine(Line):
    """Over the messages of any ASGI server: a task that reads, and one that writes as long as something waits."""

    __slots__ = ("_cut", "_free", "_last", "_queue", "_reader", "_receive", "_send", "_size", "_writer")

    def __init__(self, limits: Limits, receive: Receive, send: Send) -> None:
        super().__init__(limits)
        self._receive = receive
        self._send = send
        self._queue: deque[Frame] = deque()
        self._size = 0
        self._last: tuple[int, str] | None = None
        self._cut = False
        self._free = asyncio.Event()
        self._free.set()
        self._reader = asyncio.current_task()
        self._writer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """From the accepted handshake to the end."""
        try:
            while True:
                message: Any = await self._receive()
                if message["type"] != "websocket.receive":
                    break
                text = message.get("text")
                payload: str | bytes = text if text is not None else message.get("bytes") or b""
                if len(payload) > self._limits.frame_bytes:
                    self.finish(1009)
                elif self.owner is not None:
                    self.owner.heard(self, payload)
                await self._free.wait()
        except asyncio.CancelledError:
            if not self._cut:
                raise
        finally:
            if self._writer is not None:
                self._writer.cancel()
            self._lose()

    def write(self, frame: Frame) -> bool:
        if len(self._queue) >= self._limits.queue_limit or self._size > self._limits.queue_bytes:
            return False
        if self._last is None:
            self._queue.append(frame)
            self._size += len(frame.wire)
            self._drain()
        return True

    def waiting_bytes(self) -> int:
        return self._size

    def finish(self, number: int, reason: str = "") -> None:
        if self._last is None:
            self._last = (number, reason)
            self._drain()
            self._limits.agenda.call_later(self._limits.closing_grace_s, self.abort)

    def abort(self) -> None:
        if self._cut or self._reader is None or self._reader.done():
            return
        self._cut = True
        # Both are methods of the server's protocol object, unless a middleware has wrapped them. Without that object
        # the task ends, but the server keeps what is still to be sent.
        for method in (self._receive, self._send):
            transport = getattr(getattr(method, "__self__", None), "transport", None)
            if transport is not None:
                transport.abort()
        self._reader.cancel()

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def _drain(self) -> None:
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        # A server that raises here says the same to the reader.
        with suppress(Exception):
            while self._queue:
                frame = self._queue[0]
                if isinstance(frame.payload, str):
                    await self._send({"type": "websocket.send", "text": frame.payload, "bytes": None})
                else:
                    await self._send({"type": "websocket.send", "text": None, "bytes": frame.payload})
                self._queue.popleft()
                self._size -= len(frame.wire)
            self._writer = None
            if self._last is not None:
                number, reason = self._last
                await self._send({"type": "websocket.close", "code": number, "reason": reason})
