"""Opens the servers of a data directory: attaches to those that run there, or starts and supervises them.

Invariant: whoever starts the servers stops them, in every way of leaving the context; a server that dies meanwhile is
started again.
"""

import errno
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from app.embedded.account import choose_account
from app.embedded.errors import EmbeddedError
from app.embedded.ownership import Claim, Owner, Report, Services, keep_owner
from app.embedded.postgres import Postgres, find_postgres
from app.embedded.process import Child, Log, StopSignals, reason_in, stop_child
from app.embedded.sockets import private_directory
from app.embedded.valkey import Valkey, find_valkey

__all__ = ["Services", "open_services"]

START_SECONDS = 30.0
POLL_SECONDS = 0.02
WATCH_SECONDS = 0.2
FIRST_START_BYTES = 200 * 1024**2
LATER_START_BYTES = 48 * 1024**2


class Server(Protocol):
    name: str
    stop_signals: StopSignals
    passing: tuple[str, ...]
    log: Log

    def prepare(self) -> None: ...
    def spawn(self) -> Child: ...
    def is_ready(self, child: Child) -> bool: ...
    def salvage(self) -> bool: ...


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def open_services(
    data_dir: Path, *, durable: bool = True, owner: Owner = "command", report: Report = say
) -> Iterator[Services]:
    """Yields URLs of a PostgreSQL and a Redis that answer. Blocks; call it before the event loop or in a thread.

    `durable=False` trades safety against crashes for speed (tests). Raises EmbeddedError.
    """
    with _one_line_errors(data_dir):
        data_dir = _usable_directory(data_dir)
        claim = Claim(data_dir, owner, report)
    try:
        with _one_line_errors(data_dir):
            claim.take()
        if claim.found is not None:
            yield claim.found
            return
        supervisor = Supervisor(data_dir, durable=durable, report=report)
        try:
            with _one_line_errors(data_dir):
                services = supervisor.open()
                claim.publish(services)
            yield services
        finally:
            try:
                claim.withdraw()
            finally:
                supervisor.close()
    finally:
        claim.release()


class Supervisor(threading.Thread):
    """Runs both servers. A thread of its own, because on Linux they die with the thread that started them."""

    def __init__(self, data_dir: Path, *, durable: bool, report: Report) -> None:
        super().__init__(name="embedded-services", daemon=True)
        self.data_dir = data_dir
        self.durable = durable
        self.report = report
        self.servers: list[Server] = []
        self.children: dict[str, Child] = {}
        self.services: Services | None = None
        self.failure: Exception | None = None
        self._settled = threading.Event()
        self._stopping = threading.Event()

    def open(self) -> Services:
        self.start()
        self._settled.wait()
        if self.services is None:
            raise self.failure or EmbeddedError("the start was interrupted")
        return self.services

    def close(self) -> None:
        self._stopping.set()
        if self.ident is not None:
            self.join()

    def run(self) -> None:
        try:
            self.services = self._start()
            self._settled.set()
            self._watch()
        except Exception as error:  # noqa: BLE001 - carried over to the thread that waits in open()
            self.failure = error
        finally:
            try:
                self._stop()
            finally:
                self._settled.set()

    def _start(self) -> Services:
        postgres_programs, valkey_program = find_postgres(), find_valkey()
        account = choose_account(
            self.data_dir, [postgres_programs / "postgres", postgres_programs.parent / "share", valkey_program]
        )
        sockets = private_directory(self.data_dir, account)
        logs = self.data_dir / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        keep_owner(logs)
        postgres = Postgres(
            self.data_dir, sockets, postgres_programs, account, durable=self.durable, report=self.report
        )
        valkey = Valkey(self.data_dir, sockets, valkey_program, account, durable=self.durable, report=self.report)
        self.servers = [valkey, postgres]
        # Valkey loads its file while PostgreSQL recovers.
        for server in self.servers:
            server.prepare()
            self.children[server.name] = server.spawn()
        for server in self.servers:
            self._wait_until_ready(server, time.monotonic() + START_SECONDS)
        return Services(postgres.url, valkey.url)

    def _wait_until_ready(self, server: Server, deadline: float) -> None:
        started, said = time.monotonic(), False
        while not self._stopping.is_set():
            child = self.children[server.name]
            if child.poll() is not None:
                self._start_again(server, deadline)
            elif server.is_ready(child):
                return
            elif time.monotonic() > deadline:
                if not _makes_progress(server.log):
                    raise EmbeddedError(f"{server.name} did not get ready in time; see {server.log.path}")
                deadline = time.monotonic() + START_SECONDS
            if time.monotonic() - started > 1.0 and not said:
                said = True
                self.report(f"{server.name} is starting")
            self._stopping.wait(POLL_SECONDS)
        raise EmbeddedError("the start was interrupted")

    def _start_again(self, server: Server, deadline: float) -> None:
        """After a child ended before it was ready: once more if the reason passes, otherwise an error."""
        output = server.log.this_run()
        if not server.salvage():
            if time.monotonic() > deadline or not any(reason in output for reason in server.passing):
                raise EmbeddedError(f"{server.name} does not start: {_last_complaint(output)} (see {server.log.path})")
            self._stopping.wait(0.3)
            server.prepare()
        self.children[server.name] = server.spawn()

    def _watch(self) -> None:
        pause = WATCH_SECONDS
        while not self._stopping.wait(pause):
            pause = WATCH_SECONDS
            for server in self.servers:
                if self.children[server.name].poll() is None:
                    continue
                self.report(f"{server.name} ended unexpectedly; starting it again (see {server.log.path})")
                try:
                    server.prepare()
                    self.children[server.name] = server.spawn()
                    self._wait_until_ready(server, time.monotonic() + START_SECONDS)
                except (EmbeddedError, OSError) as error:
                    if not self._stopping.is_set():
                        self.report(f"{error}; trying again")
                    # A full disk may be cleared by then.
                    pause = 2.0

    def _stop(self) -> None:
        """Both at once: neither needs the other."""
        stoppers = [
            threading.Thread(target=stop_child, args=(self.children[server.name], server.stop_signals))
            for server in self.servers
            if server.name in self.children
        ]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join()


