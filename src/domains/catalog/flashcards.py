"""The words and phrases of a revision as cards with two sides, for learners who judge themselves.

A card has the id of the item that exercises ask for: what is remembered is one and the same.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from domains.catalog.content import Exercise
from domains.catalog.items import item_id
from domains.catalog.kinds import Kind, Sides
from domains.catalog.kinds.assets import AudioOut, ImageOut, shown_audio, shown_image
from domains.catalog.policy.groups import plain
from domains.catalog.revisions import RevisionContent

_MOST_KEPT = 64


class Flashcard(Struct, frozen=True):
    """`front` is in the language that is learned, if there is one, unless an author made the card; the first of `back`
    is the author's own."""

    front: str
    front_language: str
    back: tuple[str, ...]
    back_language: str
    lesson_id: UUID
    note: str
    """Shown with the back."""
    image: ImageOut | None
    """Of the front, like the audio."""
    audio: AudioOut | None
    back_image: ImageOut | None
    back_audio: AudioOut | None


class _Kept(NamedTuple):
    cards: Mapping[UUID, Flashcard]
    items: frozenset[UUID]


_kept: OrderedDict[UUID, _Kept] = OrderedDict()


def flashcards(revision: RevisionContent) -> Mapping[UUID, Flashcard]:
    """By item, in the author's order. Kept per process: a revision never changes."""
    return _of(revision).cards


def items_of(revision: RevisionContent) -> frozenset[UUID]:
    """All that can be asked for, also what has no two sides."""
    return _of(revision).items


def _of(revision: RevisionContent) -> _Kept:
    found = _kept.get(revision.id)
    if found is None:
        cards = _cards(revision)
        asked = {item for exercise in revision.exercises.values() for item in exercise.items}
        found = _kept[revision.id] = _Kept(cards, frozenset(asked | cards.keys()))
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return found


def _cards(revision: RevisionContent) -> dict[UUID, Flashcard]:
    cards: dict[UUID, Flashcard] = {}
    course = revision.course
    for lesson in course.lessons():
        lesson_id = revision.node_ids["lesson", lesson.key]
        for phrase in (*lesson.words, *lesson.sentences):
            sides = Sides(phrase.target[0], course.target_language, phrase.source, course.source_language)
            cards.setdefault(item_id(revision.course_id, sides.front), _card(sides, lesson_id))
        for exercise in lesson.exercises:
            texts, all_sides = _sides(exercise.content, course.target_language)
            for text, sides in zip(texts, all_sides, strict=True):
                cards.setdefault(item_id(revision.course_id, text), _card(sides, lesson_id, exercise))
    return cards


def _sides(content: Kind[Any], target: str) -> tuple[tuple[str, ...], tuple[Sides, ...]]:
    """Texts of its items and their sides; nothing for a kind of exercise that has no two sides."""
    sides = content.sides(target)
    return (content.item_texts(target), sides) if sides else ((), ())


def _card(sides: Sides, lesson_id: UUID, exercise: Exercise | None = None) -> Flashcard:
    shown = exercise if sides.as_asked else None
    return Flashcard(
        front=plain(sides.front),
        front_language=sides.front_language,
        back=tuple(dict.fromkeys(map(plain, sides.back))),
        back_language=sides.back_language,
        lesson_id=lesson_id,
        note=sides.note,
        image=shown_image(shown.image if shown else None),
        audio=shown_audio(shown.audio if shown else None),
        back_image=shown_image(sides.back_image),
        back_audio=shown_audio(sides.back_audio),
    )
