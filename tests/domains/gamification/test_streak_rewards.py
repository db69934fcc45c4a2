"""Streaks as the house keeps them."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from app.infra import Infra
from conftest import Crank
from domains.gamification.api import check_ledger
from domains.gamification.events import StreakKept, StreakMilestoneReached
from domains.gamification.service import streaks
from domains.gamification.service.merging import merge
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from domains.kernel.zones import local_date
from factories.people import Learner
from factories.rewards import Complete, NewLearner
from factories.social import befriend, call, newcomer, ok, outcome

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
"""Of a Monday."""


def noon(number: int) -> datetime:
    return NOON + timedelta(days=number)


async def freeze(db: Database, monkeypatch: pytest.MonkeyPatch, user_id: UUID, at: datetime, cause: str) -> bool:
    monkeypatch.setattr(streaks, "utc_now", lambda: at)
    async with db.begin() as uow:
        return await streaks.add_freeze(uow, user_id, cause)


async def streak_of(db: Database, user_id: UUID) -> tuple[int, int]:
    async with db.begin() as uow:
        shown = await streaks.shown(uow, user_id)
    [row] = await db.fetch("SELECT current_days FROM gamification_streak WHERE user_id = $1", user_id)
    return row["current_days"], shown.freezes


async def facts(db: Database, kind: type) -> int:
    rows = await db.fetch("SELECT FROM kernel_outbox WHERE type = $1", kind.type_name())  # type: ignore[attr-defined]
    return len(rows)


async def test_a_freeze_saves_a_day_and_is_back_when_the_day_was_practised_without_a_network(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await new_learner()
    await complete(ada, at=noon(0))
    assert await freeze(db, monkeypatch, ada, noon(0), "shop:1")
    await complete(ada, at=noon(2))
    assert await streak_of(db, ada) == (2, 0)
    assert await facts(db, StreakKept) == 1
    assert await check_ledger(db, infra.redis) == []
    await complete(ada, at=noon(1), late=timedelta(days=1))
    assert await streak_of(db, ada) == (3, 1)
    assert await check_ledger(db, infra.redis) == []


async def test_no_more_than_two_freezes_are_held_whoever_adds_them_at_once(
    db: Database, new_learner: NewLearner, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await new_learner()
    assert await freeze(db, monkeypatch, ada, noon(0), "shop:0")
    added = await asyncio.gather(*(freeze(db, monkeypatch, ada, noon(0), f"shop:{n}") for n in range(1, 6)))
    assert sum(added) == 1
    assert await freeze(db, monkeypatch, ada, noon(0), "shop:0")
    assert await streak_of(db, ada) == (0, 2)


async def test_three_sessions_on_the_day_after_repair_what_was_lost(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    ada = await new_learner()
    for number in (0, 1, 2, 4, 4):
        await complete(ada, at=noon(number))
    assert (await streak_of(db, ada))[0] == 1
    done = await complete(ada, at=noon(4))
    assert done is not None
    assert done.streak_days == 4
    assert await check_ledger(db, infra.redis) == []
    await db.fetch("UPDATE gamification_streak SET current_days = 1")
    [difference] = await check_ledger(db, infra.redis)
    assert f"streak of {ada}: ledger 4 4" in difference


async def test_what_comes_late_counts_on_the_day_of_the_zone_that_its_owner_lived_in(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ada = await new_learner(time_zone="Pacific/Auckland")
    evening = datetime(2026, 11, 2, 8, tzinfo=UTC)
    for number in (0, 2):
        await complete(ada, at=evening + timedelta(days=number))
    await db.fetch(
        "UPDATE identity_user SET time_zone = 'Pacific/Honolulu', time_zone_changed_at = $1 WHERE id = $2",
        evening + timedelta(days=2, hours=1), ada,
    )  # fmt: skip
    late = await complete(ada, at=evening + timedelta(days=1), late=timedelta(days=1, hours=2))
    assert late is not None
    assert late.streak_days == 3


async def test_the_first_week_in_a_row_brings_gems_and_a_freeze_once(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ada = await new_learner()
    for number in (*range(8), *range(10, 18)):
        await complete(ada, at=noon(number))
    assert await facts(db, StreakMilestoneReached) == 1
    fact = StreakMilestoneReached(user_id=ada, days=7)
    for _ in range(2):
        async with db.begin() as uow:
            await streaks.pay_milestones(uow, [fact])
    [row] = await db.fetch("SELECT gems FROM gamification_purse WHERE user_id = $1", ada)
    assert row["gems"] == 20
    assert (await streak_of(db, ada))[1] == 1


async def test_two_accounts_of_one_person_have_the_days_freezes_and_friends_of_both(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, ada, bob = await new_learner(), await new_learner(), await new_learner("Bob")
    for learner, number in ((guest, 0), (guest, 1), (guest, 3), (ada, 4), (ada, 5)):
        if number == 3:
            assert await freeze(db, monkeypatch, guest, noon(2), "shop:1")
        await complete(learner, at=noon(number))
    assert await freeze(db, monkeypatch, guest, noon(3), "shop:2")
    for one, other in ((guest, bob), (bob, ada), (guest, ada)):
        await db.fetch("INSERT INTO gamification_friend_streak (asker_id, asked_id) VALUES ($1, $2)", one, other)
    async with db.begin() as uow:
        await merge(uow, guest, ada)
    assert await streak_of(db, ada) == (5, 1)
    rows = await db.fetch("SELECT asker_id, asked_id FROM gamification_friend_streak")
    assert [tuple(row) for row in rows] == [(bob, ada)]
    assert await check_ledger(db, infra.redis) == []


async def test_who_earned_in_weeks_that_are_over_alone_takes_that_along_into_another_account(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    guest, ada = await new_learner(), await new_learner()
    now = utc_now()
    for learner, days in ((guest, 15), (ada, 14), (guest, 13), (ada, 0)):
        await complete(learner, at=now - timedelta(days=days))
    async with db.begin() as uow:
        await merge(uow, guest, ada)
    [row] = await db.fetch("SELECT longest_days FROM gamification_streak WHERE user_id = $1", ada)
    assert row["longest_days"] == 3
    assert await check_ledger(db, infra.redis) == []


async def test_nobody_is_nudged_who_holds_a_freeze_or_wants_no_pressure(
    client: httpx.AsyncClient, db: Database, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, frozen, calm = [await newcomer(client, name) for name in ("Ada", "Bob", "Cleo")]
    for learner in (plain, frozen, calm):
        await complete(learner.id, at=noon(0))
    await freeze(db, monkeypatch, frozen.id, noon(0), "shop:1")
    await ok(calm, "PATCH", "/profile/preferences", {"streaks": False})
    for number, risky in ((0, set()), (1, {plain.id}), (2, {frozen.id}), (3, set())):
        async with db.begin() as uow:
            today = dict.fromkeys((plain.id, frozen.id, calm.id), noon(number).date())
            assert set(await streaks.at_risk(uow, today)) == risky


async def test_a_freeze_that_saved_a_streak_is_told_once(
    client: httpx.AsyncClient, complete: Complete, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await newcomer(client, "Ada")
    await complete(ada.id, at=noon(0))
    await freeze(db, monkeypatch, ada.id, noon(0), "shop:1")
    await complete(ada.id, at=noon(2))
    await crank.jobs()
    told = [item for item in (await ok(ada, "GET", "/notifications"))["items"] if item["kind"] == "streak_frozen"]
    assert [item["title"] for item in told] == ["A freeze saved your streak"]
    assert "2 days" in told[0]["body"]


async def test_how_a_streak_stands_and_which_days_it_had(
    client: httpx.AsyncClient, complete: Complete, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await newcomer(client, "Ada"), await newcomer(client, "Bob")

    async def stands(number: int, who: Learner = ada) -> tuple[str, int, int | None]:
        monkeypatch.setattr(streaks, "utc_now", lambda: noon(number))
        async with db.begin() as uow:
            shown = await streaks.shown(uow, who.id)
        return shown.state, shown.current, shown.repair.days if shown.repair else None

    assert await stands(0) == ("none", 0, None)
    for number in (0, 1):
        await complete(ada.id, at=noon(number))
    assert await stands(1) == ("done", 2, None)
    assert await stands(2) == ("at_risk", 2, None)
    assert await stands(3) == ("lost", 0, 2)
    assert await stands(5) == ("none", 0, None)
    for number in (0, 1, 2, 4):
        await complete(bob.id, at=noon(number))
    assert [await stands(number, bob) for number in (4, 5, 6)] == [("done", 1, 3), ("at_risk", 1, 3), ("lost", 0, 1)]
    await freeze(db, monkeypatch, ada.id, noon(2), "shop:1")
    assert await stands(2) == ("open", 2, None)
    assert await stands(3) == ("at_risk", 2, None)
    await complete(ada.id, at=noon(3))
    days = (await ok(ada, "GET", "/streak/calendar?month=2026-11"))["days"]
    assert [(day["on"][-2:], day["state"]) for day in days] == [
        ("02", "practised"), ("03", "practised"), ("04", "frozen"), ("05", "practised"),
    ]  # fmt: skip
    assert (await ok(ada, "GET", "/streak"))["longest"] == 3
    refused = await call(ada, "GET", "/streak/calendar?month=2026-13")
    assert outcome(refused) == (400, "gamification.bad_month")


async def test_two_friends_keep_a_streak_of_the_days_that_both_practise(
    client: httpx.AsyncClient, complete: Complete
) -> None:
    ada, bob = await newcomer(client, "Ada"), await newcomer(client, "Bob")
    assert outcome(await ask(ada, bob)) == (404, "gamification.not_friends")
    await befriend(ada, bob)
    assert (await ask(ada, bob)).is_success
    assert (await ok(bob, "GET", "/streak/friends"))["items"][0]["state"] == "invited"
    [running] = (await ok(bob, "POST", f"/streak/friends/{ada.id}/accept"))["items"]
    assert (running["state"], running["current"], running["mine_today"]) == ("running", 0, False)
    await complete(ada.id)
    await complete(bob.id)
    [running] = (await ok(ada, "GET", "/streak/friends"))["items"]
    assert (running["name"], running["current"], running["theirs_today"]) == ("Bob", 1, True)
    await ok(ada, "DELETE", f"/streak/friends/{bob.id}")
    assert (await ok(bob, "GET", "/streak/friends"))["items"] == []
    assert outcome(await call(bob, "DELETE", f"/streak/friends/{ada.id}")) == (404, "gamification.no_friend_streak")


async def test_a_friend_streak_is_one_of_five_with_those_who_are_friends_still(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada, bob = await newcomer(client, "Ada"), await newcomer(client, "Bob")
    await befriend(ada, bob)
    for number in range(5):
        other = await newcomer(client, f"Friend {number}")
        await befriend(ada, other)
        await db.fetch(
            "INSERT INTO gamification_friend_streak (asker_id, asked_id, began_on) VALUES ($1, $2, $3)",
            ada.id, other.id, local_date(utc_now(), "UTC"),
        )  # fmt: skip
    assert outcome(await ask(ada, bob)) == (409, "gamification.too_many_friend_streaks")
    assert (await ask(bob, ada)).is_success
    refused = await call(ada, "POST", f"/streak/friends/{bob.id}/accept")
    assert outcome(refused) == (409, "gamification.too_many_friend_streaks")
    await ok(ada, "DELETE", f"/friends/{other.id}")
    await ok(ada, "POST", f"/streak/friends/{bob.id}/accept")
    assert len((await ok(ada, "GET", "/streak/friends"))["items"]) == 5


async def ask(one: Learner, other: Learner) -> httpx.Response:
    return await call(one, "POST", "/streak/friends", {"user_id": str(other.id)})
