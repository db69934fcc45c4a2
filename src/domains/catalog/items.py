"""What an exercise exercises: the words and phrases of the language that is learned, by ids that last.

Invariant: the same phrase of a course has the same id in every revision, whichever kind of exercise asks for it and in
whichever direction. The normal form below is part of these ids, which learners' records are kept under: it never
changes, whatever becomes of the grader's.
"""

import unicodedata
from typing import Any
from uuid import UUID, uuid5

from domains.catalog.kinds import Kind
from domains.catalog.policy.groups import plain

_EDGES = " .,;:!?…¡¿。！？、\"'“”„«»"


def item_ids(course_id: UUID, content: Kind[Any], target_language: str) -> tuple[UUID, ...]:
    """At least one, in the author's order. An exercise without a text in the target language is an item itself."""
    return tuple(dict.fromkeys(item_id(course_id, text) for text in content.item_texts(target_language)))


def item_id(course_id: UUID, text: str) -> UUID:
    """The id of a text in the target language."""
    return uuid5(course_id, f"item:{_normal(plain(text))}")


def missed_items(course_id: UUID, content: Kind[Any], target_language: str, answer: bytes) -> frozenset[UUID]:
    """Which of its items a wrong answer, given as JSON, got wrong: all, unless the exercise asks for several."""
    missed = content.missed_texts(content.decode_answer(answer), target_language)
    return frozenset(item_id(course_id, text) for text in missed)


def _normal(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return folded.strip(_EDGES) or folded
