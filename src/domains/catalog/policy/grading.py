"""A written sentence against all accepted ones. Total: every pair of texts gets a grade, none raises.

The accepted answers of an exercise are prepared once. An answer that equals one of them costs a look-up; any other is
aligned only with the few that are nearest by letters or by words, so that hundreds of accepted answers stay cheap.
Work is bounded whatever was written: what is far longer than any accepted answer is wrong without a closer look.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from domains.catalog.policy.alignment import COST, FAULT, MOST_PLACES, Alignment, Compare, Step, align, align_long
from domains.catalog.policy.grade import CORRECT, RANK, Grade, Token, Verdict, graded
from domains.catalog.policy.groups import joined, plain, shortest
from domains.catalog.policy.languages import language_data, variants_in
from domains.catalog.policy.lattice import Lattice, lattice
from domains.catalog.policy.lexicon import Lexicon, Vocabulary
from domains.catalog.policy.segments import regrouped
from domains.catalog.policy.text import Word, clean, fold_word, is_unspaced, norms, shape, split
from domains.catalog.policy.words import Known, compare

NEAREST = 8
FEW = 20
"""So many accepted answers are prepared within a few milliseconds."""
# Places of all graphs that are looked at for one answer; long answers are compared with fewer accepted ones.
MOST_PLACES_IN_ALL = 2 * MOST_PLACES
MOST_TOKENS = 200
LONGEST_SHOWN = 1_000
# Beyond the best reading so far, how much more another may cost and still be better: slips of several words are
# forgiven before a single wrong one is.
SLACK = 10


class _Accepted(Struct, frozen=True):
    """`exact` and `keys` have places in the tuple of accepted answers; `keys` are words without accents, joined by
    spaces. `flexible` are answers that stand for several, with all words that occur in them."""

    exact: dict[str, list[int]]
    keys: tuple[str, ...]
    of_key: tuple[int, ...]
    flexible: tuple[tuple[int, frozenset[str]], ...]
    known: frozenset[str]
    known_folded: frozenset[str]
    longest: int
    most_words: int


class _Reading(Struct, frozen=True):
    verdict: Verdict
    cost: int
    index: int
    expected: str
    steps: list[Step]


def grade_text(answer: str, accepted: tuple[str, ...], language: str, lexicon: Lexicon, *, typed: bool = True) -> Grade:
    """The grade by the accepted answer that forgives most. Not `typed` (tapped words) has no typos and no accents.

    `accepted` has at least one text, the first being the author's own; each may have groups, see `groups`."""
    prepared = _prepared(accepted, language)
    if len(answer) > 4 * prepared.longest + 200:
        return _nothing_alike(split(answer[:LONGEST_SHOWN], language), accepted)
    written = norms(answer, language)
    same = prepared.exact.get(" ".join(written), ())
    if not written:
        # Of signs alone, those have to be the same.
        same = [index for index in same if answer and shape(accepted[index]) == shape(answer)]
    if same and not (written and is_unspaced(written[0])):
        return _same_words(answer, language, accepted, same)
    words = split(answer, language)
    if not words or len(words) > 2 * prepared.most_words + 8:
        return _nothing_alike(words, accepted)
    reader = _Reader(answer, words, accepted, language, lexicon.of(language), prepared, typed)
    best = reader.best()
    return graded(best.verdict, best.expected, tuple(map(_token, best.steps)))


def prepare(accepted: tuple[str, ...], language: str) -> None:
    """Does what the first grade of an exercise would do; kept until many others were prepared after it."""
    _prepared(accepted, language)


def takes_long(accepted: tuple[str, ...]) -> bool:
    """Whether `prepare` is better done where nobody waits for it: about 0.15 ms for each answer that has groups."""
    return len(accepted) > FEW


def _nothing_alike(words: Sequence[Word], accepted: Sequence[str]) -> Grade:
    tokens = tuple(Token(word.text, Verdict.EXTRA) for word in words[:MOST_TOKENS])
    return graded(Verdict.WRONG, plain(accepted[0]), tokens)


