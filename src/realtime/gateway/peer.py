"""One engine socket as the gateway sees it. Invariant: `sid` and `principal` are set together, or neither."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from realtime.ports import Principal, Timer


class Peer:
    __slots__ = (
        "_bucket_at",
        "_burst",
        "_rate",
        "_tokens",
        "client",
        "closing",
        "eio_sid",
        "expiry_timer",
        "login_timer",
        "malformed",
        "position",
        "principal",
        "sid",
        "socket",
        "task",
        "transport",
        "workers",
    )

    def __init__(
        self, *, eio_sid: str, socket: Any, client: Any, bucket_rate: float, bucket_burst: int, now: float
    ) -> None:
        self.eio_sid = eio_sid
        self.socket = socket
        """The library's own socket object: its queue, and whether it is closed."""
        self.client = client
        self.sid: str | None = None
        self.principal: Principal | None = None
        self.position: tuple[str | None, int, datetime | None] = (None, 0, None)
        """Epoch, seq and time of the last frame that the client says it has seen."""
        self.closing = False
        self.malformed = 0
        self.login_timer: Timer | None = None
        self.expiry_timer: Timer | None = None
        self.transport: Any = None
        self.task: asyncio.Task[Any] | None = None
        self.workers: set[asyncio.Task[Any]] | None = None
        self._rate = bucket_rate
        self._burst = bucket_burst
        self._tokens = float(bucket_burst)
        self._bucket_at = now

    def take_token(self, now: float) -> float:
        """Seconds to wait before the next event may be handled. The wait is owed even if it is not kept."""
        self._tokens = min(self._burst, self._tokens + (now - self._bucket_at) * self._rate) - 1
        self._bucket_at = now
        return max(0.0, -self._tokens / self._rate)

    def cancel_timers(self) -> None:
        for timer in (self.login_timer, self.expiry_timer):
            if timer is not None:
                timer.cancel()
        self.login_timer = self.expiry_timer = None

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        if self.workers is None:
            self.workers = set()
        self.workers.add(task)
        task.add_done_callback(self.workers.discard)

    def abort(self) -> None:
        """Cuts the websocket, whatever still waits to be written or to be said goodbye to. Safe when it has ended."""
        if self.transport is not None:
            self.transport.abort()
        elif self.task is not None and not self.task.done():
            self.spawn(self._cancel(self.task))

    async def _cancel(self, task: asyncio.Task[Any]) -> None:
        """The library swallows cancellation at each place where it may wait: reading, writing, saying goodbye."""
        for _ in range(5):
            task.cancel()
            await asyncio.sleep(0.01)
            if task.done():
                return