def _usable_directory(data_dir: Path) -> Path:
    if sys.platform == "win32":
        raise EmbeddedError(
            "the built-in database needs Linux or macOS: set LYCEUM_DATABASE_URL and LYCEUM_REDIS_URL instead"
        )
    path = data_dir.resolve()
    if not path.exists():
        # Others may pass through for root's sake, whose servers run under another account; none may look around.
        path.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    if not path.is_dir():
        raise EmbeddedError(f"{path} is not a directory; choose another --data-dir")
    owner = path.stat().st_uid
    if os.geteuid() not in (0, owner) and not os.access(path, os.W_OK | os.X_OK):
        raise EmbeddedError(f"{path} belongs to another user (uid {owner}); choose another --data-dir")
    probe = path / f".probe-{os.getpid()}-{threading.get_ident()}"
    probe.touch()
    probe.unlink()
    free = shutil.disk_usage(path).free
    needed = LATER_START_BYTES if (path / "postgres").exists() else FIRST_START_BYTES
    if free < needed:
        raise EmbeddedError(
            f"only {free // 1024**2} MB are free where {path} lies; the database needs {needed // 1024**2} MB to start"
        )
    return path


@contextmanager
def _one_line_errors(data_dir: Path) -> Iterator[None]:
    """Turns what the file system says about the directory into one line; never wraps the caller's own work."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(_explain(error, data_dir)) from None


def _explain(error: OSError, data_dir: Path) -> str:
    match error.errno:
        case errno.EROFS:
            return f"{data_dir} is on a read-only file system; choose another --data-dir"
        case errno.EACCES | errno.EPERM:
            return f"no permission to write in {data_dir}; choose another --data-dir, or make it yours"
        case errno.ENOSPC | errno.EDQUOT:
            return f"no space left where {data_dir} lies; free some and start again"
        case _:
            return f"{data_dir} cannot be used: {error.strerror or error}"


def _last_complaint(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "# " in line] or lines
    return reason_in(telling[-1]) if telling else "it ended without a word"


def _makes_progress(log: Log) -> bool:
    """A long recovery after a crash writes a line every ten seconds."""
    try:
        return time.time() - log.path.stat().st_mtime < START_SECONDS / 2
    except OSError:
        return False
