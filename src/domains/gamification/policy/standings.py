"""Boards over days, weeks, months and all time: which period a moment is in, and how a place is one number.

All periods are UTC, for everybody: a board on which everyone has another midnight cannot be compared. Smaller scores
stand higher: more XP first, among equals whoever got there first. PostgreSQL and Redis keep the same number, and a
double holds it exactly, so they cannot disagree about an order.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

EVERYWHERE = UUID(int=0)
"""The scope of the board of all; any other scope is a course."""
SCORE_FROM = datetime(2025, 1, 1, tzinfo=UTC)
SPAN_BITS = 30
"""Of the seconds since then: until 2059."""
MOST_XP = (1 << 23) - 1
_SPAN = 1 << SPAN_BITS


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    """From Monday."""
    MONTH = "month"
    ALL = "all"


def starts_on(period: Period, now: datetime) -> date | None:
    """The first day of the period that `now` is in; None for all time."""
    on = now.astimezone(UTC).date()
    match period:
        case Period.DAY:
            return on
        case Period.WEEK:
            return on - timedelta(days=on.weekday())
        case Period.MONTH:
            return on.replace(day=1)
        case Period.ALL:
            return None


def ends_at(period: Period, now: datetime) -> datetime | None:
    start = starts_on(period, now)
    if start is None:
        return None
    following = {
        Period.DAY: start + timedelta(days=1),
        Period.WEEK: start + timedelta(days=7),
        Period.MONTH: (start + timedelta(days=31)).replace(day=1),
    }[period]
    return datetime.combine(following, time(), UTC)


def score(xp: int, last_at: datetime) -> int:
    seconds = int((last_at - SCORE_FROM).total_seconds())
    return -max(-MOST_XP, min(xp, MOST_XP)) * _SPAN + max(0, min(seconds, _SPAN - 1))


def xp_of(score: int) -> int:
    return -(score >> SPAN_BITS)


def window(rank: int | None, size: int) -> int:
    """How many places are left out above `size` of them with `rank` in the middle; none where there is no rank."""
    return max(0, rank - 1 - size // 2) if rank else 0
