"""A longer course, of made-up phrases, and what is right in it."""

from typing import Any

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.kinds import Translate, WordBank

SYLLABLES = ("ba", "ko", "mi", "ru", "te")


def word(number: int) -> str:
    return "".join(SYLLABLES[number // 5**place % 5] for place in (3, 2, 1, 0))


def long_course(*, units: int = 2, lessons: int = 2, phrases: int = 4) -> Course:
    """Each lesson has phrases of its own, built and then typed."""
    numbers = iter(range(units * lessons * phrases))

    def lesson(key: str) -> Lesson:
        drills = []
        for _ in range(phrases):
            number = next(numbers)
            spoken, new = (f"say {number}",), (f"{word(number)} nu",)
            drills.append(Exercise(f"{key}/{number}/b", WordBank(spoken[0], "en", "es", new, (*new[0].split(), "ay"))))
            drills.append(Exercise(f"{key}/{number}/t", Translate(new[0], "es", "en", spoken)))
        return Lesson(key, key, tuple(drills))

    made = tuple(Unit(f"u{u}", f"Unit {u}", tuple(lesson(f"u{u}l{n}") for n in range(lessons))) for u in range(units))
    return Course("long", "A long course", "en", "es", (Section("s", "Start", made),))


WORDS = {f"{word(number)} nu": number for number in range(500)}


def answer_to(exercise: dict[str, Any], *, wrong: bool = False) -> Any:
    shown = exercise["prompt"]["text"]
    if exercise["kind"] == "word_bank":
        return ["ay"] if wrong else [word(int(shown.split()[1])), "nu"]
    return "nothing like it" if wrong else f"say {WORDS[shown]}"
