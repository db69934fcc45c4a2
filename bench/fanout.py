"""One room: what a frame for everybody costs, beside the least that it can cost and beside the library as it comes.

The room is on a server process of its own, the sockets are here. A broadcast begins when everybody has had the one
before, so nothing ever waits in a queue and every kind of server sends the same bytes.
"""

import asyncio
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import cast

import msgspec
import uvloop

from bench.fanout_server import FRAME_BYTES
from bench.figures import Figure, Result, below
from bench.stand import STOP_S, BenchError, free_port

SIZES = (300, 1_000, 5_000)
FRAMES = 60_000
"""Per measurement, over all sockets of the room."""
GOAL_OF_RAW = 1.5
KINDS = ("raw", "websockets", "lyceum", "asgi", "socketio")


class State(msgspec.Struct):
    cpu: float
    rss: int
    sockets: int


@dataclass(frozen=True, slots=True)
class Measured:
    cpu: float
    """Seconds for 1,000 frames."""
    rate: float
    """Frames a second, one broadcast after the other."""
    p50_ms: float
    """From the order to the last socket of the room."""
    idle_kb: float
    active_kb: float


class Room:
    """The clients' side: bytes are counted, nothing is read in them."""

    def __init__(self) -> None:
        self.sockets: list[Ear] = []
        self.missing = 0
        self.all_there = asyncio.Event()

    def expect(self) -> None:
        self.missing = len(self.sockets)
        self.all_there.clear()
        for socket in self.sockets:
            socket.left = FRAME_BYTES

    def arrived(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.all_there.set()


class Ear(asyncio.Protocol):
    def __init__(self, room: Room, number: int, *, log_in: bool) -> None:
        self._room = room
        self._number = number
        self._log_in = log_in
        self._head = b""
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.left = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)
        self._write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        if self.left > 0:
            self.left -= len(data)
            if self.left <= 0:
                self._room.arrived()
        elif not self.ready.done():
            self._greet(data)

    def _greet(self, data: bytes) -> None:
        self._head += data
        if not self._log_in:
            if b"\r\n\r\n" in self._head:
                self.ready.set_result(None)
        elif b'40{"sid"' in self._head:
            self.ready.set_result(None)
        elif b'"maxPayload"' in self._head and self._log_in:
            words = b'40{"token":"%d"}' % self._number
            self._write(bytes((0x81, 0x80 | len(words))) + b"\0\0\0\0" + words)

    def _write(self, data: bytes) -> None:
        self.transport.write(data)


class Server:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def order(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)

    async def said(self) -> bytes:
        assert self._process.stdout is not None
        return await asyncio.wait_for(self._process.stdout.readline(), 30)

    async def state(self) -> State:
        self.order(b"c\n")
        return msgspec.json.decode(await self.said(), type=State)


@contextlib.asynccontextmanager
async def served(kind: str, port: int) -> AsyncIterator[Server]:
    argv = [sys.executable, "-m", "bench.fanout_server", kind, str(port)]
    process = await asyncio.create_subprocess_exec(*argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    server = Server(process)
    try:
        if await server.said() != b"ready\n":
            raise BenchError(f"the server `{kind}` did not start")
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def one(kind: str, size: int) -> Measured:
    port = free_port()
    async with served(kind, port) as server:
        room = Room()
        await _fill(room, port, 10, log_in=kind not in ("raw", "websockets"))
        await asyncio.sleep(0.2)
        before = await server.state()
        await _fill(room, port, size, log_in=kind not in ("raw", "websockets"))
        await asyncio.sleep(0.5)
        idle = await server.state()
        if idle.sockets != size:
            raise BenchError(f"{idle.sockets} of {size} sockets are in the room of `{kind}`")
        times = await _broadcasts(server, room, 3)
        begun = await server.state()
        rounds = max(5, FRAMES // size)
        times = await _broadcasts(server, room, rounds)
        ended = await server.state()
        for socket in room.sockets:
            socket.transport.close()
    sent = rounds * size
    return Measured(
        cpu=(ended.cpu - begun.cpu) / sent * 1000,
        rate=sent / sum(times),
        p50_ms=statistics.median(times) * 1000,
        idle_kb=(idle.rss - before.rss) / (size - 10) / 1024,
        active_kb=(ended.rss - before.rss) / (size - 10) / 1024,
    )


async def _fill(room: Room, port: int, size: int, *, log_in: bool) -> None:
    loop = asyncio.get_running_loop()
    while len(room.sockets) < size:
        lot = []
        for _ in range(min(50, size - len(room.sockets))):
            ear = Ear(room, len(room.sockets), log_in=log_in)
            room.sockets.append(ear)
            lot.append(loop.create_connection(partial(_same, ear), "127.0.0.1", port))
        await asyncio.gather(*lot)
        await asyncio.wait_for(asyncio.gather(*(ear.ready for ear in room.sockets[-len(lot) :])), 30)


def _same(ear: Ear) -> Ear:
    return ear


async def _broadcasts(server: Server, room: Room, count: int) -> list[float]:
    """Seconds of each, until the last socket had it."""
    times = []
    for _ in range(count):
        room.expect()
        began = time.perf_counter()
        server.order(b"b\n")
        await asyncio.wait_for(room.all_there.wait(), 60)
        times.append(time.perf_counter() - began)
    return times


async def _all(sizes: tuple[int, ...]) -> Result:
    figures: list[Figure] = []
    for size in sizes:
        found = {kind: await one(kind, size) for kind in KINDS}
        # What is divided by is measured at both ends, since machines drift.
        limit = (found["raw"].cpu + (await one("raw", size)).cpu) / 2
        for kind, seen in found.items():
            of = f"{size:,} {kind}"
            figures += [
                Figure(f"{of}: CPU per 1,000 frames", seen.cpu * 1000, "ms"),
                Figure(f"{of}: frames", seen.rate, "/s"),
                Figure(f"{of}: the last has it, p50", seen.p50_ms, "ms"),
                Figure(f"{of}: memory idle", seen.idle_kb, "KB"),
                Figure(f"{of}: memory active", seen.active_kb, "KB"),
            ]
        figures.append(below(f"{size:,}: CPU of lyceum / of raw", found["lyceum"].cpu / limit, "", GOAL_OF_RAW))
    notes = [
        f"frames of {FRAME_BYTES:,} bytes, one room, about {FRAMES:,} frames each; a broadcast begins after the last",
        "raw: transport.write alone; websockets: its broadcast; asgi: lyceum under any server; socketio: its emit",
    ]
    return Result("fanout", figures, notes)


def measure(sizes: tuple[int, ...] = SIZES) -> Result:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_all(sizes))
