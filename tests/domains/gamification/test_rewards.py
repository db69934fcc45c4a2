import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from app.infra import Infra
from domains.gamification.api import check_ledger, rewards_since
from domains.gamification.events import LeagueEntered, StreakExtended
from domains.gamification.policy.leagues import week_of
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner


async def test_a_lesson_pays_xp_starts_a_streak_and_enters_a_league(
    new_learner: NewLearner, complete: Complete
) -> None:
    learner = await new_learner()
    first = await complete(learner)
    second = await complete(learner, correct=7)
    assert first is not None
    assert second is not None
    assert (first.xp_earned, first.xp_total, first.streak_days, first.league_rank) == (20, 20, 1, 1)
    assert (second.xp_earned, second.xp_total, second.league_xp, second.league_entries) == (10, 30, 30, 2)
    assert second.league_id == first.league_id


async def test_fifty_replays_of_one_session_at_once_are_paid_once(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learner, session_id = await new_learner(), new_id()
    rewards = await asyncio.gather(*(complete(learner, session_id=session_id) for _ in range(50)))
    assert len([reward for reward in rewards if reward]) == 1
    [row] = await db.fetch("SELECT count(*) AS n, sum(amount) AS xp FROM gamification_xp_entry")
    assert (row["n"], row["xp"]) == (1, 20)


async def test_the_last_lesson_of_a_week_that_is_written_in_the_next_one_is_not_missed(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learner, monday = await new_learner(), datetime(2026, 11, 16, tzinfo=UTC)
    reward = await complete(learner, at=monday - timedelta(seconds=1), late=timedelta(seconds=30), view=True)
    assert reward is not None
    assert reward.league_week_on == monday.date() - timedelta(days=7)
    found = await rewards_since(db, {learner: monday + timedelta(seconds=10)}, most=5)
    assert [earned.xp_earned for earned in found] == [reward.xp_earned]


async def test_two_hundred_entries_at_once_add_up_exactly(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    learners = [await new_learner() for _ in range(4)]
    rewards = await asyncio.gather(*(complete(learners[n % 4]) for n in range(200)))
    for learner in learners:
        own = sorted((r for r in rewards if r and r.user_id == learner), key=lambda reward: reward.xp_total)
        assert [reward.xp_total for reward in own] == [5 + 15 * n for n in range(1, 51)]
        assert [reward.league_entries for reward in own] == list(range(1, 51))
    assert await check_ledger(db, infra.redis) == []


async def test_thirty_one_learners_at_once_make_one_full_cohort_and_one_of_one(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learners = [await new_learner() for _ in range(31)]
    await asyncio.gather(*(complete(learner) for learner in learners))
    counted = await db.fetch("SELECT count(*) AS n FROM gamification_league_member GROUP BY league_id ORDER BY n")
    assert [row["n"] for row in counted] == [1, 30]


async def test_one_learner_at_once_in_many_sessions_takes_one_seat(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learner = await new_learner()
    await asyncio.gather(*(complete(learner) for _ in range(10)))
    [row] = await db.fetch("SELECT count(*) AS free FROM gamification_league_seat")
    assert row["free"] == 29


async def test_the_streak_follows_the_learners_own_calendar(new_learner: NewLearner, complete: Complete) -> None:
    auckland = await new_learner(time_zone="Pacific/Auckland")
    utc = await new_learner()
    before, after = datetime(2026, 11, 20, 10, 30, tzinfo=UTC), datetime(2026, 11, 20, 11, 30, tzinfo=UTC)
    days = [(await complete(learner, at=at)).streak_days for learner in (auckland, utc) for at in (before, after)]  # type: ignore[union-attr]
    assert days == [1, 2, 1, 1]


async def test_a_league_is_entered_once_a_week_and_two_thirds_of_the_lowest_tier_move_up(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learners = [await new_learner() for _ in range(6)]
    monday = week_of(utc_now())
    last_week = datetime(monday.year, monday.month, monday.day, 12, tzinfo=UTC) - timedelta(days=7)
    for place, learner in enumerate(learners):
        for _ in range(6 - place):
            await complete(learner, at=last_week)
    tiers = []
    for learner in learners:
        reward = await complete(learner, at=last_week + timedelta(days=7))
        assert reward is not None
        [row] = await db.fetch("SELECT tier FROM gamification_league WHERE id = $1", reward.league_id)
        tiers.append(row["tier"])
    assert tiers == [2, 2, 2, 2, 1, 1]


async def test_what_comes_after_its_week_is_over_counts_and_is_on_no_board(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    learner = await new_learner()
    sunday, monday = datetime(2026, 11, 15, 23, 59, tzinfo=UTC), datetime(2026, 11, 16, 0, 3, tzinfo=UTC)
    in_time = await complete(learner, at=sunday, late=timedelta(seconds=90))
    late = await complete(learner, at=sunday - timedelta(days=1), late=timedelta(days=1, minutes=3))
    new = await complete(learner, at=monday)
    assert in_time is not None
    assert late is not None
    assert new is not None
    assert (late.xp_total, late.streak_days, late.league_id) == (40, 2, None)
    assert (in_time.league_xp, new.league_xp, new.xp_total) == (20, 20, 60)
    assert in_time.league_id != new.league_id
    assert await check_ledger(db, infra.redis) == []


async def test_the_facts_of_a_first_lesson_are_in_the_outbox(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    learner = await new_learner()
    await complete(learner)
    await complete(learner)
    rows = await db.fetch("SELECT type FROM kernel_outbox")
    types = [row["type"] for row in rows]
    assert types.count(LeagueEntered.type_name()) == 1
    assert types.count(StreakExtended.type_name()) == 1
    assert types.count("gamification.lesson_rewarded.v1") == 2


async def test_the_ledger_refuses_to_be_changed(db: Database, new_learner: NewLearner, complete: Complete) -> None:
    await complete(await new_learner())
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        await db.fetch("UPDATE gamification_xp_entry SET amount = 1000")
