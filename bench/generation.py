"""Making a session: pure work of the interpreter, without the reading of the learner's states, measured here."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from bench.figures import Figure, Result, below, percentile
from domains.kernel.ids import new_id
from domains.learning.policy import generator
from domains.learning.policy.generator import Learner
from domains.learning.policy.outline import Drill, Outline, PlannedLesson, outline_of
from domains.learning.policy.schedule import ItemState

EXERCISES, STATES, ROUNDS = 3_000, 5_000, 1_000
LESSON = 12
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def measure() -> Result:
    chance = random.Random(7)  # the same course in every run
    outline = _course(chance)
    learner = _learner(outline, chance)
    lessons, units = list(outline.lessons), list({drill.unit_id for drill in outline.drills})
    kinds: dict[str, Callable[[str], object]] = {
        "lesson": lambda seed: generator.lesson(outline, learner, chance.choice(lessons), seed),
        "practice": lambda seed: generator.practice(outline, learner, seed),
        "practice of a unit": lambda seed: generator.practice(outline, learner, seed, chance.choice(units)),
        "mistakes": lambda seed: generator.mistakes(outline, learner, seed),
        "review": lambda seed: generator.review(outline, learner, seed),
        "test out": lambda seed: generator.test_out(outline, chance.choice(units), seed),
    }
    figures = []
    for name, make in kinds.items():
        times = _times(make)
        figures.append(Figure(f"{name} p50", percentile(times, 0.5) * 1000, "ms"))
        figures.append(below(f"{name} p99", percentile(times, 0.99) * 1000, "ms", 10))
    began = time.perf_counter()
    outline_of(list(outline.lessons.values()))
    figures.append(Figure("outline of the course, once per revision", (time.perf_counter() - began) * 1000, "ms"))
    notes = [
        f"{EXERCISES} exercises in {len(lessons)} lessons, {STATES} states of which a third are due and a tenth wrong;",
        f"{ROUNDS} sessions of each kind, each with a seed of its own; time of the CPU.",
    ]
    return Result("generation", figures, notes)


def _times(make: Callable[[str], object]) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        seed = str(new_id())
        began = time.thread_time()
        make(seed)
        found.append(time.thread_time() - began)
    return sorted(found)


def _course(chance: random.Random) -> Outline:
    """Six phrases to a lesson in two kinds each, five lessons to a unit."""
    lessons, unit_id = [], new_id()
    for number in range(EXERCISES // LESSON):
        if number % 5 == 0:
            unit_id = new_id()
        lesson_id = new_id()
        phrases = [new_id() for _ in range(LESSON // 2)]
        drills = [
            Drill(new_id(), phrase, (phrase,), chance.randrange(4), lesson_id, unit_id)
            for _ in range(2)
            for phrase in phrases
        ]
        lessons.append(PlannedLesson(lesson_id, unit_id, tuple(drills)))
    return outline_of(lessons)


def _learner(outline: Outline, chance: random.Random) -> Learner:
    """Knows all of the course, and phrases that it no longer has."""
    items: list[UUID] = list(outline.of_item)
    items += [new_id() for _ in range(STATES - len(items))]
    memories = {item: _state(item, chance) for item in items}
    return Learner(NOW, memories, frozenset(outline.lessons))


def _state(item: UUID, chance: random.Random) -> ItemState:
    due = NOW + timedelta(days=chance.uniform(-30, 60))
    return ItemState(
        item_id=item,
        stability=chance.uniform(0.1, 90),
        difficulty=chance.uniform(1, 10),
        due=due,
        last_review=NOW - timedelta(days=chance.uniform(0, 60)),
        reps=chance.randrange(1, 20),
        lapses=0,
        slips=0,
        last_correct=chance.random() > 0.1,
    )
