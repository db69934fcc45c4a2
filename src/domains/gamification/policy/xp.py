"""What practice pays. Computed from graded answers and counts, never from what a client says.

Invariant: the same answers are worth the same whenever they are counted, and no day pays more than its caps. A first
completion of a lesson is worth all of it, and each repetition half of the one before, down to one point: ten
repetitions together pay less than one new lesson. What there is no end of, repetitions and free practice, has a cap of
its own; what comes up by itself (reviews at the right time, one's mistakes) has none but the day's.

Who has no heart left may go on learning: a lesson with mistakes then pays half, until time or practice bring hearts
back.
"""

from dataclasses import dataclass

BASE_XP = 10
PERFECT_XP = 5
COMBO_AT = 3
"""Right answers in a row that are worth a point; together never as much as no mistake at all."""
VIEW_XP = 5
LEAST_XP = 1
FIRST_OF_DAY_XP = 5
PRACTICE_XP = {"mistakes": 10, "review": 10}
"""What comes up by itself is worth a lesson."""
OTHER_PRACTICE_XP = 5
EASY_CAP_XP = 150
"""What repetitions and free practice can bring on one day, all together."""
DAY_CAP_XP = 1_500
"""What one day can bring: more than anybody may set as their goal, less than a machine can do."""


@dataclass(frozen=True, slots=True)
class Work:
    """What was done, before boosts, bonuses and caps."""

    points: int
    easy: bool = False
    """There is no end of it."""


@dataclass(frozen=True, slots=True)
class Day:
    """What a local day has brought so far."""

    xp: int = 0
    easy_xp: int = 0
    """Of which for easy work."""
    first: bool = True
    """Nothing was paid on it yet."""


def combo_xp(best_run: int) -> int:
    """For the longest run of right answers in a session that was not without a mistake."""
    return min(best_run // COMBO_AT, PERFECT_XP - 1)


def lesson(
    *,
    correct: int,
    total: int,
    completions: int,
    best_run: int = 0,
    out_of_hearts: bool = False,
    self_judged: bool = False,
) -> Work:
    """`completions` counts this one, from 1. A lesson without exercises (`total` 0) is only viewed. Nobody earns
    more by judging themselves well (`self_judged`): that pays like a review."""
    bonus = 0 if self_judged else PERFECT_XP if correct == total else combo_xp(best_run)
    full = BASE_XP + bonus if total else VIEW_XP
    points = max(LEAST_XP, (full >> (completions - 1)) // (2 if out_of_hearts else 1))
    return Work(points, easy=completions > 1)


def practice(kind: str) -> Work:
    """For a session that is not a lesson's."""
    return Work(PRACTICE_XP.get(kind, OTHER_PRACTICE_XP), easy=kind not in PRACTICE_XP)


def pay(work: Work, day: Day, *, factor: int = 1) -> int:
    """`factor`: of the boost at that time."""
    due = work.points * factor + (FIRST_OF_DAY_XP if day.first else 0)
    return max(0, min(due, room(work, day)))


def correction(work: Work, paid_points: int, day: Day, *, factor: int) -> int:
    """What is still due when work turns out to be worth more than what it was paid for; never negative."""
    return max(0, min((work.points - paid_points) * factor, room(work, day)))


def room(work: Work, day: Day) -> int:
    left = DAY_CAP_XP - day.xp
    return min(left, EASY_CAP_XP - day.easy_xp) if work.easy else left
