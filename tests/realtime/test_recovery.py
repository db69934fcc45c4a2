"""What a reader of a stream has seen, whatever happens to sockets, processes and Redis in between."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers import Kept, Process, Reader, Start, until
from realtime_house import OwnRedis, Progressed

from realtime.publisher import channel_of
from realtime.recovery import new_epoch
from realtime.rooms import learner_room

# ---- any order of events

step = st.one_of(
    st.tuples(st.just("tell"), st.integers(0, 1), st.integers(1, 4)),
    st.tuples(st.just("tell again"), st.integers(0, 1), st.integers(0, 5)),
    st.tuples(st.just("connect"), st.integers(0, 1), st.integers(0, 2)),
    st.tuples(st.just("drop"), st.just(0), st.integers(0, 2)),
    st.tuples(st.just("rest"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("deafen"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("pause"), st.just(0), st.integers(1, 8)),
    st.tuples(st.sampled_from(["restart", "empty"]), st.just(0), st.just(0)),
)
Step = tuple[str, int, int]


class Story:
    """Runs steps against two processes and three readers of one person's stream."""

    def __init__(self, processes: Sequence[Process]) -> None:
        self.processes = processes
        self.user_id = uuid4()
        self.readers = [Reader(self.user_id) for _ in range(3)]
        self.facts: list[Progressed] = []
        self.broken = False
        """Redis forgot, or may have."""
        self.empty = False

    async def take(self, step: Step) -> None:
        verb, where, number = step
        process = self.processes[where]
        match verb:
            case "tell":
                new = [Progressed(user_id=self.user_id, answered=len(self.facts) + n) for n in range(number)]
                self.facts += new
                process.hub.deliver(new)
            case "tell again":
                process.hub.deliver(self.facts[number : number + 1])
            case "connect":
                self.readers[number].connect(process)
            case "drop":
                self.readers[number].drop()
            case "rest":
                await process.rest()
            case "deafen":
                await process.deafen()
            case "pause":
                await asyncio.sleep(number / 1000)
            case "restart" | "empty":
                await self.settle()
                self.broken = True
                run_id = new_epoch()
                for each in self.processes:
                    each.hub._publisher._run_id = run_id
                if verb == "empty":
                    self.empty = True
                    await process.client.flushall()

    async def settle(self) -> None:
        await until(lambda: all(process.hub._publisher.drained() for process in self.processes))

    async def end(self) -> dict[int, int]:
        """Waits until everybody is at the head of the stream, and tells what that holds: `answered` by `seq`."""
        await self.settle()
        for reader in self.readers:
            if reader.process is None:
                reader.connect(self.processes[1])
        read = self.processes[0].hub._publisher.read
        head = await read(self.user_id, None, 0)
        replay = await read(self.user_id, head.epoch, 0) if head else None
        assert head is not None
        assert replay is not None
        await until(lambda: all(reader.position[:2] == (head.epoch, head.head) for reader in self.readers))
        return {frame.seq: msgspec.json.decode(frame.body)["answered"] for frame in replay.frames}


@given(steps=st.lists(step, max_size=14))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_reader_has_every_frame_once_and_in_order_or_is_told_that_some_are_lost(
    two: tuple[Process, Process], steps: list[Step]
) -> None:
    story = Story(two)
    for each in steps:
        await story.take(each)
    stream = await story.end()
    if not story.broken:
        assert sorted(stream.values()) == list(range(len(story.facts)))
    said: dict[tuple[str, int], int] = {}
    for reader in story.readers:
        epoch, seq, since = "", 0, 0
        for event, data in reader.frames:
            if event == "stream.ready":
                assert not data["truncated"] or story.broken
                assert not data["resumed"] or (data["epoch"], data["seq"]) == (epoch, seq)
                since = since if data["resumed"] else data["seq"]
                epoch, seq = data["epoch"], data["seq"]
            else:
                assert data["seq"] == seq + 1
                seq = data["seq"]
                # Everybody is told the same under the same number.
                assert said.setdefault((epoch, seq), data["answered"]) == data["answered"]
        assert [stream[number] for number in range(since + 1, seq + 1)] == reader.answered[
            len(reader.answered) - seq + since :
        ]
        assert story.empty or len(set(reader.answered)) == len(reader.answered)
        reader.drop()


# ---- actors at rest


async def test_an_actor_rests_while_its_reader_sits_there_and_a_frame_wakes_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await start()
    reader = Reader(uuid4())
    reader.connect(process)
    await until(lambda: len(reader.ready) == 1)
    await process.rest()
    assert not process.hub._supervisor.living()
    assert process.hub._listener.hears(learner_room(reader.user_id))

    # What it hears is the next number, so that there is nothing to ask Redis for.
    async def read(*_: Any) -> Any:
        raise AssertionError("read")

    monkeypatch.setattr(process.hub._publisher, "read", read)
    process.tell(reader.user_id, 1, 2)
    await until(lambda: reader.answered == [1, 2])


