"""What is asked about deliveries right before they are sent: is it still true? Kinds that are not here stay true."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domains.kernel.uow import UnitOfWork
from domains.notifications.channels.port import Due
from domains.notifications.service import reminders

StillWanted = Callable[[UnitOfWork, Sequence[Due], datetime], Awaitable[Collection[UUID]]]
"""The ids of those that are, of several deliveries of one kind."""

STILL_WANTED: Mapping[str, StillWanted] = {"streak_at_risk": reminders.streaks_still_at_risk}
