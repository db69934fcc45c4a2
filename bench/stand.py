"""The server under test, and what it costs.

Invariant: a server that was started here is stopped here, by its own process object, in every way of leaving.
"""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import psutil

START_S = 60.0
STOP_S = 12.0


class BenchError(Exception):
    """One line: why nothing was measured."""


class _State(msgspec.Struct):
    """What a running server writes about itself into its data directory."""

    pid: int
    database_url: str
    redis_url: str


@dataclass(frozen=True, slots=True)
class Stand:
    host: str
    port: int
    database_url: str
    redis_url: str
    api: psutil.Process
    postgres: psutil.Process | None
    valkey: psutil.Process | None

    @property
    def dsn(self) -> str:
        return self.database_url.replace("postgresql+asyncpg://", "postgresql://", 1)

    def cpu(self) -> "Cpu":
        api = sum(map(_cpu_of, self.servers()))
        return Cpu(api, _tree_cpu(self.postgres), _tree_cpu(self.valkey), time.process_time())

    def rss_bytes(self) -> int:
        return sum(int(process.memory_info().rss) for process in self.servers())

    def servers(self) -> list[psutil.Process]:
        """The process that was started, and where there are several, those that serve."""
        others = {process.pid for process in (self.postgres, self.valkey) if process is not None}
        return [self.api, *(child for child in self.api.children() if child.pid not in others)]


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU: of the API process, of the two servers with all their children, and of the load itself."""

    api: float
    postgres: float
    valkey: float
    load: float

    def __sub__(self, before: "Cpu") -> "Cpu":
        return Cpu(
            self.api - before.api,
            self.postgres - before.postgres,
            self.valkey - before.valkey,
            self.load - before.load,
        )


@contextlib.contextmanager
def running_server(url: str | None, data_dir: Path | None, *, workers: int = 1) -> Iterator[Stand]:
    """A fresh server on a temporary data directory, or the one at `url` that serves from `data_dir`."""
    if url is not None:
        if data_dir is None:
            raise BenchError("--url needs --data-dir, the directory that the server at that address serves from")
        parts = urlsplit(url)
        if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise BenchError("only a server on this machine is measured: its processes are looked at")
        yield _stand(parts.hostname, parts.port or 80, data_dir)
        return
    # A short path, because sockets lie below it.
    with contextlib.ExitStack() as stack:
        if data_dir is None:
            top = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lyceum-bench-")))
            # Root's servers run under another account, which has to get in.
            top.chmod(0o711)
            data_dir = top / "data"
        port = free_port()
        server = stack.enter_context(_server(port, data_dir, workers))
        _wait_until_ready(server, port)
        yield _stand("127.0.0.1", port, data_dir)


def allow_many_files(wanted: int = 8192) -> None:
    """For this process and the servers that it starts: a socket is a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def child(argv: list[str], env: dict[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    """A process of ours, stopped at the end."""
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_S)


@contextlib.contextmanager
def _server(port: int, data_dir: Path, workers: int) -> Iterator["subprocess.Popen[bytes]"]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM_")}
    env["LYCEUM_LOG_LEVEL"] = "warning"
    # `lyceum` beside this interpreter, so that the same environment is measured.
    program = Path(sys.executable).parent / "lyceum"
    argv = [str(program), "serve", "--port", str(port), "--data-dir", str(data_dir)]
    argv += ["--workers", str(workers)] if workers > 1 else []
    profile = os.environ.get("BENCH_PROFILE")
    if profile:
        argv = [sys.executable, "-m", "bench.sampled", profile, *argv[1:]]
    with child(argv, env) as process:
        yield process


def _wait_until_ready(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise BenchError(f"lyceum serve ended with status {server.returncode}; run it by hand to see why")
        with contextlib.suppress(OSError, urllib.error.URLError):
            if urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2).status == 200:
                return
        time.sleep(0.1)
    raise BenchError(f"the server was not ready within {START_S:g} s")


def _stand(host: str, port: int, data_dir: Path) -> Stand:
    try:
        state = msgspec.json.decode((data_dir / "services.json").read_bytes(), type=_State)
    except (OSError, msgspec.DecodeError):
        raise BenchError(f"no server with embedded services runs on {data_dir}") from None
    api = psutil.Process(state.pid)
    by_name = {process.name(): process for process in api.children()}
    return Stand(
        host, port, state.database_url, state.redis_url, api, by_name.get("postgres"), by_name.get("valkey-server")
    )


def _cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _tree_cpu(top: psutil.Process | None) -> float:
    if top is None:
        return float("nan")
    times = top.cpu_times()
    # Connections that have ended are counted by their parent.
    total = float(times.user + times.system + getattr(times, "children_user", 0) + getattr(times, "children_system", 0))
    for process in top.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += _cpu_of(process)
    return total
