"""How well a session went."""

from collections.abc import Iterable

PASSED = 0.8
"""Share of a test that has to be right."""


def score(correct: int, total: int) -> float:
    """Share answered right, 0 to 1; a lesson without exercises is done by reading it."""
    return correct / total if total else 1.0


def best_run(verdicts: Iterable[bool]) -> int:
    """The longest run of right answers, which come in the order in which they were given."""
    best = run = 0
    for correct in verdicts:
        run = run + 1 if correct else 0
        best = max(best, run)
    return best
