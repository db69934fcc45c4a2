"""The words and phrases of a revision as cards with two sides, for learners who judge themselves.

A card has the id of the item that exercises ask for: what is remembered is one and the same.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from domains.catalog.content import Course, Lesson
from domains.catalog.items import item_id, item_ids
from domains.catalog.kinds import Content, MatchPairs, MultipleChoice, Translate, WordBank
from domains.catalog.policy.groups import plain
from domains.catalog.revisions import RevisionContent

_MOST_KEPT = 64


class Flashcard(Struct, frozen=True):
    """`front` is in the language that is learned, if there is one; the first of `back` is the author's own."""

    front: str
    front_language: str
    back: tuple[str, ...]
    back_language: str
    lesson_id: UUID


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
    for lesson in revision.course.lessons():
        lesson_id = revision.node_ids["lesson", lesson.key]
        for text, side in _phrases(revision.course, lesson):
            cards.setdefault(item_id(revision.course_id, text), _card(side, lesson_id))
        for exercise in revision.lessons[lesson_id].exercises:
            for found, side in _of_exercise(revision, exercise.content):
                cards.setdefault(found, _card(side, lesson_id))
    return cards


Sides = tuple[str, str, tuple[str, ...], str]


def _card(sides: Sides, lesson_id: UUID) -> Flashcard:
    front, front_language, back, back_language = sides
    return Flashcard(plain(front), front_language, tuple(dict.fromkeys(map(plain, back))), back_language, lesson_id)


def _phrases(course: Course, lesson: Lesson) -> Iterator[tuple[str, Sides]]:
    for phrase in (*lesson.words, *lesson.sentences):
        shown = phrase.target[0]
        yield shown, (shown, course.target_language, phrase.source, course.source_language)


def _of_exercise(revision: RevisionContent, content: Content) -> Iterator[tuple[UUID, Sides]]:
    """Nothing for a kind of exercise that has no two sides."""
    target = revision.course.target_language
    if isinstance(content, MatchPairs):
        for pair in content.pairs:
            if content.right_language == target:
                yield item_id(revision.course_id, pair[1]), (pair[1], target, (pair[0],), content.language)
            elif content.language == target:
                yield item_id(revision.course_id, pair[0]), (pair[0], target, (pair[1],), content.right_language)
        return
    match content:
        case MultipleChoice(option_language=language, answer=answer):
            accepted: tuple[str, ...] = (answer,)
        case (
            Translate(answer_language=language, accepted=accepted)
            | WordBank(answer_language=language, accepted=accepted)
        ):
            pass
        case _:
            return
    [found] = item_ids(revision.course_id, content, target)
    if language == target and content.language != target:
        yield found, (accepted[0], language, (content.text,), content.language)
    else:
        yield found, (content.text, content.language, accepted, language)
