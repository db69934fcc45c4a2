"""One room on a server of its own. `python -m bench.fanout_server KIND PORT`, driven over standard input.

raw         transport.write of one frame for each socket, and nothing else: the limit
websockets  `broadcast` of the library of that name
lyceum      the gateway, as under `lyceum serve`
asgi        the same gateway under an ASGI server that knows nothing of it
socketio    python-socketio's own `emit` to a room

A line `b` broadcasts once, a line `c` asks for CPU seconds, resident bytes and sockets in the room.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psutil
import socketio
import uvicorn
import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from app.server import protocol
from realtime.gateway import Gateway, GatewaySettings, Peer, direct, frames
from realtime.ports import LoopClock, Principal

EVENT = "league.changed"
BODY = msgspec.json.encode({"entries": "x" * 1_611}).decode()
FRAME_BYTES = len(frames.Frame(f'42["{EVENT}",{BODY}]').wire)
# Nobody is pinged while it is measured.
REST_S = 600

Broadcast = Callable[[], Awaitable[None] | None]
Count = Callable[[], int]


class Everything:
    """A mount that takes every websocket, wherever it knocks."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def take(self, url: bytes, headers: Any, transport: Any, others: Any) -> bool:
        self._gateway.take(url.partition(b"?")[2].decode(), headers, transport, others)
        return True


async def raw(port: int) -> tuple[Broadcast, Count]:
    room: set[asyncio.Transport] = set()

    class Line(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def data_received(self, data: bytes) -> None:
            if self.transport not in room:
                lines = [line.partition(b": ") for line in data.split(b"\r\n")]
                answer = direct.handshake([(name.lower(), value) for name, _, value in lines])
                self.transport.write(answer or b"")
                room.add(self.transport)

        def connection_lost(self, exc: Exception | None) -> None:
            room.discard(self.transport)

    await asyncio.get_running_loop().create_server(Line, "127.0.0.1", port)

    def send() -> None:
        frame = frames.Frame(f'42["{EVENT}",{BODY}]').wire
        for transport in room:
            transport.write(frame)

    return send, lambda: len(room)


async def websockets(port: int) -> tuple[Broadcast, Count]:
    room: set[ServerConnection] = set()

    async def stay(socket: ServerConnection) -> None:
        room.add(socket)
        await socket.wait_closed()
        room.discard(socket)

    await serve(stay, "127.0.0.1", port, compression=None, ping_interval=None)
    return lambda: broadcast(room, f'42["{EVENT}",{BODY}]'), lambda: len(room)


async def lyceum(port: int, *, way: str) -> tuple[Broadcast, Count]:
    room: set[str] = set()

    def join(peer: Peer) -> None:
        assert peer.sid is not None
        room.add(peer.sid)

    async def authenticate(token: str) -> Principal:
        number = UUID(int=int(token))
        return Principal(number, number, datetime.now(UTC) + timedelta(hours=1))

    nothing: Any = None
    settings = GatewaySettings(ping_interval_s=REST_S)
    gateway = Gateway(
        settings, authenticate=authenticate, inbound=nothing, clock=LoopClock(), on_join=join, on_leave=room.discard
    )
    mount: Any = Everything(gateway)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await gateway(scope, receive, send)

    await _under_uvicorn(application, port, http=protocol(mount) if way == "lyceum" else "httptools")
    return lambda: gateway.emit(room, EVENT, BODY), lambda: len(room)


async def plain_socketio(port: int) -> tuple[Broadcast, Count]:
    server = socketio.AsyncServer(async_mode="asgi", ping_interval=REST_S)
    room: set[str] = set()

    async def connect(sid: str, environ: Any, auth: Any = None) -> None:
        await server.enter_room(sid, "all")
        room.add(sid)

    server.on("connect", connect)
    body = msgspec.json.decode(BODY)
    await _under_uvicorn(socketio.ASGIApp(server), port, http="httptools")
    return lambda: server.emit(EVENT, body, room="all"), lambda: len(room)


async def _under_uvicorn(application: Any, port: int, *, http: Any) -> None:
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        http=http,
        lifespan="off",
        log_level="critical",
        ws_per_message_deflate=False,
        ws_ping_interval=None,
        backlog=2048,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done()
    _kept.append(task)


_kept: list[Any] = []


async def main(kind: str, port: int) -> None:
    kinds: dict[str, Callable[[], Awaitable[tuple[Broadcast, Count]]]] = {
        "raw": lambda: raw(port),
        "websockets": lambda: websockets(port),
        "lyceum": lambda: lyceum(port, way="lyceum"),
        "asgi": lambda: lyceum(port, way="asgi"),
        "socketio": lambda: plain_socketio(port),
    }
    send, count = await kinds[kind]()
    me = psutil.Process()
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print("ready", flush=True)
    while line := await orders.readline():
        if line == b"b\n":
            done = send()
            if done is not None:
                await done
        else:
            times = os.times()
            state = {"cpu": times.user + times.system, "rss": me.memory_info().rss, "sockets": count()}
            print(msgspec.json.encode(state).decode(), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], int(sys.argv[2])))
