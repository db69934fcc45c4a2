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


class NotificationsRead(Event, frozen=True, kw_only=True, tag="notifications.notifications_read.v1"):
    """What somebody read or put away on one device, so that their others keep step."""

    durable: ClassVar[bool] = False

    user_id: UUID
    notification_id: UUID | None
    every: bool
    """All of them, or all up to `notification_id`."""
    archived: bool
    unread: int
    """Of the whole inbox, afterwards."""


class DeliveryDue(Event, frozen=True, kw_only=True, tag="notifications.delivery_due.v1"):
    """A row of the deliveries may be sent. Told twice or late it changes nothing: the row says whether it is so."""

    delivery_id: UUID


class TicketAnswered(Event, frozen=True, kw_only=True, tag="notifications.ticket_answered.v1"):
    """Somebody of the staff has answered a message; the answer goes out by mail."""

    ticket_id: UUID
    answered_by: UUID
