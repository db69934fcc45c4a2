"""What some days brought a learner, to be told when they are over. Days are those of the learner's own calendar."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.achievements import Reached
from domains.gamification.repository import recaps as repository
from domains.gamification.repository import streaks
from domains.gamification.repository.recaps import Week
from domains.gamification.repository.streaks import Practice
from domains.kernel.uow import UnitOfWork


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
