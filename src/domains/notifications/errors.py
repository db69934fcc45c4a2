"""Situations of notifications."""

from domains.kernel.errors import NotFound


class NotificationNotFound(NotFound):
    code = "notifications.not_found"
    title = "No such notification"
