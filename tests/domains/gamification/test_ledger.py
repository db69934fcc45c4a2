"""What repeats the ledger is compared with it and mended from it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app import registry
from app.config import Settings
from app.infra import Infra, Limits, open_infra
from domains.gamification.api import check_ledger, rebuild_boards
from domains.gamification.policy.streaks import Streak, of_days
from domains.gamification.repository import audit
from domains.gamification.repository.ledger import lock_account
from domains.gamification.service import ledger
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.events import LessonCompleted
from factories.rewards import Complete, NewLearner

FORGERIES = {
    "purse": "INSERT INTO gamification_purse SELECT user_id, 5 FROM gamification_balance",
    "no purse": "INSERT INTO gamification_gem_entry (id, user_id, cause, amount) VALUES ($1, $1, 'quest:1', 5)",
    "balance": "UPDATE gamification_balance SET xp = 99",
    "balance without entries": "INSERT INTO gamification_balance VALUES ($1, 5)",
    "no balance": "DELETE FROM gamification_balance",
    "xp of the day": "UPDATE gamification_balance SET day_xp = 9",
    "easy xp of the day": "UPDATE gamification_balance SET day_easy_xp = 9",
    "latest day": "UPDATE gamification_balance SET day_on = day_on - 1",
    "day without entries": "INSERT INTO gamification_balance (user_id, day_on) VALUES ($1, '2026-11-20')",
    "xp of the week": "UPDATE gamification_league_member SET xp = 99",
    "tie-breaker": "UPDATE gamification_league_member SET last_xp_at = last_xp_at - interval '1 hour'",
    "member without entries": """
        INSERT INTO gamification_league_member (league_id, user_id, week_on, xp, entries, last_xp_at)
        SELECT id, $1, week_on, 5, 1, now() FROM gamification_league
    """,
    "no member": "DELETE FROM gamification_league_member",
    "streak": "UPDATE gamification_streak SET current_days = 8",
    "longest streak": "UPDATE gamification_streak SET longest_days = 8",
    "last day": "UPDATE gamification_streak SET last_on = last_on - 1",
    "streak without entries": "INSERT INTO gamification_streak VALUES ($1, 3, 3, '2026-11-20')",
    "no streak": "DELETE FROM gamification_streak",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
async def test_what_differs_from_the_ledger_is_found_and_mended(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete, forgery: str
) -> None:
    await complete(await new_learner())
    idle = await new_learner()
    assert await check_ledger(db, infra.redis) == []
    await db.fetch(forgery, *([idle] if "$1" in forgery else []))
    assert await check_ledger(db, infra.redis) != []
    await rebuild_boards(db, infra.redis)
    assert await check_ledger(db, infra.redis) == []


async def test_streaks_are_folded_from_the_days_of_the_ledger(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    start = datetime(2026, 10, 1, 12, tzinfo=UTC)
    practice = {
        await new_learner(name): days
        for name, days in {"Ana": [0, 1, 2, 5, 5, 6], "Bob": [3, 1, 4, 2, 5, 9], "Cid": [7, 6], "Dee": []}.items()
    }
    expected: dict[UUID, Streak] = {}
    for learner, days in practice.items():
        for day in days:
            await complete(learner, at=start + timedelta(days=day))
        if days:
            expected[learner] = of_days((start + timedelta(days=day)).date() for day in days)
    assert await check_ledger(db, infra.redis) == []
    await db.fetch("UPDATE gamification_streak SET current_days = 0, longest_days = 0, last_on = NULL")
    assert len(await check_ledger(db, infra.redis)) == 3
    await rebuild_boards(db, infra.redis)
    rows = await db.fetch("SELECT user_id, current_days, longest_days, last_on FROM gamification_streak")
    assert {row[0]: Streak(*row[1:]) for row in rows} == expected


async def waits_for_a_lock(db: Database) -> None:
    for _ in range(200):
        if await db.fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_mending_waits_for_a_completion_under_way_and_neither_fails(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    learner = await new_learner()
    await complete(learner)
    await db.fetch("UPDATE gamification_streak SET current_days = 8")
    at = utc_now()
    async with db.begin() as uow:
        await lock_account(uow, learner, week_on=at.date(), cause="lesson:another", at=at)
        mending = asyncio.create_task(rebuild_boards(db, infra.redis))
        await waits_for_a_lock(db)
        uow.record(
            LessonCompleted(
                user_id=learner, course_id=new_id(), lesson_id=new_id(), session_id=new_id(),
                correct=8, total=8, completions=1, occurred_at=at,
            )
        )  # fmt: skip
    await mending
    assert await check_ledger(db, infra.redis) == []


async def test_completions_during_a_rebuild_are_all_paid(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    learners = [await new_learner() for _ in range(10)]
    for learner in learners:
        await complete(learner)

    async def mend() -> None:
        for _ in range(5):
            await db.fetch("UPDATE gamification_streak SET longest_days = 8")
            await rebuild_boards(db, infra.redis)

    rewards, _ = await asyncio.gather(
        asyncio.gather(*(complete(learner) for _ in range(8) for learner in learners)), mend()
    )
    assert len([reward for reward in rewards if reward]) == 80
    assert await check_ledger(db, infra.redis) == []


async def test_the_whole_ledger_may_take_longer_than_a_request(
    settings: Settings, db: Database, new_learner: NewLearner, complete: Complete, monkeypatch: pytest.MonkeyPatch
) -> None:
    await complete(await new_learner())
    await db.fetch("UPDATE gamification_balance SET xp = 99")
    slow = "SELECT d.* FROM (SELECT pg_sleep(0.6)) AS s CROSS JOIN LATERAL ({}) AS d"
    monkeypatch.setitem(audit._DIFFERENCES, "balance", slow.format(audit._DIFFERENCES["balance"]))
    limits = Limits(pool_s=5.0, connect_s=5.0, command_s=0.3)
    async with open_infra(settings, registry.subscriptions(), limits) as impatient:
        assert len(await ledger._rollup_differences(impatient.db)) == 1
