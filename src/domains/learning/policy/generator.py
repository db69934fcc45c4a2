"""Which exercises a session asks, and in which order: a pure function of course, learner and seed.

Invariant: the same course, learner and seed give the same session. A session holds exercises of its course only, each
at most once; outside lessons and tests, only what the learner has met.
"""

import heapq
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Protocol
from uuid import UUID

from domains.learning.policy.arrange import arranged
from domains.learning.policy.outline import BUILD, PRODUCE, RECOGNISE, UNDERSTAND, Drill, Outline

LESSON_LENGTH = 20
"""Exercises of a lesson's own, unless it has more phrases to show."""
LESSON_EXTRAS = 4
"""Past mistakes and due phrases that come back in a lesson; at most a third of what is its own."""
PRACTICE_LENGTH = 12
REVIEW_LENGTH = 15
TEST_LENGTH = 20

_PLACE = itemgetter(0)
_GAP = 3.0
"""About so many other phrases come between two kinds of one phrase."""


class Memory(Protocol):
    """What is known of a learner and an item."""

    @property
    def stability(self) -> float:
        """Days."""
        ...

    @property
    def due(self) -> datetime: ...

    @property
    def last_review(self) -> datetime: ...

    @property
    def last_correct(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Learner:
    now: datetime
    memories: Mapping[UUID, Memory] = field(default_factory=dict)
    """By item; none for what was never asked."""
    done: Collection[UUID] = frozenset()
    """Lessons that are completed, or skipped because the learner knows them."""

    def has_met(self, drill: Drill) -> bool:
        if drill.lesson_id in self.done:
            return True
        # No generator: this is asked of every exercise of a course.
        for item in drill.items:  # noqa: SIM110
            if item not in self.memories:
                return False
        return True


def lesson(outline: Outline, learner: Learner, lesson_id: UUID, seed: str) -> list[Drill]:
    """The lesson's exercises, new phrases as the author introduces them and easy kinds before hard ones; between them
    what went wrong or is due from elsewhere. Empty for a lesson that is only read."""
    planned = outline.lessons[lesson_id]
    if planned.is_deck:
        return _of_deck(planned.drills, learner)
    chance = random.Random(seed)  # noqa: S311 - an order, not a secret
    own = _of_lesson(planned.drills, learner, chance)
    taken = {drill.phrase for drill in own} | {item for drill in own for item in drill.items}
    wanted = chain(_mistaken(learner), _due(learner))
    extras = _chosen(outline, learner, wanted, min(LESSON_EXTRAS, len(own) // 3), chance, without=taken)
    apart = len(own) / (len(extras) + 1)
    wish = [(float(place), drill) for place, drill in enumerate(own)]
    wish += [(apart * number - 0.5, drill) for number, drill in enumerate(extras, start=1)]
    new = [drill.phrase for drill in own if not all(item in learner.memories for item in drill.items)]
    return arranged([drill for _, drill in sorted(wish, key=_PLACE)], new)


def practice(outline: Outline, learner: Learner, seed: str, unit_id: UUID | None = None) -> list[Drill]:
    """What the learner has met, rather the weak than the strong. Empty where nothing was met."""
    chance = random.Random(seed)  # noqa: S311

    def may_ask(drill: Drill) -> bool:
        return (unit_id is None or drill.unit_id == unit_id) and learner.has_met(drill)

    weights: list[float] = []
    met: list[Sequence[Drill]] = []
    for drills in outline.of_phrase.values():
        for drill in drills:
            if may_ask(drill):
                weights.append(_weakness(drill, learner) * (0.5 + chance.random()))
                met.append(drills)
                break
    picked = heapq.nlargest(PRACTICE_LENGTH, range(len(met)), key=weights.__getitem__)
    weakest = [[drill for drill in met[place] if may_ask(drill)] for place in picked]
    found = _kinds_in_turn(weakest, learner, PRACTICE_LENGTH, chance)
    return arranged(_interleaved(found, chance))


def mistakes(outline: Outline, learner: Learner, seed: str, unit_id: UUID | None = None) -> list[Drill]:
    """What went wrong last time, the latest first to be chosen. Empty where nothing did."""
    chance = random.Random(seed)  # noqa: S311
    found = _chosen(outline, learner, _mistaken(learner), PRACTICE_LENGTH, chance, unit_id=unit_id)
    return arranged(_interleaved(found, chance))


def review(outline: Outline, learner: Learner, seed: str, unit_id: UUID | None = None) -> list[Drill]:
    """What is due, the most overdue first to be chosen. Empty where nothing is."""
    chance = random.Random(seed)  # noqa: S311
    found = _chosen(outline, learner, _due(learner), REVIEW_LENGTH, chance, unit_id=unit_id)
    return arranged(_interleaved(found, chance))


def test_out(outline: Outline, unit_id: UUID, seed: str) -> list[Drill]:
    """The unit's phrases, each in the hardest kind that it has, from all its lessons alike."""
    chance = random.Random(seed)  # noqa: S311
    hardest: dict[UUID, Drill] = {}
    for planned in outline.unit(unit_id):
        for drill in planned.drills:
            if not drill.tested:
                continue
            known = hardest.get(drill.phrase)
            if known is None or drill.effort > known.effort:
                hardest[drill.phrase] = drill
    by_lesson: dict[UUID, list[Drill]] = {}
    for drill in hardest.values():
        by_lesson.setdefault(drill.lesson_id, []).append(drill)
    return arranged(_spread(by_lesson.values(), chance)[:TEST_LENGTH])


# ---- choosing


def _of_deck(drills: Sequence[Drill], learner: Learner) -> list[Drill]:
    """What is due, then what is new in the author's order, then what will be due first: no more than a lesson has."""

    def place(drill: Drill) -> tuple[int, float]:
        memories = [learner.memories[item] for item in drill.items if item in learner.memories]
        if not memories:
            return 1, 0.0
        due = min(memory.due for memory in memories)
        return (0 if due <= learner.now else 2), due.timestamp()

    return sorted(drills, key=place)[:LESSON_LENGTH]


def _of_lesson(drills: Sequence[Drill], learner: Learner, chance: random.Random) -> list[Drill]:
    """First each phrase in the author's order in its easiest kind, and its other kinds some phrases later. Where there
    are too many exercises, kinds that do not fit the learner's record are left out, and no phrase is."""
    phrases: dict[UUID, list[Drill]] = {}
    for drill in drills:
        phrases.setdefault(drill.phrase, []).append(drill)
    surplus = len(drills) - max(LESSON_LENGTH, len(phrases))
    if surplus > 0:
        spare = []
        for kinds in phrases.values():
            suited = sorted(kinds, key=lambda drill: _misfit(drill, learner))
            spare += [(number, chance.random(), drill.id) for number, drill in enumerate(suited) if number]
        left_out = {drill_id for *_, drill_id in heapq.nlargest(surplus, spare)}
        phrases = {phrase: [d for d in kinds if d.id not in left_out] for phrase, kinds in phrases.items()}
    placed = []
    for number, kinds in enumerate(phrases.values()):
        place = float(number)
        for drill in sorted(kinds, key=lambda drill: drill.effort):
            placed.append((place, drill))
            place += _GAP + chance.random()
    return [drill for _, drill in sorted(placed, key=_PLACE)]


def _chosen(
    outline: Outline,
    learner: Learner,
    items: Iterable[UUID],
    most: int,
    chance: random.Random,
    *,
    without: Collection[UUID] = (),
    unit_id: UUID | None = None,
) -> list[Drill]:
    """An exercise for each of `items` that the learner has met, as far as the course has one; none covers what another
    one does."""
    found: list[Drill] = []
    covered = set(without)
    for item in items:
        if len(found) >= most:
            break
        if item in covered:
            continue
        drills = [
            drill
            for drill in outline.of_item.get(item, ())
            if (unit_id is None or drill.unit_id == unit_id) and drill.phrase not in covered and learner.has_met(drill)
        ]
        if drills:
            drill = _suited(drills, learner, chance)
            found.append(drill)
            covered.update(drill.items)
            covered.add(drill.phrase)
    return found


def _kinds_in_turn(phrases: Sequence[list[Drill]], learner: Learner, most: int, chance: random.Random) -> list[Drill]:
    """For each phrase the kind that suits; where there are few phrases, their other kinds too."""
    found: list[Drill] = []
    while len(found) < most and any(phrases):
        for kinds in phrases:
            if kinds and len(found) < most:
                drill = _suited(kinds, learner, chance)
                kinds.remove(drill)
                found.append(drill)
    return found


def _mistaken(learner: Learner) -> list[UUID]:
    """The latest first."""
    wrong = [(memory.last_review, item) for item, memory in learner.memories.items() if not memory.last_correct]
    return [item for _, item in sorted(wrong, reverse=True)]


def _due(learner: Learner) -> Iterator[UUID]:
    """The most overdue first: that where the time since the last review has most outgrown the memory."""
    now = learner.now
    due = [
        ((memory.last_review - now).total_seconds() / max(memory.stability, 0.001), item)
        for item, memory in learner.memories.items()
        if memory.due <= now
    ]
    # Thousands may be due, and few are asked for.
    heapq.heapify(due)
    while due:
        yield heapq.heappop(due)[1]


def _weakness(drill: Drill, learner: Learner) -> float:
    """Of what was met: 0 (known for ages) to 1. The weakest item decides."""
    weakest = 0.0
    for item in drill.items:
        memory = learner.memories.get(item)
        strength = 7.0 if memory is None else memory.stability if memory.last_correct else 0.0
        weakest = max(weakest, 1 / (1 + strength / 7))
    return weakest


def _suited(drills: Sequence[Drill], learner: Learner, chance: random.Random) -> Drill:
    start = chance.randrange(len(drills))
    return min([*drills[start:], *drills[:start]], key=lambda drill: _misfit(drill, learner))


def _misfit(drill: Drill, learner: Learner) -> tuple[int, int]:
    """How far the exercise's effort is from what the learner's record asks for; the weakest item decides."""
    wanted = min(wanted_effort(learner.memories.get(item)) for item in drill.items)
    # A phrase by itself rather than among others.
    return abs(drill.effort - wanted), len(drill.items)


def wanted_effort(memory: Memory | None) -> int:
    """Easy kinds for what is new or went wrong, typing for what has stayed."""
    if memory is None:
        return RECOGNISE
    if not memory.last_correct or memory.stability < 3:
        return BUILD
    return UNDERSTAND if memory.stability < 14 else PRODUCE


# ---- mixing


def _interleaved(drills: Sequence[Drill], chance: random.Random) -> list[Drill]:
    """Skills take turns, each spread over the whole session."""
    by_unit: dict[UUID, list[Drill]] = {}
    for drill in drills:
        by_unit.setdefault(drill.unit_id, []).append(drill)
    return _spread(by_unit.values(), chance)


def _spread(groups: Iterable[list[Drill]], chance: random.Random) -> list[Drill]:
    placed: list[tuple[float, Drill]] = []
    for group in groups:
        chance.shuffle(group)
        offset = chance.random()
        placed += [((number + offset) / len(group), drill) for number, drill in enumerate(group)]
    return [drill for _, drill in sorted(placed, key=_PLACE)]
