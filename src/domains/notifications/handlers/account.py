"""What is worth telling of an account."""

from domains.identity.events import UserCreated
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.service import plan


async def welcome(uow: UnitOfWork, fact: UserCreated) -> None:
    await plan.notify(uow, fact.user_id, "welcome", params={}, url="/", cause="welcome")


SUBSCRIPTIONS = [Subscription("notifications.welcome", UserCreated, welcome, "after")]
