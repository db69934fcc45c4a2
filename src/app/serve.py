"""Everything of Lyceum behind one address: services, schema, server processes, in this order, and back.

Invariant: what was started is stopped in reverse order, in every way of leaving.
"""

import asyncio
import errno
import http.client
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

import msgspec

from app.config import Settings
from app.embedded.ownership import serving_pid
from app.fleet import Fleet
from app.preparation import prepare
from app.server import run as run_server
from app.services import addressed

Report = Callable[[str], None]
PATIENCE_S = 10.0


class ServeError(Exception):
    """One line: why nothing is served."""


class Terminated(SystemExit):
    """SIGTERM outside the time when the server itself listens to signals."""


def serve(settings: Settings, *, host: str, port: int, workers: int, report: Report) -> None:
    """Serves until SIGINT or SIGTERM. Raises ServeError, EmbeddedError, SchemaError."""
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        # The port first: a second start on the same one fails before it touches any data.
        with _listener(settings, host, port) as listener, addressed(settings, owner="serve", report=report) as found:
            asyncio.run(prepare(found, owned=not settings.database_url, report=report))
            address = (_reachable(host), listener.getsockname()[1])
            found = _named(found, address)
            announce = Announcer(address, report)
            if workers == 1:
                run_server(found, listener, announce.start)
            else:
                listener.listen(2048)
                Fleet(found, listener, workers, report).run(announce.start)
            announce.stop()
            report("stopping")
    except Terminated:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _named(settings: Settings, address: tuple[str, int]) -> Settings:
    """Where nobody said under which address people come, it is the one that we listen on."""
    if settings.public_url != Settings().public_url:
        return settings
    host, port = address
    return msgspec.structs.replace(settings, public_url=f"http://{f'[{host}]' if ':' in host else host}:{port}")


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated(0)


def _listener(settings: Settings, host: str, port: int) -> socket.socket:
    try:
        return bound(host, port)
    except ServeError:
        # Who types the command twice learns more from this than from a port in use.
        if settings.embedded and (pid := serving_pid(settings.data_dir)):
            raise ServeError(f"lyceum serve already runs on {settings.data_dir} (pid {pid})") from None
        raise


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to the address, not yet listening: nobody can connect before there is somebody to answer."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServeError(f"{host} is no address of this machine: {error.strerror or error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise ServeError(_why_not(error, host, port)) from None
    return listener


def _why_not(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use: stop what listens there, or choose another --port"
        case errno.EACCES:
            return f"port {port} needs privileges: choose a --port above 1023"
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine"
        case _:
            return f"cannot listen on {host}:{port}: {error.strerror or error}"


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound


class Announcer:
    """Prints the address once `/health/ready` answers 200, and says what it says meanwhile if that takes long."""

    def __init__(self, address: tuple[str, int], report: Report) -> None:
        self._host, self._port = address
        self._report = report
        self._stopped = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._announce, name="announce", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _announce(self) -> None:
        started = time.monotonic()
        while not self._stopped.is_set():
            status = self._status()
            if status == 200:
                host = f"[{self._host}]" if ":" in self._host else self._host
                self._report(f"Lyceum listens on http://{host}:{self._port} (Ctrl-C stops it)")
                return
            if time.monotonic() - started > PATIENCE_S:
                started = time.monotonic()
                self._report(f"still not ready: /health/ready answers {status or 'nothing'}; try `lyceum doctor`")
            self._stopped.wait(0.05)

    def _status(self) -> int | None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=3)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
