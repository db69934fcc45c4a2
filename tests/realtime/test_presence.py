"""Who is there, over two processes, a death, a wipe and a frozen Redis. The test turns the crank."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import pytest
from realtime_house import PATIENCE_S, Launch, OwnRedis
from test_actors import HandClock

from realtime.hub import RealtimeSettings
from realtime.presence import Presence, keys
from realtime.rooms import Rooms, Seat, learner_room

LEAGUE = f"league:{uuid4()}"
CLASS = f"classroom:{uuid4()}"
ADA, BEN, TESS = sorted(uuid4() for _ in range(3))


class House:
    """One process, as far as presence goes: what its sockets were told, and what it says to other processes."""

    def __init__(
        self, redis: Any, origin: str, clock: HandClock, heard: Callable[[str, Collection[UUID]], None]
    ) -> None:
        self.rooms = Rooms()
        self.told: dict[str, list[Any]] = {}
        self.frames = 0
        self.clock = clock
        self.presence = Presence(
            redis, rooms=self.rooms, emitter=self, clock=clock, origin=origin, say=heard, forgotten_after_s=12
        )

    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        assert event == "presence.changed"
        self.frames += 1
        for sid in sids:
            self.told.setdefault(sid, []).append(json.loads(body))

    def sit(self, room: str, sid: str, user_id: UUID) -> None:
        self.rooms.enter(room, Seat(sid, user_id))

    async def tick(self) -> None:
        self.clock.now += 1
        await self.presence.tick()

    def online(self, sid: str) -> list[int]:
        return [frame["online"] for frame in self.told.get(sid, [])]


Houses = tuple[House, House]


@pytest.fixture
async def houses(own_redis: OwnRedis) -> AsyncIterator[Houses]:
    async with AsyncExitStack() as stack:
        made: list[House] = []

        def to_other(origin: int) -> Callable[[str, Collection[UUID]], None]:
            return lambda room, members: made[1 - origin].presence.heard(room, list(members))

        for origin in range(2):
            redis = own_redis.client()
            stack.push_async_callback(redis.aclose)
            made.append(House(redis, f"process-{origin}", HandClock(), to_other(origin)))
            stack.push_async_callback(made[-1].presence._hang_up)
        yield made[0], made[1]


async def both(houses: Houses, times: int = 2) -> None:
    for _ in range(times):
        for house in houses:
            await house.tick()


async def test_a_person_counts_once_on_two_devices_and_two_processes(houses: Houses) -> None:
    one, two = houses
    one.sit(LEAGUE, "a1", ADA)
    one.sit(LEAGUE, "a2", ADA)
    two.sit(LEAGUE, "a3", ADA)
    two.sit(LEAGUE, "b", BEN)
    await both(houses, 3)
    assert one.told["a1"][-1] == {"room": LEAGUE, "online": 2}
    assert (one.online("a2")[-1], two.online("a3")[-1], two.online("b")[-1]) == (2, 2, 2)
    two.rooms.leave(LEAGUE, "a3")
    await both(houses, 3)
    assert one.online("a1")[-1] == 2
    two.rooms.leave(LEAGUE, "b")
    await both(houses, 3)
    assert one.online("a1")[-1] == 1


async def test_many_changes_of_one_second_are_one_frame(houses: Houses) -> None:
    one, _ = houses
    one.sit(LEAGUE, "a", ADA)
    for place in range(50):
        one.sit(LEAGUE, f"s{place}", uuid4())
    await one.tick()
    assert one.frames == 1
    assert one.online("a") == [51]
    await one.tick()
    await one.tick()
    assert one.frames == 1


async def test_a_second_device_is_told_although_nobody_is_new(houses: Houses) -> None:
    one, _ = houses
    one.sit(LEAGUE, "a1", ADA)
    await one.tick()
    one.sit(LEAGUE, "a2", ADA)
    await one.tick()
    assert (one.online("a1"), one.online("a2")) == ([1], [1])


async def test_a_process_that_dies_is_forgotten(houses: Houses, own_redis: OwnRedis) -> None:
    one, two = houses
    two.presence._forgotten_after_s = 0.05
    one.sit(LEAGUE, "a", ADA)
    two.sit(LEAGUE, "b", BEN)
    await both(houses, 2)
    # From here on the second process says nothing more, as after kill -9. Time in Redis is Redis's own.
    processes, _ = keys(LEAGUE)
    async with own_redis.client() as redis:
        while await redis.zscore(processes, "process-1") is not None:
            await one.tick()
    assert one.online("a")[-1] == 1


async def test_a_process_that_stops_is_gone_at_once(houses: Houses) -> None:
    one, two = houses
    one.sit(LEAGUE, "a", ADA)
    two.sit(LEAGUE, "b", BEN)
    await both(houses, 3)
    two.rooms.leave_all("b")
    await two.presence.leave()
    await one.tick()
    await one.tick()
    assert one.online("a") == [1, 2, 1]


async def test_a_wiped_redis_is_filled_again_and_nobody_seems_to_have_left(houses: Houses, own_redis: OwnRedis) -> None:
    one, two = houses
    one.sit(LEAGUE, "a", ADA)
    two.sit(LEAGUE, "b", BEN)
    await both(houses, 3)
    async with own_redis.client() as redis:
        await redis.flushall()
        await both(houses, 3)
        assert await redis.hlen(keys(LEAGUE)[1]) == 3
    await both(houses, 6)
    assert one.online("a") == [1, 2]
    two.rooms.leave(LEAGUE, "b")
    await both(houses, 3)
    assert one.online("a")[-1] == 1


async def test_a_frozen_redis_leaves_the_own_people_right_and_all_of_them_later(
    houses: Houses, own_redis: OwnRedis
) -> None:
    one, two = houses
    for house in houses:
        house.presence._deadline_s = 0.05
    one.sit(LEAGUE, "a", ADA)
    await both(houses)
    own_redis.signal(signal.SIGSTOP)
    one.sit(LEAGUE, "t", TESS)
    two.sit(LEAGUE, "b", BEN)
    await both(houses)
    assert (one.online("a"), two.online("b")) == ([1, 2], [1])
    own_redis.signal(signal.SIGCONT)
    for house in houses:
        house.presence._deadline_s = 2
    await both(houses, 4)
    assert (one.online("a")[-1], two.online("b")[-1]) == (3, 3)


async def test_a_teacher_sees_which_learners_are_online_wherever_they_are(houses: Houses) -> None:
    one, two = houses
    one.sit(CLASS, "t", TESS)
    await both(houses)
    # The teacher is no learner of the class, also while nobody knows who is.
    one.presence.expect(CLASS, [ADA, BEN])
    await both(houses)
    assert one.told["t"] == [{"room": CLASS, "online": 0, "ids": []}]
    # They need not be in the class's room; and who is not of the class is not seen.
    one.sit(learner_room(ADA), "a", ADA)
    two.sit(learner_room(BEN), "b", BEN)
    two.sit(learner_room(uuid4()), "x", uuid4())
    await both(houses, 3)
    assert one.told["t"][-1] == {"room": CLASS, "online": 2, "ids": [str(ADA), str(BEN)]}
    two.rooms.leave_all("b")
    await both(houses, 3)
    assert one.told["t"][-1]["ids"] == [str(ADA)]


async def test_a_class_that_nobody_watches_any_more_costs_no_process_anything(houses: Houses) -> None:
    one, two = houses
    one.sit(CLASS, "t", TESS)
    one.presence.expect(CLASS, [BEN])
    two.sit(learner_room(BEN), "b", BEN)
    await both(houses, 3)
    assert one.online("t")[-1] == 1
    one.rooms.leave_all("t")
    await both(houses, 14)
    assert not any(house.presence._places or house.presence._rosters for house in houses)


async def test_presence_reaches_the_sockets_of_another_process(launch: Launch, own_redis: OwnRedis) -> None:
    settings = RealtimeSettings(presence_every_s=0.05)
    one, two = await launch(own_redis, settings=settings), await launch(own_redis, settings=settings)
    room = uuid4()
    for process in (one, two):
        process.world.rights |= {(ADA, room), (BEN, room)}
    ada, ben = await one.joined(ADA), await two.joined(BEN)
    assert await ada.sio.call("course.watch", {"course_id": str(room)}) == {"ok": True}
    assert await ben.sio.call("course.watch", {"course_id": str(room)}) == {"ok": True}
    async with asyncio.timeout(PATIENCE_S):
        while ada.of("presence.changed")[-1:] != [{"room": f"course:{room}", "online": 2}]:
            await asyncio.sleep(0.01)
        await ben.sio.disconnect()
        while ada.of("presence.changed")[-1]["online"] != 1:
            await asyncio.sleep(0.01)
