"""Facts of notifications."""

from typing import ClassVar
from uuid import UUID

from domains.kernel.events import Event, Published


class NotificationCreated(Event, frozen=True, kw_only=True, tag="notifications.notification_created.v1"):
    """A new row in somebody's in-app inbox, with all that a screen shows of it."""

    published: ClassVar[Published | None] = Published("notification-events", "notification.created")

    user_id: UUID
    notification_id: UUID
    kind: str
    title: str
    body: str
    url: str
    """Path within the client, e.g. `/leagues/current`."""
