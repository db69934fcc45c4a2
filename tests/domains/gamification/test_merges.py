"""A guest's account becomes part of another one: what both earned, and who waits for whom."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.infra import Infra
from domains.gamification.api import check_ledger
from domains.gamification.policy.leagues import week_of
from domains.gamification.policy.xp import DAY_CAP_XP
from domains.gamification.service import finalising, gems
from domains.gamification.service.finalising import finalise
from domains.identity.events import AccountMerged
from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


async def merge(db: Database, guest: UUID, into: UUID) -> None:
    async with db.begin() as uow:
        uow.record(AccountMerged(from_id=guest, into_id=into))


async def waits_for_a_lock(db: Database) -> None:
    """Until some transaction does."""
    while not await db.fetch(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    ):
        await asyncio.sleep(0.005)


async def test_a_merge_and_the_end_of_a_week_do_not_wait_for_each_other(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, ana, *others = [await new_learner() for _ in range(5)]
    for learner in (guest, guest, *others):
        await complete(learner, at=MONDAY)
    async with db.begin() as uow:
        await gems.earn(uow, guest, 5, "quest:before")
    pay, merging = gems.earn_many, None

    async def pay_while_they_merge(*values: object) -> object:
        nonlocal merging
        merging = asyncio.create_task(merge(db, guest, ana))
        await asyncio.wait_for(waits_for_a_lock(db), 5)
        return await pay(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(finalising.gems, "earn_many", pay_while_they_merge)
    [week] = await finalise(db, MONDAY + WEEK)
    assert merging is not None
    await merging
    assert week.gems == 80
    purses = await db.fetch("SELECT gems FROM gamification_purse WHERE user_id = $1", ana)
    assert [row["gems"] for row in purses] == [5 + 70]
    assert await check_ledger(db, infra.redis) == []


async def test_weeks_that_a_guest_won_stay_won_and_lead_to_the_same_tier(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    guest, ana, *others = [await new_learner() for _ in range(5)]
    for learner in (guest, guest, *others):
        await complete(learner, at=MONDAY)
    await finalise(db, MONDAY + WEEK)
    await complete(ana, at=MONDAY + WEEK)
    await merge(db, guest, ana)
    rows = await db.fetch(
        "SELECT week_on, final_rank, tier_after FROM gamification_league_member WHERE user_id = $1 ORDER BY 1", ana
    )
    assert [tuple(row) for row in rows] == [(week_of(MONDAY), 1, 2), (week_of(MONDAY + WEEK), None, None)]
    assert await check_ledger(db, infra.redis) == []


async def test_no_number_of_guests_lifts_anybody_above_the_cap_of_a_day(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    first, second, ana = [await new_learner() for _ in range(3)]
    for guest in (first, second):
        # 15 XP each, and 5 more for the first of the day.
        for _ in range(60):
            await complete(guest, at=MONDAY)
        await merge(db, guest, ana)
    [row] = await db.fetch(
        "SELECT b.xp, m.xp AS ranked FROM gamification_balance b JOIN gamification_league_member m USING (user_id)"
        " WHERE user_id = $1", ana,
    )  # fmt: skip
    assert row["xp"] == 2 * 905
    assert DAY_CAP_XP - 15 < row["ranked"] <= DAY_CAP_XP
    assert await check_ledger(db, infra.redis) == []