def _same_words(answer: str, language: str, accepted: tuple[str, ...], same: Sequence[int]) -> Grade:
    given = shape(answer)
    exact = next((index for index in same if shape(accepted[index]) == given), None)
    tokens = tuple(Token(word.text, Verdict.EXACT) for word in split(answer, language))
    if exact is None:
        return graded(Verdict.PUNCTUATION, accepted[same[0]], tokens)
    return graded(Verdict.EXACT, accepted[exact], tokens)


@lru_cache(maxsize=4096)
def _prepared(accepted: tuple[str, ...], language: str) -> _Accepted:
    exact: dict[str, list[int]] = {}
    known: set[str] = set()
    keys: list[str] = []
    of_key: list[int] = []
    flexible = []
    for index, text in enumerate(accepted):
        fullest = plain(text)
        has_groups = fullest != text
        for way in dict.fromkeys((fullest, shortest(text)) if has_groups else (text,)):
            found = norms(way, language)
            keys.append(" ".join(map(fold_word, found)))
            of_key.append(index)
            known.update(found)
            if not has_groups:
                exact.setdefault(" ".join(found), []).append(index)
        others = {word for _, other in variants_in(found, language) for word in other}
        if has_groups or others:
            words = lattice(text, language).words if has_groups else frozenset(others.union(found))
            known.update(words)
            flexible.append((index, words))
    return _Accepted(
        exact=exact,
        keys=tuple(keys),
        of_key=tuple(of_key),
        flexible=tuple(flexible),
        known=frozenset(known),
        known_folded=frozenset(map(fold_word, known)),
        longest=max(map(len, map(clean, accepted))),
        most_words=max(key.count(" ") + 1 for key in keys),
    )


