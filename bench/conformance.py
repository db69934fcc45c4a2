"""The official Socket.IO v5 test suite against our engine. `python -m bench.conformance --suite PATH`.

The suite is not ours and not here: `git clone https://github.com/socketio/socket.io-protocol` and `npm install` in its
`test-suite`. It asks for a server with handlers of its own on port 3000, which this one starts: our library server with
plain handlers, without the gateway, so that what is tested is the protocol.
"""

import asyncio
import contextlib
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import socketio
import uvicorn

from app.server import protocol
from bench.stand import child
from realtime.gateway import library

PORT = 3000
# What the suite was written for.
SERVER = {"ping_interval": 0.3, "ping_timeout": 0.2, "max_http_buffer_size": 1_000_000, "cors_allowed_origins": "*"}
WAYS = ("direct", "asgi", "unmended")


class Everything:
    """A mount that takes every websocket, wherever it knocks."""

    def __init__(self, server: library.Server) -> None:
        self._server = server

    def take(self, url: bytes, headers: Any, transport: Any, others: Any) -> bool:
        self._server.eio.take(url.partition(b"?")[2].decode(), headers, transport, others)
        return True


def with_handlers(server: Any) -> Any:
    """What the suite expects to happen, in both of its namespaces."""

    def add(namespace: str) -> None:
        async def connect(sid: str, environ: Any, auth: Any = None) -> None:
            greetings.append(asyncio.create_task(greet(sid, auth)))

        async def greet(sid: str, auth: Any) -> None:
            # After the acknowledgement of the connection, and not in the same segment: of two messages that arrive at
            # once the suite sees the first only.
            await asyncio.sleep(0.01)
            await server.emit("auth", auth or {}, to=sid, namespace=namespace)

        async def message(sid: str, *data: Any) -> None:
            await server.emit("message-back", data, to=sid, namespace=namespace)

        async def with_ack(sid: str, *data: Any) -> tuple[Any, ...]:
            return data

        handlers: dict[str, Callable[..., Any]] = {
            "connect": connect, "message": message, "message-with-ack": with_ack,
        }  # fmt: skip
        for event, handler in handlers.items():
            server.on(event, handler, namespace=namespace)

    greetings: list[asyncio.Task[None]] = []
    add("/")
    add("/custom")
    return server


def serve(way: str) -> None:
    """Until it is stopped. `unmended` is the library as it comes, for comparison."""
    config: dict[str, Any] = {"host": "127.0.0.1", "port": PORT, "log_level": "critical", "lifespan": "off"}
    if way == "unmended":
        app: Any = socketio.ASGIApp(with_handlers(socketio.AsyncServer(async_mode="asgi", **SERVER)))
        uvicorn.run(app, http="httptools", **config)
        return
    server = with_handlers(library.Server(**SERVER))
    mount: Any = Everything(server)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await server.handle_request(scope, receive, send)

    uvicorn.run(application, http=protocol(mount) if way == "direct" else "httptools", **config)


@click.command()
@click.option("--suite", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Its folder test-suite.")
@click.option("--way", type=click.Choice(WAYS), multiple=True, help="All, if none is named.")
@click.option(
    "--serve", "only_serve", type=click.Choice(WAYS), help="Only the server, for a suite that runs elsewhere."
)
def main(suite: Path | None, way: tuple[str, ...], only_serve: str | None) -> None:
    """How many of the official tests pass: straight on the transport, over ASGI, and with the library unmended."""
    if only_serve is not None:
        serve(only_serve)
        return
    if suite is None:
        raise click.UsageError("--suite PATH, please: see the first lines of bench/conformance.py")
    program = suite / "node_modules" / ".bin" / "mocha"
    if shutil.which("node") is None or not program.exists():
        raise click.ClickException(f"Node is needed, and `npm install` in {suite}")
    all_of_them = len(re.findall(r"^\s*it\(", (suite / "test-suite.js").read_text(), re.MULTILINE))
    worst = 0
    for each in way or WAYS:
        with child([sys.executable, "-m", "bench.conformance", "--serve", each]):
            _wait()
            done = subprocess.run(
                [str(program), "--exit", "test-suite.js"],
                cwd=suite,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        found = re.search(r"(\d+) passing", done.stdout)
        passed = int(found.group(1)) if found else 0
        click.echo(f"{each:9} {passed} of {all_of_them}")
        if passed < all_of_them and each != "unmended":
            click.echo(done.stdout[done.stdout.find("failing") :])
            worst = 1
    sys.exit(worst)


def _wait() -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/socket.io/?EIO=4&transport=polling", timeout=1)
            return
        time.sleep(0.05)
    raise click.ClickException(f"no server on port {PORT}")


if __name__ == "__main__":
    main()
