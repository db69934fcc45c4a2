"""What a learner remembers by the numbers of another program: those of FSRS, or else those of SM-2.

Pure. Numbers without sense are brought into their bounds, never refused: a schedule that is a little off mends itself
at the next review, and one that is lost does not.
"""

import math
from datetime import datetime, timedelta

from fsrs.scheduler import DEFAULT_PARAMETERS

from domains.learning.policy.schedule import LONGEST, Brought

EASIEST, HARDEST = 1.0, 10.0
SHORTEST_DAYS, LONGEST_DAYS = 0.01, 36_500.0
_USUAL_EASE = 2.5
_NEW_STABILITY = DEFAULT_PARAMETERS[2]
"""After a first answer that was right."""
_NEW_DIFFICULTY = 5.0


def memory(
    *, interval_days: float, ease: float | None, stability: float | None, difficulty: float | None
) -> tuple[float, float]:
    """Stability in days and difficulty from 1 to 10."""
    if stability is not None and difficulty is not None:
        return _within(stability, SHORTEST_DAYS, LONGEST_DAYS), _within(difficulty, EASIEST, HARDEST)
    if interval_days < 1:
        return _NEW_STABILITY, _NEW_DIFFICULTY
    # SM-2 aims at remembering nine of ten when an interval is over: that is what stability means.
    days = _within(interval_days, SHORTEST_DAYS, LONGEST_DAYS)
    return days, _difficulty(days, ease or _USUAL_EASE)


def _difficulty(stability: float, ease: float) -> float:
    """Of a card whose interval would grow by `ease` with the next right answer, were it asked when it is due."""
    growth = math.exp(DEFAULT_PARAMETERS[8]) * stability ** -DEFAULT_PARAMETERS[9]
    growth *= math.expm1(0.1 * DEFAULT_PARAMETERS[10])
    return _within(HARDEST + 1 - (ease - 1) / growth, EASIEST, HARDEST)


def brought(
    due: datetime, memory_: tuple[float, float], reps: int, lapses: int, last_review: datetime, now: datetime
) -> tuple[datetime, Brought]:
    """When it was last looked at, not after now, and what is known since."""
    at = min(last_review, now, due)
    latest = now + LONGEST
    return at, Brought(min(due, latest), *memory_, reps, lapses)


def last_look(due: datetime, interval_days: float, last_review: datetime | None) -> datetime:
    return last_review or due - timedelta(days=min(interval_days, LONGEST_DAYS))


def _within(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)
