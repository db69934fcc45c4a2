"""Two people become one: what was bought, and what it opens, is the other's then."""

from uuid import UUID

from domains.billing.repository import moves, orders
from domains.kernel.uow import UnitOfWork


async def merge(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    # Neither of them places an order meanwhile.
    for user_id in sorted((from_id, into_id)):
        await orders.lock_buyer(uow.session, user_id)
    await moves.move(uow.session, from_id, into_id)
