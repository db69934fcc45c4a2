"""Sentences that are built out of given words: punctuation cannot be chosen, so it does not count, and a tapped word
has no typos."""

from collections import Counter
from collections.abc import Sequence

from domains.catalog.policy.grade import Grade, Verdict, graded
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.groups import plain
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms


def grade_tapped(words: Sequence[str], accepted: tuple[str, ...], language: str, lexicon: Lexicon) -> Grade:
    grade = grade_text(" ".join(words), accepted, language, lexicon, typed=False)
    if grade.verdict is Verdict.PUNCTUATION:
        return graded(Verdict.EXACT, grade.expected, grade.tokens)
    return grade


def missing_words(words: Sequence[str], text: str) -> list[str]:
    """What is needed to build `text` and not among `words`."""
    return sorted(Counter(norms(plain(text))) - Counter(word for each in words for word in norms(each)))
