"""The places where the gateway steps into python-socketio, python-engineio and uvicorn. When one of these fails after
an upgrade, read src/realtime/gateway and `protocol` of src/app/server.py against the new sources before touching the
test."""

import asyncio
import inspect
from typing import Any
from uuid import uuid4

import engineio
import pytest
import socketio
import uvicorn
from engineio.async_socket import AsyncSocket
from realtime_house import PATIENCE_S, Process
from socketio.base_manager import BaseManager
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.gateway.library import Engine, Server


@pytest.mark.parametrize(
    ("owner", "method", "parameters"),
    [
        (socketio.AsyncServer, "_handle_eio_connect", ["self", "eio_sid", "environ"]),
        (socketio.AsyncServer, "_handle_eio_message", ["self", "eio_sid", "data"]),
        (socketio.AsyncServer, "_handle_connect", ["self", "eio_sid", "namespace", "data"]),
        (socketio.AsyncServer, "_handle_event", ["self", "eio_sid", "namespace", "id", "data"]),
        (socketio.AsyncServer, "_handle_eio_disconnect", ["self", "eio_sid", "reason"]),
        (socketio.AsyncServer, "_engineio_server_class", ["self"]),
        (socketio.AsyncServer, "_send_packet", ["self", "eio_sid", "pkt"]),
        (socketio.AsyncManager, "basic_enter_room", ["self", "sid", "namespace", "room", "eio_sid"]),
        (socketio.AsyncManager, "get_participants", ["self", "namespace", "room"]),
        (engineio.AsyncServer, "disconnect", ["self", "sid"]),
        (engineio.AsyncServer, "handle_request", ["self", "args", "kwargs"]),
        (engineio.AsyncServer, "_trigger_event", ["self", "event", "args", "kwargs"]),
        (AsyncSocket, "poll", ["self"]),
        (AsyncSocket, "send", ["self", "pkt"]),
        (AsyncSocket, "close", ["self", "wait", "abort", "reason"]),
    ],
)
def test_what_is_overridden_has_the_signature_that_was_read(owner: type, method: str, parameters: list[str]) -> None:
    assert list(inspect.signature(getattr(owner, method)).parameters) == parameters


def test_the_library_calls_events_by_position() -> None:
    source = inspect.getsource(socketio.AsyncServer._handle_eio_message)
    assert "self._handle_event(eio_sid, pkt.namespace, pkt.id," in source
    assert "self._handle_connect(eio_sid, pkt.namespace, pkt.data)" in source


def test_our_engine_is_the_one_in_use() -> None:
    server = Server()
    assert isinstance(server.eio, Engine)
    assert server.eio.sockets == {}


async def test_one_frame_object_reaches_every_socket_and_its_line_can_be_cut(process: Process) -> None:
    user = uuid4()
    clients = [await process.joined(user) for _ in range(3)]
    gateway = process.hub._gateway
    peers = list(gateway._peers.values())
    written: list[bytes] = []

    class Transport:
        def __init__(self, real: Any) -> None:
            self.real = real

        def write(self, data: bytes) -> None:
            written.append(data)
            self.real.write(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    for line in gateway._engine.lines:
        line._transport = Transport(line._transport)
    gateway.emit([peer.sid for peer in peers if peer.sid], "room.left", '{"room":"r","code":"c"}')
    assert len(written) == 3
    assert len(set(map(id, written))) == 1
    for client in clients:
        await client.until("room.left")
    peers[0].session.cut()
    async with asyncio.timeout(PATIENCE_S):
        while len(gateway._peers) == 3:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "words",
    [
        # The session is the library's only through these.
        "socket = self._get_socket(sid)",
        "await socket.send(pkt)",
    ],
)
def test_the_library_sends_through_the_session(words: str) -> None:
    assert words in inspect.getsource(engineio.AsyncServer.send_packet)


def test_the_library_keeps_who_is_connected_in_the_room_of_all() -> None:
    source = inspect.getsource(socketio.AsyncManager.pre_connect) + inspect.getsource(BaseManager)
    assert "self.basic_enter_room(sid, namespace, None, eio_sid=eio_sid)" in source
    assert "self.rooms[namespace][None]._invm[eio_sid]" in source


def test_the_server_hands_a_websocket_over_where_we_step_in() -> None:
    assert "self.handle_websocket_upgrade()" in inspect.getsource(HttpToolsProtocol.data_received)
    source = inspect.getsource(HttpToolsProtocol.handle_websocket_upgrade)
    for name in ("self.connections.discard(self)", "self.url", "self.transport", "self.transport.set_protocol("):
        assert name in source
    # What a server does with a connection, and so what it asks of ours.
    assert "connection.shutdown()" in inspect.getsource(uvicorn.Server.shutdown)


def test_a_server_over_asgi_shows_its_transport() -> None:
    assert "self.transport" in inspect.getsource(WebSocketsSansIOProtocol.connection_made)
    assert "self.app(self.scope, self.receive, self.send)" in inspect.getsource(WebSocketsSansIOProtocol.run_asgi)
