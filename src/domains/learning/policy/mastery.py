"""How well the skills of a course are known. A skill is a unit: what its lessons ask for.

Invariant: mastery is the share of a skill's items that the learner would know if asked now. An item that was never
asked for is not known, and neither is one that was wrong when it was last asked for, however short that is ago. So
mastery rises with what is learned, falls with what is forgotten, and cannot be had by repeating the easy half.

Levels count something else: how often each lesson was taken. They never fall.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.learning.policy.schedule import ItemState, Rules, is_learned, recall

HIGHEST_LEVEL = 5
"""Of a lesson; whoever has taken it so often has seen all that it asks."""
MARGIN = 0.05
"""How far below the wanted probability of recall an item is weak. Less far, it is merely due or about to be."""


class Known(NamedTuple):
    """One item that was asked for."""

    state: ItemState
    chance: float
    """That it would be known now, 0 to 1."""
    weak: bool


class Mastery(NamedTuple):
    """Of `items` that can be asked for, so many were `met`, so many of these are `learned` and so many `weak`."""

    mastery: float
    strength: float | None
    """As mastery, of what was met alone; None where nothing was."""
    items: int
    met: int
    learned: int
    weak: int


def known(states: Iterable[ItemState], now: datetime, rules: Rules) -> dict[UUID, Known]:
    """By item."""
    found = {}
    for state in states:
        chance = recall(state, now, rules) if state.last_correct else 0.0
        found[state.item_id] = Known(state, chance, chance < rules.retention - MARGIN)
    return found


def mastery(items: Collection[UUID], of: Mapping[UUID, Known]) -> Mastery:
    """Of a skill, or of anything else that asks for these items, each named once."""
    met = [of[item] for item in items if item in of]
    chances = sum(one.chance for one in met)
    return Mastery(
        mastery=chances / len(items) if items else 0.0,
        strength=chances / len(met) if met else None,
        items=len(items),
        met=len(met),
        learned=sum(is_learned(one.state) for one in met),
        weak=sum(one.weak for one in met),
    )


def lesson_level(completions: int, *, skipped: bool, read_only: bool) -> int:
    """0 for a lesson that is not done. A lesson without exercises is read once, and that is all there is to it."""
    if read_only and (completions or skipped):
        return HIGHEST_LEVEL
    return min(max(completions, int(skipped)), HIGHEST_LEVEL)


def unit_level(of_lessons: Collection[int]) -> int:
    """A crown for every time that all lessons were taken."""
    return min(of_lessons, default=0)
