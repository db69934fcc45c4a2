"""What is asked about a delivery right before it is sent: is it still true? Kinds that are not here stay true."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Due
from domains.notifications.service import reminders

STILL_WANTED: Mapping[str, Callable[[UnitOfWork, Due, datetime], Awaitable[bool]]] = {
    "streak_at_risk": reminders.streak_still_at_risk,
}
