"""The cards of a course: its flashcards as they are, and one for every phrase that lessons teach or ask for.

No card comes twice: a phrase that several exercises ask for is one card, in the lesson that has it first. A card's key
stays while the phrase does.
"""

import hashlib
from collections.abc import Iterator

from msgspec import Struct

from domains.catalog.content import Course, Exercise, Lesson, Section, Unit
from domains.catalog.kinds import Flashcard
from domains.catalog.kinds.kind import Sides
from domains.catalog.policy.groups import plain


class DeckCard(Struct, frozen=True):
    """`exercise` has a flashcard as its content. `item` is the text that a learner's memory of it is kept under."""

    section: Section
    unit: Unit
    lesson: Lesson
    exercise: Exercise
    item: str


def cards(course: Course) -> Iterator[DeckCard]:
    """In the author's order."""
    seen: set[str] = set()
    for section in course.sections:
        for unit in section.units:
            for lesson in unit.lessons:
                for exercise, item in _of_lesson(course, lesson):
                    # Two flashcards with the same front are two cards all the same.
                    if item not in seen or exercise in lesson.exercises:
                        seen.add(item)
                        yield DeckCard(section, unit, lesson, exercise, item)


def _of_lesson(course: Course, lesson: Lesson) -> Iterator[tuple[Exercise, str]]:
    target, source = course.target_language, course.source_language
    for exercise in lesson.exercises:
        if isinstance(exercise.content, Flashcard):
            yield exercise, exercise.content.item_texts(target)[0]
    for phrase in (*lesson.words, *lesson.sentences):
        yield _derived(lesson, Sides(phrase.target[0], target, phrase.source, source)), phrase.target[0]
    for exercise in lesson.exercises:
        if not isinstance(exercise.content, Flashcard):
            for sides in exercise.content.sides(target):
                yield _derived(lesson, sides), sides.front


def _derived(lesson: Lesson, sides: Sides) -> Exercise:
    name = hashlib.blake2b(sides.front.encode("utf-8", "replace"), digest_size=8).hexdigest()
    back = tuple(dict.fromkeys(plain(text) for text in sides.back))
    card = Flashcard(
        plain(sides.front),
        sides.front_language,
        sides.back_language,
        back[:50],
        sides.note,
        sides.back_image,
        sides.back_audio,
    )
    return Exercise(f"{lesson.key}/card/{name}"[-300:], card)
