"""Commands and queries of notifications."""

from domains.notifications.service.inbox import inbox, mark_read, notify

__all__ = ["inbox", "mark_read", "notify"]
