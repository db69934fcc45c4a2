"""One websocket under the library. Invariant: the library never sees a frame on which it would stumble, and is cleaned
up after when its transport fails in the middle of a word."""

import asyncio
from typing import Any

from litestar.types import Receive, Send

from realtime import metrics
from realtime.gateway.peer import Peer


class Line:
    def __init__(self, receive: Receive, send: Send, *, frame_bytes: int, queue_limit: int) -> None:
        self._frame_bytes = frame_bytes
        self._queue_limit = queue_limit
        self._receive = receive
        self._send = send
        self._peer: Peer | None = None
        self._task = asyncio.current_task()

    def attach(self, peer: Peer) -> None:
        self._peer = peer
        peer.transport = None
        # Both are methods of the server's protocol object, unless a middleware has wrapped them. Without that object a
        # line is cut by cancelling its task, which takes longer.
        for method in (self._receive, self._send):
            peer.transport = peer.transport or getattr(getattr(method, "__self__", None), "transport", None)
        peer.task = self._task

    async def receive(self) -> Any:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        text = message.get("text")
        peer = self._peer
        if (
            not isinstance(text, str)
            or text[:1] not in ("1", "2", "3", "4", "5")
            or len(text) > self._frame_bytes
            or (peer is not None and peer.socket.queue.qsize() > self._queue_limit)
        ):
            metrics.SOCKETS_CLOSED.labels("realtime.bad_transport_frame").inc()
            return {"type": "websocket.disconnect", "code": 1003}
        return message

    async def end(self) -> None:
        peer = self._peer
        if peer is not None and peer.task is self._task:
            peer.task = None
            if not peer.socket.closed and not peer.socket.upgrading:
                peer.socket.queue.put_nowait(None)
                await peer.socket.close(wait=False, abort=True)
