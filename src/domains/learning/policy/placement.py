"""Where in a course a learner should begin, found out with few questions.

Invariant: a placement is a function of course, seed and answers. It asks each phrase once, ends after at most 20
exercises, and one more right answer never places a learner further back.

Decision: item response theory with two parameters (2PL), both given by the course, and the expected ability over a grid
(EAP). Elo would need a second rule for how sure it is, and one parameter alone (Rasch) learns at most a quarter per
answer: 44 of them for a standard error of 0.3. Here the author's order says how hard an exercise is, and says it
sharply, because whoever knows the tenth lesson knows most of the nine before it. Consequence: no calibration is needed;
once enough answers are logged, difficulties can be fitted and put in the place of `difficulties`.

How it is stored: the session's list of exercises grows. It holds what was asked and the one that is open; what was
right is in the answer log. From both the next exercise follows, so a process that dies between an answer and the next
question loses nothing: whoever looks next appends the same one.
"""

import math
import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from domains.learning.policy.outline import RECOGNISE, Drill, Outline

MOST_ITEMS = 20
SURE = 0.3
"""Standard error at which no more is asked, on a scale on which a course is four long."""
DISCRIMINATION = 2.2
GUESSED = 0.3
"""Chance to choose rightly without knowing; nothing that is built or typed is guessed."""
KNOWN = 0.75
"""A lesson is skipped where so many of its exercises would be answered rightly."""

_LEAST, _MOST = -2.0, 2.0
"""Difficulty of the first and of the last lesson."""
_GRID = [-3.2 + 0.08 * step for step in range(81)]
# Few who ask to be placed know nothing, fewer know nearly all.
_PRIOR = [math.exp(-((ability + 0.4) ** 2) / (2 * 1.5**2)) for ability in _GRID]


class Estimate(NamedTuple):
    ability: float
    error: float
    """Standard error."""


def difficulties(outline: Outline) -> dict[UUID, float]:
    """Of each lesson that asks something, in the author's order: evenly from the first to the last."""
    asking = [lesson.id for lesson in outline.lessons.values() if lesson.drills]
    step = (_MOST - _LEAST) / max(len(asking), 1)
    return {lesson_id: _LEAST + step * (place + 0.5) for place, lesson_id in enumerate(asking)}


def chance_of_right(ability: float, difficulty: float, effort: int) -> float:
    guessed = GUESSED if effort == RECOGNISE else 0.0
    return guessed + (1 - guessed) / (1 + math.exp(-DISCRIMINATION * (ability - difficulty)))


def estimate(outline: Outline, answers: Sequence[tuple[Drill, bool]]) -> Estimate:
    hard = difficulties(outline)
    weights = list(_PRIOR)
    for drill, right in answers:
        for place, ability in enumerate(_GRID):
            chance = chance_of_right(ability, hard[drill.lesson_id], drill.effort)
            weights[place] *= chance if right else 1 - chance
    total = sum(weights)
    mean = sum(weight * ability for weight, ability in zip(weights, _GRID, strict=True)) / total
    spread = sum(weight * (ability - mean) ** 2 for weight, ability in zip(weights, _GRID, strict=True)) / total
    return Estimate(mean, math.sqrt(spread))


def following(outline: Outline, answers: Sequence[tuple[Drill, bool]], seed: str) -> Drill | None:
    """The exercise to ask next: one that tells most about somebody of this ability. None where the placement is over:
    what was found out is sure enough, 20 were asked, or the course has nothing left to ask."""
    found = estimate(outline, answers)
    if len(answers) >= MOST_ITEMS or (answers and found.error <= SURE):
        return None
    asked = {item for drill, _ in answers for item in (drill.phrase, *drill.items)}
    by_lesson: dict[UUID, list[Drill]] = {}
    for drill in outline.drills:
        if drill.tested and asked.isdisjoint((drill.phrase, *drill.items)):
            by_lesson.setdefault(drill.lesson_id, []).append(drill)
    if not by_lesson:
        return None
    chance = random.Random(f"{seed}:{len(answers)}")  # noqa: S311 - a choice, not a secret
    hard = difficulties(outline)
    nearest = min(by_lesson, key=lambda lesson_id: abs(hard[lesson_id] - found.ability))
    best = max(_information(found.ability, hard[nearest], drill.effort) for drill in by_lesson[nearest])
    telling = [d for d in by_lesson[nearest] if _information(found.ability, hard[nearest], d.effort) == best]
    return chance.choice(telling)


def skipped(outline: Outline, answers: Sequence[tuple[Drill, bool]]) -> list[UUID]:
    """Lessons that the learner need not take, from the first on; never the last that asks something. Lessons that are
    only read are skipped with what follows them."""
    found = estimate(outline, answers)
    if not answers:
        return []
    hard = difficulties(outline)
    known = [id_ for id_, at in hard.items() if found.ability - at >= math.log(KNOWN / (1 - KNOWN)) / DISCRIMINATION]
    last = known[-1:] if len(known) < len(hard) else known[-2:-1]
    places: Mapping[UUID, int] = {lesson_id: place for place, lesson_id in enumerate(outline.lessons)}
    return [lesson_id for lesson_id in outline.lessons if last and places[lesson_id] <= places[last[0]]]


def _information(ability: float, difficulty: float, effort: int) -> float:
    """How much an answer tells (Fisher's, with guessing)."""
    guessed = GUESSED if effort == RECOGNISE else 0.0
    right = chance_of_right(ability, difficulty, effort)
    return float((DISCRIMINATION * (right - guessed) / (1 - guessed)) ** 2 * (1 - right) / right)
