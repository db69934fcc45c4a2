"""What completing a lesson pays. Computed from graded answers and counts, never from what a client says.

A first completion pays in full, and each repetition half of the one before it, down to one point: ten repetitions of
one lesson together pay less than one new lesson. Reviewing at the right time is paid for by its own rule.

Who has no heart left may go on learning: a lesson with mistakes then pays half, until time or practice bring hearts
back.
"""

BASE_XP = 10
PERFECT_XP = 5
VIEW_XP = 5
LEAST_XP = 1
PRACTICE_XP = {"mistakes": 10, "review": 10}
"""What comes up by itself is worth a lesson. There is only so much of it, so it pays in full each time."""
OTHER_PRACTICE_XP = 5


def practice_xp(kind: str) -> int:
    """For a session that is not a lesson's."""
    return PRACTICE_XP.get(kind, OTHER_PRACTICE_XP)


def lesson_xp(*, correct: int, total: int, completions: int, out_of_hearts: bool = False) -> int:
    """`completions` counts this one, from 1. A lesson without exercises (`total` 0) is only viewed."""
    full = VIEW_XP if total == 0 else BASE_XP + (PERFECT_XP if correct == total else 0)
    return max(LEAST_XP, (full >> (completions - 1)) // (2 if out_of_hearts else 1))
