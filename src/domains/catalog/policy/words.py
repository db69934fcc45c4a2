"""One written word against one expected word.

Order matters: equal first, then "it is another word of the course", and only then the slips that are forgiven.
"""

from functools import cache

from rapidfuzz.distance import OSA

from domains.catalog.policy.grade import Verdict
from domains.catalog.policy.languages import ENDINGS, TRANSLITERATIONS, primary
from domains.catalog.policy.lexicon import Vocabulary
from domains.catalog.policy.text import Word

SHORTEST_FORGIVEN = 4
LONG_WORD = 8


def compare(expected: Word, written: Word, known: Vocabulary, language: str) -> Verdict:
    """EXACT, PUNCTUATION (an apostrophe), ACCENT, TYPO or WRONG_WORD."""
    if written.norm == expected.norm:
        return Verdict.EXACT
    if written.norm in known.words:
        return Verdict.WRONG_WORD
    if written.norm.replace("'", "") == expected.norm.replace("'", ""):
        return Verdict.PUNCTUATION
    if written.fold == expected.fold or written.norm == _transliterated(expected.norm, language):
        return Verdict.ACCENT
    if _is_typo(expected, written, known, language):
        return Verdict.TYPO
    return Verdict.WRONG_WORD


def _is_typo(expected: Word, written: Word, known: Vocabulary, language: str) -> bool:
    length = len(expected.fold)
    if length < SHORTEST_FORGIVEN or any(map(str.isdigit, expected.fold + written.fold)):
        return False
    allowed = 2 if length >= LONG_WORD else 1
    if OSA.distance(expected.fold, written.fold, score_cutoff=allowed) > allowed:
        return False
    # Also not another word that merely lost its accent.
    return written.fold not in known.folded and not _is_other_form(expected.fold, written.fold, language)


def _is_other_form(expected: str, written: str, language: str) -> bool:
    groups = ENDINGS.get(primary(language), ())
    start = _common_prefix(expected, written)
    # Endings may share their first letters (`es` and `en`), so the stem may end before the words part.
    for stem in range(start, max(start - 3, 0), -1):
        tails = {expected[stem:], written[stem:]}
        if any(tails <= group for group in groups):
            return True
    return False


def _common_prefix(one: str, other: str) -> int:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _transliterated(normal: str, language: str) -> str | None:
    table = _table(language)
    return normal.translate(table) if table else None


@cache
def _table(language: str) -> dict[int, str]:
    return str.maketrans(dict(TRANSLITERATIONS.get(primary(language), {})))
