"""One Engine.IO session: over long polls, over a websocket, or on its way from one to the other.

Invariants: packets leave in the order in which they were pushed, each over one transport only; what a client sends is
handled in its order, one packet at a time; a session on which nothing happens holds no task and no queue.
"""

import asyncio
from base64 import b64decode
from binascii import Error as NotBase64
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import Any

from engineio.async_socket import AsyncSocket

from realtime import metrics
from realtime.gateway.agenda import Entry
from realtime.gateway.frames import Frame
from realtime.gateway.line import Line

CLOSE, PING, PROBED, NOOP = Frame("1"), Frame("2"), Frame("3probe"), Frame("6")

# Clients refuse longer payloads, and so do we.
PACKETS_PER_PAYLOAD = 16
# A client that has begun an upgrade should poll no more; one poll may have been on its way.
_WHILE_UPGRADING_S = 0.1
# So many packets of one client wait before its line is held.
_PATIENCE = 16
_LAST_WORDS_S = 0.1


class Gone:
    """The last thing that is handled of a session."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Come:
    """The first."""

    __slots__ = ("environ",)

    def __init__(self, environ: Any) -> None:
        self.environ = environ


Item = str | bytes | Come | Gone


class Session(AsyncSocket):  # type: ignore[misc]
    # The base's own constructor makes a queue, which an idle session would hold for nothing.
    def __init__(self, server: Any, sid: str) -> None:
        self.server = server
        self.sid = sid
        self.session: dict[str, Any] = {}
        self.last_ping = None
        self.connected = True
        self.upgrading = False
        self.upgraded = False
        self.closing = False
        """Nothing more is taken, in either direction."""
        self.closed = False
        self._line: Line | None = None
        self._candidate: Line | None = None
        """A websocket that probes, while polling goes on."""
        self._probed = False
        self._outbox: list[Frame] | None = []
        self._outbox_bytes = 0
        self._poll: asyncio.Future[None] | None = None
        self._inbox: deque[Item] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._pinged = False
        self._alarm: Entry | None = None
        self.rest()

    # ---- out

    def push(self, frame: Frame) -> bool:
        """False when the client is gone, or too far behind. Never waits."""
        if self.closing:
            return False
        if self._line is not None:
            return self._line.write(frame)
        limits = self.server
        if self._outbox is None or len(self._outbox) >= limits.queue_limit or self._outbox_bytes > limits.queue_bytes:
            return False
        self._outbox.append(frame)
        self._outbox_bytes += len(frame.wire)
        self._answer_poll()
        return True

    async def send(self, pkt: Any) -> None:
        """What the library sends."""
        if not self.push(Frame(pkt.encode())) and not self.closing:
            self.end(self.server.reason.TRANSPORT_ERROR)

    def waiting_bytes(self) -> int:
        return self._line.waiting_bytes() if self._line is not None else self._outbox_bytes

    async def poll(self) -> list[Frame]:
        """What a long poll is answered with; nothing when a websocket has taken over since it came. Of two polls at
        once, the earlier ends empty."""
        if self.upgrading or not self._outbox:
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._answer_poll()
            self._poll = turn
            late = self.upgrading
            await asyncio.wait({turn}, timeout=_WHILE_UPGRADING_S if late else None)
            if self.upgraded and late:
                return []
            if self._poll is not turn:
                return [NOOP]
            self._poll = None
        if self.upgrading or not self._outbox:
            return [NOOP]
        taken = self._outbox[:PACKETS_PER_PAYLOAD]
        del self._outbox[: len(taken)]
        self._outbox_bytes -= sum(len(frame.wire) for frame in taken)
        if self.closing and not self._outbox:
            self.end(self.server.reason.SERVER_DISCONNECT)
        return taken

    def _answer_poll(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    # ---- transports

    def open_on(self, line: Line) -> None:
        """The session begins on a websocket."""
        self.upgraded = True
        self._outbox = None
        self._line, line.owner = line, self

    def probe_on(self, line: Line) -> None:
        """A websocket wants to take over from polling."""
        self.upgrading = True
        self._candidate, line.owner = line, self
        self._probed = False

    def _probe(self, line: Line, payload: str | bytes) -> None:
        if payload == "2probe" and not self._probed:
            self._probed = True
            line.write(PROBED)
            self._answer_poll()
        elif payload == "5" and self._probed:
            waiting, self._outbox, self._outbox_bytes = self._outbox or [], None, 0
            self._line, self._candidate = line, None
            self.upgrading, self.upgraded = False, True
            for frame in waiting:
                line.write(frame)
            self._answer_poll()
        else:
            line.finish(1002)

    def lost(self, line: Line) -> None:
        if line is self._candidate:
            self._candidate, self.upgrading = None, False
        elif line is self._line:
            self._line = None
            self.end(self.server.reason.TRANSPORT_CLOSE)

    # ---- in

    def heard(self, line: Line, payload: str | bytes) -> None:
        if self.closing:
            return
        if line is self._candidate:
            self._probe(line, payload)
        elif line is self._line and not self.take(payload):
            metrics.SOCKETS_CLOSED.labels("realtime.bad_transport_frame").inc()
            line.finish(1002)
            self.end(self.server.reason.TRANSPORT_ERROR)

    def take(self, payload: str | bytes) -> bool:
        """One packet of the client. False when it may not be sent to a server here."""
        if isinstance(payload, bytes):
            self._queue(payload)
            return True
        match payload[:1]:
            case "4":
                self._queue(payload[1:])
            case "3":
                self._pong()
            case "1":
                self.end(self.server.reason.CLIENT_DISCONNECT)
            case _:
                return False
        return True

    async def take_payload(self, body: str) -> bool:
        """The packets of one POST; returns when all are handled. False when they are none."""
        packets = body.split("\x1e")
        if len(packets) > PACKETS_PER_PAYLOAD:
            return False
        for packet in packets:
            if self.closing:
                break
            try:
                good = self.take(b64decode(packet[1:], validate=True) if packet[:1] == "b" else packet)
            except NotBase64:
                good = False
            if not good:
                return False
        await self.settled()
        return True

    async def settled(self) -> None:
        """Until everything that the client sent is handled."""
        while self._worker is not None:
            await asyncio.wait({self._worker})

    def welcome(self, environ: Any) -> None:
        """Tells the server of the session, before anything that its client sends."""
        self._queue(Come(environ))

    def _queue(self, item: Item) -> None:
        if self._inbox is None:
            self._inbox = deque((item,))
            self._worker = asyncio.get_running_loop().create_task(self._work(self._inbox))
        else:
            self._inbox.append(item)
        if len(self._inbox) >= _PATIENCE and self._line is not None:
            self._line.hold()

    async def _work(self, inbox: deque[Item]) -> None:
        try:
            while inbox:
                await self._handle(inbox.popleft())
        finally:
            self._inbox = self._worker = None
            if self._line is not None:
                self._line.release()

    async def _handle(self, item: Item) -> None:
        tell = self.server._trigger_event
        if isinstance(item, Come):
            answer = await tell("connect", self.sid, item.environ, run_async=False)
            if answer is not None and answer is not True:
                self.end(self.server.reason.SERVER_DISCONNECT)
        elif isinstance(item, Gone):
            await tell("disconnect", self.sid, item.reason, run_async=False)
        else:
            await tell("message", self.sid, item, run_async=False)

    # ---- alive

    def rest(self) -> None:
        self._alarm = self.server.agenda.call_later(self.server.ping_interval, self._ping)

    def _ping(self) -> None:
        self._pinged = True
        self._alarm = self.server.agenda.call_later(self.server.ping_timeout, self._unanswered)
        self.push(PING)

    def _pong(self) -> None:
        if self._pinged:
            self._pinged = False
            self._cancel_alarm()
            self.rest()

    def _unanswered(self) -> None:
        if self._inbox:
            # The answer may wait behind what we have not handled yet.
            self._alarm = self.server.agenda.call_later(self.server.ping_timeout, self._unanswered)
            return
        metrics.SOCKETS_CLOSED.labels("realtime.ping_timeout").inc()
        if (line := self._line) is not None:
            line.write(CLOSE)
            # Who answered no ping all this time will not answer a goodbye: no more grace than it takes to send it.
            self.server.agenda.call_later(_LAST_WORDS_S, line.abort)
        self.end(self.server.reason.PING_TIMEOUT)

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    # ---- the end

    def leave(self, last_words: Iterable[Frame] = (), number: int = 1000, reason: str = "") -> None:
        """Says why, in front of the end. A client that polls has a while to fetch it."""
        if self.closing:
            return
        self.closing = True
        if self._line is not None:
            for frame in (*last_words, CLOSE):
                self._line.write(frame)
            self._line.finish(number, reason)
            self.end(self.server.reason.SERVER_DISCONNECT)
        else:
            self._outbox = [*(self._outbox or []), *last_words, CLOSE]
            self._answer_poll()
            self._cancel_alarm()
            over = partial(self.end, self.server.reason.SERVER_DISCONNECT)
            self._alarm = self.server.agenda.call_later(self.server.closing_grace_s, over)

    def end(self, reason: str) -> None:
        """The engine forgets the session. Whoever knew of it is told after what is being handled."""
        if self.closed:
            return
        self.closing = self.closed = True
        self._cancel_alarm()
        self.server.sockets.pop(self.sid, None)
        self._answer_poll()
        for line in (self._candidate, self._line):
            if line is not None:
                line.finish(1000)
        self._queue(Gone(reason))

    def cut(self) -> None:
        """Ends it without a word."""
        line = self._line
        self.end(self.server.reason.SERVER_DISCONNECT)
        if line is not None:
            line.abort()

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """The library's way to end a session."""
        if abort:
            self.end(reason or self.server.reason.SERVER_DISCONNECT)
        else:
            self.leave()
