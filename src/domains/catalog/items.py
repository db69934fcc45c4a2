"""What an exercise exercises: the words and phrases of the language that is learned, by ids that last.

Invariant: the same phrase of a course has the same id in every revision, whichever kind of exercise asks for it and in
whichever direction. The normal form below is part of these ids, which learners' records are kept under: it never
changes, whatever becomes of the grader's.
"""

import unicodedata
from uuid import UUID, uuid5

import msgspec

from domains.catalog.kinds import Content, MatchPairs, MultipleChoice, Translate, WordBank
from domains.catalog.policy.groups import plain

_EDGES = " .,;:!?…¡¿。！？、\"'“”„«»"


def item_ids(course_id: UUID, content: Content, target_language: str) -> tuple[UUID, ...]:
    """At least one, in the author's order. An exercise without a text in the target language is an item itself."""
    return tuple(dict.fromkeys(item_id(course_id, text) for text in _texts(content, target_language)))


def item_id(course_id: UUID, text: str) -> UUID:
    """The id of a text in the target language."""
    return uuid5(course_id, f"item:{_normal(plain(text))}")


def missed_items(course_id: UUID, content: Content, target_language: str, answer: bytes) -> frozenset[UUID]:
    """Which of its items a wrong answer, given as JSON, got wrong: all, unless the exercise asks for several."""
    if isinstance(content, MatchPairs):
        found = set(content.decode_answer(answer))
        wrong = tuple(pair for pair in content.pairs if pair not in found)
        content = msgspec.structs.replace(content, pairs=wrong or content.pairs)
    return frozenset(item_ids(course_id, content, target_language))


def _texts(content: Content, target: str) -> tuple[str, ...]:
    match content:
        case MatchPairs(language=left, right_language=right, pairs=pairs) if target in (left, right):
            side = 0 if left == target else 1
            return tuple(pair[side] for pair in pairs)
        case MultipleChoice(language=asked, option_language=answered) if target in (asked, answered):
            return (content.text if asked == target else content.answer,)
        case Translate(language=asked, answer_language=answered) if target in (asked, answered):
            return (content.text if asked == target else content.accepted[0],)
        case WordBank(language=asked, answer_language=answered) if target in (asked, answered):
            return (content.text if asked == target else content.accepted[0],)
    return (f"{content.kind()}:{content.subject()}",)


def _normal(text: str) -> str:
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return folded.strip(_EDGES) or folded
