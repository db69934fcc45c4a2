"""Streaks count days of practice on the learner's own calendar.

A date before the last counted one (a late sync, a flight westwards) neither adds nor takes anything away.
"""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Streak:
    """`current` days in a row that end on `last_on`; `longest` ever."""

    current: int = 0
    longest: int = 0
    last_on: date | None = None


def practised(streak: Streak, on: date) -> Streak:
    """The streak after practice on the local date `on`; the same streak if the day adds nothing."""
    if streak.last_on is not None and on <= streak.last_on:
        return streak
    follows = streak.last_on is not None and on - streak.last_on == timedelta(days=1)
    current = streak.current + 1 if follows else 1
    return Streak(current, max(streak.longest, current), on)


def at_risk(streak: Streak, today: date) -> bool:
    """Whether the streak is lost unless its owner practises before their date `today` is over."""
    return streak.current > 0 and streak.last_on is not None and today - streak.last_on == timedelta(days=1)
