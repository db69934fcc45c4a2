"""The cheapest way to read what was written as what was expected, word by word.

Every written and every expected word lies in exactly one step.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from domains.catalog.policy.grade import Verdict
from domains.catalog.policy.text import Word

COST = {
    Verdict.EXACT: 0,
    Verdict.PUNCTUATION: 1,
    Verdict.ACCENT: 1,
    Verdict.TYPO: 3,
    Verdict.WRONG_WORD: 10,
    Verdict.MISSING: 10,
    Verdict.EXTRA: 10,
}


class Step(NamedTuple):
    """`expected` and `written` are none, one or two words; two stand against one when a space is missing or extra."""

    verdict: Verdict
    expected: tuple[Word, ...]
    written: tuple[Word, ...]


Compare = Callable[[Word, Word], Verdict]
IsKnown = Callable[[Word], bool]


def align(expected: Sequence[Word], written: Sequence[Word], compare: Compare, is_known: IsKnown) -> list[Step]:
    """Equal words at both ends pair off first; the rest goes through dynamic programming, O(n·m)."""
    start = 0
    shorter = min(len(expected), len(written))
    while start < shorter and expected[start].norm == written[start].norm:
        start += 1
    end = 0
    while end < shorter - start and expected[-1 - end].norm == written[-1 - end].norm:
        end += 1
    head = [Step(Verdict.EXACT, (e,), (w,)) for e, w in zip(expected[:start], written[:start], strict=True)]
    e_end, w_end = len(expected) - end, len(written) - end
    tail = [Step(Verdict.EXACT, (e,), (w,)) for e, w in zip(expected[e_end:], written[w_end:], strict=True)]
    middle = _cheapest(expected[start:e_end], written[start:w_end], compare, is_known)
    return [*head, *middle, *tail]


def _cheapest(expected: Sequence[Word], written: Sequence[Word], compare: Compare, is_known: IsKnown) -> list[Step]:
    """Works from the end, so that following `steps` from (0, 0) reads forwards."""
    rows, columns = len(expected), len(written)
    cost = [[0] * (columns + 1) for _ in range(rows + 1)]
    steps: dict[tuple[int, int], Step] = {}
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            best = -1
            for step in _steps_from(expected[i : i + 2], written[j : j + 2], compare, is_known):
                total = COST[step.verdict] + cost[i + len(step.expected)][j + len(step.written)]
                if best < 0 or total < best:
                    best, steps[i, j] = total, step
            cost[i][j] = max(best, 0)
    path: list[Step] = []
    i = j = 0
    while (i, j) in steps:
        step = steps[i, j]
        path.append(step)
        i, j = i + len(step.expected), j + len(step.written)
    return path


def _steps_from(expected: Sequence[Word], written: Sequence[Word], compare: Compare, is_known: IsKnown) -> list[Step]:
    """What may come next, given up to two words of each side."""
    steps = []
    if expected and written:
        e, w = expected[0], written[0]
        steps.append(Step(compare(e, w), (e,), (w,)))
        if len(expected) == 2 and w.fold == expected[0].fold + expected[1].fold and not is_known(w):
            steps.append(Step(Verdict.TYPO, tuple(expected), (w,)))
        if len(written) == 2 and e.fold == written[0].fold + written[1].fold and not all(map(is_known, written)):
            steps.append(Step(Verdict.TYPO, (e,), tuple(written)))
    if expected:
        steps.append(Step(Verdict.MISSING, (expected[0],), ()))
    if written:
        steps.append(Step(Verdict.EXTRA, (), (written[0],)))
    return steps
