"""What the server in front of the application does: who sends a request slowly is not waited for, as uvicorn itself
would for ever, and who is behind a proxy is believed of the listed ones alone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from app import server
from app.config import Settings
from app.mount import Mount

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"


async def echo(scope: object, receive: object, send: object) -> None:
    body = b""
    while True:
        message = await receive()  # type: ignore[operator]
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": body})  # type: ignore[operator]


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    assert (server.HEADERS_S, server.BODY_S, server.PART_S) == (10, 30, 120)
    monkeypatch.setattr(server, "HEADERS_S", 0.1)
    monkeypatch.setattr(server, "BODY_S", 0.2)
    config = uvicorn.Config(echo, http=server.protocol(Mount(None)), log_config=None, timeout_keep_alive=5)  # type: ignore[arg-type]
    config.load()
    state = ServerState()
    listening = await asyncio.get_running_loop().create_server(
        lambda: config.http_protocol_class(config, state, {}),  # type: ignore[call-arg, return-value, arg-type]
        "127.0.0.1",
        0,
    )
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    for connection in list(state.connections):
        connection.transport.close()  # type: ignore[union-attr]
    await asyncio.gather(*state.tasks)


@pytest.mark.parametrize("sent", [b"", b"GET /", HEAD, HEAD + b"\r\n", HEAD + b"\r\nab"])
async def test_a_request_that_does_not_come_whole_is_given_up(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


async def test_one_that_comes_in_pieces_is_answered_and_the_connection_is_kept(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        for piece in (HEAD, b"\r\nab", b"cd"):
            writer.write(piece)
            await writer.drain()
        answer = await asyncio.wait_for(reader.readuntil(b"abcd"), 5)
        assert answer.startswith(b"HTTP/1.1 200")
    writer.write(b"GET /")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()


@pytest.mark.parametrize("path", [b"/media/uploads/x/1", b"/api/v1/authoring/imports/x/file?part=1"])
async def test_a_part_of_a_file_has_more_time_than_other_bodies_and_no_end_of_it(
    port: int, monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    monkeypatch.setattr(server, "PART_S", 0.5)
    began = asyncio.get_running_loop().time()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD.replace(b" / ", b" " + path + b" ") + b"\r\nab")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    assert asyncio.get_running_loop().time() - began > 0.45
    writer.close()


async def test_a_drop_every_now_and_then_buys_no_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def drip() -> None:
        while True:
            writer.write(b"X-Drop: 1\r\n")
            await asyncio.sleep(0.02)

    writer.write(HEAD)
    dripping = asyncio.create_task(drip())
    assert await asyncio.wait_for(reader.read(), 5) == b""
    dripping.cancel()
    writer.close()


@pytest.mark.parametrize(
    ("trusted", "peer", "seen"),
    [
        ([], "10.0.0.1", "10.0.0.1"),
        (["10.0.0.0/8"], "10.0.0.1", "192.0.2.7"),
        (["10.0.0.0/8"], "203.0.113.9", "203.0.113.9"),
    ],
    ids=["no proxy", "a listed one", "somebody else"],
)
async def test_a_forwarded_address_is_believed_of_listed_proxies_only(trusted: list[str], peer: str, seen: str) -> None:
    found: list[str] = []

    async def note(scope: dict[str, Any], receive: object, send: object) -> None:
        found.append(scope["client"][0])

    config = server.configured(Settings(trusted_proxies=trusted), Mount(None))
    config.app, config.factory = note, False
    config.load()
    # The client may have put its own lie first; the proxy appends what it saw.
    headers = [(b"x-forwarded-for", b"198.51.100.1, 192.0.2.7"), (b"x-forwarded-proto", b"https")]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    await config.loaded_app(scope, None, None)  # type: ignore[arg-type]
    assert found == [seen]
