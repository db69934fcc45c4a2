"""One's own stream over REST: the frames of a socket, without one."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from live_stage import until
from readers import Kept, Process, Start
from realtime_house import PATIENCE_S, OwnRedis

from app.asgi import Parts
from conftest import Crank
from domains.kernel.uow import Database
from factories.people import publish, register, small_course
from realtime.polls import POLLS_PER_PERSON, EventsOut, Position

NOW = datetime.now(UTC)
SESSION = uuid4()


async def ask(
    process: Process, user_id: UUID, after: EventsOut | Position | None = None, wait_s: float = 0
) -> EventsOut:
    position = Position(after.epoch, after.seq, after.at) if after else Position()
    return await process.hub.polls.ask(user_id, SESSION, position, wait_s)


def answered(events: EventsOut) -> list[int]:
    return [frame.data["answered"] for frame in events.frames]


async def test_who_polls_gets_every_frame_once_and_in_order(start: Start) -> None:
    process, user = await start(), uuid4()
    began = await ask(process, user)
    assert (began.seq, began.truncated, began.frames) == (0, False, [])
    process.tell(user, *range(5))
    frames, position = [], began
    while len(frames) < 5:
        position = await ask(process, user, position, wait_s=5)
        frames += position.frames
    assert [frame.data["answered"] for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.seq for frame in frames] == [1, 2, 3, 4, 5]
    assert frames[0].event == "progress.changed"


async def test_a_poll_waits_for_the_next_frame_and_no_longer(start: Start) -> None:
    process, other, user = await start(), await start(), uuid4()
    began = await ask(process, user)
    waiting = asyncio.create_task(ask(process, user, began, wait_s=20))
    await until(lambda: bool(process.hub.polls.session_ids()))
    other.tell(user, 7)
    found = await asyncio.wait_for(waiting, PATIENCE_S)
    assert answered(found) == [7]
    empty = await ask(process, user, found, wait_s=0.02)
    assert (empty.epoch, empty.seq, empty.frames, empty.truncated) == (found.epoch, found.seq, [], False)


async def test_where_the_numbers_do_not_reach_back_a_poll_says_so_and_tells_what_must_not_be_lost(start: Start) -> None:
    kept = Kept()
    wanted = kept.add(NOW)
    process, user = await start(kept), uuid4()
    found = await ask(process, user, Position("of another time", 9, NOW - timedelta(seconds=5)), wait_s=20)
    assert found.truncated
    assert [frame.id for frame in found.missed] == [wanted]  # type: ignore[union-attr]
    assert "/api/v1/notifications" in found.reload
    again = await ask(process, user, found)
    assert (again.truncated, again.missed) == (False, [])


async def test_the_oldest_of_too_many_polls_gives_way(start: Start) -> None:
    process, user = await start(), uuid4()
    began = await ask(process, user)
    polls = [asyncio.create_task(ask(process, user, began, wait_s=20)) for _ in range(POLLS_PER_PERSON + 1)]
    assert (await asyncio.wait_for(polls[0], PATIENCE_S)).frames == []
    assert not any(poll.done() for poll in polls[1:])
    await process.hub.farewell()
    assert [found.frames for found in await asyncio.gather(*polls)] == [[]] * 4


async def test_the_polls_of_a_login_that_has_ended_are_over(start: Start) -> None:
    process, user = await start(), uuid4()
    began = await ask(process, user)
    waiting = asyncio.create_task(ask(process, user, began, wait_s=20))
    await until(lambda: process.hub.polls.session_ids() == {SESSION})
    process.screens.close_sessions = lambda *_: None  # type: ignore[attr-defined]
    process.hub.disconnect_sessions([SESSION])
    assert (await asyncio.wait_for(waiting, PATIENCE_S)).frames == []


async def test_a_frozen_redis_holds_no_poll_longer_than_its_deadline(start: Start, own_redis: OwnRedis) -> None:
    kept = Kept()
    process, user = await start(kept, own_redis), uuid4()
    began = await ask(process, user)
    wanted = kept.add(datetime.now(UTC))
    own_redis.signal(signal.SIGSTOP)
    hub = process.hub
    hub._publisher._deadline_s = hub._listener._deadline_s = 0.05
    found = await asyncio.wait_for(ask(process, user, began, wait_s=3600), PATIENCE_S)
    assert (found.epoch, found.truncated) == ("", True)
    assert [frame.id for frame in found.missed] == [wanted]  # type: ignore[union-attr]
    # Who knows already waits until Redis is back, and is told then that there are numbers again.
    waiting = asyncio.create_task(ask(process, user, found, wait_s=3600))
    hub._publisher._deadline_s = hub._listener._deadline_s = PATIENCE_S
    own_redis.signal(signal.SIGCONT)
    back = await asyncio.wait_for(waiting, PATIENCE_S)
    assert back.epoch
    assert back.truncated


async def test_polling_over_rest_tells_what_a_socket_would(
    parts: Parts, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada = await register(client, "Ada")
    lessons = list((await publish(db, small_course())).lessons)
    began = (await ada.get("/events")).json()
    await ada.finish(lessons[0])
    await crank.jobs()
    after = f"{began['epoch']}:{began['seq']}"
    events: list[str] = []
    while not {"lesson.completed", "notification.created"} <= set(events):
        found = (await ada.get(f"/events?after={after}&wait_s=5")).json()
        events += [frame["event"] for frame in found["frames"]]
        after = f"{found['epoch']}:{found['seq']}"
    assert events[:4] == ["progress.changed"] * 4


async def test_what_was_lost_of_a_lesson_and_its_notifications_comes_out_of_the_database(
    parts: Parts, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada, ben = await register(client, "Ada"), await register(client, "Ben")
    lessons = list((await publish(db, small_course())).lessons)
    began = (await ada.get("/events")).json()
    taken = await ada.finish(lessons[0], wrong=1)
    await ada.post(f"/progress/lessons/{lessons[-1]}")
    await ben.finish(lessons[1])
    await crank.jobs()
    found = (await ada.get(f"/events?after=lost:7&at={began['at']}")).json()
    assert found["truncated"]
    first, second = [frame for frame in found["missed"] if frame["event"] == "lesson.completed"]
    assert first["lesson_id"] == str(lessons[0])
    assert first["session_id"]
    assert (first["xp_earned"], first["xp_total"], first["streak"]) == (taken["xp_earned"], taken["xp_total"], 1)
    assert (second["lesson_id"], second["session_id"]) == (str(lessons[-1]), None)
    inbox = (await ada.get("/notifications")).json()["items"]
    missed = {frame["id"] for frame in found["missed"] if frame["event"] == "notification.created"}
    assert missed == {item["id"] for item in inbox}
    assert [frame["at"] for frame in found["missed"]] == sorted(frame["at"] for frame in found["missed"])
    later = (NOW + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert (await ada.get(f"/events?after=lost:7&at={later}")).json()["missed"] != []


@pytest.mark.parametrize("query", ["after=7", "after=x:-1", "after=a b:1", "at=yesterday", "wait_s=26", "wait_s=-1"])
async def test_a_position_that_is_none_is_refused(client: httpx.AsyncClient, query: str) -> None:
    ada = await register(client)
    assert (await ada.get(f"/events?{query}")).status_code == 400


async def test_the_stream_is_its_owners(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/events")).status_code == 401
