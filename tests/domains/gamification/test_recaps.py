"""What a week brought."""

from datetime import UTC, date, datetime, timedelta

from domains.gamification.policy.achievements import Reached
from domains.gamification.repository import achievements
from domains.gamification.service.recaps import recaps
from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner

MONDAY = date(2026, 11, 9)
SUNDAY = MONDAY + timedelta(days=6)


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
