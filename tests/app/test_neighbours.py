"""A request for a socket session that another process holds reaches that process, over HTTP and over a websocket."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect

from app.neighbours import Neighbours, Place


def handler(number: int) -> Any:
    """Says which process it is, and what it was sent."""

    async def handle(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        if scope["type"] == "http":
            body = b"%d got %s" % (number, message.get("body", b""))
            headers = [(b"content-type", b"text/plain"), (b"x-origin", dict(scope["headers"]).get(b"origin", b""))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") == "bye":
                await send({"type": "websocket.close", "code": 4001})
                return
            given = message.get("text") or message.get("bytes", b"").decode()
            await send({"type": "websocket.send", "text": f"{number} got {given}"})

    return handle


@dataclass
class Process:
    port: int
    server: uvicorn.Server
    task: "asyncio.Task[None]"

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task


async def start(home: Path, number: int) -> Process:
    place = Place(home, number)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Neighbours(place, handler(number)), lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]
    task = asyncio.create_task(server.serve(sockets=[listener, place.listen()]))
    while not server.started:
        await asyncio.sleep(0.01)
    return Process(listener.getsockname()[1], server, task)


@pytest.fixture
async def two() -> AsyncIterator[tuple[Process, Process]]:
    with tempfile.TemporaryDirectory() as home:
        processes = (await start(Path(home), 0), await start(Path(home), 1))
        yield processes
        for process in processes:
            await process.stop()


def url(process: Process, sid: str) -> str:
    return f"://127.0.0.1:{process.port}/socket.io/?EIO=4&transport=polling&sid={sid}"


@pytest.mark.parametrize(
    ("sid", "answers"),
    [
        ("1.abc", b"1"),
        ("0.abc", b"0"),
        ("abc", b"0"),
        ("9.abc", b"0"),
        ("².abc", b"0"),
        ("٣.abc", b"0"),
        ("1" * 5000 + ".abc", b"0"),
    ],
)
async def test_the_holder_of_the_session_answers(two: tuple[Process, Process], sid: str, answers: bytes) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post("http" + url(two[0], sid), content=b"40", headers={"Origin": "http://a"})
    assert answer.content == answers + b" got 40"
    assert answer.headers["x-origin"] == "http://a"


async def test_a_websocket_is_carried_both_ways_and_closed_with_the_same_code(two: tuple[Process, Process]) -> None:
    async with connect("ws" + url(two[0], "1.abc")) as line:
        await line.send("2probe")
        assert await line.recv() == "1 got 2probe"
        await line.send(b"binary")
        assert await line.recv() == "1 got binary"
        await line.send("bye")
        await line.wait_closed()
        assert line.close_code == 4001


async def test_a_session_of_a_process_that_is_gone_is_unknown(two: tuple[Process, Process]) -> None:
    await two[1].stop()
    async with httpx.AsyncClient() as client:
        answer = await client.get("http" + url(two[0], "1.abc"))
    assert answer.status_code == 400
    assert answer.json()["code"] == 1
