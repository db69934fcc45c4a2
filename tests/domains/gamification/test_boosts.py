"""Boosts, and caps that hold whatever is boosted."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.infra import Infra
from domains.gamification.api import check_ledger
from domains.gamification.policy.xp import DAY_CAP_XP, EASY_CAP_XP
from domains.gamification.service import boosts
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.people import register
from factories.rewards import Complete, NewLearner


async def test_a_boost_pays_twice_while_it_runs_and_another_begins_when_it_ends(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana = await new_learner()
    await complete(ana)
    async with db.begin() as uow:
        first = await boosts.start(uow, ana, 2, 15, "shop:1")
        second = await boosts.start(uow, ana, 3, 10, "quest:1")
        assert await boosts.start(uow, ana, 2, 15, "shop:1") is None
    assert first is not None
    assert second is not None
    assert (second.starts_at, second.ends_at - second.starts_at) == (first.ends_at, timedelta(minutes=10))
    paid = []
    for at in (first.starts_at, first.ends_at, second.ends_at - timedelta(milliseconds=1), second.ends_at):
        reward = await complete(ana, at=at)
        assert reward is not None
        first_of_day = 5 * (reward.day_xp == reward.xp_earned)
        paid.append((reward.xp_earned - first_of_day, reward.boost))
    assert paid == [(30, 2), (45, 3), (45, 3), (15, 1)]


async def test_boosts_that_start_at_once_follow_one_another(db: Database, new_learner: NewLearner) -> None:
    ana = await new_learner()

    async def start(number: int) -> None:
        async with db.begin() as uow:
            await boosts.start(uow, ana, 2, 10, f"shop:{number}")

    await asyncio.gather(*(start(number % 5) for number in range(10)))
    rows = await db.fetch("SELECT starts_at, ends_at FROM gamification_boost ORDER BY starts_at")
    assert len(rows) == 5
    assert [row["ends_at"] for row in rows[:-1]] == [row["starts_at"] for row in rows[1:]]


@pytest.mark.parametrize(("factor", "minutes"), [(1, 10), (6, 10), (2, 0), (2, 1441)])
async def test_what_is_no_boost_is_refused(db: Database, new_learner: NewLearner, factor: int, minutes: int) -> None:
    async with db.begin() as uow:
        with pytest.raises(ValueError, match="no boost"):
            await boosts.start(uow, await new_learner(), factor, minutes, "shop:1")


async def test_one_sees_boosts_that_run_or_wait(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client)
    async with db.begin() as uow:
        await boosts.start(uow, ada.id, 2, 15, "shop:1")
        await boosts.start(uow, ada.id, 3, 10, "quest:1")
    await db.fetch(
        "UPDATE gamification_boost SET starts_at = starts_at - interval '15 minutes',"
        " ends_at = ends_at - interval '15 minutes' WHERE factor = 2"
    )
    found = (await ada.get("/boosts")).json()["items"]
    assert [boost["factor"] for boost in found] == [3]


async def test_repeating_a_lesson_all_day_at_once_brings_no_more_than_its_cap(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    ana, day = await new_learner(), datetime(2026, 11, 18, 12, tzinfo=UTC)
    await asyncio.gather(*(complete(ana, at=day, again=2) for _ in range(30)))
    new = await complete(ana, at=day)
    assert new is not None
    assert (new.xp_earned, new.xp_total) == (15, EASY_CAP_XP + 15)
    # Of the day before, which it did not hear of in time, it knows as well.
    late = [await complete(ana, at=day - timedelta(days=1), again=2) for _ in range(22)]
    assert [reward.xp_earned for reward in late if reward][:1] == [12]
    assert sum(reward.xp_earned for reward in late if reward) == EASY_CAP_XP
    assert await check_ledger(db, infra.redis) == []


async def test_no_day_brings_more_than_its_cap_and_what_comes_after_it_still_is_a_day_of_the_streak(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    ana, now = await new_learner(), utc_now()
    async with db.begin() as uow:
        await boosts.start(uow, ana, 5, 60, "shop:1")
    for _ in range(DAY_CAP_XP // 75 + 1):
        last = await complete(ana, at=now + timedelta(seconds=1))
    assert last is not None
    assert (last.xp_earned, last.xp_total, last.streak_days) == (0, DAY_CAP_XP, 1)
    assert await check_ledger(db, infra.redis) == []
