"""Streams of many learners over a Valkey Cluster on loopback: three nodes, one spare, and nodes that die under load.

    python -m bench.cluster [--learners 300] [--rate 600]

Each process of the house has one Publisher and one Listener per shard behind one face; a stream's keys and its sharded
channel share a hash tag, so all of one learner is on one node. First a node is killed and started again on its file,
then another is killed for good and the spare takes its slots. Exit status 1 if any reader missed a frame without being
told so, got one twice, or a shard that nobody touched noticed anything.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import click
import msgspec
from redis.asyncio import ConnectionPool
from redis.crc import key_slot
from rich.console import Console

from bench.cluster_nodes import SLOTS, Cluster
from bench.figures import Figure, Result, show
from realtime import recovery
from realtime.actor import Actor, Post
from realtime.actors.learner import Joined, LearnerActor, Resync
from realtime.bus import Listener
from realtime.ports import LoopClock
from realtime.publisher import Publisher, channel_of
from realtime.rooms import Rooms, Seat, learner_room, subject_of
from realtime.streams import Streams
from realtime.supervisor import Supervisor

EVENT = "progress.changed"
STEADY_S, DOWN_S, AFTER_S = 3.0, 2.0, 6.0


class Shard:
    """The server of a third of all slots, whichever node that is now."""

    def __init__(self, cluster: Cluster, first_slot: int) -> None:
        self._cluster = cluster
        self.first_slot = first_slot

    @property
    def connection_pool(self) -> ConnectionPool:
        return ConnectionPool(host="127.0.0.1", port=self._cluster.primary_of(self.first_slot))


class Face:
    """Publishers and listeners of all shards as one of each: what one learner is told or asks goes to their shard."""

    def __init__(self, cluster: Cluster, hub: "Process") -> None:
        clock = LoopClock()
        shards = [Shard(cluster, first) for first in SLOTS]
        self.publishers = [Publisher(shard, clock, sharded=True) for shard in shards]
        self.listeners = [
            Listener(shard, clock, on_message=hub.heard, on_resync=hub.resync, sharded=True) for shard in shards
        ]

    def frame(self, user_id: UUID, event: str, body: str, tag: bytes) -> None:
        self.publishers[shard_of(user_id)].frame(user_id, event, body, tag)

    async def read(self, user_id: UUID, epoch: str | None, seq: int) -> recovery.Replay | None:
        return await self.publishers[shard_of(user_id)].read(user_id, epoch, seq)

    def _of(self, room: str) -> Listener:
        return self.listeners[shard_of(subject_of(room))]

    def hears(self, room: str) -> bool:
        return self._of(room).hears(room)

    async def listen(self, room: str) -> bool:
        return await self._of(room).listen(room)

    async def forget(self, *rooms: str) -> None:
        for room in rooms:
            await self._of(room).forget(room)

    def drained(self) -> bool:
        return all(publisher.drained() for publisher in self.publishers)


def shard_of(user_id: UUID) -> int:
    """By the slot of the keys; the channel is checked to be in the same one."""
    slot = key_slot(recovery.keys(user_id)[0].encode())
    return next(number for number in reversed(range(len(SLOTS))) if slot >= SLOTS[number])


class Process:
    """One process of the house: its actors and readers, without sockets."""

    def __init__(self, cluster: Cluster) -> None:
        self.rooms = Rooms()
        self.seen: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self.supervisor = Supervisor(self._actor)
        self.face = Face(cluster, self)
        self.streams = Streams(cast("Publisher", self.face), cast("Listener", self.face), self.rooms, None)
        runs = [publisher.run() for publisher in self.face.publishers]
        runs += [listener.run() for listener in self.face.listeners]
        self._tasks = [asyncio.create_task(run) for run in (*runs, self.supervisor.run())]

    def _actor(self, key: str, post: Post[Any]) -> Actor[Any]:
        return LearnerActor(subject_of(key), rooms=self.rooms, emitter=self, stream=self.streams, post=post)

    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        for sid in sids:
            self.seen[sid].append((event, msgspec.json.decode(body)))

    def join(self, user_id: UUID) -> str:
        sid, room = uuid4().hex, learner_room(user_id)
        self.seen[sid] = []
        self.rooms.enter(room, Seat(sid, user_id))
        self.supervisor.post(room, Joined(sid))
        return sid

    def heard(self, room: str, data: bytes) -> None:
        if self.rooms.seats(room):
            self.supervisor.post(room, recovery.heard(data))

    def resync(self) -> None:
        for room in self.rooms.named("learner:"):
            self.supervisor.post(room, Resync(), conflate_key=Resync)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.supervisor.stop()


class Trial:
    def __init__(self, cluster: Cluster, learners: int, rate: float) -> None:
        self.cluster, self.rate = cluster, rate
        self.processes = [Process(cluster), Process(cluster)]
        self.users = [uuid4() for _ in range(learners)]
        self.told: Counter[UUID] = Counter()
        self.readers = {user: [(process, process.join(user)) for process in self.processes] for user in self.users}
        for user in self.users:
            slots = {key_slot(name.encode()) for name in (*recovery.keys(user), channel_of(learner_room(user)))}
            assert len(slots) == 1

    async def talk(self, seconds: float) -> None:
        """Both processes tell everybody something new in turn. Nobody waits for any node."""
        began, sent = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            while sent < passed * self.rate:
                self._tell(self.users[sent % len(self.users)], self.processes[sent % 2])
                sent += 1
            await asyncio.sleep(0.005)

    def _tell(self, user: UUID, process: Process) -> None:
        self.told[user] += 1
        body = msgspec.json.encode({"n": self.told[user]}).decode()
        process.face.frame(user, EVENT, body, recovery.tag(uuid4(), EVENT))

    def frames(self, user: UUID) -> list[list[tuple[str, dict[str, Any]]]]:
        return [process.seen[sid] for process, sid in self.readers[user]]

    async def all_ready(self) -> None:
        async with asyncio.timeout(20):
            while not all(seen for user in self.users for seen in self.frames(user)):
                await asyncio.sleep(0.02)

    async def caught_up(self, users: Sequence[UUID]) -> float:
        """Seconds until one more frame for each of these has reached all their readers."""
        began = time.monotonic()
        for user in users:
            self._tell(user, self.processes[0])
        async with asyncio.timeout(30):
            while not all(self._has_last(user) for user in users):
                await asyncio.sleep(0.02)
        return time.monotonic() - began

    def _has_last(self, user: UUID) -> bool:
        return all(seen[-1][1].get("n") == self.told[user] for seen in self.frames(user))

    def on(self, shard: int) -> list[UUID]:
        return [user for user in self.users if shard_of(user) == shard]


def judged(frames: Sequence[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """What a reader may complain of. `again`: told once more in a new epoch, behind a `truncated`."""
    found: Counter[str] = Counter()
    seq, last = 0, 0
    known, in_epoch = set[int](), set[int]()
    for event, data in frames:
        if event == "stream.ready":
            found["truncated"] += data["truncated"]
            seq, last, in_epoch = data["seq"], 0, set()
            continue
        found["frames"] += 1
        found["gaps"] += data["seq"] != seq + 1 or data["n"] <= last
        found["doubles"] += data["n"] in in_epoch
        found["again"] += data["n"] in known
        seq, last = data["seq"], data["n"]
        known.add(data["n"])
        in_epoch.add(data["n"])
    return found


async def tried(learners: int, rate: float, say: Console) -> Result:
    with tempfile.TemporaryDirectory(prefix="lyc-cluster-") as home:
        async with Cluster(Path(home)).running() as cluster:
            trial = Trial(cluster, learners, rate)
            await trial.all_ready()
            try:
                return await _story(trial, say)
            finally:
                for process in trial.processes:
                    await process.stop()


async def _story(trial: Trial, say: Console) -> Result:
    cluster, talking = trial.cluster, trial.talk
    await talking(STEADY_S)
    say.print("node 1 is killed, and started again on its file", style="dim")
    cluster.kill(0)
    await talking(DOWN_S)
    cluster.start(0)
    await talking(AFTER_S)
    restarted_s = await trial.caught_up(trial.on(0))
    say.print("node 2 is killed for good; the spare takes its slots", style="dim")
    cluster.kill(1)
    before = time.monotonic()
    while cluster.primary_of(SLOTS[1]) == cluster.ports[1] and time.monotonic() - before < 30:
        await talking(0.2)
    failover_s = time.monotonic() - before
    await talking(AFTER_S)
    replaced_s = await trial.caught_up(trial.on(1))
    await trial.caught_up(trial.users)
    return _result(trial, restarted_s, failover_s, replaced_s)


def _result(trial: Trial, restarted_s: float, failover_s: float, replaced_s: float) -> Result:
    totals: Counter[str] = Counter()
    truncated: Counter[int] = Counter()
    for user in trial.users:
        for seen in trial.frames(user):
            found = judged(seen)
            totals += found
            truncated[shard_of(user)] += found["truncated"]

    def none(name: str, value: float) -> Figure:
        return Figure(name, value, "", "0", value == 0)

    figures = [
        *(Figure(f"learners on node {shard + 1}", len(trial.on(shard)), "") for shard in range(len(SLOTS))),
        Figure("frames told", trial.told.total(), ""),
        Figure("frames read, by two readers of each learner", totals["frames"], ""),
        none("gaps that no reader was told of", totals["gaps"]),
        none("doubles within an epoch", totals["doubles"]),
        Figure("frames told again behind a `truncated`", totals["again"], ""),
        Figure("`truncated` on the node that came back", truncated[0], ""),
        Figure("`truncated` on the node that was replaced", truncated[1], ""),
        none("`truncated` on the node that nobody touched", truncated[2]),
        Figure("until the spare had the slots", failover_s, "s"),
        Figure("one more frame to all of the node that came back", restarted_s, "s"),
        Figure("one more frame to all of the node that was replaced", replaced_s, "s"),
    ]
    return Result("cluster", figures, ["three nodes and a spare on loopback; two processes; sharded channels"])


@click.command()
@click.option("--learners", type=click.IntRange(3, 5_000), default=300, show_default=True)
@click.option("--rate", type=click.FloatRange(10, 5_000), default=600.0, show_default=True, help="Frames a second.")
def main(learners: int, rate: float) -> None:
    """Streams over a Valkey Cluster whose nodes die."""
    console = Console()
    # That nodes are away is what is to be seen here.
    logging.getLogger("realtime").setLevel(logging.CRITICAL)
    result = asyncio.run(tried(learners, rate, console))
    show(result, console)
    sys.exit(any(figure.met is False for figure in result.figures))


if __name__ == "__main__":
    main()