class _Reader:
    """Reads one answer as each of the accepted ones that may be meant."""

    def __init__(
        self,
        answer: str,
        words: list[Word],
        accepted: tuple[str, ...],
        language: str,
        vocabulary: Vocabulary,
        prepared: _Accepted,
        typed: bool,
    ) -> None:
        self.answer = answer
        self.words = words
        self.accepted = accepted
        self.language = language
        self.prepared = prepared
        self.typed = typed
        self.segments = vocabulary.segments
        self.known = Known(vocabulary, language_data(language), prepared.known, prepared.known_folded)
        self.compared: dict[tuple[str, str], Verdict] = {}

    def best(self) -> _Reading:
        for index in self._perhaps_exact():
            found = self._reading(index, 0)
            if found is not None and found.verdict is Verdict.EXACT:
                return found
        best: _Reading | None = None
        for index in self._nearest():
            found = self._reading(index, best.cost + SLACK if best is not None else None)
            if found is not None and (best is None or _order(found) < _order(best)):
                best = found
        if best is None:
            raise AssertionError("without a limit there is always a reading")
        return best

    def _perhaps_exact(self) -> Iterator[int]:
        """Answers with groups that have every word that was written."""
        written = {word.norm for word in self.words}
        return (index for index, words in self.prepared.flexible if written <= words)

    def _nearest(self) -> list[int]:
        """Places of the accepted answers worth aligning: near by letters, and near by words in any order."""
        keys = self.prepared.keys
        if len(keys) == 1:
            return [0]
        key = " ".join(word.fold for word in self.words)
        places = len(self.words) * self.prepared.most_words
        few = max(1, min(NEAREST, MOST_PLACES_IN_ALL // places))
        by_letters = process.extract(key, keys, scorer=OSA.distance, processor=None, limit=few)
        by_words = process.extract(key, keys, scorer=fuzz.token_sort_ratio, processor=None, limit=max(1, few // 4))
        return list(dict.fromkeys(self.prepared.of_key[place] for _, _, place in (*by_letters, *by_words)))

    def _reading(self, index: int, limit: int | None) -> _Reading | None:
        text = self.accepted[index]
        graph = lattice(text, self.language)
        aligned = self._aligned(text, graph, limit)
        if aligned is None:
            return None
        shown = plain(text) if graph.is_plain or not aligned.arcs else _spoken(text, aligned)
        steps = regrouped(aligned.steps, self.segments, self._compare)
        if all(step.verdict is Verdict.EXACT for step in steps):
            meant = "".join(arc.shape for arc in aligned.arcs) if aligned.arcs else shape(shown)
            verdict = Verdict.EXACT if meant == shape(self.answer) else Verdict.PUNCTUATION
        else:
            steps = _moved(steps, self._compare)
            verdict = _overall(steps, self.known)
        return _Reading(verdict, sum(COST[step.verdict] for step in steps), index, shown, steps)

    def _aligned(self, text: str, graph: Lattice, limit: int | None) -> Alignment | None:
        # What is right costs nothing and visits few places, however many there are.
        if limit != 0 and len(graph.arcs) * len(self.words) > MOST_PLACES:
            return align_long(split(plain(text), self.language), self.words, self._compare)
        everything = FAULT * (len(graph.arcs) + len(self.words))
        return align(graph, self.words, self._compare, self._is_known, everything if limit is None else limit)

    def _compare(self, expected: Word, written: Word) -> Verdict:
        if expected.norm == written.norm:
            return Verdict.EXACT
        if not self.typed:
            return Verdict.WRONG_WORD
        pair = expected.norm, written.norm
        found = self.compared.get(pair)
        if found is None:
            found = self.compared[pair] = compare(expected, written, self.known)
        return found

    def _is_known(self, word: Word) -> bool:
        return not self.typed or self.known.has(word.norm)


def _order(reading: _Reading) -> tuple[int, int, int]:
    return RANK[reading.verdict], reading.cost, reading.index


def _spoken(text: str, aligned: Alignment) -> str:
    """The way that was meant, with the author's capital at its beginning."""
    spoken = joined([arc.shown for arc in aligned.arcs])
    return spoken[:1].upper() + spoken[1:] if plain(text)[:1].isupper() else spoken


def _moved(steps: list[Step], compare: Compare) -> list[Step]:
    """Where the words are the right ones in another order, they are neither missing nor extra nor wrong."""
    faults = [step for step in steps if COST[step.verdict] >= FAULT]
    expected = [word for step in faults for word in step.expected]
    written = [word for step in faults for word in step.written]
    if (
        not faults
        or len(expected) != len(written)
        or sorted(w.norm for w in expected) != sorted(w.norm for w in written)
    ):
        return steps
    return [step._replace(verdict=Verdict.WORD_ORDER) if COST[step.verdict] >= FAULT else step for step in steps]


def _overall(steps: Sequence[Step], known: Known) -> Verdict:
    length = sum(bool(step.expected) for step in steps)
    faults = [step for step in steps if COST[step.verdict] >= FAULT]
    kinds = {step.verdict for step in faults}
    if not faults:
        typos = sum(step.verdict is Verdict.TYPO for step in steps)
        if typos > max(1, length // 2):
            return Verdict.WRONG
        return max((step.verdict for step in steps), key=RANK.__getitem__)
    if kinds == {Verdict.WORD_ORDER}:
        return Verdict.WORD_ORDER
    if len(steps) == len(faults) == 1 and faults[0].written:
        # Of a single word: another word of the course was meant, or nothing that we know.
        return Verdict.WRONG_WORD if known.has(faults[0].written[0].norm) else Verdict.WRONG
    if len(faults) > max(1, length // 3) or not any(step.verdict in CORRECT for step in steps):
        return Verdict.WRONG
    return kinds.pop() if len(kinds) == 1 else Verdict.WRONG_WORD


def _token(step: Step) -> Token:
    text = " ".join(word.text for word in step.written)
    if step.verdict in {Verdict.EXACT, Verdict.EXTRA}:
        return Token(text, step.verdict)
    return Token(text, step.verdict, " ".join(word.text for word in step.expected) or None)
