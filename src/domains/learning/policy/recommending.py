"""Which courses fit somebody, and why. Pure: the same facts give the same list.

Invariant: nothing is recommended without a reason that can be shown, and no reason stands on fewer than FEWEST people.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

FEWEST = 3
"""People of whom something is said: fewer are no crowd, and might be recognised."""
LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")

ReasonKind = Literal["builds_on", "same_languages", "next_level", "fellow_learners", "popular", "your_language"]
_WEIGHTS: dict[ReasonKind, float] = {
    "builds_on": 3.0,
    "same_languages": 3.0,
    "next_level": 2.0,
    "fellow_learners": 2.0,
    "popular": 1.0,
    "your_language": 0.5,
}


class Choice(Protocol):
    """A course as it can be chosen."""

    @property
    def id(self) -> UUID: ...
    @property
    def slug(self) -> str: ...
    @property
    def source_language(self) -> str: ...
    @property
    def target_language(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def prerequisites(self) -> Sequence[str]: ...
    @property
    def new_learners(self) -> int: ...


class Reason(NamedTuple):
    kind: ReasonKind
    learners: int | None = None
    """Of whom it speaks, and of how many they are."""
    of: int | None = None
    courses: tuple[str, ...] = ()
    """Slugs of courses that it builds on."""


class Recommended(NamedTuple):
    course: Choice
    reasons: list[Reason]
    """The strongest first."""


class Learner(NamedTuple):
    courses: Sequence[Choice]
    """Those that they are enrolled in."""
    completed: Collection[str]
    """Slugs."""
    language: str
    """That they read."""


def recommended(
    choices: Sequence[Choice],
    learner: Learner,
    fellows: Mapping[UUID, tuple[int, int]],
    published: Collection[str],
    most: int,
) -> list[Recommended]:
    """The best first. `fellows`: how many of how many others who share a course take this one. `published`: slugs of
    prerequisites that can be learned at all; others keep nobody from anything."""
    most_new = max((choice.new_learners for choice in choices), default=0)
    standing = _standing(learner)
    found: list[tuple[float, int, str, Recommended]] = []
    for choice in choices:
        needed = [slug for slug in choice.prerequisites if slug in published]
        if any(slug not in learner.completed for slug in needed):
            continue
        reasons = _reasons(choice, learner, standing, fellows.get(choice.id), needed)
        if reasons:
            weights = [_weight(each, most_new) for each in reasons]
            score = sum(weights) - _too_easy(choice, standing)
            ordered = [each for _, each in sorted(zip(weights, reasons, strict=True), key=lambda pair: -pair[0])]
            found.append((-score, -choice.new_learners, choice.slug, Recommended(choice, ordered)))
    return [each for *_, each in sorted(found, key=lambda one: one[:3])[:most]]


def _reasons(
    choice: Choice,
    learner: Learner,
    standing: Mapping[tuple[str, str], int],
    fellows: tuple[int, int] | None,
    needed: Sequence[str],
) -> list[Reason]:
    reasons = []
    pair = _pair(choice)
    if needed:
        reasons.append(Reason("builds_on", courses=tuple(needed)))
    if pair in standing:
        reasons.append(Reason("same_languages"))
        if choice.level and LEVELS.index(choice.level) == standing[pair] + 1:
            reasons.append(Reason("next_level"))
    elif not learner.courses and pair[0] == _primary(learner.language):
        reasons.append(Reason("your_language"))
    if fellows is not None and fellows[0] >= FEWEST:
        reasons.append(Reason("fellow_learners", *fellows))
    if choice.new_learners >= FEWEST:
        reasons.append(Reason("popular", choice.new_learners))
    return reasons


def _weight(reason: Reason, most_new: int) -> float:
    share = 1.0
    if reason.kind == "fellow_learners" and reason.learners and reason.of:
        share = reason.learners / reason.of
    elif reason.kind == "popular" and reason.learners:
        share = math.log1p(reason.learners) / math.log1p(most_new)
    return _WEIGHTS[reason.kind] * share


def _too_easy(choice: Choice, standing: Mapping[tuple[str, str], int]) -> float:
    """What was learned at a higher level is hardly looked for below it, and what is two levels up is too hard."""
    at = standing.get(_pair(choice), -1)
    if at < 0 or not choice.level:
        return 0.0
    away = LEVELS.index(choice.level) - (at + 1)
    return float(abs(away))


def _standing(learner: Learner) -> dict[tuple[str, str], int]:
    """By pair of languages the highest level of what was completed, as its place among LEVELS; one below that of the
    lowest course begun where none was; -1 where no level is said."""
    found: dict[tuple[str, str], int] = {}
    begun: dict[tuple[str, str], int] = {}
    for course in learner.courses:
        pair, level = _pair(course), LEVELS.index(course.level) if course.level else -1
        found.setdefault(pair, -1)
        if course.slug in learner.completed:
            found[pair] = max(found[pair], level)
        elif level >= 0:
            begun[pair] = min(begun.get(pair, level), level)
    return {pair: level if level >= 0 else begun.get(pair, 0) - 1 for pair, level in found.items()}


def _pair(choice: Choice) -> tuple[str, str]:
    return _primary(choice.source_language), _primary(choice.target_language)


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()
