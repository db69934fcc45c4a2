"""Whether somebody can have done a session like that, so that boards compare people with people.

Invariant: nothing is taken from anybody for it. What was answered counts, is paid and is remembered as ever; a session
that looks like no person's is kept off boards, and nobody is told that they cheated. So only what no person can do, or
nobody does by chance, is noted.

Clients say how long an answer took, and a client that measures badly is not its learner's fault: what the clock of the
house finds odd says something only when it happens again and again on one day.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

FEWEST = 5
"""Answers from which on a session says anything."""
FEWEST_CHOICES = 8
FEWEST_GAPS = 8
PATIENCE = 30
"""Sessions within a day that are odd by our clock alone, until the next is kept off boards."""

_REACTION_MS = 100
_READ_MS = 1
_GIVEN_MS = 3
"""Per letter: twenty times as fast as anybody reads, ten times as fast as anybody types or speaks."""
_EVEN = 0.05
"""Of people, times between answers differ by a fifth of their mean and more; of a timer by a hundredth."""
_WAITED_S = 0.3
"""Shorter times between answers say how fast the machines are."""


class Mark(StrEnum):
    TOO_FAST = "too_fast"
    """Most answers took less time than reading and giving them takes, as the client itself says."""
    ONE_PLACE = "one_place"
    """Every choice is the one at the same place, and most are wrong."""
    NO_TIME = "no_time"
    """By our clock, all of them came within less time than that."""
    EVEN = "even"
    """By our clock, answers came as evenly as from a timer."""


BY_OUR_CLOCK = frozenset({Mark.NO_TIME, Mark.EVEN})


@dataclass(frozen=True, slots=True)
class Given:
    """One answer. `read` and `given` are letters that had to be read and were given."""

    at: datetime
    elapsed_ms: int
    """As the client says; 0 where it does not."""
    correct: bool
    read: int
    given: int
    place: int | None = None
    """Of the chosen option as it was shown, where one was to be chosen."""


def least_ms(answer: Given) -> int:
    """What nobody is faster than."""
    return _REACTION_MS + _READ_MS * answer.read + _GIVEN_MS * answer.given


def marks(begun_at: datetime, answers: Sequence[Given]) -> frozenset[Mark]:
    """`answers` in the order in which they came."""
    if len(answers) < FEWEST:
        return frozenset()
    found = set()
    if 2 * sum(0 < answer.elapsed_ms < least_ms(answer) for answer in answers) > len(answers):
        found.add(Mark.TOO_FAST)
    choices = [answer for answer in answers if answer.place is not None]
    at_one_place = len(choices) >= FEWEST_CHOICES and len({answer.place for answer in choices}) == 1
    if at_one_place and 2 * sum(answer.correct for answer in choices) < len(choices):
        found.add(Mark.ONE_PLACE)
    if (answers[-1].at - begun_at).total_seconds() * 1000 < sum(map(least_ms, answers)):
        found.add(Mark.NO_TIME)
    if _is_even([(later.at - earlier.at).total_seconds() for earlier, later in pairwise(answers)]):
        found.add(Mark.EVEN)
    return frozenset(found)


def is_ranked(found: Collection[Mark], odd_today: int) -> bool:
    """Whether the session counts on boards, given how many before it on this day were odd by our clock."""
    return not found or (BY_OUR_CLOCK.issuperset(found) and odd_today < PATIENCE)


def _is_even(gaps_s: Sequence[float]) -> bool:
    if len(gaps_s) < FEWEST_GAPS:
        return False
    mean = sum(gaps_s) / len(gaps_s)
    spread = math.sqrt(sum((gap - mean) ** 2 for gap in gaps_s) / len(gaps_s))
    return mean >= _WAITED_S and spread < _EVEN * mean
