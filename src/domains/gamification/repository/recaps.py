"""SQL of what a week brought, besides practice."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from domains.gamification.policy.achievements import Reached
from domains.kernel.uow import UnitOfWork

_WEEKS = """
    SELECT u.user_id,
        (SELECT count(*) FROM gamification_goal_day g WHERE g.user_id = u.user_id AND g.local_on BETWEEN $2 AND $3),
        (SELECT coalesce(sum(e.amount), 0)::int FROM gamification_xp_entry e
            WHERE e.user_id = u.user_id AND e.local_on BETWEEN $4 AND $5)
    FROM unnest($1::uuid[]) AS u (user_id)
"""
_ACHIEVED = """
    SELECT user_id, achievement, max(level) AS level FROM gamification_achievement
    WHERE user_id = ANY($1::uuid[]) AND local_on BETWEEN $2 AND $3
    GROUP BY user_id, achievement ORDER BY user_id, min(awarded_at), achievement
"""


class Week(NamedTuple):
    goal_days: int
    """On which the goal was reached."""
    xp_before: int
    """In as many days right before them."""


async def weeks(uow: UnitOfWork, user_ids: Collection[UUID], first_on: date, last_on: date) -> dict[UUID, Week]:
    span = last_on - first_on + timedelta(days=1)
    rows = await uow.fetch(_WEEKS, list(user_ids), first_on, last_on, first_on - span, last_on - span)
    return {id_: Week(*numbers) for id_, *numbers in rows}


async def achieved(
    uow: UnitOfWork, user_ids: Collection[UUID], first_on: date, last_on: date
) -> dict[UUID, list[Reached]]:
    """The highest level of each, in the order in which they were reached; people without any are left out."""
    found: dict[UUID, list[Reached]] = {}
    for user_id, *reached in await uow.fetch(_ACHIEVED, list(user_ids), first_on, last_on):
        found.setdefault(user_id, []).append(Reached(*reached))
    return found
