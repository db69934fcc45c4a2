"""A written sentence against all accepted ones. Total: every pair of texts gets a grade, none raises.

The accepted answers of an exercise are prepared once. An answer that equals one of them costs a look-up; any other is
aligned only with the few that are nearest by letters or by words, so that hundreds of accepted answers stay cheap.
"""

from collections.abc import Sequence
from functools import lru_cache, partial

from msgspec import Struct
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from domains.catalog.policy.alignment import COST, Step, align
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon, Vocabulary
from domains.catalog.policy.text import Word, fold_word, norms, shape, split
from domains.catalog.policy.words import compare

NEAREST = 8
# Alignments of longer texts are looked for in the nearest accepted answer only.
LONG_ALIGNMENT = 900
RANK = {
    Verdict.EXACT: 0,
    Verdict.PUNCTUATION: 1,
    Verdict.ACCENT: 2,
    Verdict.TYPO: 3,
    Verdict.WORD_ORDER: 4,
    Verdict.WRONG_WORD: 5,
    Verdict.WRONG: 6,
}


class _Accepted(Struct, frozen=True):
    """`keys` are the words without accents joined by spaces, one per accepted answer, in order."""

    exact: dict[str, list[int]]
    keys: tuple[str, ...]
    words: frozenset[str]
    folded: frozenset[str]


class _Reading(Struct, frozen=True):
    verdict: Verdict
    index: int
    steps: list[Step]
    cost: int


def grade_text(answer: str, accepted: tuple[str, ...], language: str, lexicon: Lexicon, *, typed: bool = True) -> Grade:
    """The grade by the accepted answer that forgives most. Not `typed` (tapped words) has no typos and no accents.

    `accepted` has at least one text, the first being the author's own."""
    prepared = _prepared(accepted)
    written = norms(answer)
    same = prepared.exact.get(" ".join(written))
    if written and same is not None:
        return _same_words(answer, accepted, same)
    words = split(answer)
    known = _known(lexicon.of(language), prepared)
    if not words or len(words) > 2 * max(key.count(" ") + 1 for key in prepared.keys) + 8:
        return graded(Verdict.WRONG, accepted[0], tuple(Token(word.text, Verdict.EXTRA) for word in words[:200]))
    readings = [
        _read(words, split(accepted[index]), index, known, language, typed)
        for index in _nearest(" ".join(word.fold for word in words), len(words), prepared.keys)
    ]
    best = min(readings, key=lambda reading: (RANK[reading.verdict], reading.cost, reading.index))
    return graded(best.verdict, accepted[best.index], tuple(map(_token, best.steps)))


def _same_words(answer: str, accepted: tuple[str, ...], same: Sequence[int]) -> Grade:
    given = shape(answer)
    exact = next((index for index in same if shape(accepted[index]) == given), None)
    tokens = tuple(Token(word.text, Verdict.EXACT) for word in split(answer))
    if exact is None:
        return graded(Verdict.PUNCTUATION, accepted[same[0]], tokens)
    return graded(Verdict.EXACT, accepted[exact], tokens)


@lru_cache(maxsize=4096)
def _prepared(accepted: tuple[str, ...]) -> _Accepted:
    exact: dict[str, list[int]] = {}
    words: set[str] = set()
    keys = []
    for index, text in enumerate(accepted):
        found = norms(text)
        words.update(found)
        exact.setdefault(" ".join(found), []).append(index)
        keys.append(" ".join(map(fold_word, found)))
    return _Accepted(exact, tuple(keys), frozenset(words), frozenset(map(fold_word, words)))


def _known(vocabulary: Vocabulary, prepared: _Accepted) -> Vocabulary:
    if prepared.words <= vocabulary.words:
        return vocabulary
    return Vocabulary(vocabulary.words | prepared.words, vocabulary.folded | prepared.folded)


def _nearest(key: str, words: int, keys: Sequence[str]) -> list[int]:
    """Places of the accepted answers worth aligning: near by letters, and near by words in any order."""
    if len(keys) == 1:
        return [0]
    few = 1 if words * words > LONG_ALIGNMENT else NEAREST
    by_letters = process.extract(key, keys, scorer=OSA.distance, processor=None, limit=few)
    by_words = process.extract(key, keys, scorer=fuzz.token_sort_ratio, processor=None, limit=max(1, few // 4))
    return list(dict.fromkeys([index for _, _, index in by_letters] + [index for _, _, index in by_words]))


def _read(
    written: Sequence[Word], expected: Sequence[Word], index: int, known: Vocabulary, language: str, typed: bool
) -> _Reading:
    compared = partial(_compared, known=known, language=language, typed=typed)
    steps = align(expected, written, compared, lambda word: not typed or word.norm in known.words)
    cost = sum(COST[step.verdict] for step in steps)
    if sorted(word.norm for word in written) == sorted(word.norm for word in expected):
        return _Reading(Verdict.WORD_ORDER, index, _moved(steps), cost)
    return _Reading(_overall(steps, len(expected), known), index, steps, cost)


def _compared(expected: Word, written: Word, *, known: Vocabulary, language: str, typed: bool) -> Verdict:
    if typed or expected.norm == written.norm:
        return compare(expected, written, known, language)
    return Verdict.WRONG_WORD


def _moved(steps: Sequence[Step]) -> list[Step]:
    """Words that are right but stand elsewhere: neither missing nor extra."""
    return [step if step.verdict is Verdict.EXACT else step._replace(verdict=Verdict.WORD_ORDER) for step in steps]


def _overall(steps: Sequence[Step], length: int, known: Vocabulary) -> Verdict:
    faults = [step for step in steps if COST[step.verdict] >= COST[Verdict.WRONG_WORD]]
    verdicts = {step.verdict for step in steps}
    if not faults:
        typos = sum(step.verdict is Verdict.TYPO for step in steps)
        if typos > max(1, length // 2):
            return Verdict.WRONG
        return max(verdicts, key=RANK.__getitem__)
    if length == 1:
        # Of a single word: another word of the course was meant, or nothing that we know.
        other = len(steps) == 1 and faults[0].written[0].norm in known.words
        return Verdict.WRONG_WORD if other else Verdict.WRONG
    return Verdict.WRONG_WORD if len(faults) <= max(1, length // 3) else Verdict.WRONG


def _token(step: Step) -> Token:
    text = " ".join(word.text for word in step.written)
    if step.verdict in {Verdict.EXACT, Verdict.EXTRA}:
        return Token(text, step.verdict)
    return Token(text, step.verdict, " ".join(word.text for word in step.expected) or None)
