"""One uvicorn process of Lyceum.

Invariant: a signal begins an orderly stop, a second Ctrl-C shortens it, and the process is gone within STOP_S of the
first signal, whatever hangs.
"""

import asyncio
import contextlib
import functools
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.asgi import create_app
from app.config import Settings
from app.edge import brings_file
from app.mount import Mount
from app.neighbours import Place

FINISH_REQUESTS_S = 3
STOP_S = 8.5
HEADERS_S = 10.0
BODY_S = 30.0
"""So long may a client take to send a request: uvicorn itself would wait for ever."""
PART_S = 120.0
"""And so long for a part of a file."""


class Server(uvicorn.Server):
    """Unlike uvicorn's own, ends by returning after a signal, so that the caller can stop what it started."""

    def __init__(self, config: uvicorn.Config, mount: Mount, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._mount = mount
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._mount.farewell()
        await super().shutdown(sockets=sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit and sig == signal.SIGINT:
            if self.force_exit:
                os._exit(130)
            self.force_exit = True
        elif not self.should_exit:
            self.should_exit = True
            end_after(STOP_S)


def protocol(mount: Mount) -> type[HttpToolsProtocol]:
    """uvicorn's HTTP, except that a websocket of ours goes over to the gateway without an ASGI task, and that clients
    who send slowly are not waited for."""

    class Http(HttpToolsProtocol):
        missing: float | None = None
        """How long what has not come yet may take; None between requests. A request that comes whole sets no timer."""
        waited: float | None = None
        timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.expect(HEADERS_S)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.missing != self.waited:
                self.expect(self.missing)

        def expect(self, seconds: float | None) -> None:
            if self.timer is not None:
                self.timer.cancel()
            self.missing = self.waited = seconds
            self.timer = self.loop.call_later(seconds, self.transport.close) if seconds is not None else None

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self.missing = HEADERS_S

        def on_headers_complete(self) -> None:
            path = self.url.partition(b"?")[0].decode("latin-1")
            self.missing = PART_S if brings_file(path) else BODY_S
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self.missing = None
            super().on_message_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            self.expect(None)
            super().connection_lost(exc)

        def handle_websocket_upgrade(self) -> None:
            self.expect(None)
            self.connections.discard(self)
            get = self.scope["method"] == "GET"
            if get and mount.take(self.url, self.headers, self.transport, self.connections):
                # It refers to this object, which would otherwise live until the collector comes by.
                del self.parser
            else:
                super().handle_websocket_upgrade()

    return Http


def end_after(seconds: float) -> None:
    """Ends this process the hard way if it is still there after `seconds`; its servers die with it."""
    timer = threading.Timer(seconds, os._exit, [1])
    timer.daemon = True
    timer.start()


def run(
    settings: Settings, listener: socket.socket, on_started: Callable[[], None], place: Place | None = None
) -> None:
    """Serves on `listener` until a signal. Raises SystemExit(3) where the application does not start.

    `place` is where this process stands among several: it then also listens for its neighbours.
    """
    mount = Mount(place)
    config = configured(settings, mount)
    server = Server(config, mount, on_started)
    listeners = [listener, place.listen()] if place else [listener]
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=listeners))


def configured(settings: Settings, mount: Mount) -> uvicorn.Config:
    """Who is behind a proxy is believed of the listed ones alone."""
    return uvicorn.Config(
        functools.partial(create_app, settings, mount=mount),
        factory=True,
        loop="uvloop",
        http=protocol(mount),
        lifespan="on",
        ws_max_size=65536,
        ws_per_message_deflate=False,
        # Engine.IO pings on its own, and its pings tell both sides.
        ws_ping_interval=None,
        timeout_graceful_shutdown=FINISH_REQUESTS_S,
        timeout_keep_alive=30,
        backlog=2048,
        server_header=False,
        access_log=False,
        # The application configures logging for the whole process.
        log_config=None,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
    )


def run_member(settings: Settings, listener: socket.socket, started: Connection, place: Place) -> None:
    """The same as one of several processes: tells its parent when it serves, and stops when its parent is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        end_after(STOP_S)

    def tell() -> None:
        # A parent that is gone is what `follow` looks after.
        with contextlib.suppress(BrokenPipeError):
            started.send(True)

    threading.Thread(target=follow, daemon=True).start()
    run(settings, listener, tell, place)
