"""The Socket.IO library, with every way in led through the gateway.

This is where the house steps into the library at places that are not public. Versions are pinned, and
tests/realtime/test_tripwires.py fails when one of those places changes.
"""

import asyncio
import logging
from typing import Any, Protocol

import engineio
import msgspec
import socketio
from engineio.payload import Payload

# The library logs a traceback for every malformed frame; what matters is counted and logged by the gateway.
logger = logging.getLogger("realtime.library")
logger.setLevel(logging.CRITICAL)


class Callbacks(Protocol):
    """The gateway, as the library calls it."""

    def opened(self, eio_sid: str, environ: dict[str, Any]) -> None: ...

    async def admit(self, eio_sid: str, data: str | bytes) -> bool: ...

    def malformed(self, eio_sid: str) -> None: ...

    def connected(self, eio_sid: str) -> None: ...

    async def event(self, eio_sid: str, namespace: str | None, ack_id: int | None, data: Any) -> None: ...

    def closed(self, eio_sid: str) -> None: ...


class Json:
    """JSON for the library: fast, and strict where its own is not. Deep nesting is a ValueError, like any bad JSON."""

    @staticmethod
    def loads(text: str | bytes) -> Any:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError("not JSON") from error

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()


class Engine(engineio.AsyncServer):  # type: ignore[misc]
    mark = ""
    """Session ids begin with it, so that several processes know whose session it is."""

    def generate_id(self) -> str:
        return self.mark + str(super().generate_id())

    async def disconnect(self, sid: str | None = None) -> None:
        """The library's own waits until a client has read everything, which a hostile one never does."""
        socket = self.sockets.pop(sid, None)
        if socket is not None:
            await socket.close(wait=False, reason=self.reason.SERVER_DISCONNECT)


async def poll(socket: Any) -> list[Any]:
    """What is queued, at most as many packets as clients accept in one payload; the library's own sets no limit, and a
    long poll after a burst is then thrown away by some clients."""
    queue, server = socket.queue, socket.server
    try:
        async with asyncio.timeout(server.ping_interval + server.ping_timeout):
            packets = [await queue.get()]
    except (TimeoutError, asyncio.CancelledError):
        raise engineio.exceptions.QueueEmpty from None
    queue.task_done()
    if packets == [None]:
        return []
    while len(packets) < Payload.max_decode_packets and not queue.empty():
        packet = queue.get_nowait()
        queue.task_done()
        if packet is None:
            queue.put_nowait(None)
            break
        packets.append(packet)
    return packets


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """The library's server with every way in led through the gateway."""

    gateway: Callbacks

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return Engine

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self.gateway.opened(eio_sid, environ)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        if await self.gateway.admit(eio_sid, data):
            try:
                await super()._handle_eio_message(eio_sid, data)
            except Exception:  # noqa: BLE001  Parsing hostile text: anything may come out of it.
                self.gateway.malformed(eio_sid)

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        await super()._handle_connect(eio_sid, namespace, data)
        sid = self.manager.sid_from_eio_sid(eio_sid, "/")
        if sid is not None and self.manager.is_connected(sid, "/"):
            self.gateway.connected(eio_sid)

    async def _handle_event(self, eio_sid: str, namespace: str | None, ack_id: int | None, data: Any) -> None:
        await self.gateway.event(eio_sid, namespace, ack_id, data)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        await super()._handle_eio_disconnect(eio_sid, reason)
        self.gateway.closed(eio_sid)
