"""Achievements as data: what there is to reach, and what somebody has reached. Pure.

Invariant: of an achievement's levels none is reached before the one below it, and none before what it needs. What was
reached stays reached, whatever becomes of the numbers or of the rules.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Literal, NamedTuple

import msgspec

from domains.gamification.policy.words import FALLBACK, Words, is_said

Counter = Literal[
    "xp",
    "best_day_xp",
    "practice_days",
    "weekends",
    "lessons",
    "perfect_lessons",
    "practices",
    "early_lessons",
    "late_lessons",
    "courses",
    "streak_days",
    "goal_days",
    "league_tier",
    "league_wins",
    "quests",
    "friends",
]
"""What the house counts; README says of each what it is."""

Mode = Literal["streaks", "leagues"]
"""A part of the game that a learner may have switched off."""

_MOST_LEVELS = 20

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Whole = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Gems = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class BadAchievements(Exception):
    """One line for each thing that is wrong."""


class Need(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A level of another achievement that has to be held."""

    achievement: Id
    level: Whole = 1


class Achievement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`title` and `text` by language, English among them; `{n}` in a text is the number of the level in question.
    `levels` are numbers of `counter`, each greater than the one before; `gems` are what each of them pays."""

    id: Id
    version: Whole = 1
    """Raised by whoever changes what it asks for; awards keep the one that they were given under."""
    title: Words
    text: Words
    icon: Annotated[str, msgspec.Meta(max_length=200)] = ""
    counter: Counter
    levels: Annotated[list[Whole], msgspec.Meta(min_length=1, max_length=_MOST_LEVELS)]
    gems: Annotated[list[Gems], msgspec.Meta(max_length=_MOST_LEVELS)] = []
    needs: list[Need] = []
    secret: bool = False
    """Nobody hears of it before it is reached."""
    mode: Mode | None = None
    """Of no interest to those who have switched that off."""

    def pays(self, level: int) -> int:
        """Gems for reaching it."""
        return self.gems[level - 1] if self.gems else 0


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file. One of an operator adds to that of the house: an id that there is already is replaced, and those in
    `without` are left out."""

    format: Literal[1]
    achievements: list[Achievement] = []
    without: list[Id] = []


class Reached(NamedTuple):
    achievement: str
    level: int


@dataclass(frozen=True, slots=True)
class Achievements:
    by_id: Mapping[str, Achievement]
    """In the order in which they are shown."""
    by_need: Sequence[Achievement]
    """What is needed comes before what needs it."""

    def wanted(self, held: Collection[Reached]) -> set[Counter]:
        """The counters on which something is still to be reached."""
        return {one.counter for one in self.by_need if Reached(one.id, len(one.levels)) not in held}

    def reached(
        self, numbers: Mapping[str, int], held: Collection[Reached], off: Collection[Mode] = ()
    ) -> list[Reached]:
        """What is reached by these numbers and not held yet. A counter that is left out says nothing."""
        found: list[Reached] = []
        have = set(held)
        for one in self.by_need:
            if one.mode in off or not all(Reached(*_pair(need)) in have for need in one.needs):
                continue
            number = numbers.get(one.counter, 0)
            for level, least in enumerate(one.levels, 1):
                new = Reached(one.id, level)
                if number >= least and new not in have:
                    found.append(new)
                    have.add(new)
        return found


def achievements_of(*documents: object) -> Achievements:
    """Out of parsed files, the house's first. Raises BadAchievements."""
    merged: dict[str, Achievement] = {}
    wrong: list[str] = []
    for document in documents:
        try:
            read = msgspec.convert(document, Document)
        except msgspec.ValidationError as error:
            raise BadAchievements(str(error)) from None
        ids = [one.id for one in read.achievements]
        wrong += [f"{id_}: is there twice" for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1})]
        wrong += [f"without: there is no {id_}" for id_ in read.without if id_ not in merged]
        merged = {id_: one for id_, one in merged.items() if id_ not in read.without}
        merged |= {one.id: one for one in read.achievements}
    wrong += [line for one in merged.values() for line in _wrong(one, merged)]
    if wrong:
        raise BadAchievements("\n".join(wrong))
    try:
        order = list(
            TopologicalSorter({one.id: {n.achievement for n in one.needs} for one in merged.values()}).static_order()
        )
    except CycleError as error:
        raise BadAchievements(f"need each other: {', '.join(error.args[1])}") from None
    return Achievements(merged, tuple(merged[id_] for id_ in order))


def _wrong(one: Achievement, known: Mapping[str, Achievement]) -> Iterator[str]:
    if sorted(set(one.levels)) != one.levels:
        yield f"{one.id}: levels must rise"
    if one.gems and len(one.gems) != len(one.levels):
        yield f"{one.id}: gems are one number for each level, or left out"
    for name, words in (("title", one.title), ("text", one.text)):
        if not is_said(words):
            yield f"{one.id}: {name} is missing in English (`{FALLBACK}`)"
    for need in one.needs:
        if need.achievement not in known:
            yield f"{one.id}: needs {need.achievement}, which there is not"
        elif need.level > (top := len(known[need.achievement].levels)):
            yield f"{one.id}: needs level {need.level} of {need.achievement}, which has {top}"


def _pair(need: Need) -> tuple[str, int]:
    return need.achievement, need.level
