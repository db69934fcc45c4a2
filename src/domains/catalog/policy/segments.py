"""Words of scripts that put no spaces between them, put together again after their characters were aligned.

What is expected is cut at the words that the course teaches, the longest first; what was written is cut where it was
aligned with them. So a client is shown words, and a slip in a long word can be told from another word.
"""

import re
from collections.abc import Callable, Sequence

from domains.catalog.policy.alignment import Step
from domains.catalog.policy.grade import CORRECT, Verdict
from domains.catalog.policy.text import Word, is_unspaced

LONGEST_SEGMENT = 16
# Unknown to the course, words of these are still whole: loan words in katakana.
_RUN = re.compile("[\u30a0-\u30ff]")

Compare = Callable[[Word, Word], Verdict]


def regrouped(steps: Sequence[Step], segments: frozenset[str], compare: Compare) -> list[Step]:
    """The same words in the same order, with one step for each segment of what was expected."""
    if not any(is_unspaced(word.norm) for step in steps for word in (*step.expected, *step.written)):
        return list(steps)
    grouped: list[Step] = []
    for group in _groups(steps, segments):
        if len(group) == 1:
            grouped.append(group[0])
            continue
        expected = [word for step in group for word in step.expected]
        written = [word for step in group for word in step.written]
        if expected and written:
            mine, its = _one(expected), _one(written)
            grouped.append(Step(compare(mine, its), (mine,), (its,)))
        elif expected:
            grouped.append(Step(Verdict.MISSING, (_one(expected),), ()))
        else:
            grouped.append(Step(Verdict.EXTRA, (), (_one(written),)))
    return _with_extras(grouped, compare)


def _groups(steps: Sequence[Step], segments: frozenset[str]) -> list[list[Step]]:
    """Steps that belong to one segment; those between segments stand alone."""
    places = [place for place, step in enumerate(steps) if step.expected]
    groups: list[list[Step]] = []
    done = 0
    at = 0
    while at < len(places):
        length = _segment([steps[place].expected[0].norm for place in places[at : at + LONGEST_SEGMENT]], segments)
        first, last = places[at], places[at + length - 1]
        groups += _extras(steps[done:first], segments)
        groups.append(list(steps[first : last + 1]))
        done = last + 1
        at += length
    return groups + _extras(steps[done:], segments)


def _extras(steps: Sequence[Step], segments: frozenset[str]) -> list[list[Step]]:
    """Superfluous characters that are a word are one."""
    groups: list[list[Step]] = []
    at = 0
    while at < len(steps):
        length = _segment([step.written[0].norm for step in steps[at : at + LONGEST_SEGMENT]], segments)
        groups.append(list(steps[at : at + length]))
        at += length
    return groups


def _segment(norms: Sequence[str], segments: frozenset[str]) -> int:
    """How many of the next words make one."""
    if not is_unspaced(norms[0]):
        return 1
    for length in range(len(norms), 1, -1):
        if "".join(norms[:length]) in segments:
            return length
    run = 0
    while run < len(norms) and _RUN.match(norms[run]):
        run += 1
    return max(run, 1)


def _with_extras(steps: Sequence[Step], compare: Compare) -> list[Step]:
    """A superfluous character beside a segment is a slip in it, where that makes one, or a part of the wrong word."""
    found: list[Step] = []
    for step in steps:
        before = found[-1] if found else None
        joined = before and _joined(before, step, compare)
        if joined:
            found[-1] = joined
        else:
            found.append(step)
    return found


def _joined(one: Step, other: Step, compare: Compare) -> Step | None:
    if (one.verdict is Verdict.EXTRA) == (other.verdict is Verdict.EXTRA):
        return None
    expected = one.expected or other.expected
    written = (*one.written, *other.written)
    if len(expected) != 1 or not all(is_unspaced(word.norm) for word in (*expected, *written)):
        return None
    verdict = compare(expected[0], _one(written))
    if verdict in CORRECT or (Verdict.WRONG_WORD in {one.verdict, other.verdict} and len(expected[0].norm) > 1):
        return Step(verdict, expected, (_one(written),))
    return None


def _one(words: Sequence[Word]) -> Word:
    return Word("".join(w.text for w in words), "".join(w.norm for w in words), "".join(w.fold for w in words))
