"""Gems: earned once per cause, spent under the lock of the purse.

Invariant: the purse is the sum of the entries and never below nothing. Whoever holds other rows of a learner takes
the purse last, so that lessons and purchases do not wait for each other in a circle.
"""

from collections.abc import Iterable
from uuid import UUID

from domains.gamification.errors import AlreadyYours, NotEnoughGems
from domains.gamification.events import GemsChanged
from domains.gamification.repository import gems as repository
from domains.gamification.repository.gems import Payment
from domains.kernel.uow import UnitOfWork


async def earn(uow: UnitOfWork, user_id: UUID, amount: int, cause: str) -> bool:
    """False where the cause has been paid before. `amount` is above nothing."""
    return bool(await earn_many(uow, [Payment(user_id, cause, amount)]))


async def earn_many(uow: UnitOfWork, payments: Iterable[Payment]) -> set[UUID]:
    """Any number of learners in one statement; who got something by it."""
    due = list(payments)
    if any(payment.amount <= 0 for payment in due):
        raise ValueError("gems are earned above nothing")
    if not due:
        return set()
    paid = await repository.earn(uow, due)
    reasons = {payment.user_id: _reason(payment.cause) for payment in due}
    for user_id, purse, amount in paid:
        uow.record(GemsChanged(user_id=user_id, **purse._asdict(), amount=amount, reason=reasons[user_id]))
    return {user_id for user_id, _, _ in paid}


async def spend(uow: UnitOfWork, user_id: UUID, amount: int, cause: str) -> int:
    """What is left. The purse is held from here to the commit.

    Raises NotEnoughGems, and AlreadyYours where the cause was paid for before.
    """
    left = await repository.spend(uow, user_id, amount, cause)
    if left is None:
        raise AlreadyYours if await repository.is_paid(uow, user_id, cause) else NotEnoughGems
    uow.record(GemsChanged(user_id=user_id, **left._asdict(), amount=-amount, reason=_reason(cause)))
    return left.gems


def _reason(cause: str) -> str:
    return cause.partition(":")[0]
