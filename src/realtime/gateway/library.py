"""The Socket.IO library: its packets, its handshake and its namespaces, on our engine.

`Server` is the library's with what the official protocol suite finds wanting mended; `HouseServer` leads every way in
through the gateway. Versions are pinned, and tests/realtime/test_tripwires.py fails when one of the places changes that
are stepped into here and in `engine` and `session`.
"""

import logging
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import engineio
import msgspec
import socketio
from socketio.packet import CONNECT_ERROR

from realtime.gateway.engine import Engine

# The library logs a traceback for every malformed frame; what matters is counted and logged by the gateway.
logger = logging.getLogger("realtime.library")
logger.setLevel(logging.CRITICAL)

_NO_ENVIRON: Mapping[str, Any] = MappingProxyType({})


class Callbacks(Protocol):
    """The gateway, as the library calls it."""

    def opened(self, eio_sid: str) -> None: ...

    async def admit(self, eio_sid: str, data: str | bytes) -> bool: ...

    def malformed(self, eio_sid: str, data: str | bytes = "") -> None: ...

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


class Manager(socketio.AsyncManager):  # type: ignore[misc]
    """Without the room that the library keeps for every socket alone: it costs a kilobyte each, and leaving looks
    through all of them."""

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        if room != sid:
            super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)

    def get_participants(self, namespace: str, room: Any) -> Iterator[tuple[str, str]]:
        if isinstance(room, str) and self.is_sid_room(namespace, room):
            yield room, self.rooms[namespace][None][room]
        else:
            yield from super().get_participants(namespace, room)


class Server(socketio.AsyncServer):  # type: ignore[misc]
    """The library's server where it follows the protocol to the letter."""

    def __init__(self, **options: Any) -> None:
        options = {"async_mode": "asgi", "async_handlers": False, "json": Json, **options}
        super().__init__(Manager(), logger=logger, engineio_logger=logger, **options)

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return Engine

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        name = namespace or "/"
        if name in self.handlers or name in self.namespace_handlers or name in self.namespaces:
            await super()._handle_connect(eio_sid, namespace, data)
            return
        refusal = self.packet_class(CONNECT_ERROR, data={"message": "Invalid namespace"}, namespace=name)
        await self._send_packet(eio_sid, refusal)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        try:
            await super()._handle_eio_message(eio_sid, data)
        except Exception:  # noqa: BLE001  Parsing hostile text: anything may come out of it.
            self.unreadable(eio_sid, data)

    def unreadable(self, eio_sid: str, data: str | bytes) -> None:
        """A packet that is none ends the session."""
        session = self.eio.sockets.get(eio_sid)
        if session is not None:
            session.leave()


class HouseServer(Server):
    """Every way in is led through the gateway."""

    gateway: Callbacks

    async def _handle_eio_connect(self, eio_sid: str, environ: Any) -> None:
        # Nothing here asks for it, and the real one is larger than all the rest of a socket.
        await super()._handle_eio_connect(eio_sid, _NO_ENVIRON)
        self.gateway.opened(eio_sid)

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        if await self.gateway.admit(eio_sid, data):
            await super()._handle_eio_message(eio_sid, data)

    def unreadable(self, eio_sid: str, data: str | bytes) -> None:
        self.gateway.malformed(eio_sid, data)

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
