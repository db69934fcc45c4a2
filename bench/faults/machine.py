"""What is killed: PostgreSQL, Valkey, the API and workers, each a process of its own.

Invariant: a signal goes only to a process that was started here, by its process object; all of them die with this one.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import asyncpg
import psutil
from redis.asyncio import Redis

from app.embedded.account import choose_account
from app.embedded.postgres import Postgres, find_postgres
from app.embedded.process import Child, stop_child
from app.embedded.sockets import private_directory
from app.embedded.valkey import Valkey, find_valkey
from app.infra import plain_dsn
from app.schema import migrate
from bench.faults.words import WORKS
from bench.stand import BenchError, Stand, free_port

START_S = 40.0


def quiet(_line: str) -> None:
    """What servers say about their start is in their logs."""


class Backing:
    """PostgreSQL or Valkey."""

    def __init__(self, server: Postgres | Valkey) -> None:
        self.server = server
        self.child: Child | None = None

    async def start(self) -> None:
        """Spawned by the thread of the event loop: on Linux it dies with the thread that started it."""
        deadline = time.monotonic() + START_S
        while True:
            self.server.prepare()
            self.child = self.server.spawn()
            while self.child.poll() is None:
                if self.server.is_ready(self.child):
                    return
                if time.monotonic() > deadline:
                    raise BenchError(f"{self.server.name} did not get ready; see {self.server.log.path}")
                await asyncio.sleep(0.05)
            # A killed predecessor's children may still hold its memory or its socket.
            if time.monotonic() > deadline:
                raise BenchError(f"{self.server.name} does not start; see {self.server.log.path}")
            await asyncio.sleep(0.3)

    def kill(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()

    def freeze(self) -> None:
        """It keeps its connections and answers nobody."""
        if self.child is not None:
            self.child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        if self.child is not None:
            self.child.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.child is not None:
            self.thaw()
            stop_child(self.child, self.server.stop_signals)


class Program:
    """A process of Lyceum, as often as it is killed."""

    def __init__(self, name: str, argv: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.starts = 0
        self._argv = list(argv)
        self._environment = environment
        self._log = log
        self._mark = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.starts += 1
        # Each life with chances of its own, and the same ones whenever the run is repeated.
        argv = [part.replace("{life}", str(self.starts)) for part in self._argv]
        with self._log.open("ab") as output:
            self._mark = output.tell()
            self._process = subprocess.Popen(
                argv, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise BenchError(f"{self.name} was not started")
        return self._process.pid

    @property
    def status(self) -> int | None:
        """None while it runs."""
        return None if self._process is None else self._process.poll()

    def said(self, words: str) -> bool:
        """Since its last start."""
        return words.encode() in self.log()

    def log(self) -> bytes:
        """Since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._mark)
            return log.read()

    def terminate(self) -> None:
        """Asks it to end, and does not wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(12)
            except subprocess.TimeoutExpired:
                self.kill()

    def check(self) -> None:
        if not self.runs:
            raise BenchError(f"{self.name} ended by itself; see {self._log}")


class Machine:
    """All of it. `settings` are LYCEUM_ settings by name."""

    def __init__(self, top: Path, settings: dict[str, str], *, faulty: float = 0.0, seed: int = 0) -> None:
        self.top = top
        data = top / "data"
        data.mkdir(mode=0o711, exist_ok=True)
        logs = data / "logs"
        logs.mkdir(exist_ok=True)
        programs, valkey = find_postgres(), find_valkey()
        account = choose_account(data, [programs / "postgres", programs.parent / "share", valkey])
        sockets = private_directory(data, account)
        self.postgres = Backing(Postgres(data, sockets, programs, account, durable=True, report=quiet))
        self.valkey = Backing(Valkey(data, sockets, valkey, account, durable=True, report=quiet))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = settings
        self._faulty = faulty
        self._seed = seed
        self._data = data
        self._programs: list[Program] = []

    @property
    def programs(self) -> list[Program]:
        return list(self._programs)

    @property
    def database_url(self) -> str:
        server = self.postgres.server
        return server.url

    @property
    def redis_url(self) -> str:
        return self.valkey.server.url

    @property
    def environment(self) -> dict[str, str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("LYCEUM_")}
        return env | {
            "LYCEUM_DATABASE_URL": self.database_url,
            "LYCEUM_REDIS_URL": self.redis_url,
            "LYCEUM_DATA_DIR": str(self._data),
            "LYCEUM_PUBLIC_URL": self.url,
            "LYCEUM_EMBEDDED_WORKER": "false",
            "LYCEUM_LOG_LEVEL": "warning",
            "LYCEUM_LOG_FORMAT": "console",
            **{f"LYCEUM_{name.upper()}": value for name, value in self._settings.items()},
        }

    def program(self, name: str, *argv: str, module: str = "bench.faults.program") -> Program:
        """`argv` after the options of our own entry; started by its user."""
        faults = ["--faulty", str(self._faulty), "--seed", f"{self._seed}.{name}.{{life}}"]
        line = [sys.executable, "-m", module, *faults, *argv]
        made = Program(name, line, self.environment, self._data / "logs" / f"{name}.log")
        self._programs.append(made)
        return made

    def api(self, workers: int = 1) -> Program:
        return self.program("api", "serve", "--port", str(self.port), "--workers", str(workers))

    def stand(self, api: Program) -> Stand:
        """As benches see it, while all of it runs."""
        servers = [psutil.Process(one.child.pid) for one in (self.postgres, self.valkey) if one.child is not None]
        return Stand("127.0.0.1", self.port, self.database_url, self.redis_url, psutil.Process(api.pid), *servers)

    def worker(self, number: int = 1) -> Program:
        return self.program(f"worker{number}", "worker")

    async def answers(self, *, within_s: float = START_S) -> None:
        """Returns when the API does."""
        deadline = time.monotonic() + within_s
        while not await asyncio.to_thread(self._alive):
            if time.monotonic() > deadline:
                raise BenchError(f"the API does not answer; see {self._data / 'logs'}")
            await asyncio.sleep(0.05)

    def _alive(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    async def works(self, worker: Program, *, within_s: float = START_S) -> None:
        """Returns when the worker has begun."""
        deadline = time.monotonic() + within_s
        while not worker.said(WORKS):
            worker.check()
            if time.monotonic() > deadline:
                raise BenchError(f"{worker.name} does not begin; see {self._data / 'logs'}")
            await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def sql(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection of our own; the server may have been killed since the last one."""
        deadline = time.monotonic() + START_S
        while True:
            try:
                connection = await asyncpg.connect(plain_dsn(self.database_url), timeout=5)
                break
            except (OSError, asyncpg.PostgresError, TimeoutError):
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
        try:
            yield connection
        finally:
            await connection.close()

    def redis(self) -> Redis:
        client: Redis = Redis.from_url(self.redis_url)
        return client

    async def open(self) -> None:
        """PostgreSQL with the tables of today, and Valkey."""
        await self.valkey.start()
        await self.postgres.start()
        await migrate(self.database_url, quiet)

    def close(self) -> None:
        for program in self._programs:
            program.stop()
        self.valkey.stop()
        self.postgres.stop()
