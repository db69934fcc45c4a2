"""Websockets go straight to the gateway where they are ours, and the ordinary way where they are not."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect

from app.mount import Mount
from app.neighbours import Neighbours, Place
from app.server import protocol
from realtime.gateway import library


class House:
    """As much of the realtime part as the mount uses, on a real engine."""

    def __init__(self, mark: str) -> None:
        self.server = library.Server(cors_allowed_origins=[])
        self.server.eio.mark = mark
        self.server.on("connect", self._connect)
        self.taken = 0

    async def _connect(self, sid: str, environ: Any, auth: Any = None) -> None: ...

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        await self.server.handle_request(scope, receive, send)

    def take(self, query: str, headers: Any, transport: Any, others: Any) -> None:
        self.taken += 1
        self.server.eio.take(query, headers, transport, others)


class Process:
    def __init__(self, home: Path, number: int) -> None:
        self.place = Place(home, number)
        self.house = House(self.place.mark)
        self.mount = Mount(self.place)
        house: Any = self.house
        self.mount.open(house)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            Neighbours(self.place, self.house.handle), http=protocol(self.mount), lifespan="off", log_level="error"
        )
        self.server = uvicorn.Server(config)
        self.server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        self.task = asyncio.create_task(self.server.serve(sockets=[listener, self.place.listen()]))

    async def stop(self) -> None:
        for session in list(self.house.server.eio.sockets.values()):
            session.cut()
        self.server.should_exit = True
        await self.task


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    processes = Process(tmp_path, 0), Process(tmp_path, 1)
    while not all(process.server.started for process in processes):
        await asyncio.sleep(0.01)
    yield processes
    for process in processes:
        await process.stop()


async def test_a_websocket_of_ours_becomes_no_task_of_the_server(two: tuple[Process, Process]) -> None:
    zero, _ = two
    async with connect(f"ws://127.0.0.1:{zero.port}/socket.io/?EIO=4&transport=websocket") as line:
        assert json.loads(str(await line.recv())[1:])["sid"].startswith("0.")
        await line.send("40")
        assert str(await line.recv()).startswith("40{")
        assert (zero.house.taken, len(zero.server.server_state.tasks)) == (1, 0)
        assert len(zero.server.server_state.connections) == 1


async def test_an_upgrade_reaches_the_process_that_holds_the_session(two: tuple[Process, Process]) -> None:
    zero, one = two
    async with httpx.AsyncClient() as http:
        opened = await http.get(f"http://127.0.0.1:{one.port}/socket.io/?EIO=4&transport=polling")
    sid = json.loads(opened.text[1:])["sid"]
    async with connect(f"ws://127.0.0.1:{zero.port}/socket.io/?EIO=4&transport=websocket&sid={sid}") as line:
        await line.send("2probe")
        assert await line.recv() == "3probe"
        await line.send("5")
        await line.send("40")
        assert str(await line.recv()).startswith("40{")
        # Carried over by the one, straight on the transport at the other.
        assert (zero.house.taken, one.house.taken) == (0, 1)
        assert one.house.server.eio.sockets[sid].upgraded


class Taken(House):
    def take(self, query: str, headers: Any, transport: Any, others: Any) -> None:
        self.taken += 1


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        (b"/socket.io/?EIO=4", True),
        (b"/socket.io?EIO=4", True),
        (b"/socket.io/?sid=0.abc", True),
        (b"/socket.io/?sid=9.gone", True),
        (b"/socket.io/?sid=1.abc", False),
        (b"/socket.io/more?EIO=4", False),
        (b"/socket.iox", False),
        (b"/", False),
        (b"//", False),
    ],
)
def test_only_what_is_ours_is_taken(tmp_path: Path, url: bytes, ours: bool) -> None:
    (tmp_path / "1.sock").touch()
    mount, house = Mount(Place(tmp_path, 0)), Taken("")
    assert not mount.take(url, [], None, set())
    realtime: Any = house
    mount.open(realtime)
    assert mount.take(url, [], None, set()) is ours
    assert house.taken == ours
