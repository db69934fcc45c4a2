"""One written word against one expected word.

Order matters: equal first, then "it is another word of the course", and only then the slips that are forgiven.
"""

import re
import unicodedata
from typing import NamedTuple

from rapidfuzz.distance import OSA

from domains.catalog.policy.grade import Verdict
from domains.catalog.policy.languages import Language
from domains.catalog.policy.lexicon import Vocabulary
from domains.catalog.policy.text import Word, fold, unpointed

SHORTEST_FORGIVEN = 4
LONG_WORD = 8
# Of Hangul the letters count and not the syllables, of which two or three make most words.
SHORTEST_JAMO = 6
LONG_JAMO = 14

_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u309f]")
_IDEOGRAPHS = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_DIGIT = re.compile(r"\d")


class Known(NamedTuple):
    """What counts as another word: the course's words, and those of the accepted answers themselves."""

    course: Vocabulary
    language: Language
    accepted: frozenset[str]
    accepted_folded: frozenset[str]

    def has(self, norm: str) -> bool:
        return norm in self.course.words or norm in self.accepted

    def has_folded(self, fold: str) -> bool:
        return fold in self.course.folded or fold in self.accepted_folded


def compare(expected: Word, written: Word, known: Known) -> Verdict:
    """EXACT, PUNCTUATION (an apostrophe), ACCENT, TYPO or WRONG_WORD."""
    if written.norm == expected.norm or _same_unpointed(expected.norm, written.norm):
        return Verdict.EXACT
    language = known.language
    if language.unmarked and written.norm == expected.norm.translate(language.unmarked):
        return Verdict.ACCENT
    if known.has(written.norm):
        return Verdict.WRONG_WORD
    if written.norm.replace("'", "") == expected.norm.replace("'", ""):
        return Verdict.PUNCTUATION
    if written.fold == expected.fold or (
        language.stand_ins and written.norm == fold(expected.norm.translate(language.stand_ins))
    ):
        return Verdict.ACCENT
    if _is_typo(expected.fold, written, known):
        return Verdict.TYPO
    return Verdict.WRONG_WORD


def _same_unpointed(expected: str, written: str) -> bool:
    """Equal but for harakat or niqqud that one of them leaves out altogether."""
    if expected.isascii() or written.isascii():
        return False
    bare = unpointed(expected)
    return bare == unpointed(written) and bare in {expected, written} and bool(bare)


def _is_typo(expected: str, written: Word, known: Known) -> bool:
    allowed = _allowed(expected)
    if not allowed or _DIGIT.search(expected + written.fold):
        return False
    if _IDEOGRAPHS.search(expected + written.fold) or _is_inflected_kana(expected, written.fold):
        return False
    one, other = _letters(expected), _letters(written.fold)
    if OSA.distance(one, other, score_cutoff=allowed) > allowed or _is_affixed(one, other):
        return False
    # Also not another word that merely lost its accent.
    if known.has_folded(written.fold) or written.norm in known.course.frequent:
        return False
    return not _is_other_form(expected, written.fold, known)


def _is_inflected_kana(expected: str, written: str) -> bool:
    """Japanese inflects at the end of a word, by single kana."""
    return _KANA.match(expected[-1]) is not None and not written.endswith(expected[-1])


def _allowed(word: str) -> int:
    """How many letters of it may be wrong."""
    if _HANGUL.search(word):
        length = len(_letters(word))
        return 0 if length < SHORTEST_JAMO else 1 if length < LONG_JAMO else 2
    return 0 if len(word) < SHORTEST_FORGIVEN else 1 if len(word) < LONG_WORD else 2


def _letters(word: str) -> str:
    return unicodedata.normalize("NFD", word) if _HANGUL.search(word) else word


def _is_affixed(one: str, other: str) -> bool:
    """Whether one is the other with letters before or behind it: `possible`, `impossible`. Fingers slip once."""
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) >= 2 and (long.startswith(short) or long.endswith(short))


def _is_other_form(expected: str, written: str, known: Known) -> bool:
    start = _common_prefix(expected, written)
    # Endings may share their first letters (`es` and `en`), so the stem may end before the words part.
    for stem in range(start, max(start - 3, 0), -1):
        tails = {expected[stem:], written[stem:]}
        if any(tails <= group for group in (*known.language.endings, *known.course.endings)):
            return True
    same = _common_prefix(expected[::-1], written[::-1])
    heads = {expected[: len(expected) - same], written[: len(written) - same]}
    return same > 0 and any(heads <= group for group in known.language.beginnings)


def _common_prefix(one: str, other: str) -> int:
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))
