"""Quests are done by what the ledger says, claimed once, and shared with friends."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.infra import Infra
from domains.gamification.api import check_ledger
from domains.gamification.events import MonthlyBadgeEarned
from domains.gamification.policy.quests import given
from domains.gamification.rulebook import Rulebook
from domains.gamification.service import friend_quests, gems, merging, quests
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import LessonCompleted, PracticeCompleted
from factories.people import Learner, register
from factories.social import befriend, call, ok, outcome

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
"""A Wednesday."""


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def bob(client: httpx.AsyncClient, ada: Learner) -> Learner:
    found = await register(client, "Bob")
    await befriend(ada, found)
    return found


async def learn(db: Database, who: Learner, at: datetime, *, lessons: int = 0, practices: int = 0) -> None:
    for place in range(lessons + practices):
        session = {"user_id": who.id, "course_id": new_id(), "session_id": new_id(), "occurred_at": at}
        graded = {"correct": 8, "total": 8}
        async with db.begin() as uow:
            if place < lessons:
                uow.record(LessonCompleted(**session, **graded, lesson_id=new_id(), completions=1))
            else:
                uow.record(PracticeCompleted(**session, **graded, unit_id=None, kind="mistakes", skipped=0))


async def listed(db: Database, who: Learner, at: datetime, patch: pytest.MonkeyPatch) -> Any:
    for module in (quests, friend_quests):
        patch.setattr(module, "utc_now", lambda: at)
    async with db.begin() as uow:
        return await quests.listed(uow, who.id)


async def claim(db: Database, who: Learner, key: str) -> Any:
    async with db.begin() as uow:
        return await quests.claim(uow, who.id, key)


async def test_what_was_learned_counts_and_is_paid_once_however_often_it_is_claimed(ada: Learner, db: Database) -> None:
    begun = (await ok(ada, "GET", "/quests"))["quests"]
    assert [one["progress"] for one in begun] == [0, 0, 0, 0]
    refused = await call(ada, "POST", f"/quests/{begun[0]['key']}/claim")
    assert outcome(refused) == (409, "gamification.quest_not_done")
    await learn(db, ada, utc_now(), lessons=4, practices=3)
    done = (await ok(ada, "GET", "/quests"))["quests"][:3]
    assert [(one["key"], one["progress"]) for one in done] == [(one["key"], one["target"]) for one in begun[:3]]
    keys = [one["key"] for one in done]
    answers = await asyncio.gather(*(ok(ada, "POST", f"/quests/{key}/claim") for key in keys * 10))
    worth = sum(one["gems"] for one in done)
    assert sum(one["earned"] for one in answers) == worth
    assert (await ok(ada, "GET", "/gems"))["gems"] == worth
    assert all(one["claimed"] for one in (await ok(ada, "GET", "/quests"))["quests"][:3])


async def test_a_quest_of_yesterday_can_still_be_claimed_and_one_of_the_day_before_cannot(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await learn(db, ada, NOON, lessons=4, practices=3)
    today = await listed(db, ada, NOON, monkeypatch)
    key = today.quests[0].key
    tomorrow = await listed(db, ada, NOON + timedelta(days=1), monkeypatch)
    assert [one.progress for one in tomorrow.quests[:3]] == [0, 0, 0]
    assert {one.key for one in tomorrow.quests} >= {one.key for one in today.quests}
    await listed(db, ada, NOON + timedelta(days=2), monkeypatch)
    with pytest.raises(quests.QuestNotFound):
        await claim(db, ada, key)
    await listed(db, ada, NOON + timedelta(days=1), monkeypatch)
    assert (await claim(db, ada, key)).earned > 0


@pytest.mark.parametrize(("zone", "on"), [("Pacific/Kiritimati", "2026-11-19"), ("Pacific/Pago_Pago", "2026-11-18")])
async def test_a_day_is_the_learners_own(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch, zone: str, on: str
) -> None:
    await db.fetch("UPDATE identity_user SET time_zone = $1 WHERE id = $2", zone, ada.id)
    found = (await listed(db, ada, NOON, monkeypatch)).quests[0]
    assert (found.key.split(":")[1], str(found.first_on)) == (on, on)


async def test_the_claim_that_completes_a_month_brings_its_badge_once(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = Rulebook().quests.badge
    async with db.begin() as uow:
        for place in range(rule.quests - 2):
            await gems.earn(uow, ada.id, 1, f"quest:daily:2026-11-01:x{place}")
        await gems.earn(uow, ada.id, 1, "quest:daily:2026-10-31:x")
    await learn(db, ada, NOON, lessons=4, practices=3)
    before = await listed(db, ada, NOON, monkeypatch)
    assert (before.month.claimed, before.badges) == (rule.quests - 2, [])
    answers = await asyncio.gather(*(claim(db, ada, one.key) for one in before.quests[:3]))
    assert sorted(one.badge or "" for one in answers) == ["", "", "2026-11"]
    after = await listed(db, ada, NOON, monkeypatch)
    assert (after.month.claimed, [one.month for one in after.badges]) == (rule.quests + 1, ["2026-11"])
    told = await db.fetch("SELECT payload FROM kernel_outbox WHERE type = $1", MonthlyBadgeEarned.__struct_config__.tag)
    assert len(told) == 1


async def test_two_friends_do_a_quest_together_and_each_is_paid_for_it(
    ada: Learner, bob: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    [asked] = await ok(ada, "POST", "/quests/friends", {"user_id": str(bob.id)})
    [invited] = (await ok(bob, "GET", "/quests"))["friends"]
    assert (asked["state"], asked["friend"]["name"], asked["progress"]) == ("asked", "Bob", 0)
    assert (invited["state"], invited["friend"]["user_id"]) == ("invited", str(ada.id))
    await learn(db, ada, utc_now() - timedelta(minutes=5), lessons=1)
    [running] = await ok(bob, "POST", "/quests/friends", {"user_id": str(ada.id)})
    assert (running["state"], running["progress"]) == ("running", 0)
    assert outcome(await call(bob, "POST", f"/quests/{running['key']}/claim")) == (409, "gamification.quest_not_done")
    await learn(db, ada, utc_now(), lessons=16)
    await learn(db, bob, utc_now(), lessons=5)
    [seen] = (await ok(bob, "GET", "/quests"))["friends"]
    assert (seen["progress"], 0 < seen["mine"] < seen["target"]) == (seen["target"], True)
    for one in (ada, bob):
        answers = await asyncio.gather(*(ok(one, "POST", f"/quests/{seen['key']}/claim") for _ in range(5)))
        assert sum(answer["earned"] for answer in answers) == seen["gems"]
    stranger = await register(ada.http, "Cid")
    assert (await call(stranger, "POST", f"/quests/{seen['key']}/claim")).status_code == 404


async def test_nobody_does_two_quests_with_friends_at_once(
    ada: Learner, bob: Learner, client: httpx.AsyncClient
) -> None:
    cid = await register(client, "Cid")
    await befriend(ada, cid)
    for friend in (bob, cid):
        await ok(friend, "POST", "/quests/friends", {"user_id": str(ada.id)})
    answers = await asyncio.gather(
        *(call(ada, "POST", "/quests/friends", {"user_id": str(friend.id)}) for friend in (bob, cid))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    running = [one for one in (await ok(ada, "GET", "/quests"))["friends"] if one["state"] == "running"]
    assert len(running) == 1
    assert (await call(ada, "DELETE", f"/quests/friends/{running[0]['id']}")).status_code == 204
    states = sorted(one["state"] for one in (await ok(ada, "GET", "/quests"))["friends"])
    assert states == ["invited"]


async def test_only_friends_are_invited_and_either_side_may_take_it_back(
    ada: Learner, bob: Learner, client: httpx.AsyncClient, crank: Any
) -> None:
    cid = await register(client, "Cid")
    invite = {"user_id": str(cid.id)}
    assert outcome(await call(ada, "POST", "/quests/friends", invite)) == (404, "gamification.no_friend_of_yours")
    for _ in range(2):
        [asked] = await ok(ada, "POST", "/quests/friends", {"user_id": str(bob.id)})
    await ok(bob, "PATCH", "/profile", {"locale": "de"})
    [shown] = (await ok(bob, "GET", "/quests"))["friends"]
    assert asked["name"] != shown["name"]
    assert (await call(cid, "DELETE", f"/quests/friends/{asked['id']}")).status_code == 404
    assert (await call(bob, "DELETE", f"/quests/friends/{asked['id']}")).status_code == 204
    assert (await ok(ada, "GET", "/quests"))["friends"] == []
    await crank.jobs()
    told = (await ok(bob, "GET", "/notifications"))["items"]
    [invitation] = [one for one in told if one["kind"] == "quest_invitation"]
    assert invitation["title"] == "Ada lädt dich zu einer Aufgabe ein"
    assert shown["name"] in invitation["body"]


async def test_a_quest_that_is_over_makes_room_for_the_next(ada: Learner, bob: Learner, db: Database) -> None:
    for one, other in ((ada, bob), (bob, ada)):
        await ok(one, "POST", "/quests/friends", {"user_id": str(other.id)})
    await db.fetch(
        "UPDATE gamification_friend_quest"
        " SET began_at = began_at - interval '7 days', ends_at = ends_at - interval '7 days'"
    )
    for one, other in ((ada, bob), (bob, ada)):
        await ok(one, "POST", "/quests/friends", {"user_id": str(other.id)})
    assert [one["state"] for one in (await ok(ada, "GET", "/quests"))["friends"]] == ["running"]


async def test_who_wants_no_streaks_has_another_quest_of_the_week_and_not_a_second_one(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = (new_id() for _ in range(200))
    asked_for_days = next(id_ for id_ in ids if given(Rulebook().quests, id_, NOON.date())[-1].quest.metric == "days")
    monkeypatch.setattr(quests.policy, "given", lambda book, _, on, **wish: given(book, asked_for_days, on, **wish))
    for days in range(-2, 3):
        await learn(db, ada, NOON + timedelta(days=days), lessons=4, practices=1)
    earned = []
    for streaks in (True, False):
        await ok(ada, "PATCH", "/profile/preferences", {"streaks": streaks})
        weekly = (await listed(db, ada, NOON + timedelta(days=2), monkeypatch)).quests[3]
        assert (weekly.cadence, weekly.metric == "days", weekly.progress) == ("weekly", streaks, weekly.target)
        earned.append((await claim(db, ada, weekly.key)).earned)
    assert [gems > 0 for gems in earned] == [True, False]


async def test_of_two_accounts_that_become_one_no_gems_are_lost_and_no_quest_is_with_oneself(
    ada: Learner, bob: Learner, client: httpx.AsyncClient, db: Database, infra: Infra
) -> None:
    cid = await register(client, "Cid")
    await befriend(bob, cid)
    for one, other in ((ada, bob), (bob, cid), (cid, bob)):
        await ok(one, "POST", "/quests/friends", {"user_id": str(other.id)})
    async with db.begin() as uow:
        for who in (ada, bob):
            await gems.earn(uow, who.id, 700, "quest:daily:2026-11-01:xp_20")
            await gems.spend(uow, who.id, 500, "own:frame_laurel")
    async with db.begin() as uow:
        await merging.merge(uow, bob.id, ada.id)
    assert (await ok(ada, "GET", "/gems"))["gems"] == 400
    owned = [one["id"] for one in (await ok(ada, "GET", "/shop"))["items"] if one["owned"]]
    assert owned == ["frame_laurel"]
    [running] = (await ok(cid, "GET", "/quests"))["friends"]
    assert (running["state"], running["friend"]["user_id"]) == ("running", str(ada.id))
    assert len((await ok(ada, "GET", "/quests"))["friends"]) == 1
    assert await check_ledger(db, infra.redis) == []
