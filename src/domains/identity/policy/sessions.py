"""How long logins live, and what presenting a refresh token means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

ACCESS_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(days=30)
SESSION_IDLE = timedelta(days=7)
REFRESH_GRACE = timedelta(seconds=10)
"""Parallel refreshes and a lost answer look like theft; within this time they get the same successor again."""

TICKET_LIFETIME = timedelta(minutes=1)
TICKETS_AT_ONCE = 20
"""Tickets of one login session that wait to be used: more than a browser full of tabs asks for at once."""

KEY_NOTICE = timedelta(minutes=2)
"""A new key is published this long before it signs, so that every process knows it by then."""
KEY_AFTERLIFE = timedelta(hours=1)
"""A retired key verifies this much longer: more than an access token lives."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token and its login session, as stored."""

    used_at: datetime | None
    revoked_at: datetime | None
    expires_at: datetime
    last_used_at: datetime


class Verdict(Enum):
    ROTATE = auto()
    REPEAT = auto()
    """Give the successor that was given before."""
    REUSED = auto()
    ENDED = auto()


def refresh_verdict(presented: Presented, now: datetime) -> Verdict:
    if presented.revoked_at is not None or now >= presented.expires_at or now >= presented.last_used_at + SESSION_IDLE:
        return Verdict.ENDED
    if presented.used_at is None:
        return Verdict.ROTATE
    return Verdict.REPEAT if now < presented.used_at + REFRESH_GRACE else Verdict.REUSED
