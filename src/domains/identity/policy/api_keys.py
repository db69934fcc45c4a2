"""How long API keys live, and what they may be called."""

import re
from collections.abc import Collection
from datetime import timedelta

from domains.identity.errors import BadField
from domains.identity.policy.fields import checked_name

LONGEST_DAYS = 366
LONGEST_OVERLAP_HOURS = 30 * 24
USE_NOTED_EVERY = timedelta(minutes=1)
_SCOPE = re.compile(r"[a-z_]{1,30}\.[a-z_]{1,30}")


def checked_scopes(scopes: Collection[str], known: Collection[str]) -> list[str]:
    """Sorted. Each of `known`, which are those that some route asks for: any other would open nothing."""
    unknown = sorted(scope for scope in scopes if scope not in known or not _SCOPE.fullmatch(scope))
    if unknown or not scopes:
        raise BadField("scopes", f"scopes are some of {', '.join(sorted(known)) or 'none'}")
    return sorted(set(scopes))


def checked_days(days: int) -> timedelta:
    if not 1 <= days <= LONGEST_DAYS:
        raise BadField("days", f"days is 1 to {LONGEST_DAYS}")
    return timedelta(days=days)


def checked_overlap(hours: int) -> timedelta:
    if not 0 <= hours <= LONGEST_OVERLAP_HOURS:
        raise BadField("overlap_hours", f"overlap_hours is 0 to {LONGEST_OVERLAP_HOURS}")
    return timedelta(hours=hours)


def checked_key_name(name: str) -> str:
    return checked_name(name)
