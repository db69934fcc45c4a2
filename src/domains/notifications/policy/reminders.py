"""When somebody is reminded, by the clock on their own wall. Pure.

A moment is worked out from a local date and hour with the zone's own rules, never by adding hours to another moment:
days on which a clock is changed have 23 or 25 of them.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

EVENING = range(17, 22)
"""Local hours in which a reminder may be due."""
USUAL_HOUR = 19
"""For those who do not practise in the evening."""
TOO_LATE_HOUR = 22
"""From then on nobody is reminded of the day: it is over, or nearly, and they may be asleep."""
RECAP_HOUR = 18
"""On Sundays."""
RECAP_KEPT = timedelta(days=3)
"""From Sunday on: after so long nobody wants to hear of last week."""

_SUNDAY = 6


def usual_hour(lessons: Mapping[int, int]) -> int:
    """The hour of the evening in which somebody practises most; of equal ones USUAL_HOUR, then the earlier. `lessons`:
    how many in which hour of their own day."""
    return max(EVENING, key=lambda hour: (lessons.get(hour, 0), hour == USUAL_HOUR, -hour))


def moment(on: date, hour: int, zone: str) -> datetime:
    """In UTC, when clocks in `zone` first show that hour on that date; where they leap over it, when they do."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def decide(now: datetime, on: date, hour: int, zone: str) -> Literal["now", "never"] | datetime:
    """What is to be done about a reminder for the local date `on`: a moment if it is not yet due, for instance because
    its owner has travelled west; never, if the evening is over."""
    local = now.astimezone(ZoneInfo(zone))
    if local.date() > on or (local.date() == on and local.hour >= TOO_LATE_HOUR):
        return "never"
    due = moment(on, hour, zone)
    return "now" if due <= now else due


def hours_left(now: datetime, on: date, zone: str) -> int:
    """Until the local date `on` is over, begun hours counted as whole; at least 1."""
    midnight = moment(on + timedelta(days=1), 0, zone)
    return max(1, -((now - midnight) // timedelta(hours=1)))


def week_of(on: date) -> date:
    """The Monday on or before it."""
    return on - timedelta(days=on.weekday())


def recap_at(week_on: date, zone: str) -> datetime:
    """In UTC: the evening of the week's Sunday. `week_on` is its Monday."""
    return moment(week_on + timedelta(days=_SUNDAY), RECAP_HOUR, zone)


def recap_stale(now: datetime, week_on: date) -> bool:
    return now >= moment(week_on + timedelta(days=_SUNDAY), 0, "UTC") + RECAP_KEPT
