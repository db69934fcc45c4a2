"""How well a session went."""

PASSED = 0.8
"""Share of a test that has to be right."""


def score(correct: int, total: int) -> float:
    """Share answered right, 0 to 1; a lesson without exercises is done by reading it."""
    return correct / total if total else 1.0
