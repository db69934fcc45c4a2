"""Grading and prompts: pure work of the interpreter, measured in this process."""

import itertools
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec

from bench.figures import Figure, Result, below, percentile
from bench.seed import an_answer
from domains.catalog import api as catalog
from domains.catalog.content import Lesson, course_lexicon
from domains.catalog.kinds import Translate
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.lexicon import Lexicon, lexicon
from domains.catalog.policy.text import norms

ROUNDS = 20
MANY = 700
PER_PROMPT = 20
STAPLE = Path(__file__).parents[2] / "shared/data/staple/en_pt_accepted.txt"


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
    few = [figure for count in (1, 10, 100) for figure in _near_figures(count)]
    grouped = _grouped()
    first_grouped = _times(grade, [(grouped, b'"I woud like to buy the red house near the river today"')])
    near_grouped = _times(grade, [(grouped, msgspec.json.encode(text)) for text in _near_misses() * 4])
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
        *few,
        Figure("700 accepted, each with groups: the first grade", first_grouped[0] * 1000, "ms"),
        Figure("700 accepted, each with groups: near misses p50", percentile(near_grouped, 0.5) * 1000, "ms"),
        below("700 accepted, each with groups: near misses p99", percentile(near_grouped, 0.99) * 1000, "ms", 5),
        Figure("prompts of a lesson p50", percentile(begun, 0.5) * 1000, "ms"),
        below("prompts of a lesson p99", percentile(begun, 0.99) * 1000, "ms", 10),
    ]
    notes = [
        f"{len(contents)} exercises of the demo course, each right and wrong, {ROUNDS} rounds;",
        "near misses: typos, swapped, missing and extra words; accepted sentences of 11 to 13 words.",
    ]
    if STAPLE.exists():
        figures += _staple()
        notes.append(
            "STAPLE: 120 English sentences and all Portuguese translations that people accepted (not shipped);"
        )
        notes.append(
            "wrong ones: two words swapped, or a word of another sentence put in; none that is accepted itself."
        )
    return Result("grading", figures, notes)


def _times(work: Callable[[Case], object], cases: Iterable[Case]) -> list[float]:
    """Seconds of each call, sorted; of this thread, since nothing is waited for."""
    found = []
    for case in cases:
        began = time.thread_time()
        work(case)
        found.append(time.thread_time() - began)
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


def _grouped() -> Translate:
    """As many answers, each of which may also be said in twelve other ways."""
    texts = tuple(
        sentence.replace("I ", "(Well,) I ", 1)
        .replace("the river", "{the/this/that} river")
        .replace("today", "(on) today")
        for sentence in _sentences()
    )
    return msgspec.structs.replace(_many(), accepted=texts)


def _near_figures(count: int) -> list[Figure]:
    content = msgspec.structs.replace(_many(), accepted=tuple(_sentences()[:count]))
    cases = [msgspec.json.encode(text) for text in _near_misses(count)] * 20
    nothing = Lexicon({})
    content.grade(cases[0], nothing)
    times = _times(lambda raw: content.grade(raw, nothing), cases)
    return [
        Figure(f"{count} accepted: near misses p50", percentile(times, 0.5) * 1000, "ms"),
        Figure(f"{count} accepted: near misses p99", percentile(times, 0.99) * 1000, "ms"),
    ]


def _staple() -> list[Figure]:
    """Shares over all sentences of translations graded right, and of wrong sentences graded right."""
    right: dict[int, list[bool]] = {1: [], 5: [], 0: []}
    wrong: dict[str, list[bool]] = {"permuted": [], "another word": []}
    prompts = [[line.rpartition("|")[0] for line in block.splitlines()[1:]] for block in _blocks()]
    taught = lexicon([("pt", text) for texts in prompts for text in texts[:20]])
    vocabulary = sorted(taught.of("pt").words)
    chance = random.Random(1)
    for texts in prompts:
        sample = texts[1:] if len(texts) <= PER_PROMPT else chance.sample(texts[1:], PER_PROMPT)
        for text in sample:
            for count, outcomes in right.items():
                known = tuple(other for other in (texts[:count] if count else texts) if other != text)
                outcomes.append(grade_text(text, known, "pt", taught).correct)
        every = tuple(texts)
        accepted = {" ".join(norms(text)) for text in texts}
        for text in sample:
            for kind, other in (
                ("permuted", _swapped(text, chance)),
                ("another word", _replaced(text, vocabulary, chance)),
            ):
                if " ".join(norms(other)) not in accepted:
                    wrong[kind].append(grade_text(other, every, "pt", taught).correct)
    names = {1: "the best one", 5: "the best five", 0: "all others"}
    return [
        *(Figure(f"STAPLE: right when {names[count]} known", _percent(found), "%") for count, found in right.items()),
        *(below(f"STAPLE: wrong ones accepted, {kind}", _percent(found), "%", 1) for kind, found in wrong.items()),
    ]


def _percent(outcomes: list[bool]) -> float:
    return 100 * sum(outcomes) / len(outcomes)


def _blocks() -> list[str]:
    return STAPLE.read_text(encoding="utf-8").strip().split("\n\n")


def _swapped(text: str, chance: random.Random) -> str:
    words = text.split()
    if len(words) > 1:
        place = chance.randrange(len(words) - 1)
        words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def _replaced(text: str, vocabulary: list[str], chance: random.Random) -> str:
    words = text.split()
    words[chance.randrange(len(words))] = chance.choice(vocabulary)
    return " ".join(words)


def _near_misses(count: int = MANY) -> list[str]:
    found = []
    for sentence in _sentences()[: count : min(14, count)]:
        words = sentence.split()
        found += [
            sentence.replace("river", "rivr"),
            " ".join([words[1], words[0], *words[2:]]),
            " ".join(words[:-2]),
            " ".join([*words, "quickly"]),
        ]
    return found
