"""The places where the gateway steps into python-socketio, python-engineio and uvicorn. When one of these fails after
an upgrade, read src/realtime/gateway/library.py against the new sources before touching the test."""

import asyncio
import inspect
from uuid import uuid4

import engineio
import pytest
import socketio
from engineio import packet as engine
from engineio.async_socket import AsyncSocket
from realtime_house import Process

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
        (engineio.AsyncServer, "disconnect", ["self", "sid"]),
        (AsyncSocket, "poll", ["self"]),
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
    server = Server(async_mode="asgi")
    assert isinstance(server.eio, Engine)
    assert server.eio.sockets == {}


def test_a_packet_is_encoded_once() -> None:
    packet = engine.Packet(engine.MESSAGE, '2["a",{}]')
    assert packet.encode() == '42["a",{}]'
    assert packet.encode() is packet.encode() is packet.encode_cache


async def test_one_packet_object_reaches_every_socket_and_its_line_can_be_cut(process: Process) -> None:
    user = uuid4()
    clients = [await process.joined(user) for _ in range(3)]
    gateway = process.hub._gateway
    peers = list(gateway._peers.values())
    seen: list[object] = []
    for peer in peers:
        put = peer.socket.queue.put_nowait
        peer.socket.queue.put_nowait = lambda packet, put=put: (seen.append(packet), put(packet))
    gateway.emit([peer.sid for peer in peers if peer.sid], "room.left", '{"room":"r","code":"c"}')
    assert len(seen) == 3
    assert len(set(map(id, seen))) == 1
    for client in clients:
        await client.until("room.left")
    assert all(peer.transport is not None for peer in peers)
    peers[0].abort()
    async with asyncio.timeout(2):
        while len(gateway._peers) == 3:
            await asyncio.sleep(0.01)
