"""Boards over real sockets: authorised joins, absolute values, one's own change first, others' conflated."""

import asyncio
import time
from uuid import uuid4

import pytest
from readers import until
from realtime_house import Launch, OwnRedis, Process, Scored, World

from domains.gamification.events import StandingsMoved
from realtime.actors.league import LeagueActor


async def test_a_member_watches_and_gets_the_acknowledgement_before_the_snapshot(process: Process) -> None:
    league, me, other = uuid4(), uuid4(), uuid4()
    process.world.boards.award(league, me, 10)
    process.world.boards.award(league, other, 20)
    client = await process.joined(me)
    assert await client.sio.call("league.watch", {"league_id": str(league)}) == {"ok": True}
    (snapshot,) = await client.until("league.snapshot")
    assert snapshot["league_id"] == str(league)
    assert snapshot["version"] == 2
    assert set(snapshot) == {"league_id", "version", "entries", "you"}
    assert snapshot["you"] == str(me)
    assert [(entry["rank"], entry["user_id"], entry["xp"]) for entry in snapshot["entries"]] == [
        (1, str(other), 20),
        (2, str(me), 10),
    ]


async def test_a_stranger_is_told_that_there_is_no_such_league(process: Process) -> None:
    league = uuid4()
    process.world.boards.award(league, uuid4(), 10)
    client = await process.joined()
    reply = await client.sio.call("league.watch", {"league_id": str(league)})
    assert (reply["ok"], reply["code"]) == (False, "realtime.not_found")
    process.hub.deliver([Scored(user_id=uuid4(), league_id=league)])
    await asyncio.sleep(0.1)
    assert not client.of("league.snapshot")
    assert not client.of("league.changed")


async def test_ones_own_change_comes_at_once_however_many_there_are(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeagueActor, "interval_s", 3600)
    boards, league, me, other = process.world.boards, uuid4(), uuid4(), uuid4()
    for user in (me, other):
        boards.award(league, user, 0)
    mine, theirs = await process.joined(me), await process.joined(other)
    for client in (mine, theirs):
        await client.sio.call("league.watch", {"league_id": str(league)})
        await client.until("league.snapshot")
    for n in range(1, 21):
        boards.award(league, me, 1)
        process.hub.deliver([Scored(user_id=me, league_id=league)])
        assert (await mine.until("league.changed", n))[-1]["entries"][0]["xp"] == n
    assert len(theirs.of("league.changed")) == LeagueActor.burst


async def test_changes_of_others_come_at_most_four_times_a_second_and_the_last_always(process: Process) -> None:
    league, me, other = uuid4(), uuid4(), uuid4()
    boards = process.world.boards
    for user in (me, other):
        boards.award(league, user, 0)
    mine, theirs = await process.joined(me), await process.joined(other)
    for client in (mine, theirs):
        await client.sio.call("league.watch", {"league_id": str(league)})
        await client.until("league.snapshot")
    began = time.monotonic()
    for _ in range(40):
        boards.award(league, me, 1)
        process.hub.deliver([Scored(user_id=me, league_id=league)])
        await asyncio.sleep(0.02)
    await until(
        lambda: all(client.of("league.changed")[-1]["version"] == boards.versions[league] for client in (mine, theirs))
    )
    lasted = time.monotonic() - began
    assert len(theirs.of("league.changed")) <= lasted * 4 + 2
    assert theirs.of("league.changed")[-1]["entries"] == mine.of("league.changed")[-1]["entries"]
    for client in (mine, theirs):
        versions = [frame["version"] for frame in client.of("league.changed")]
        assert versions == sorted(versions)
        assert versions[-1] == boards.versions[league]


async def test_a_change_that_the_view_behind_the_board_missed_is_shown_all_the_same(process: Process) -> None:
    league, me = uuid4(), uuid4()
    boards = process.world.boards
    boards.award(league, me, 1)
    client = await process.joined(me)
    await client.sio.call("league.watch", {"league_id": str(league)})
    await client.until("league.snapshot")
    boards.late = await boards.board(league)
    boards.award(league, me, 5)
    process.hub.deliver([Scored(user_id=me, league_id=league)])
    frames = await client.until("league.changed")
    assert [entry["xp"] for entry in frames[-1]["entries"]] == [6]


