"""Many learners who enter this week's leagues at once."""

import asyncio

import pytest

from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner


@pytest.mark.parametrize(("joins", "cohorts"), [(120, [30, 30, 30, 30]), (124, [30, 30, 30, 30, 4])])
async def test_as_many_leagues_open_as_are_filled(
    db: Database, new_learner: NewLearner, complete: Complete, joins: int, cohorts: list[int]
) -> None:
    learners = [await new_learner() for _ in range(joins)]
    await asyncio.gather(*(complete(learner) for learner in learners))
    rows = await db.fetch("""
        SELECT l.number, (SELECT count(*) FROM gamification_league_member m WHERE m.league_id = l.id) AS members,
            (SELECT count(*) FROM gamification_league_seat s WHERE s.league_id = l.id) AS free
        FROM gamification_league l ORDER BY l.number
    """)
    assert [row["members"] for row in rows] == cohorts
    assert [row["number"] for row in rows] == list(range(1, len(cohorts) + 1))
    assert [row["free"] for row in rows] == [30 - members for members in cohorts]
