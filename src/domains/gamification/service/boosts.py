"""Times in which practice pays several times as much.

Invariant: one boost for one cause, and no two at the same time: a second one begins when the first ends, so nothing
that was earned or paid for is lost. What counts is when practice was completed, not when the house heard of it.
"""

from uuid import UUID

from domains.gamification.repository import boosts as repository
from domains.gamification.repository.boosts import Boost
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork

FACTORS = range(2, 6)
MOST_MINUTES = 24 * 60


async def start(uow: UnitOfWork, user_id: UUID, factor: int, minutes: int, cause: str) -> Boost | None:
    """None when `cause` has brought one before. Holds the learner's balance to the commit."""
    if factor not in FACTORS or not 0 < minutes <= MOST_MINUTES:
        raise ValueError(f"no boost of {factor} times for {minutes} minutes")
    now = utc_now()
    # As rewards are, or one that comes at the same moment would be of before.
    now = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return await repository.start(uow, user_id, cause=cause, factor=factor, minutes=minutes, now=now)
