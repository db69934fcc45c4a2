"""A learner's own stream over real sockets and a real Redis: in order, once, across processes and reconnects."""

import asyncio
import signal
import time
from typing import Any
from uuid import UUID, uuid4

from realtime_house import PATIENCE_S, Launch, OwnRedis, Process, Progressed


def says(frame: dict[str, Any], **members: Any) -> bool:
    """Whether the frame has these members, whatever else it has."""
    return frame.items() >= members.items()


def seqs(frames: list[dict[str, int]]) -> list[int]:
    return [frame["seq"] for frame in frames]


async def test_a_newcomer_gets_the_present_position_and_then_every_frame(process: Process) -> None:
    user = uuid4()
    client = await process.joined(user)
    assert says(client.frames[0][1], seq=0, resumed=False, truncated=False, missed=[], reload=[])
    process.hub.deliver([Progressed(user_id=user, answered=n) for n in range(1, 31)])
    frames = await client.until("progress.changed", 30)
    assert seqs(frames) == list(range(1, 31))
    assert [frame["answered"] for frame in frames] == list(range(1, 31))


async def test_the_same_fact_delivered_twice_is_one_frame(process: Process) -> None:
    user = uuid4()
    client = await process.joined(user)
    fact, other = Progressed(user_id=user, answered=1), Progressed(user_id=user, answered=2)
    process.hub.deliver([fact, fact])
    process.hub.deliver([fact, other])
    await client.until("progress.changed", 2)
    await asyncio.sleep(0.1)
    assert [frame["answered"] for frame in client.of("progress.changed")] == [1, 2]


async def test_frames_reach_the_same_person_on_another_process(launch: Launch, shared_redis: OwnRedis) -> None:
    one, two = await launch(shared_redis), await launch(shared_redis)
    user = uuid4()
    here, there = await one.joined(user), await two.joined(user)
    for n in range(40):
        (one if n % 2 else two).hub.deliver([Progressed(user_id=user, answered=n)])
    assert seqs(await here.until("progress.changed", 40)) == list(range(1, 41))
    assert seqs(await there.until("progress.changed", 40)) == list(range(1, 41))
    assert here.of("progress.changed") == there.of("progress.changed")


async def test_who_comes_back_gets_what_was_missed_once_and_before_anything_new(process: Process) -> None:
    user = uuid4()
    first = await process.joined(user)
    process.hub.deliver([Progressed(user_id=user, answered=n) for n in range(5)])
    await first.until("progress.changed", 5)
    position = first.position
    await first.sio.disconnect()
    process.hub.deliver([Progressed(user_id=user, answered=n) for n in range(5, 50)])
    second = process.client()

    async def keep_talking() -> None:
        for n in range(50, 100):
            process.hub.deliver([Progressed(user_id=user, answered=n)])
            await asyncio.sleep(0.002)

    talking = asyncio.create_task(keep_talking())
    await second.connect(user, **position)
    await talking
    frames = await second.until("progress.changed", 95)
    event, ready = second.frames[0]
    assert event == "stream.ready"
    assert says(ready, epoch=position["epoch"], seq=5, resumed=True, truncated=False)
    assert seqs(frames) == list(range(6, 101))


async def test_a_position_out_of_history_or_of_another_epoch_is_truncated(process: Process) -> None:
    user = uuid4()
    first = await process.joined(user)
    epoch = first.position["epoch"]
    process.hub.deliver([Progressed(user_id=user, answered=n) for n in range(900)])
    await first.until("progress.changed", 900)
    for auth in ({"epoch": epoch, "seq": 3}, {"epoch": "other", "seq": 899}, {"epoch": epoch, "seq": 5000}):
        late = await process.joined(user, **auth)
        assert says(late.frames[0][1], epoch=epoch, seq=900, resumed=False, truncated=True)
    same = await process.joined(user, epoch=epoch, seq=900)
    assert same.frames[0][1]["resumed"] is True


