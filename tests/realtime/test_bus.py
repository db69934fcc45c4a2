"""What the hub's loops live through: messages nobody can read, faults of their own, a Redis that refuses."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from readers import until
from realtime_house import PATIENCE_S, Launch, OwnRedis, Progressed, Scored
from redis.exceptions import ResponseError

from realtime.bus import Listener
from realtime.hub import Realtime, RealtimeSettings
from realtime.ports import LoopClock
from realtime.publisher import Publisher, channel_of
from realtime.supervisor import Supervisor


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


JUNK = ["", "junk", "a sessions nobody", "a user", "a user x", "a verb", "\n\n\n", "e\nx\ny\nz", b"\xff\xfe"]


async def test_a_message_that_cannot_be_read_makes_nobody_deaf(launch: Launch, shared_redis: OwnRedis) -> None:
    one, two = await launch(shared_redis), await launch(shared_redis)
    user, league = uuid4(), uuid4()
    for process in (one, two):
        process.world.boards.award(league, user, 1)
    client = await two.joined(user)
    await client.sio.call("league.watch", {"league_id": str(league)})
    await client.until("league.snapshot")
    before = count("lyceum_realtime_unreadable_total")
    redis = shared_redis.client()
    for junk in JUNK:
        for room in ("control", f"learner:{user}", f"league:{league}"):
            await redis.publish(channel_of(room), junk)
    await redis.aclose()
    one.hub.deliver([Progressed(user_id=user, answered=7)])
    assert (await client.until("progress.changed"))[0]["answered"] == 7
    two.world.boards.award(league, user, 1)
    one.hub.deliver([Scored(user_id=user, league_id=league)])
    await client.until("league.changed")
    one.hub.disconnect_user(user)
    await asyncio.wait_for(client.gone.wait(), PATIENCE_S)
    assert count("lyceum_realtime_unreadable_total") - before >= 10
    # Told the reading from the start again? Then the connection was lost, and with it what was said meanwhile.
    assert len(client.of("stream.ready")) == 1


LOOPS = [(Publisher, "run"), (Listener, "run"), (Supervisor, "run"), (Realtime, "_tend"), (Realtime, "_check_sessions")]


async def test_no_loop_of_the_hub_dies_of_a_fault(
    launch: Launch, shared_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: Counter[tuple[type, str]] = Counter()

    def break_once(owner: type, method: str) -> None:
        work = getattr(owner, method)

        async def broken(self: Any) -> None:
            runs[owner, method] += 1
            if runs[owner, method] == 1:
                raise RuntimeError("as asked")
            await work(self)

        monkeypatch.setattr(owner, method, broken)

    for owner, method in LOOPS:
        break_once(owner, method)
    names = ("publisher", "listener", "sweeper", "tender", "session check")
    before = [count("lyceum_realtime_loop_restarts_total", loop=name) for name in names]
    process = await launch(shared_redis, settings=RealtimeSettings(again_s=0.02))
    user = uuid4()
    client = await process.joined(user)
    process.hub.deliver([Progressed(user_id=user, answered=1)])
    await client.until("progress.changed")
    await until(lambda: list(runs.values()) == [2] * 5)
    assert not any(task.done() for task in process.hub._tasks)
    after = [count("lyceum_realtime_loop_restarts_total", loop=name) for name in names]
    assert after == [number + 1 for number in before]


class Refusing(Publisher):
    """Has Redis refuse chosen frames as a full one would: before the script runs."""

    refuse: tuple[str, ...] = ()
    failures: tuple[Exception, ...] = ()

    async def _exchange(self, connection: Any, commands: list[tuple[Any, ...]]) -> list[Any]:
        if self.failures and commands[0][0] == "EVALSHA":
            error, *rest = self.failures
            self.failures = tuple(rest)
            raise error
        refused = [at for at, command in enumerate(commands) if command[-1] in self.refuse]
        if refused:
            self.refuse = ()
        kept = [command for at, command in enumerate(commands) if at not in refused]
        replies = iter(await super()._exchange(connection, kept) if kept else [])
        return [ResponseError("OOM") if at in refused else next(replies) for at in range(len(commands))]


class Stage:
    def __init__(self, redis: OwnRedis) -> None:
        self.client = redis.client()
        self.publisher = Refusing(self.client, LoopClock())
        self.task = asyncio.create_task(self.publisher.run())

    def frame(self, user_id: UUID, body: str) -> None:
        self.publisher.frame(user_id, "x.y", body, uuid4().bytes[:8])

    async def drained(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not self.publisher.drained():
                await asyncio.sleep(0.01)

    async def bodies(self, user_id: UUID, epoch: str) -> list[str] | None:
        """What a reader of that epoch gets who has seen nothing; None when the epoch is over."""
        replay = await self.publisher.read(user_id, epoch, 0)
        assert replay is not None
        return [frame.body for frame in replay.frames] if replay.epoch == epoch else None

    async def epoch(self, user_id: UUID) -> str:
        replay = await self.publisher.read(user_id, None, 0)
        assert replay is not None
        return replay.epoch

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.client.aclose()


async def test_a_refused_frame_is_written_later_but_never_behind_a_later_one(shared_redis: OwnRedis) -> None:
    stage = Stage(shared_redis)
    overtaken, alone = uuid4(), uuid4()
    epochs = {user: await stage.epoch(user) for user in (overtaken, alone)}
    stage.publisher.refuse = ("first", "last of alone")
    stage.frame(overtaken, "first")
    stage.frame(alone, "one")
    stage.frame(overtaken, "second")
    stage.frame(alone, "last of alone")
    await stage.drained()
    assert await stage.bodies(alone, epochs[alone]) == ["one", "last of alone"]
    # Who read this stream is told that something is missing.
    assert await stage.bodies(overtaken, epochs[overtaken]) is None
    await stage.close()


async def test_refused_frames_keep_their_order_among_themselves(shared_redis: OwnRedis) -> None:
    stage = Stage(shared_redis)
    user = uuid4()
    epoch = await stage.epoch(user)
    stage.publisher.refuse = ("2", "3", "4")
    for number in range(5):
        stage.frame(user, str(number))
    await stage.drained()
    assert await stage.bodies(user, epoch) == ["0", "1", "2", "3", "4"]
    await stage.close()


async def test_a_fault_while_writing_loses_no_frame(shared_redis: OwnRedis) -> None:
    stage = Stage(shared_redis)
    user = uuid4()
    epoch = await stage.epoch(user)
    stage.publisher.failures = (RuntimeError("as asked"), ConnectionError("as asked"))
    stage.frame(user, "0")
    await stage.drained()
    assert await stage.bodies(user, epoch) == ["0"]
    await stage.close()
