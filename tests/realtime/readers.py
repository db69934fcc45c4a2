"""Processes of the house without sockets, and readers who write down what they get."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import msgspec
import pytest
from realtime_house import PATIENCE_S, OwnRedis, Progressed, World, route
from redis.asyncio import Redis

from realtime.hub import Realtime, RealtimeSettings
from realtime.ports import DurableSince
from realtime.supervisor import Policy
from realtime.wire import Missed, MissedNotification

Frames = list[tuple[str, dict[str, Any]]]
Position = tuple[str | None, int, datetime | None]


class Screens:
    """Stands where the gateway stands, and writes down what each socket gets."""

    def __init__(self) -> None:
        self.frames: dict[str, Frames] = {}

    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        for sid in sids:
            if sid in self.frames:
                self.frames[sid].append((event, msgspec.json.decode(body)))

    def session_ids(self) -> set[UUID]:
        return set()

    def measure(self) -> None:
        return

    async def stop(self) -> None:
        self.frames.clear()


class Process:
    """One process of the house without its sockets. Its actors rest at every sweep."""

    def __init__(self, redis: OwnRedis, durable: DurableSince | None) -> None:
        self.client: Redis = redis.client()
        ports = replace(World().ports(), durable_since=durable)
        self.hub = Realtime(
            self.client,
            ports,
            RealtimeSettings(actors=Policy(idle_s=0.0, sweep_every_s=3600), tend_every_s=0.02),
            route=route,
        )
        self.screens = Screens()
        self.hub._gateway = cast("Any", self.screens)

    def join(self, sid: str, user_id: UUID, position: Position) -> None:
        self.screens.frames[sid] = []
        peer = SimpleNamespace(sid=sid, principal=SimpleNamespace(user_id=user_id), position=position)
        self.hub._join(cast("Any", peer))

    def leave(self, sid: str) -> Frames:
        self.hub._rooms.leave_all(sid)
        return self.screens.frames.pop(sid, [])

    def tell(self, user_id: UUID, *numbers: int) -> None:
        self.hub.deliver([Progressed(user_id=user_id, answered=number) for number in numbers])

    async def rest(self) -> None:
        """All actors that may, with nothing of theirs under way."""
        await until(self.hub._publisher.drained)
        await self.sweep()

    async def sweep(self) -> None:
        for _ in range(20):
            self.hub._supervisor.sweep()
            await asyncio.sleep(0)

    async def deafen(self) -> None:
        """Its listening connection breaks."""
        connection = self.hub._listener._connection
        if connection is not None:
            await connection.disconnect(nowait=True)

    async def stop(self) -> None:
        await self.hub.stop(drain_s=0)
        await self.client.aclose()


@dataclass
class Reader:
    """A client with all that it ever got, over all its sockets."""

    user_id: UUID
    past: Frames = field(default_factory=list)
    process: Process | None = None
    sid: str = ""

    @property
    def frames(self) -> Frames:
        return self.past + (self.process.screens.frames[self.sid] if self.process else [])

    @property
    def position(self) -> Position:
        epoch, seq, at = None, 0, None
        for event, data in self.frames:
            epoch = data["epoch"] if event == "stream.ready" else epoch
            seq, at = data["seq"], datetime.fromisoformat(data["at"])
        return epoch, seq, at

    @property
    def ready(self) -> list[dict[str, Any]]:
        return [data for event, data in self.frames if event == "stream.ready"]

    @property
    def answered(self) -> list[int]:
        return [data["answered"] for event, data in self.frames if event == "progress.changed"]

    def connect(self, process: Process) -> None:
        position = self.position
        self.drop()
        self.process, self.sid = process, uuid4().hex
        process.join(self.sid, self.user_id, position)

    def drop(self) -> None:
        if self.process is not None:
            self.past += self.process.leave(self.sid)
            self.process = None


async def until(true: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.002)


Start = Callable[..., Awaitable[Process]]


@pytest.fixture
async def start(shared_redis: OwnRedis) -> AsyncIterator[Start]:
    started: list[Process] = []

    async def start(durable: DurableSince | None = None, redis: OwnRedis = shared_redis) -> Process:
        process = Process(redis, durable)
        started.append(process)
        await process.hub.start()
        return process

    yield start
    for process in started:
        await process.stop()


@pytest.fixture
async def two(start: Start) -> tuple[Process, Process]:
    one, other = await start(), await start()
    for process in (one, other):
        # Connected, so that they do not learn the run id of Redis after a test has changed it.
        assert await process.hub._publisher.read(uuid4(), None, 0)
    return one, other


class Kept:
    """Notifications in a table, as it were."""

    def __init__(self) -> None:
        self.rows: list[MissedNotification] = []
        self.asked: list[datetime] = []
        self.away = False

    def add(self, at: datetime) -> UUID:
        id_ = uuid4()
        self.rows.append(MissedNotification(at=at, id=id_, kind="k", title="t", body="b"))
        return id_

    async def __call__(self, user_id: UUID, since: datetime, /) -> Sequence[Missed]:
        if self.away:
            raise ConnectionError("away")
        self.asked.append(since)
        return [row for row in self.rows if row.at >= since]
