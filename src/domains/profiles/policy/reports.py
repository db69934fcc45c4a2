"""How a report is dealt with. Invariant: what was closed stays closed, so that its outcome can be relied on."""

from enum import StrEnum
from typing import Literal

from domains.profiles.errors import ReportClosed

Reason = Literal["harassment", "hate", "spam", "impersonation", "inappropriate", "self_harm", "other"]


class ReportState(StrEnum):
    OPEN = "open"
    REVIEWING = "reviewing"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


OPEN_STATES = (ReportState.OPEN, ReportState.REVIEWING)


def moved(before: ReportState, after: ReportState) -> ReportState:
    """Raises ReportClosed. The same state again is allowed, so that a lost answer can be asked for once more."""
    if before not in OPEN_STATES and after is not before:
        raise ReportClosed
    return after
