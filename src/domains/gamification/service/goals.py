"""A goal for each day: so many XP on one's own calendar.

Invariant: a day's goal is reached once, when the ledger says so, and stays reached whatever becomes of the goal. It is
looked at after the lesson that paid, for many learners at once: nobody waits for a celebration.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from domains.gamification.errors import BadDays
from domains.gamification.events import GoalReached, LessonRewarded
from domains.gamification.goal_schemas import BoostOut, GoalDayOut, GoalsOut
from domains.gamification.repository import boosts
from domains.gamification.repository import goals as repository
from domains.gamification.repository.goals import Reached
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork
from domains.kernel.zones import local_date
from domains.profiles import api as profiles

SHOWN_DAYS = 31
MOST_DAYS = 366
YEARS = range(2000, 3000)
"""So that no day falls off the calendar that Python has."""


async def celebrate(uow: UnitOfWork, facts: Sequence[LessonRewarded]) -> None:
    """In two round trips, however many there are."""
    best: dict[tuple[UUID, date], LessonRewarded] = {}
    for fact in facts:
        if fact.local_on is None:
            continue
        key = fact.user_id, fact.local_on
        if key not in best or best[key].day_xp < fact.day_xp:
            best[key] = fact
    wishes = await profiles.preferences_of(uow, {user_id for user_id, _ in best})
    due = {
        key: Reached(*key, wish.daily_goal_xp, fact.occurred_at)
        for key, fact in best.items()
        if (wish := wishes.get(fact.user_id)) and fact.day_xp >= wish.daily_goal_xp
    }
    if not due:
        return
    for user_id, local_on in sorted(await repository.reach(uow, list(due.values()))):
        xp, goal_xp = best[user_id, local_on].day_xp, due[user_id, local_on].goal_xp
        uow.record(GoalReached(user_id=user_id, local_on=local_on, goal_xp=goal_xp, xp=xp))


async def shown(uow: UnitOfWork, user_id: UUID, first_on: date | None, last_on: date | None) -> GoalsOut:
    """The last days up to today where none are named. Raises BadDays."""
    today = local_date(utc_now(), await identity.time_zone(uow, user_id))
    last = last_on or today
    if last.year not in YEARS:
        raise BadDays
    first = first_on or last - timedelta(days=SHOWN_DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadDays
    goal_xp = (await profiles.preferences(uow, user_id)).daily_goal_xp
    days = [GoalDayOut(*day) for day in await repository.days(uow, user_id, first, last)]
    reached = sum(day.reached_at is not None for day in days)
    return GoalsOut(goal_xp, today, first, last, reached, days)


async def boosts_shown(db: Database, user_id: UUID) -> list[BoostOut]:
    return [BoostOut(*boost) for boost in await boosts.not_over(db, user_id, utc_now())]
