"""One trial per product and person. A person is an account, a mailbox however it is spelled, or a card.

How a card counts: it is often only known once the trial has begun. A trial on a card that had one before is cancelled
at the provider, which costs its owner nothing; subscribing again then simply begins with the first payment. Once
something was paid the card is only remembered.
"""

from uuid import UUID

from domains.billing.models import OrderRow
from domains.billing.policy.trials import card_mark, mail_mark, person_mark, refused_mark
from domains.billing.repository import orders
from domains.billing.repository import subscriptions as repository
from domains.identity import api as identity
from domains.kernel.uow import UnitOfWork


async def claim(uow: UnitOfWork, *, user_id: UUID, email: str, product_id: UUID, days: int, order_id: UUID) -> int:
    """The days of the trial that this order may begin with: `days`, or 0 when there was a trial before, and the plan
    starts with its first payment. An order that never becomes a subscription uses nothing up."""
    if days <= 0:
        return 0
    marks = _marks(user_id, email, product_id)
    if len(await repository.claim_trial(uow.session, product_id, marks, order_id)) == len(marks):
        return days
    await repository.unclaim_trial(uow.session, order_id)
    return 0


async def begun(uow: UnitOfWork, order: OrderRow) -> None:
    """The trial of this order runs: now it is used, also if another order has claimed it since."""
    contact = await identity.contact(uow, order.user_id)
    marks = _marks(order.user_id, contact.email if contact else "", order.product_id)
    await repository.keep_trial(uow.session, order.product_id, marks, order.id)


async def note_fingerprint(uow: UnitOfWork, order_id: UUID, fingerprint: str) -> bool:
    """Remembers the card of an order, or of the subscription that it belongs to. False when that has a trial and the
    card had one before: if it still runs, a job cancels it at the provider."""
    order = await orders.order(uow.session, order_id)
    if order is None or not fingerprint:
        return True
    first_id = order.id
    if order.subscription_id is not None:
        found = await repository.by_id(uow.session, order.subscription_id)
        first_id = found.order_id if found is not None else order.id
    first = await orders.order(uow.session, first_id)
    if first is None or not await repository.trial_marks(uow.session, first.id):
        return True
    mark = card_mark(first.product_id, fingerprint)
    if await repository.keep_trial(uow.session, first.product_id, [mark], first.id):
        return True
    await repository.keep_trial(uow.session, first.product_id, [refused_mark(first.id)], first.id)
    return False


def _marks(user_id: UUID, email: str, product_id: UUID) -> list[str]:
    return [person_mark(user_id), *([mail_mark(product_id, email)] if email else [])]
