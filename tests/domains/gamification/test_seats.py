"""Many learners who enter this week's leagues at once."""

import asyncio
import random
from datetime import date

import pytest

from bench.leagues import Seats
from domains.gamification.policy.leagues import COHORT_SIZE
from domains.gamification.repository import seats
from domains.kernel.ids import new_id
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


async def test_thirty_enter_one_cohort_while_none_of_them_has_committed(db: Database) -> None:
    """Nobody waits for anybody: each holds a seat of its own until its transaction ends."""
    week_on = date(2026, 11, 16)
    async with db.begin() as uow:
        opened = await seats.take(uow, week_on, 1, 0, 0)
    async with db.begin() as one, db.begin() as other, db.begin() as third:
        found = [await asyncio.wait_for(seats.take(uow, week_on, 1, 0, 0), 1.0) for uow in (one, other, third, one)]
    assert found == [opened] * 4
    [row] = await db.fetch("SELECT count(*) AS free FROM gamification_league_seat")
    assert row["free"] == COHORT_SIZE - 5


async def test_a_seat_of_a_transaction_that_failed_is_free_again(db: Database) -> None:
    week_on = date(2026, 11, 16)
    async with db.begin() as uow:
        await seats.take(uow, week_on, 1, 0, 0)
    with pytest.raises(ZeroDivisionError):
        async with db.begin() as uow:
            await seats.take(uow, week_on, 1, 0, 0)
            raise ZeroDivisionError
    [row] = await db.fetch("SELECT count(*) AS free FROM gamification_league_seat")
    assert row["free"] == COHORT_SIZE - 1


async def test_seats_are_given_as_the_simulated_year_gives_them(db: Database) -> None:
    """The rule is written twice, in SQL and in Python."""
    chance = random.Random(5)
    week_on, before = date(2026, 11, 16), 12
    await db.fetch(
        "INSERT INTO gamification_league (id, week_on, tier, number) VALUES ($1, $2, 3, $3)",
        new_id(), date(2026, 11, 9), before,
    )  # fmt: skip
    twin, places = Seats(before), {}
    async with db.begin() as uow:
        for _ in range(200):
            pace, utc_hours = chance.randint(0, 12), chance.randint(-12, 14)
            cohort = twin.take(pace, utc_hours)
            cohort.members.append(None)  # type: ignore[arg-type]
            league_id = await seats.take(uow, week_on, 3, pace, utc_hours)
            assert places.setdefault(league_id, cohort) is cohort
    assert len(places) == len(twin.cohorts) > 4
