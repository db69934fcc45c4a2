"""Boards of all, of a course, of friends and of a class, by day, week, month and in all."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from app.infra import Infra
from conftest import Crank
from domains.gamification.api import Boards, check_ledger, rebuild_boards
from domains.gamification.handlers import tally_many
from domains.gamification.policy.standings import (
    EVERYWHERE,
    SCORE_FROM,
    Period,
    ends_at,
    score,
    starts_on,
    window,
    xp_of,
)
from domains.gamification.repository import standings as repository
from domains.gamification.repository.standings import Changed, Places, Scope
from domains.gamification.service import merging
from domains.gamification.service import standings as service
from domains.gamification.service.standings import NoView
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.classes import join, new_class, new_teacher
from factories.people import Learner
from factories.rewards import Complete, NewLearner
from factories.social import befriend, call, newcomer, ok, outcome

Earn = Callable[..., Awaitable[None]]
MOMENTS = st.integers(0, 33 * 365 * 86_400_000).map(lambda ms: SCORE_FROM + timedelta(milliseconds=ms))
SUMS = st.integers(-(2**20), 2**23 - 1)


@given(SUMS, MOMENTS, SUMS, MOMENTS)
def test_a_score_says_its_xp_and_stands_higher_with_more_of_it_or_with_as_much_earlier(
    xp: int, at: datetime, other_xp: int, other_at: datetime
) -> None:
    mine, other = score(xp, at), score(other_xp, other_at)
    assert xp_of(mine) == xp
    assert int(float(mine)) == mine
    if (-xp, int(at.timestamp())) < (-other_xp, int(other_at.timestamp())):
        assert mine < other


@given(st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]), MOMENTS)
def test_a_moment_is_within_its_period_and_the_next_begins_where_it_ends(period: Period, now: datetime) -> None:
    start, end = starts_on(period, now), ends_at(period, now)
    assert start is not None
    assert end is not None
    assert start <= now.date() < end.date()
    assert starts_on(period, end) == end.date()
    assert starts_on(period, end - timedelta(microseconds=1)) == start


@pytest.mark.parametrize(("rank", "size", "above"), [(None, 5, 0), (1, 5, 0), (3, 5, 0), (4, 5, 1), (100, 10, 94)])
def test_whoever_asks_is_in_the_middle_unless_they_stand_at_the_top(rank: int | None, size: int, above: int) -> None:
    assert window(rank, size) == above


def test_all_time_neither_begins_nor_ends() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert (starts_on(Period.ALL, now), ends_at(Period.ALL, now)) == (None, None)
    assert UUID(int=0) == EVERYWHERE


@pytest.fixture
def earn(db: Database, complete: Complete) -> Earn:
    """XP that is tallied, as the job does it."""

    async def earn(user_id: UUID, *, at: datetime | None = None, course_id: UUID | None = None) -> None:
        reward = await complete(user_id, at=at, course_id=course_id)
        assert reward is not None
        async with db.begin() as uow:
            await tally_many(uow, [reward])

    return earn


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Boards are asked for at another time."""

    def at(now: datetime) -> None:
        monkeypatch.setattr(service, "utc_now", lambda: now)

    return at


async def both(boards: Boards, db: Database, period: Period, me: UUID, *, around: bool, most: int) -> Places:
    """What the view says, and PostgreSQL too."""
    shown = await boards.standings.places(EVERYWHERE, period, me, around=around, most=most)
    scope = Scope(EVERYWHERE, period, starts_on(period, service.utc_now()))
    assert await boards.standings._from_view(scope, me, around=around, most=most) == shown
    assert await repository.places(db, scope, me, around=around, most=most) == shown
    return shown


def sums(places: Places, names: dict[UUID, str]) -> list[tuple[str, int]]:
    return [(names[place.user_id], xp_of(place.score)) for place in places.places]


async def test_redis_and_postgresql_say_the_same_at_the_top_and_around_everybody(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn
) -> None:
    boards = Boards(db, infra.redis)
    learners = [await new_learner() for _ in range(7)]
    for place, learner in enumerate(learners):
        for _ in range(1 + place % 3):
            await earn(learner)
    top = await both(boards, db, Period.DAY, learners[0], around=False, most=3)
    assert (top.total, top.first, len(top.places)) == (7, 1, 3)
    everybody = await both(boards, db, Period.ALL, learners[0], around=False, most=10)
    for rank, place in enumerate(everybody.places, start=1):
        near = await both(boards, db, Period.WEEK, place.user_id, around=True, most=3)
        assert near.mine == rank
        assert near.places == everybody.places[near.first - 1 : near.first + 2]
        assert place in near.places
    stranger = await both(boards, db, Period.MONTH, await new_learner(), around=True, most=3)
    assert (stranger.mine, stranger.first, len(stranger.places)) == (None, 1, 3)


