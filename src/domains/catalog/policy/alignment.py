"""The cheapest way to read what was written as one of the ways to say what was expected, word by word.

Every written word, and every word of the chosen path, lies in exactly one step.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

from domains.catalog.policy.grade import Verdict
from domains.catalog.policy.lattice import Arc, Lattice
from domains.catalog.policy.text import Word

COST = {
    Verdict.EXACT: 0,
    Verdict.PUNCTUATION: 1,
    Verdict.ACCENT: 1,
    Verdict.TYPO: 3,
    Verdict.WORD_ORDER: 10,
    Verdict.WRONG_WORD: 10,
    Verdict.MISSING: 10,
    Verdict.EXTRA: 10,
}
FAULT = COST[Verdict.WRONG_WORD]
# A fault in words that the author did not write: of two readings that explain as much, his own are shown.
NOT_THE_AUTHORS = 1
# Places of the graph times written words; beyond that, the way is looked for along one path only.
MOST_PLACES = 2_500


class Step(NamedTuple):
    """`expected` and `written` are none, one or several words; two stand against one when a space is missing or
    extra."""

    verdict: Verdict
    expected: tuple[Word, ...]
    written: tuple[Word, ...]


class Alignment(NamedTuple):
    """`arcs` is the path that was chosen."""

    cost: int
    steps: list[Step]
    arcs: list[Arc]


Compare = Callable[[Word, Word], Verdict]
IsKnown = Callable[[Word], bool]

_Place = tuple[int, int]
_Move = tuple[_Place, Step | None, tuple[Arc, ...]]


def align(
    expected: Lattice, written: Sequence[Word], compare: Compare, is_known: IsKnown, limit: int
) -> Alignment | None:
    """None where every way costs more than `limit`. Cheapest first, so that a near miss visits few places."""
    goal = (expected.end, len(written))
    best: dict[_Place, int] = {(0, 0): 0}
    came: dict[_Place, tuple[_Place, Step | None, tuple[Arc, ...]]] = {}
    done: set[_Place] = set()
    # Of equal costs, what has read more comes first; then what was found first.
    waiting: list[tuple[int, int, int, _Place]] = [(0, 0, 0, (0, 0))]
    count = 0
    while waiting:
        cost, _, _, place = heapq.heappop(waiting)
        if cost > limit:
            return None
        if place == goal:
            return Alignment(cost, *_way_back(came, goal))
        if place in done:
            continue
        done.add(place)
        for to, step, arcs in _moves(expected, written, place, compare, is_known):
            total = cost + (COST[step.verdict] if step is not None else 0)
            if step is not None and COST[step.verdict] >= FAULT and any(arc.is_variant for arc in arcs):
                total += NOT_THE_AUTHORS
            if to not in best or total < best[to]:
                best[to] = total
                came[to] = place, step, arcs
                count += 1
                heapq.heappush(waiting, (total, -to[1], count, to))
    return None


def _moves(
    expected: Lattice, written: Sequence[Word], place: _Place, compare: Compare, is_known: IsKnown
) -> Iterator[_Move]:
    node, at = place
    word = written[at] if at < len(written) else None
    for arc in expected.arcs[node]:
        if arc.word is None:
            yield (arc.to, at), None, (arc,)
            continue
        if word is not None:
            verdict = compare(arc.word, word)
            yield (arc.to, at + 1), Step(verdict, (arc.word,), (word,)), (arc,)
            if verdict is Verdict.WRONG_WORD:
                yield from _other_spaces(expected, written, place, arc, is_known)
        yield (arc.to, at), Step(Verdict.MISSING, (arc.word,), ()), (arc,)
    if word is not None:
        yield (node, at + 1), Step(Verdict.EXTRA, (), (word,)), ()


def _other_spaces(
    expected: Lattice, written: Sequence[Word], place: _Place, arc: Arc, is_known: IsKnown
) -> Iterator[_Move]:
    """Two words for one or one for two: a slip, unless what was written are words of their own, or what meets are
    digits: 35 is not 3.5."""
    at = place[1]
    word = written[at]
    one = _letters(arc.word)
    mine = _letters(word)
    if len(mine) > len(one) and mine.startswith(one) and not is_known(word):
        for second in expected.words_from(arc.to):
            its = _letters(second.word)
            if one + its == mine and arc.word is not None and second.word is not None and not _digits(one, its):
                step = Step(_spaced((arc.word, second.word), word), (arc.word, second.word), (word,))
                yield (second.to, at + 1), step, (arc, second)
    if at + 1 < len(written) and one == mine + _letters(written[at + 1]) and arc.word is not None:
        pair = (word, written[at + 1])
        if not all(map(is_known, pair)) and not _digits(mine, _letters(pair[1])):
            yield (arc.to, at + 2), Step(_spaced(pair, arc.word), (arc.word,), pair), (arc,)


def _letters(word: Word | None) -> str:
    return word.fold.replace("'", "") if word is not None else ""


def _digits(before: str, after: str) -> bool:
    return before[-1:].isdigit() and after[:1].isdigit()


def _spaced(pair: tuple[Word, Word], one: Word) -> Verdict:
    """`l' eau` only has a space where the apostrophe parts it anyway."""
    return Verdict.PUNCTUATION if f"{pair[0].norm}'{pair[1].norm}" == one.norm else Verdict.TYPO


def _way_back(
    came: dict[_Place, tuple[_Place, Step | None, tuple[Arc, ...]]], goal: _Place
) -> tuple[list[Step], list[Arc]]:
    steps: list[Step] = []
    path: list[Arc] = []
    place = goal
    while place in came:
        place, step, arcs = came[place]
        path[:0] = arcs
        if step is not None:
            steps.insert(0, step)
    return steps, path


def align_long(expected: Sequence[Word], written: Sequence[Word], compare: Compare) -> Alignment:
    """For long texts: where words are equal is found by letters alone; only the rest is compared."""
    edits = Levenshtein.opcodes([word.norm for word in expected], [word.norm for word in written])
    steps: list[Step] = []
    for edit in edits:
        pairs = zip_longest(
            expected[edit.src_start : edit.src_end], written[edit.dest_start : edit.dest_end], fillvalue=None
        )
        for mine, its in pairs:
            if mine is not None and its is not None:
                steps.append(Step(Verdict.EXACT if edit.tag == "equal" else compare(mine, its), (mine,), (its,)))
            elif mine is not None:
                steps.append(Step(Verdict.MISSING, (mine,), ()))
            elif its is not None:
                steps.append(Step(Verdict.EXTRA, (), (its,)))
    return Alignment(sum(COST[step.verdict] for step in steps), steps, [])
