"""How much there is to do in an answer: for whoever asks whether somebody can have given it so fast."""

from typing import Any, NamedTuple

import msgspec

from domains.catalog.kinds import Cloze, Content, MatchPairs, MultipleChoice, MultipleResponse


class Effort(NamedTuple):
    read: int
    """Letters of the question. Options are not counted: who knows what to look for need not read them all."""
    given: int
    """Letters that were typed, or put together out of words; 0 where something was chosen."""
    place: int | None
    """Of the chosen option as it was shown, from 0, where one was to be chosen."""


def effort(content: Content, answer: bytes, seed: str) -> Effort:
    """Of an answer that was graded; `seed` is that of its prompt."""
    read = 0 if isinstance(content, MatchPairs) else len(content.text)
    if isinstance(content, MultipleChoice):
        chosen = content.decode_answer(answer)
        return Effort(read, 0, [option.id for option in content.prompt(seed).options].index(chosen))
    chooses = isinstance(content, MultipleResponse | MatchPairs) or (isinstance(content, Cloze) and content.options)
    return Effort(read, 0 if chooses else _letters(msgspec.json.decode(answer)), None)


def _letters(answer: Any) -> int:
    if isinstance(answer, list):
        return sum(map(_letters, answer))
    return len(answer) if isinstance(answer, str) else 0
