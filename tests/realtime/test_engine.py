"""Engine.IO and Socket.IO where they are easily got wrong, over both ways into the engine."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from realtime_house import PATIENCE_S

from app.server import protocol
from realtime.gateway import library
from realtime.gateway.frames import Frame


@dataclass
class Served:
    server: library.Server
    port: int

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket"

    @property
    def polling(self) -> str:
        return f"http://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=polling"


class Everything:
    def __init__(self, server: library.Server) -> None:
        self._server = server

    def take(self, url: bytes, headers: Any, transport: Any, others: Any) -> bool:
        self._server.eio.take(url.partition(b"?")[2].decode(), headers, transport, others)
        return True


@asynccontextmanager
async def running(way: str, **options: Any) -> AsyncIterator[Served]:
    server = library.Server(**{"cors_allowed_origins": ["https://app.example"], **options})

    async def connect(sid: str, environ: Any, auth: Any = None) -> None: ...

    async def echo(sid: str, *data: Any) -> tuple[Any, ...]:
        return data

    server.on("connect", connect)
    server.on("echo", echo)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await server.handle_request(scope, receive, send)

    mount: Any = Everything(server)
    config = uvicorn.Config(
        application,
        port=0,
        http=protocol(mount) if way == "direct" else "httptools",
        lifespan="off",
        log_level="critical",
        timeout_graceful_shutdown=1,
    )
    server_of_it = uvicorn.Server(config)
    task = asyncio.create_task(server_of_it.serve())
    while not server_of_it.started:
        await asyncio.sleep(0.005)
    try:
        yield Served(server, server_of_it.servers[0].sockets[0].getsockname()[1])
    finally:
        for session in list(server.eio.sockets.values()):
            session.cut()
        server_of_it.should_exit = True
        await task


@pytest.fixture(params=["direct", "asgi"])
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    async with running(request.param) as found:
        yield found


def connected(url: str, **options: Any) -> Any:
    return websockets.connect(url, compression=None, close_timeout=0.2, **options)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.002)


async def opened(http: httpx.AsyncClient, served: Served) -> str:
    answer = await http.get(served.polling)
    return str(json.loads(answer.text[1:])["sid"])


async def test_an_unknown_namespace_is_refused_in_the_protocols_words(served: Served) -> None:
    async with connected(served.ws) as line:
        await line.recv()
        await line.send("40/random,")
        assert await line.recv() == '44/random,{"message":"Invalid namespace"}'


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("GET", "EIO=4", 0),
        ("GET", "EIO=4&transport=abc", 0),
        ("GET", "transport=polling", 5),
        ("GET", "EIO=abc&transport=polling", 5),
        ("PUT", "EIO=4&transport=polling", 2),
        ("POST", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=polling&sid=nobody", 1),
        ("GET", "EIO=4&transport=websocket", 3),
    ],
)
async def test_a_bad_request_is_told_what_is_bad(served: Served, method: str, query: str, code: int) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.request(method, f"http://127.0.0.1:{served.port}/socket.io/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not served.server.eio.sockets


async def test_a_strange_origin_is_forbidden_and_a_listed_one_is_not(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        strange = await http.get(served.polling, headers={"origin": "https://evil.example"})
        assert (strange.status_code, strange.json()["code"]) == (403, 4)
        listed = await http.get(served.polling, headers={"origin": "https://app.example"})
        assert listed.headers["access-control-allow-origin"] == "https://app.example"
    with pytest.raises(websockets.InvalidStatus):
        async with connected(served.ws, origin="https://evil.example"):
            pass


@pytest.mark.parametrize("way", ["direct", "asgi"])
async def test_who_does_not_answer_a_ping_is_gone(way: str) -> None:
    async with running(way, ping_interval=0.05, ping_timeout=0.04) as served, httpx.AsyncClient() as http:
        async with connected(served.ws) as line:
            sid = await opened(http, served)
            assert json.loads(str(await line.recv())[1:])["pingInterval"] == 50
            assert [await line.recv(), await line.recv()] == ["2", "1"]
            await line.wait_closed()
        await until(lambda: not served.server.eio.sockets)
        assert (await http.get(f"{served.polling}&sid={sid}")).status_code == 400


async def test_who_answers_no_ping_gets_no_time_to_close() -> None:
    async with running("direct", ping_interval=0.03, ping_timeout=0.03) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        # Its goodbye is not answered either, and the line is cut long before the grace of closings is over.
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.read()).startswith(b"HTTP/1.1 101")
        writer.close()


@pytest.mark.parametrize("way", ["direct", "asgi"])
async def test_who_answers_pings_stays(way: str) -> None:
    async with running(way, ping_interval=0.03, ping_timeout=PATIENCE_S) as served, connected(served.ws) as line:
        await line.recv()
        agenda = served.server.eio.agenda
        for _ in range(4):
            # Only an answer has the next ping sent, and calls off what would happen without one.
            assert await line.recv() == "2"
            waiting = len(agenda)
            await line.send("3")
        assert await line.recv() == "2"
        assert len(agenda) == waiting


async def test_a_poll_that_waits_is_answered_when_its_client_closes(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        url = f"{served.polling}&sid={await opened(http, served)}"
        poll = asyncio.create_task(http.get(url))
        session = next(iter(served.server.eio.sockets.values()))
        await until(lambda: session._poll is not None)
        assert (await http.post(url, content="1")).text == "ok"
        assert (await poll).text == "6"
        assert (await http.get(url)).status_code == 400


async def test_of_two_polls_at_once_the_later_gets_the_packets(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        url = f"{served.polling}&sid={await opened(http, served)}"
        earlier = asyncio.create_task(http.get(url))
        session = next(iter(served.server.eio.sockets.values()))
        await until(lambda: session._poll is not None)
        later = asyncio.create_task(http.get(url))
        assert (await earlier).text == "6"
        assert (await http.post(url, content="40")).text == "ok"
        assert (await later).text.startswith('40{"sid":')


async def test_an_upgrade_in_mid_stream_loses_nothing_and_keeps_the_order(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        sid = await opened(http, served)
        url = f"{served.polling}&sid={sid}"
        await http.post(url, content="40")
        assert (await http.get(url)).text.startswith("40{")
        session = served.server.eio.sockets[sid]
        sent, got = 0, []

        def send(count: int) -> None:
            nonlocal sent
            for _ in range(count):
                sent += 1
                session.push(Frame(f'42["n",{sent}]'))

        send(20)
        got += (await http.get(url)).text.split("\x1e")
        async with connected(f"{served.ws}&sid={sid}") as line:
            poll = asyncio.create_task(http.get(url))
            send(3)
            await line.send("2probe")
            assert await line.recv() == "3probe"
            send(5)
            got += [packet for packet in (await poll).text.split("\x1e") if packet != "6"]
            send(2)
            await line.send("5")
            await until(lambda: bool(session.upgraded))
            send(10)
            while len(got) < sent:
                got.append(str(await line.recv()))
            assert got == [f'42["n",{number}]' for number in range(1, sent + 1)]
            assert (await http.get(url)).status_code == 400


async def test_a_session_takes_one_websocket_only(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        sid = await opened(http, served)
    async with connected(f"{served.ws}&sid={sid}") as line:
        await line.send("2probe")
        assert await line.recv() == "3probe"
        async with connected(f"{served.ws}&sid={sid}") as second:
            await second.wait_closed()
        await line.send("5")
        await line.send("40")
        assert str(await line.recv()).startswith("40{")


async def test_a_probe_that_fails_leaves_polling_as_it_was(served: Served) -> None:
    async with httpx.AsyncClient() as http:
        sid = await opened(http, served)
        async with connected(f"{served.ws}&sid={sid}") as line:
            await line.send("2probe")
            assert await line.recv() == "3probe"
        session = served.server.eio.sockets[sid]
        await until(lambda: not session.upgrading)
        url = f"{served.polling}&sid={sid}"
        await http.post(url, content="40")
        assert (await http.get(url)).text.startswith("40{")


@pytest.mark.parametrize("packet", ["4abc", "42{}", '42abc["echo",1]', "49", "2", "5", "0", "x", ""])
async def test_what_is_no_packet_closes_the_connection(served: Served, packet: str) -> None:
    async with connected(served.ws) as line:
        await line.recv()
        await line.send("40")
        await line.recv()
        await line.send(packet)
        async with asyncio.timeout(PATIENCE_S):
            await line.wait_closed()
    await until(lambda: not served.server.eio.sockets)


async def test_binary_attachments_go_both_ways(served: Served) -> None:
    async with connected(served.ws) as line:
        await line.recv()
        await line.send("40")
        await line.recv()
        await line.send('451-7["echo",{"_placeholder":true,"num":0}]')
        await line.send(b"\x01\x02")
        assert await line.recv() == '461-7[{"_placeholder":true,"num":0}]'
        assert await line.recv() == b"\x01\x02"


async def test_an_idle_session_holds_no_task_and_no_queue(served: Served) -> None:
    async with connected(served.ws) as line:
        await line.recv()
        await line.send("40")
        await line.recv()
        session = next(iter(served.server.eio.sockets.values()))
        await until(lambda: session._worker is None)
        assert (session._inbox, session._outbox, session._poll) == (None, None, None)


async def test_a_flood_waits_in_the_clients_own_line_and_stays_in_order(served: Served) -> None:
    async with connected(served.ws, max_queue=None) as line:
        await line.recv()
        await line.send("40")
        await line.recv()
        for number in range(500):
            await line.send(f'42{number}["echo",{number}]')
        assert [await line.recv() for _ in range(500)] == [f"43{number}[{number}]" for number in range(500)]
