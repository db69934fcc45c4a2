"""A Valkey Cluster of three primaries and one replica on loopback. Invariant: nodes started here are stopped here."""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.embedded.valkey import find_valkey
from bench.stand import BenchError

SLOTS = (0, 5461, 10923)
"""The first slot of each primary."""
ALL_SLOTS = 16384
SPARE = 3
NODE_TIMEOUT_MS = 1500
LOOK_EVERY_S = 0.2


class Cluster:
    def __init__(self, home: Path) -> None:
        self._home = home
        self.ports = _free_ports(len(SLOTS) + 1)
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._primaries = dict(zip(SLOTS, self.ports, strict=False))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Cluster"]:
        looking: asyncio.Task[None] | None = None
        try:
            for number in range(len(self.ports)):
                self.start(number)
            async with asyncio.timeout(30):
                await self._form()
            looking = asyncio.create_task(self._look())
            yield self
        finally:
            if looking is not None:
                looking.cancel()
            for number in list(self._processes):
                self.kill(number)

    def primary_of(self, first_slot: int) -> int:
        """The port of the node that has these slots now, as far as is known."""
        return self._primaries[first_slot]

    def start(self, number: int) -> None:
        home = self._home / str(number)
        home.mkdir(exist_ok=True)
        settings = {
            "port": self.ports[number],
            "bind": "127.0.0.1",
            "dir": home,
            "cluster-enabled": "yes",
            "cluster-config-file": "nodes.conf",
            "cluster-node-timeout": NODE_TIMEOUT_MS,
            "cluster-require-full-coverage": "no",
            "appendonly": "yes",
            "save": "",
        }
        flags = [part for name, value in settings.items() for part in (f"--{name}", str(value))]
        self._processes[number] = subprocess.Popen([str(find_valkey()), *flags], stdout=subprocess.DEVNULL)

    def kill(self, number: int) -> None:
        process = self._processes.pop(number)
        process.kill()
        process.wait()

    async def ask(self, number: int, *command: Any) -> Any:
        client = Redis(port=self.ports[number], socket_timeout=1.0, socket_connect_timeout=1.0, protocol=2)
        try:
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]
        finally:
            await client.aclose()

    async def _form(self) -> None:
        for number in range(len(self.ports)):
            while True:
                with contextlib.suppress(OSError, RedisError):
                    await self.ask(number, "PING")
                    break
                await asyncio.sleep(0.05)
        for number, first in enumerate(SLOTS):
            last = (*SLOTS, ALL_SLOTS)[number + 1] - 1
            await self.ask(number, "CLUSTER", "ADDSLOTSRANGE", first, last)
            await self.ask(number, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port in self.ports[1:]:
            await self.ask(0, "CLUSTER", "MEET", "127.0.0.1", port)
        # The spare stands by the second node.
        node_id = (await self.ask(1, "CLUSTER", "MYID")).decode()
        while True:
            with contextlib.suppress(RedisError):
                await self.ask(SPARE, "CLUSTER", "REPLICATE", node_id)
                break
            await asyncio.sleep(0.1)
        while not await self._ready():
            await asyncio.sleep(0.1)

    async def _ready(self) -> bool:
        infos = [await self.ask(number, "CLUSTER", "INFO") for number in range(len(self.ports))]
        whole = all(_state(info) == "ok" for info in infos)
        replication = (await self.ask(SPARE, "INFO", "replication")) if whole else {}
        return whole and "master_link_status:up" in _text(replication)

    async def _look(self) -> None:
        """What a client of a cluster does: asks any node who has which slots."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for number in list(self._processes):
                with contextlib.suppress(OSError, RedisError, TimeoutError):
                    for first, _, primary, *_ in await self.ask(number, "CLUSTER", "SLOTS"):
                        if first in self._primaries:
                            self._primaries[first] = primary[1]
                    break


def _state(info: Any) -> str:
    return next((line.partition(":")[2] for line in _text(info).split() if line.startswith("cluster_state:")), "")


def _text(reply: Any) -> str:
    if isinstance(reply, bytes):
        return reply.decode()
    if isinstance(reply, dict):
        return "\n".join(f"{_plain(name)}:{_plain(value)}" for name, value in reply.items())
    return str(reply)


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _free_ports(count: int) -> list[int]:
    """Ports whose neighbour ten thousand above, where nodes talk to each other, is free as well."""
    found: list[int] = []
    for port in range(21_000, 50_000, 7):
        with contextlib.suppress(OSError):
            for place in (port, port + 10_000):
                socket.create_server(("127.0.0.1", place)).close()
            found.append(port)
        if len(found) == count:
            return found
    raise BenchError("no free ports on loopback")