async def test_each_period_counts_its_own_days_and_one_that_is_over_is_left(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn, at: Callable[[datetime], None]
) -> None:
    boards = Boards(db, infra.redis)
    ana, bob = await new_learner(), await new_learner()
    names = {ana: "Ana", bob: "Bob"}
    monday = datetime(2026, 11, 30, 12, tzinfo=UTC)
    await earn(ana, at=monday)
    await earn(ana, at=monday + timedelta(days=1))
    await earn(bob, at=monday + timedelta(days=1, hours=1))
    await earn(ana, at=monday + timedelta(days=2))
    at(monday + timedelta(days=2, hours=1))
    found = {p: sums(await both(boards, db, p, ana, around=False, most=5), names) for p in Period}
    assert found == {
        Period.DAY: [("Ana", 20)],
        Period.WEEK: [("Ana", 60), ("Bob", 20)],
        Period.MONTH: [("Ana", 40), ("Bob", 20)],
        Period.ALL: [("Ana", 60), ("Bob", 20)],
    }
    at(monday + timedelta(days=7))
    assert (await both(boards, db, Period.WEEK, ana, around=False, most=5)).total == 0
    assert (await both(boards, db, Period.MONTH, ana, around=False, most=5)).total == 2


async def test_a_wiped_redis_is_answered_for_at_once_and_built_again_while_xp_keeps_coming(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PULL_EVERY_S", 0.0)
    boards = Boards(db, infra.redis)
    learners = [await new_learner() for _ in range(3)]
    for learner in learners:
        await earn(learner)
    await both_after_build(boards, learners[0])
    await infra.redis.flushdb()
    await earn(learners[2])
    wiped = await boards.standings.places(EVERYWHERE, Period.WEEK, learners[2], around=False, most=5)
    assert (wiped.mine, xp_of(wiped.places[0].score)) == (1, 35)
    await earn(learners[1])
    await earn(learners[1])
    now = await both(boards, db, Period.WEEK, learners[1], around=False, most=5)
    assert [xp_of(place.score) for place in now.places] == [50, 35, 20]
    assert await check_ledger(db, infra.redis) == []


async def both_after_build(boards: Boards, me: UUID) -> None:
    """The first who asks finds no view, and builds it."""
    await boards.standings.places(EVERYWHERE, Period.WEEK, me, around=False, most=1)
    assert await boards._redis.exists(service.SYNCED)


async def test_half_of_a_view_is_no_view(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is wiped while the view is built: what was written before is gone, and the end of it says nothing."""
    boards = Boards(db, infra.redis)
    learner = await new_learner()
    await earn(learner)
    add = boards.standings._add

    async def wiped(page: Sequence[Changed]) -> None:
        await infra.redis.flushdb()
        await add(page)

    monkeypatch.setattr(boards.standings, "_add", wiped)
    assert not await boards.standings.build()
    assert not await infra.redis.exists(service.SYNCED)
    monkeypatch.undo()
    assert await boards.standings.build()
    assert await check_ledger(db, infra.redis) == []


async def test_without_redis_postgresql_answers(db: Database, new_learner: NewLearner, earn: Earn) -> None:
    learner = await new_learner()
    await earn(learner)
    nobody = Redis.from_url("unix:///nonexistent.sock")
    found = await Boards(db, nobody).standings.places(EVERYWHERE, Period.DAY, learner, around=True, most=5)
    assert (found.mine, found.total) == (1, 1)
    await nobody.aclose()


async def test_a_course_has_a_board_of_its_own(db: Database, infra: Infra, new_learner: NewLearner, earn: Earn) -> None:
    boards = Boards(db, infra.redis)
    ana, bob = await new_learner(), await new_learner()
    cats, dogs = new_id(), new_id()
    await earn(ana, course_id=cats)
    await earn(ana, course_id=dogs)
    await earn(bob, course_id=dogs)
    found = await boards.standings.places(dogs, Period.ALL, bob, around=False, most=5)
    assert [(place.user_id, xp_of(place.score)) for place in found.places] == [(bob, 20), (ana, 15)]
    assert (await boards.standings.places(cats, Period.ALL, bob, around=False, most=5)).mine is None


async def test_a_tally_that_has_read_less_of_the_ledger_changes_nothing(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, earn: Earn
) -> None:
    learner = await new_learner()
    await earn(learner)
    before = await db.fetch("SELECT * FROM gamification_standing ORDER BY scope_id")
    await db.fetch("UPDATE gamification_standing SET entries = 9, all_score = 1")
    async with db.begin() as uow:
        await repository.tally(uow, [learner])
    assert {row["all_score"] for row in await db.fetch("SELECT all_score FROM gamification_standing")} == {1}
    found = await check_ledger(db, infra.redis)
    assert len(found) == 2
    assert f"standing of {learner}" in found[0]
    await rebuild_boards(db, infra.redis)
    assert await check_ledger(db, infra.redis) == []
    after = await db.fetch("SELECT * FROM gamification_standing ORDER BY scope_id")
    assert [row[:-1] for row in map(tuple, after)] == [row[:-1] for row in map(tuple, before)]


async def test_whose_entries_went_to_another_account_is_on_no_board(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PULL_EVERY_S", 0.0)
    boards = Boards(db, infra.redis)
    guest, ana = await new_learner(), await new_learner()
    await earn(guest)
    await earn(ana)
    await crank.jobs()
    await both(boards, db, Period.ALL, ana, around=False, most=5)
    async with db.begin() as uow:
        await merging.merge(uow, guest, ana)
    await crank.jobs()
    found = await both(boards, db, Period.ALL, ana, around=False, most=5)
    assert [(place.user_id, xp_of(place.score)) for place in found.places] == [(ana, 40)]
    assert await check_ledger(db, infra.redis) == []


async def test_a_forged_place_in_redis_is_found_and_rebuilt(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn
) -> None:
    learner = await new_learner()
    await earn(learner)
    boards = Boards(db, infra.redis)
    await boards.standings.build()
    await infra.redis.zadd(f"lyceum:board:{EVERYWHERE}:all:ever", {new_id().bytes: -1})
    assert len(await boards.standings.differences()) == 1
    await boards.rebuild()
    assert await boards.standings.differences() == []


async def test_a_view_that_is_far_behind_is_built_anew(
    db: Database, infra: Infra, new_learner: NewLearner, earn: Earn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_CHANGES", 1)
    boards = Boards(db, infra.redis)
    learner = await new_learner()
    assert await boards.standings.build()
    await earn(learner)
    with pytest.raises(NoView):
        await boards.standings.pull()
    await both_after_build(boards, learner)


class Cast(NamedTuple):
    """People and what they see of each other."""

    me: Learner
    friend: Learner
    stranger: Learner


@pytest.fixture
async def people(client: httpx.AsyncClient, earn: Earn) -> Cast:
    """Ana (one lesson) and her friend Bob (two), and Cid (three)."""
    ana, bob, cid = [await newcomer(client, name) for name in ("Ana", "Bob", "Cid")]
    await befriend(ana, bob)
    for lessons, person in enumerate((ana, bob, cid), start=1):
        for _ in range(lessons):
            await earn(person.id)
    return Cast(ana, bob, cid)


async def seen(person: Learner, path: str) -> list[tuple[int, str | None, int]]:
    entries = (await ok(person, "GET", f"/leaderboards/{path}"))["entries"]
    assert all((entry["name"] is None) == (entry["user_id"] is None) for entry in entries)
    return [(entry["rank"], entry["name"], entry["xp"]) for entry in entries]


async def test_a_board_says_period_and_own_place(people: Cast) -> None:
    body = await ok(people.me, "GET", "/leaderboards/global?period=month&around=true&limit=1")
    now = utc_now()
    assert body["entries"][0]["name"] == "Ana"
    assert body["me"] == {"rank": 3, "xp": 20}
    assert body["you"] == body["entries"][0]["user_id"] == str(people.me.id)
    assert (body["total"], body["starts_on"][:7], body["period"]) == (3, f"{now:%Y-%m}", "month")
    assert await seen(people.me, "friends?period=day") == [(1, "Bob", 35), (2, "Ana", 20)]
    for bad in ("global?period=year", "global?limit=0", "friends?limit=101"):
        assert (await call(people.me, "GET", f"/leaderboards/{bad}")).status_code == 400


@pytest.mark.parametrize(
    "change",
    [{"visibility": "private"}, {"preferences": "leagues"}, {"preferences": "leagues_hidden"}, {"block": True}],
)
async def test_who_is_private_hidden_or_blocked_has_a_place_and_no_name(
    people: Cast, db: Database, change: dict[str, Any]
) -> None:
    me, cid = people.me, people.stranger
    assert await seen(me, "global") == [(1, "Cid", 50), (2, "Bob", 35), (3, "Ana", 20)]
    if "visibility" in change:
        await ok(cid, "PATCH", "/profile", change)
    elif "block" in change:
        await ok(cid, "PUT", f"/blocks/{me.id}")
    else:
        wish = {change["preferences"]: change["preferences"] == "leagues_hidden"}
        await ok(cid, "PATCH", "/profile/preferences", wish)
    assert await seen(me, "global") == [(1, None, 50), (2, "Bob", 35), (3, "Ana", 20)]
    assert (await seen(cid, "global"))[0] == (1, "Cid", 50)


async def test_among_friends_who_is_not_seen_is_left_out(people: Cast) -> None:
    await ok(people.friend, "PATCH", "/profile/preferences", {"leagues_hidden": True})
    assert await seen(people.me, "friends?period=all") == [(1, "Ana", 20)]


async def test_a_course_and_a_class_show_their_boards_to_their_own(people: Cast, db: Database, client: Any) -> None:
    teacher = await new_teacher(db, client)
    classroom = await new_class(teacher)
    await join(people.me, classroom)
    await join(people.stranger, classroom)
    path = f"classes/{classroom['id']}"
    assert await seen(people.me, path) == [(1, "Cid", 50), (2, "Ana", 20)]
    assert await seen(teacher, f"{path}?limit=1") == [(1, "Cid", 50)]
    for hidden in (path, f"courses/{new_id()}"):
        answer = await call(people.friend, "GET", f"/leaderboards/{hidden}")
        assert outcome(answer) == (404, "gamification.no_board")
