"""What grading answers, best first. `correct` always follows from `verdict`, for every kind of exercise."""

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    EXACT = "exact"
    PUNCTUATION = "punctuation"
    ACCENT = "accent"
    TYPO = "typo"
    WORD_ORDER = "word_order"
    # Of the whole: nothing else is wrong.
    MISSING = "missing"
    EXTRA = "extra"
    WRONG_WORD = "wrong_word"
    WRONG = "wrong"


CORRECT = frozenset({Verdict.EXACT, Verdict.ACCENT, Verdict.PUNCTUATION, Verdict.TYPO})

RANK = {verdict: place for place, verdict in enumerate(Verdict)}
"""The lower, the more was right."""


class Token(Struct, frozen=True, omit_defaults=True):
    """One step of the alignment: `text` as the learner wrote it (empty when missing), `expected` where it differs."""

    text: str
    verdict: Verdict
    expected: str | None = None


class Grade(Struct, frozen=True):
    """`expected` is the accepted answer nearest to what was written; `score` is the share that was right, 0 to 1."""

    verdict: Verdict
    correct: bool
    expected: str | tuple[str, ...] | tuple[tuple[str, str], ...]
    tokens: tuple[Token, ...]
    score: float
    feedback: str = ""
    """What the author says to whoever gives this answer."""


def graded(
    verdict: Verdict,
    expected: str | tuple[str, ...] | tuple[tuple[str, str], ...],
    tokens: tuple[Token, ...],
    score: float | None = None,
    feedback: str = "",
) -> Grade:
    """The grade for a verdict; without a score, right is 1 and wrong is 0."""
    correct = verdict in CORRECT
    return Grade(verdict, correct, expected, tokens, (1.0 if correct else 0.0) if score is None else score, feedback)
