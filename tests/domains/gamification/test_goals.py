"""Daily goals: reached once, on the learner's own calendar, and told afterwards."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx

from conftest import Crank
from domains.gamification import handlers
from domains.gamification.events import GoalReached, LessonRewarded
from domains.gamification.service.merging import merge
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import register
from factories.rewards import Complete, NewLearner

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


async def wants(db: Database, user_id: UUID, goal_xp: int) -> None:
    await db.fetch(
        "INSERT INTO profiles_profile (user_id, daily_goal_xp) VALUES ($1, $2)"
        " ON CONFLICT (user_id) DO UPDATE SET daily_goal_xp = $2",
        user_id,
        goal_xp,
    )


async def celebrated(db: Database, facts: Sequence[LessonRewarded | None]) -> list[tuple[UUID, str, int, int]]:
    async with db.begin() as uow:
        await handlers.celebrate_many(uow, [fact for fact in facts if fact is not None])
    told = [fact for fact in uow.facts if isinstance(fact, GoalReached)]
    return [(fact.user_id, str(fact.local_on), fact.goal_xp, fact.xp) for fact in told]


async def test_a_goal_is_reached_once_by_the_lesson_that_brings_the_day_there(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana, bob = [await new_learner() for _ in range(2)]
    await wants(db, ana, 30)
    await wants(db, bob, 50)
    facts = [await complete(who, at=NOON) for who in (ana, bob, ana, ana, bob)]
    assert await celebrated(db, facts[:2]) == []
    assert await celebrated(db, facts) == [(ana, "2026-11-18", 30, 50)]
    assert await celebrated(db, facts) == []
    # Whoever asks less of themselves has reached it with the next lesson.
    await wants(db, bob, 40)
    assert await celebrated(db, [await complete(bob, at=NOON)]) == [(bob, "2026-11-18", 40, 50)]


async def test_the_third_goal_is_an_achievement_at_once(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana = await new_learner()
    await wants(db, ana, 20)
    facts = [await complete(ana, at=NOON + timedelta(days=days)) for days in range(3)]
    reached = "SELECT level FROM gamification_achievement WHERE user_id = $1 AND achievement = 'goal_getter'"
    await celebrated(db, facts[:2])
    assert await db.fetch(reached, ana) == []
    await celebrated(db, facts[2:])
    assert len(await db.fetch(reached, ana)) == 1


async def test_what_comes_late_counts_for_the_day_and_in_the_zone_of_its_learner(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ana = await new_learner(time_zone="America/Los_Angeles")
    await wants(db, ana, 20)
    now, late = await complete(ana, at=NOON), await complete(ana, at=NOON - timedelta(hours=5))
    assert late is not None
    assert late.xp_earned == 15 + 5
    told = await celebrated(db, [now, late])
    assert told == [(ana, "2026-11-17", 20, 20), (ana, "2026-11-18", 20, 20)]


async def test_the_calendar_shows_days_goals_as_they_were_and_whether_they_were_reached(
    client: httpx.AsyncClient, db: Database, complete: Complete, crank: Crank
) -> None:
    ada = await register(client)
    today = utc_now().replace(hour=0, minute=0, second=1)
    for days in (3, 1, 1, 0):
        await complete(ada.id, at=today - timedelta(days=days))
        await crank.jobs()
    await wants(db, ada.id, 50)
    found = (await ada.get("/goals")).json()
    assert (found["goal_xp"], found["days_reached"], found["last_on"]) == (50, 3, found["today"])
    assert [(day["xp"], day["goal_xp"]) for day in found["days"]] == [(20, 20), (35, 20), (20, 20)]
    day = (today - timedelta(days=2)).date()
    part = (await ada.get(f"/goals?first_on={day}&last_on={day + timedelta(days=1)}")).json()
    assert [day["xp"] for day in part["days"]] == [35]
    for query in (f"first_on={day}&last_on={day - timedelta(days=1)}", "last_on=0001-01-05", "last_on=9999-12-31"):
        bad = await ada.get(f"/goals?{query}")
        assert (bad.status_code, bad.json()["code"]) == (400, "gamification.bad_days"), query


async def test_a_day_on_which_both_reached_their_goal_is_one_after_a_merge(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    guest, ada = [await new_learner() for _ in range(2)]
    for who, goal in ((guest, 10), (ada, 20)):
        await wants(db, who, goal)
    facts = [await complete(who, at=at) for who, at in ((guest, NOON), (ada, NOON), (guest, NOON - timedelta(days=1)))]
    assert len(await celebrated(db, facts)) == 3
    async with db.begin() as uow:
        await merge(uow, guest, ada)
    rows = await db.fetch("SELECT user_id, goal_xp FROM gamification_goal_day ORDER BY local_on")
    assert [tuple(row) for row in rows] == [(ada, 10), (ada, 20)]


async def test_facts_of_before_the_field_and_of_nobody_are_passed_over(db: Database) -> None:
    fact = LessonRewarded(
        user_id=new_id(), lesson_id=None, session_id=None, xp_earned=20, xp_total=20, streak_days=1, league_id=None,
        league_xp=0, league_entries=0, league_xp_at=NOON, league_week_on=NOON.date(), league_rank=0,
    )  # fmt: skip
    assert await celebrated(db, [fact]) == []
