"""What is due is sent."""

from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.events import DeliveryDue
from domains.notifications.service.deliver import deliver


async def send(uow: UnitOfWork, fact: DeliveryDue) -> None:
    await deliver(uow, fact.delivery_id)


SUBSCRIPTIONS = [Subscription("notifications.deliver", DeliveryDue, send, "after")]