async def test_a_new_process_goes_on_counting(launch: Launch, shared_redis: OwnRedis) -> None:
    user = uuid4()
    old = await launch(shared_redis)
    client = await old.joined(user)
    old.hub.deliver([Progressed(user_id=user, answered=1)])
    await client.until("progress.changed")
    new = await launch(shared_redis)
    new.hub.deliver([Progressed(user_id=user, answered=2)])
    again = await new.joined(user, **client.position)
    assert seqs(await again.until("progress.changed")) == [2]


async def gapless(client_frames: list[tuple[str, dict[str, int]]]) -> None:
    """Numbers rise by one, except right after a `stream.ready` that confesses."""
    expected = None
    for event, data in client_frames:
        if event == "stream.ready":
            assert expected is None or data["truncated"] or data["seq"] == expected - 1
            expected = data["seq"] + 1
        elif "seq" in data:
            assert data["seq"] == expected
            expected += 1


async def test_redis_killed_and_restarted_leaves_no_silent_gap(launch: Launch, own_redis: OwnRedis) -> None:
    one, two = await launch(own_redis), await launch(own_redis)
    user = uuid4()
    here, there = await one.joined(user), await two.joined(user)
    n = 0

    async def talk(seconds: float) -> None:
        nonlocal n
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            n += 1
            (one if n % 2 else two).hub.deliver([Progressed(user_id=user, answered=n)])
            await asyncio.sleep(0.01)

    for _ in range(2):
        await talk(0.5)
        own_redis.kill()
        await talk(1.0)
        own_redis.start()
        await talk(0.5)
    await asyncio.sleep(2.5)
    one.hub.deliver([Progressed(user_id=user, answered=1_000_000)])
    for client in (here, there):
        async with asyncio.timeout(PATIENCE_S):
            while not client.of("progress.changed") or client.of("progress.changed")[-1]["answered"] != 1_000_000:
                await asyncio.sleep(0.01)
        await gapless(client.frames)
        assert any(ready["truncated"] for ready in client.of("stream.ready")[1:])
        answered = [frame["answered"] for frame in client.of("progress.changed")]
        assert len(set(answered)) == len(answered)


async def test_a_wiped_redis_is_confessed(launch: Launch, own_redis: OwnRedis) -> None:
    process = await launch(own_redis)
    user = uuid4()
    client = await process.joined(user)
    process.hub.deliver([Progressed(user_id=user, answered=1)])
    await client.until("progress.changed")
    redis = own_redis.client()
    await redis.flushall()
    await redis.aclose()
    process.hub.deliver([Progressed(user_id=user, answered=2)])

    ready = (await client.until("stream.ready", 2))[1]
    assert ready["truncated"]
    await gapless(client.frames)


async def test_a_frozen_redis_blocks_nobody(launch: Launch, own_redis: OwnRedis) -> None:
    process = await launch(own_redis)
    user: UUID = uuid4()
    client = await process.joined(user)
    own_redis.signal(signal.SIGSTOP)
    hub = process.hub
    hub._publisher._deadline_s = hub._listener._deadline_s = 3600
    for n in range(100):
        process.hub.deliver([Progressed(user_id=user, answered=n)])
    reply = await client.sio.call("session.watch", {"session_id": str(user)})
    assert reply == {"ok": True}
    await process.client().connect(uuid4())
    # Nobody waits for Redis but who asks what they missed, and that not for long.
    hub._publisher._deadline_s = hub._listener._deadline_s = 0.05
    late = process.client()
    await late.connect(uuid4())
    ready = (await late.until("stream.ready"))[0]
    assert says(ready, epoch="", seq=0, resumed=False, truncated=True)
    hub._publisher._deadline_s = hub._listener._deadline_s = PATIENCE_S
    own_redis.signal(signal.SIGCONT)
    ready = (await late.until("stream.ready", 2))[1]
    assert ready["epoch"]
    process.hub.deliver([Progressed(user_id=user, answered=100)])
    async with asyncio.timeout(PATIENCE_S):
        while not client.of("progress.changed") or client.of("progress.changed")[-1]["answered"] != 100:
            await asyncio.sleep(0.01)
    await gapless(client.frames)