async def test_what_a_resting_actor_could_not_hear_reaches_its_reader(start: Start) -> None:
    process, other = await start(), await start()
    reader = Reader(uuid4())
    reader.connect(process)
    await until(lambda: len(reader.ready) == 1)
    await process.rest()
    await process.deafen()
    other.tell(reader.user_id, 1)
    await until(lambda: reader.answered == [1])
    assert len(reader.ready) == 1


async def test_a_room_that_nobody_reads_any_more_is_unsubscribed(start: Start) -> None:
    process = await start()
    reader = Reader(uuid4())
    reader.connect(process)
    await until(lambda: len(reader.ready) == 1)
    reader.drop()
    await process.rest()
    await process.hub._streams.tidy(process.hub._supervisor.living(), ())
    assert learner_room(reader.user_id) not in process.hub._listener.rooms()
    channel = channel_of(learner_room(reader.user_id))
    assert await process.client.pubsub_numsub(channel) == [(channel.encode(), 0)]


# ---- what the database still knows


NOW = datetime.now(UTC)


def told(ready: dict[str, Any]) -> list[str]:
    return [frame["id"] for frame in ready["missed"]]


async def test_where_the_numbers_do_not_reach_back_what_must_not_be_lost_comes_from_the_database(start: Start) -> None:
    kept = Kept()
    kept.add(NOW - timedelta(hours=2))
    wanted = [kept.add(NOW - timedelta(minutes=5)), kept.add(NOW)]
    process = await start(kept)
    process.join("late", uuid4(), ("of another time", 7, NOW - timedelta(minutes=10)))
    frames = process.screens.frames["late"]
    await until(lambda: bool(frames))
    ready = frames[0][1]
    assert (ready["truncated"], ready["resumed"]) == (True, False)
    assert told(ready) == [str(id_) for id_ in wanted]
    assert ready["missed"][0]["event"] == "notification.created"
    assert "/api/v1/notifications" in ready["reload"]
    # A minute more than was asked for: a row is as old as its transaction.
    assert kept.asked == [NOW - timedelta(minutes=11)]


async def test_who_resumes_or_is_new_is_told_nothing_out_of_the_database(start: Start) -> None:
    kept = Kept()
    kept.add(NOW)
    process = await start(kept)
    reader = Reader(uuid4())
    reader.connect(process)
    await until(lambda: len(reader.ready) == 1)
    process.tell(reader.user_id, 1)
    await until(lambda: reader.answered == [1])
    reader.connect(process)
    await until(lambda: len(reader.ready) == 2)
    assert reader.ready[1]["resumed"]
    assert kept.asked == []


async def test_a_client_that_only_knows_the_time_is_brought_up_from_there(start: Start) -> None:
    kept = Kept()
    wanted = kept.add(NOW)
    process = await start(kept)
    process.join("blank", uuid4(), (None, 0, NOW - timedelta(minutes=1)))
    frames = process.screens.frames["blank"]
    await until(lambda: bool(frames))
    assert frames[0][1]["truncated"]
    assert told(frames[0][1]) == [str(wanted)]


async def test_without_the_database_the_reader_keeps_its_time_and_asks_again_with_it(start: Start) -> None:
    kept = Kept()
    kept.away = True
    process = await start(kept)
    at = NOW - timedelta(minutes=3)
    process.join("late", uuid4(), ("of another time", 7, at))
    frames = process.screens.frames["late"]
    await until(lambda: bool(frames))
    ready = frames[0][1]
    assert ready["truncated"]
    assert ready["missed"] == []
    assert datetime.fromisoformat(ready["at"]) == at


async def test_with_redis_away_a_newcomer_learns_of_what_must_not_be_lost_and_gets_a_number_later(
    start: Start, own_redis: OwnRedis
) -> None:
    kept = Kept()
    own_redis.kill()
    process = await start(kept, own_redis)
    wanted = kept.add(NOW)
    reader = Reader(uuid4(), past=[("stream.ready", {"epoch": "e", "seq": 4, "at": NOW.isoformat()})])
    reader.connect(process)
    await until(lambda: len(reader.ready) == 2)
    assert (reader.ready[1]["epoch"], reader.ready[1]["truncated"]) == ("", True)
    assert told(reader.ready[1]) == [str(wanted)]
    await process.sweep()
    assert process.hub._supervisor.living()
    own_redis.start()
    await until(lambda: len(reader.ready) == 3)
    assert reader.ready[2]["epoch"]
    process.tell(reader.user_id, 1)
    await until(lambda: reader.answered == [1])


async def test_a_process_notices_that_it_hears_nothing_and_that_it_hears_again(
    start: Start, own_redis: OwnRedis
) -> None:
    process = await start(None, own_redis)
    hub = process.hub
    began = hub._heard_at
    await until(lambda: hub._heard_at > began)
    own_redis.kill()
    # What was on its way may still be heard.
    await until(lambda: not hub._listener.connected)
    last = hub._heard_at
    await until(lambda: hub.deaf_s() > 0.2)
    assert hub._heard_at == last
    own_redis.start()
    await until(lambda: hub._heard_at > last)
