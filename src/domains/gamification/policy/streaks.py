"""Streaks count days of practice on the learner's own calendar.

Invariant: a streak follows from the set of days on which its owner practised, in whatever order the house heard of
them: what a second device did yesterday without a network and brings today counts as if it had come in time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Streak:
    """`current` days in a row that end on `last_on`; `longest` ever."""

    current: int = 0
    longest: int = 0
    last_on: date | None = None


def practised(streak: Streak, on: date) -> Streak:
    """The streak after practice on the local date `on`; the same streak if the day adds nothing.

    For a day that is not before the last one: what an earlier one changes, only `of_days` can tell."""
    if streak.last_on is not None and on <= streak.last_on:
        return streak
    follows = streak.last_on is not None and on - streak.last_on == timedelta(days=1)
    current = streak.current + 1 if follows else 1
    return Streak(current, max(streak.longest, current), on)


def of_days(days: Iterable[date]) -> Streak:
    """The streak of who practised on all these days; in any order, and as often as they like."""
    streak = Streak()
    for on in sorted(days):
        streak = practised(streak, on)
    return streak


def is_late(streak: Streak, on: date) -> bool:
    """Whether a day comes after a later one was counted."""
    return streak.last_on is not None and on < streak.last_on


def at_risk(streak: Streak, today: date) -> bool:
    """Whether the streak is lost unless its owner practises before their date `today` is over."""
    return streak.current > 0 and streak.last_on is not None and today - streak.last_on == timedelta(days=1)
