"""Hearts of a learner: how many there are, and those that come back by more than time.

A mistake takes one in the statement that writes its answer (`repository.answers`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from domains.billing import api as billing
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.learning.events import HeartsChanged
from domains.learning.policy import hearts as policy
from domains.learning.repository import hearts as repository
from domains.profiles import api as profiles

Reason = Literal["entitled", "switched_off"]


class Hearts(NamedTuple):
    left: int
    next_at: datetime | None
    full_at: datetime | None
    """None, like `next_at`, where none is missing."""
    unlimited: Reason | None


async def hearts_of(uow: UnitOfWork, user_id: UUID) -> Hearts:
    now = utc_now()
    unlimited: Reason | None = None
    if await is_switched_off(uow, user_id):
        unlimited = "switched_off"
    elif await billing.holds(uow.db, user_id, billing.UNLIMITED_HEARTS):
        unlimited = "entitled"
    if unlimited:
        return Hearts(policy.HEARTS, None, None, unlimited)
    full_at = await repository.full_at(uow.db, user_id)
    next_at = policy.next_at(full_at, now)
    return Hearts(policy.left(full_at, now), next_at, full_at if next_at else None, None)


async def is_switched_off(uow: UnitOfWork, user_id: UUID) -> bool:
    """Whoever learns in humane mode has no hearts to lose."""
    return not (await profiles.preferences(uow, user_id)).hearts


async def refill(uow: UnitOfWork, user_id: UUID) -> bool:
    """All come back; False where none is missing, or none can be."""
    if (await hearts_of(uow, user_id)).unlimited:
        return False
    return bool(await give_back(uow, {user_id: policy.HEARTS}))


async def give_back(uow: UnitOfWork, hearts: Mapping[UUID, int]) -> set[UUID]:
    """So many come back to each, by practice, by gems, or because an answer was right after all; announced to those to
    whom any was missing, and these are told."""
    now = utc_now()
    given = await repository.give_back(uow, hearts, now)
    for user_id, full_at in given.items():
        left, next_at = policy.left(full_at, now), policy.next_at(full_at, now)
        uow.record(HeartsChanged(user_id=user_id, hearts=left, next_at=next_at))
    return set(given)