async def test_changes_reach_watchers_on_other_processes(launch: Launch, shared_redis: OwnRedis) -> None:
    world = World()
    one, two = await launch(shared_redis, world), await launch(shared_redis, world)
    league, me = uuid4(), uuid4()
    world.boards.award(league, me, 1)
    client = await two.joined(me)
    await client.sio.call("league.watch", {"league_id": str(league)})
    await client.until("league.snapshot")
    world.boards.award(league, me, 4)
    one.hub.deliver([Scored(user_id=me, league_id=league)])
    (changed,) = await client.until("league.changed")
    assert changed["entries"][0]["xp"] == 5


async def test_who_is_unseen_from_now_on_has_another_line_at_once_and_is_told_which(
    launch: Launch, shared_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LeagueActor, "interval_s", 3600)
    world = World()
    one, two = await launch(shared_redis, world), await launch(shared_redis, world)
    league, me, other, alias = uuid4(), uuid4(), uuid4(), uuid4()
    for user, xp in ((me, 5), (other, 1)):
        world.boards.award(league, user, xp)
    mine, theirs = await two.joined(me), await one.joined(other)
    for client in (mine, theirs):
        await client.sio.call("league.watch", {"league_id": str(league)})
        await client.until("league.snapshot")
    world.boards.hidden[me] = alias
    one.hub.deliver([StandingsMoved(league_ids=[league])])
    for client, you in ((mine, alias), (theirs, other)):
        whole = (await client.until("league.snapshot", 2))[-1]
        assert whole["you"] == str(you)
        assert {line["user_id"] for line in whole["entries"]} == {str(alias), str(other)}
    for n in range(1, 4):
        world.boards.award(league, me, 1)
        one.hub.deliver([Scored(user_id=me, league_id=league)])
        changed = (await mine.until("league.changed", n))[-1]["entries"]
        assert [(line["user_id"], line["xp"]) for line in changed] == [(str(alias), 5 + n)]
        assert str(me) not in str(theirs.of("league.changed"))


async def test_without_redis_the_same_process_still_shows_changes(launch: Launch, own_redis: OwnRedis) -> None:
    process = await launch(own_redis)
    league, me = uuid4(), uuid4()
    process.world.boards.award(league, me, 1)
    client = await process.joined(me)
    own_redis.kill()
    await client.sio.call("league.watch", {"league_id": str(league)})
    await client.until("league.snapshot")
    process.world.boards.award(league, me, 4)
    process.hub.deliver([Scored(user_id=me, league_id=league)])
    (changed,) = await client.until("league.changed")
    assert changed["entries"][0]["xp"] == 5


async def test_a_board_that_cannot_be_read_comes_when_it_can(process: Process) -> None:
    league, me = uuid4(), uuid4()
    process.world.boards.award(league, me, 1)
    process.world.boards.broken = True
    client = await process.joined(me)
    assert await client.sio.call("league.watch", {"league_id": str(league)}) == {"ok": True}
    await asyncio.sleep(0.1)
    assert not client.of("league.snapshot")
    process.world.boards.broken = False
    await client.until("league.snapshot")


async def test_a_late_board_never_takes_a_client_back(process: Process) -> None:
    league, me = uuid4(), uuid4()
    boards = process.world.boards
    boards.award(league, me, 5)
    boards.award(league, me, 5)
    client = await process.joined(me)
    await client.sio.call("league.watch", {"league_id": str(league)})
    await client.until("league.snapshot")
    boards.versions[league], boards.xp[league][me] = 1, 5
    process.hub.deliver([Scored(user_id=me, league_id=league)])
    await asyncio.sleep(0.4)
    assert not client.of("league.changed")


async def test_who_stops_watching_hears_no_more(process: Process) -> None:
    league, me = uuid4(), uuid4()
    process.world.boards.award(league, me, 1)
    client = await process.joined(me)
    await client.sio.call("league.watch", {"league_id": str(league)})
    await client.until("league.snapshot")
    assert await client.sio.call("league.unwatch", {}) == {"ok": True}
    process.world.boards.award(league, me, 1)
    process.hub.deliver([Scored(user_id=me, league_id=league)])
    await asyncio.sleep(0.3)
    assert not client.of("league.changed")
