"""A course as a session is made from it: what each exercise asks about and how much it asks of the learner.

Invariant: an outline says nothing of texts and solutions, so that rules about sessions hold for any course.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

RECOGNISE, BUILD, UNDERSTAND, PRODUCE = range(4)
"""Efforts: to choose what is right, to build it out of given words, to say it in one's own language, and in the new
one."""

_EFFORTS = {"choose": RECOGNISE, "build": BUILD}


def effort_of(demand: str, *, into_target: bool) -> int:
    """By what the exercise's kind asks for; whatever has to be typed or said counts by the language of the answer."""
    return _EFFORTS.get(demand, PRODUCE if into_target else UNDERSTAND)


@dataclass(frozen=True, slots=True, eq=False)
class Drill:
    """One exercise; an outline has one of each."""

    id: UUID
    phrase: UUID
    """What is asked about, whatever the kind and direction; several phrases at once are one of their own."""
    items: tuple[UUID, ...]
    """What it exercises; at least one."""
    effort: int
    lesson_id: UUID
    unit_id: UUID
    tested: bool = True
    """Whether a right answer shows that something is known, so that a test may ask it."""


@dataclass(frozen=True, slots=True)
class PlannedLesson:
    id: UUID
    unit_id: UUID
    drills: tuple[Drill, ...]
    """In the author's order; none where the lesson is only read."""
    is_deck: bool = False
    """Of flashcards, which are looked through and not asked."""


@dataclass(frozen=True, slots=True)
class Outline:
    lessons: Mapping[UUID, PlannedLesson]
    """In the author's order."""
    drills: Sequence[Drill]
    of_item: Mapping[UUID, Sequence[Drill]]
    of_phrase: Mapping[UUID, Sequence[Drill]]

    def unit(self, unit_id: UUID) -> list[PlannedLesson]:
        return [lesson for lesson in self.lessons.values() if lesson.unit_id == unit_id]


def outline_of(lessons: Sequence[PlannedLesson]) -> Outline:
    drills = [drill for lesson in lessons for drill in lesson.drills]
    of_item: dict[UUID, list[Drill]] = {}
    of_phrase: dict[UUID, list[Drill]] = {}
    for drill in drills:
        of_phrase.setdefault(drill.phrase, []).append(drill)
        for item in drill.items:
            of_item.setdefault(item, []).append(drill)
    return Outline({lesson.id: lesson for lesson in lessons}, drills, of_item, of_phrase)
