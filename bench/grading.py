"""Grading and prompts: pure work of the interpreter, measured in this process."""

import itertools
import time
from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

import msgspec

from bench.figures import Figure, Result, below, percentile
from bench.seed import an_answer
from domains.catalog import api as catalog
from domains.catalog.content import Lesson, course_lexicon
from domains.catalog.kinds import Translate

ROUNDS = 20
MANY = 700


Case = TypeVar("Case")


def measure() -> Result:
    course = catalog.demo_course()
    lexicon = course_lexicon(course)
    contents = [exercise.content for exercise in course.exercises()]
    right = [(content, msgspec.json.encode(an_answer(content, right=True))) for content in contents]
    wrong = [(content, msgspec.json.encode(an_answer(content, right=False))) for content in contents]

    def grade(case: tuple[catalog.Content, bytes]) -> object:
        return case[0].grade(case[1], lexicon)

    rights, wrongs = _times(grade, right * ROUNDS), _times(grade, wrong * ROUNDS)
    many = _many()
    first = _times(grade, [(many, b'"I woud like to buy the red house near the river today"')])
    near = _times(grade, [(many, msgspec.json.encode(text)) for text in _near_misses() * 4])
    lessons = [lesson for lesson in course.lessons() if lesson.exercises]
    begun = _times(_begin, lessons * ROUNDS)
    figures = [
        below("demo course: right answer p50", percentile(rights, 0.5) * 1000, "ms", 0.2),
        Figure("demo course: right answer p99", percentile(rights, 0.99) * 1000, "ms"),
        below("demo course: wrong answer p50", percentile(wrongs, 0.5) * 1000, "ms", 0.2),
        Figure("demo course: wrong answer p99", percentile(wrongs, 0.99) * 1000, "ms"),
        Figure("700 accepted: the first grade", first[0] * 1000, "ms"),
        Figure("700 accepted: near misses p50", percentile(near, 0.5) * 1000, "ms"),
        below("700 accepted: near misses p99", percentile(near, 0.99) * 1000, "ms", 5),
        Figure("prompts of a lesson p50", percentile(begun, 0.5) * 1000, "ms"),
        below("prompts of a lesson p99", percentile(begun, 0.99) * 1000, "ms", 10),
    ]
    notes = [
        f"{len(contents)} exercises of the demo course, each right and wrong, {ROUNDS} rounds;",
        "near misses: typos, swapped, missing and extra words; accepted sentences of 11 to 13 words.",
    ]
    return Result("grading", figures, notes)


def _times(work: Callable[[Case], object], cases: Iterable[Case]) -> list[float]:
    """Seconds of each call, sorted."""
    found = []
    for case in cases:
        began = time.perf_counter()
        work(case)
        found.append(time.perf_counter() - began)
    return sorted(found)


def _begin(lesson: Lesson) -> list[bytes]:
    exercises = lesson.exercises
    seed = str(UUID(int=len(exercises)))
    return [msgspec.json.encode(exercise.content.prompt(f"{seed}:{exercise.key}")) for exercise in exercises]


def _sentences() -> list[str]:
    parts = (
        ("I would like", "I want", "I wish", "I'd like", "I'd love"),
        ("to buy", "to purchase", "to get", "to acquire"),
        ("the", "that", "this"),
        ("red", "crimson"),
        ("house", "home"),
        ("near the river", "by the river", "close to the river"),
        ("today.",),
    )
    return [" ".join(words) for words in itertools.product(*parts)][:MANY]


def _many() -> Translate:
    return Translate(
        text="Hoy quiero comprar la casa roja cerca del río.",
        language="es",
        answer_language="en",
        accepted=tuple(_sentences()),
    )


def _near_misses() -> list[str]:
    found = []
    for sentence in _sentences()[::14]:
        words = sentence.split()
        found += [
            sentence.replace("river", "rivr"),
            " ".join([words[1], words[0], *words[2:]]),
            " ".join(words[:-2]),
            " ".join([*words, "quickly"]),
        ]
    return found
