"""What a week brought."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from domains.gamification.policy.achievements import Reached
from domains.gamification.repository import achievements
from domains.gamification.service.recaps import recaps
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.rewards import Complete, NewLearner
from factories.social import call, ok, outcome

MONDAY = date(2026, 11, 9)
SUNDAY = MONDAY + timedelta(days=6)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def test_a_week_says_its_practice_goals_and_achievements_and_the_xp_of_the_one_before(
    db: Database, new_learner: NewLearner, complete: Complete
) -> None:
    ada, idle = await new_learner(), await new_learner()
    noon = datetime(2026, 11, 9, 12, tzinfo=UTC)
    for days in (-8, -1, 0, 6, 7):
        await complete(ada, at=noon + timedelta(days=days))
    for on in (MONDAY - timedelta(days=1), MONDAY, SUNDAY):
        await db.fetch("INSERT INTO gamification_goal_day VALUES ($1, $2, 20, $3)", ada, on, noon)
    given = [("scholar", 1, MONDAY), ("scholar", 2, SUNDAY), ("sage", 1, SUNDAY + timedelta(days=1))]
    async with db.begin() as uow:
        awards = [achievements.Award(ada, id_, level, 1, 0, noon, on) for id_, level, on in given]
        await achievements.add(uow, awards)
        found = await recaps(uow, [ada, idle], first_on=MONDAY, last_on=SUNDAY)
        paid = await db.fetch("SELECT amount FROM gamification_xp_entry WHERE user_id = $1 ORDER BY local_on", ada)
    assert found.keys() == {ada}
    practice, week, achieved = found[ada]
    assert (practice.lessons, practice.days, practice.xp) == (2, 2, paid[2]["amount"] + paid[3]["amount"])
    assert (week.goal_days, week.xp_before) == (2, paid[1]["amount"])
    assert achieved == [Reached("scholar", 2)]


async def test_a_week_can_be_looked_at_any_day(ada: Learner, complete: Complete) -> None:
    for days in (-1, 0, 6):
        await complete(ada.id, at=datetime(2026, 11, 9, 12, tzinfo=UTC) + timedelta(days=days))
    week = await ok(ada, "GET", "/progress/recap?on=2026-11-12")
    assert (week["first_on"], week["last_on"], week["lessons"], week["days_active"]) == (
        str(MONDAY), str(SUNDAY), 2, 2,
    )  # fmt: skip
    assert week["xp"] > week["xp_before"] > 0
    await ok(ada, "PATCH", "/profile/preferences", {"streaks": False})
    idle = await ok(ada, "GET", "/progress/recap?on=2020-01-01")
    assert (idle["lessons"], idle["xp_before"], idle["streak_days"], idle["achieved"]) == (0, 0, None, [])
    for never in ("0001-01-01", "9999-12-31"):
        assert outcome(await call(ada, "GET", f"/progress/recap?on={never}")) == (400, "gamification.bad_days")
