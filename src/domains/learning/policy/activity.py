"""When somebody learned and for how long, from what they answered.

Invariant: time is counted on the server, by the moments of answers: an answer took as long as passed since the session
was begun or last answered, and never more than IDLE, so that a session that was left open over lunch counts no lunch. A
flashcard comes without a session: its time is what the client says, with the same bound.

Decision: what was done is kept by the quarter of an hour in which it was done. Consequence: all zones of today differ
from UTC by whole quarters, so the calendar of any of them can be read from it, an answer has to know no zone, and who
moves sees the days as the new clock counts them. (Streaks keep the day that they were earned on.)
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from domains.kernel.zones import local_date

IDLE = timedelta(minutes=3)
"""The most that one answer counts."""
IDLE_MS = IDLE // timedelta(milliseconds=1)
QUARTER_MIN = 15

Done: TypeAlias = Literal["answer", "review", "lesson", "practice"]
"""An exercise answered, a flashcard judged, a lesson completed, another session completed."""


class Quarter(NamedTuple):
    """How often something was done in the quarter of an hour that begins `at`, and how long it took."""

    at: datetime
    done: Done
    times: int
    spent_ms: int


class Day(NamedTuple):
    on: date
    answers: int
    reviews: int
    lessons: int
    practices: int
    spent_ms: int


def bounds(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """When the first of these days begins in an IANA zone, and when the last one ends."""
    return (
        datetime.combine(first, time(), ZoneInfo(zone)),
        datetime.combine(last + timedelta(days=1), time(), ZoneInfo(zone)),
    )


def calendar(done: Iterable[Quarter], zone: str) -> list[Day]:
    """Days in an IANA zone on which something was done, oldest first."""
    times: dict[date, dict[Done, int]] = defaultdict(lambda: defaultdict(int))
    spent_ms: dict[date, int] = defaultdict(int)
    for quarter in done:
        on = local_date(quarter.at, zone)
        times[on][quarter.done] += quarter.times
        spent_ms[on] += quarter.spent_ms
    return [
        Day(on, found["answer"], found["review"], found["lesson"], found["practice"], spent_ms[on])
        for on, found in sorted(times.items())
    ]
