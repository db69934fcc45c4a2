"""What people may ask for about themselves, and how long it takes."""

from datetime import timedelta
from enum import StrEnum

GRACE = timedelta(days=14)
"""From the wish to be forgotten until it is done; it can be taken back meanwhile."""

EXPORT_KEPT = timedelta(days=7)
EXPORT_GIVEN_UP = timedelta(days=2)
"""A copy that is not ready by then never will be: a job is tried for about a day."""
EXPORTS_KEPT = 3
"""Of one person; the oldest goes for a new one."""

FAREWELL_KEPT = timedelta(days=2)

TOMBSTONE_NAME = "Deleted account"
"""What others see of somebody who was erased, in standings for one."""

CONFIRMATION = "delete my account"
"""To be sent with the wish, so that no slip of a client erases anybody."""


class ExportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
