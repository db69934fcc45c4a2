"""What some days brought a learner, to be told when they are over. Days are those of the learner's own calendar."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from domains.gamification.errors import BadDays
from domains.gamification.goal_schemas import ReachedOut, RecapOut
from domains.gamification.policy.achievements import Reached
from domains.gamification.policy.quests import period
from domains.gamification.repository import recaps as repository
from domains.gamification.repository import streaks
from domains.gamification.repository.recaps import Week
from domains.gamification.repository.streaks import Practice
from domains.gamification.rulebook import Rulebook
from domains.gamification.service import achievements, languages
from domains.gamification.service.goals import YEARS
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.kernel.zones import local_date
from domains.profiles import api as profiles

_NOTHING = Practice(0, 0, 0, 0)


class Recap(NamedTuple):
    practice: Practice
    week: Week
    achieved: list[Reached]
    """The highest level of each achievement, in the order in which they were reached."""


async def recaps(uow: UnitOfWork, user_ids: Collection[UUID], *, first_on: date, last_on: date) -> dict[UUID, Recap]:
    """Who did nothing is left out. Three statements, however many they are."""
    if not user_ids:
        return {}
    practised = await streaks.practice(uow.session, user_ids, first_on=first_on, last_on=last_on)
    if not practised:
        return {}
    weeks = await repository.weeks(uow, practised.keys(), first_on, last_on)
    achieved = await repository.achieved(uow, practised.keys(), first_on, last_on)
    return {id_: Recap(practice, weeks[id_], achieved.get(id_, [])) for id_, practice in practised.items()}


async def recap(uow: UnitOfWork, user_id: UUID, on: date | None) -> RecapOut:
    """Of the week that `on` is in, or today. Raises BadDays."""
    if on is not None and on.year not in YEARS:
        raise BadDays
    first_on, last_on = period("weekly", on or local_date(utc_now(), await identity.time_zone(uow, user_id)))
    found = (await recaps(uow, [user_id], first_on=first_on, last_on=last_on)).get(user_id)
    week = found.week if found else (await repository.weeks(uow, [user_id], first_on, last_on))[user_id]
    practice = found.practice if found else _NOTHING
    wants = await profiles.preferences(uow, user_id)
    return RecapOut(
        first_on=first_on,
        last_on=last_on,
        lessons=practice.lessons,
        xp=practice.xp,
        days_active=practice.days,
        goal_days=week.goal_days,
        streak_days=practice.streak_days if wants.streaks else None,
        xp_before=week.xp_before,
        achieved=_shown(uow, found.achieved, await languages.locale(uow, user_id)) if found else [],
    )


def _shown(uow: UnitOfWork, achieved: Collection[Reached], locale: str) -> list[ReachedOut]:
    """Without what the book no longer has."""
    book = uow.db.port(Rulebook).achievements.by_id
    return [
        ReachedOut(one.achievement, *words, book[one.achievement].icon, one.level)
        for one in achieved
        if (words := achievements.words(uow, *one, locale))
    ]
