"""Dialogue: take part in a conversation; what the learner says is typed or chosen."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec
from msgspec import Struct

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.assets import Audio, AudioOut, MediaRef, refs, shown_audio
from domains.catalog.kinds.kind import (
    LONGEST_TEXT,
    Demand,
    Effort,
    Kind,
    Prompt,
    decoded,
    letters,
    require_distinct,
    require_short,
    require_texts,
    shuffled,
)
from domains.catalog.policy.gaps import grade_gaps, said_in_gaps, widened
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.lexicon import Lexicon

MOST_TURNS = 30


class Turn(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Either `text` is said to the learner, or the learner says one of `accepted`, chosen from `options` where there
    are any. `cue` tells them what to say, in their own language."""

    speaker: str = ""
    text: str = ""
    audio: Audio | None = None
    accepted: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()
    options: Annotated[tuple[str, ...], msgspec.Meta(max_length=10)] = ()
    cue: str = ""


class TurnOut(Struct, frozen=True):
    speaker: str
    text: str | None
    """None where it is the learner's turn."""
    audio: AudioOut | None
    options: list[str]
    """What there is to choose from; none where it is typed."""
    cue: str


class DialoguePrompt(Prompt, frozen=True, tag="dialogue"):
    language: str
    cue_language: str
    turns: list[TurnOut]


class Dialogue(Kind[list[str]], frozen=True, tag="dialogue"):
    """A learner answers with a text for each turn of theirs, in order. The score is the share that was right."""

    demand = Demand.BUILD
    asks_in_target = True
    answer_form = "a text for each turn of the learner's"
    example: ClassVar[Mapping[str, Any]] = {
        "turns": [
            {"speaker": "Ana", "text": "¿Cómo te llamas?"},
            {"accepted": ["Me llamo Leo.", "Soy Leo."], "cue": "Say that you are Leo."},
            {"speaker": "Ana", "text": "¿Qué tal?"},
            {"accepted": ["Muy bien."], "options": ["Muy bien.", "De nada."]},
        ]
    }
    example_answer: ClassVar[Any] = ["soy Leo", "Muy bien."]

    language: str
    cue_language: str
    turns: Annotated[tuple[Turn, ...], msgspec.Meta(min_length=1, max_length=MOST_TURNS)]

    def __post_init__(self) -> None:
        for place, turn in enumerate(self.turns):
            name = f"turns[{place}]"
            require_short(
                **{f"{name}.speaker": turn.speaker, f"{name}.text": turn.text, f"{name}.cue": turn.cue},
            )
            if bool(turn.text.strip()) is bool(turn.accepted):
                raise ValueError(f"`{name}` must have either `text`, which is said, or `accepted`, which is answered")
            require_texts(**{f"{name}.accepted": turn.accepted, f"{name}.options": turn.options})
            require_distinct(**{f"{name}.options": turn.options})
            if turn.options and not turn.accepted:
                raise ValueError(f"`{name}.options` must not be there where nothing is answered")
            if turn.options and turn.accepted[0] not in turn.options:
                raise ValueError(f"`{name}.options` must have `{turn.accepted[0][:60]}`, which is right there")
            if turn.audio is not None and turn.accepted:
                raise ValueError(f"`{name}.audio` must not say what is to be answered")
        if not self._own():
            raise ValueError("`turns` must leave at least one to the learner, with `accepted`")

    def _own(self) -> list[Turn]:
        return [turn for turn in self.turns if turn.accepted]

    def subject(self) -> str:
        return f"{self.language}:{'|'.join(turn.text or turn.accepted[0] for turn in self.turns)}"

    def asked(self) -> str:
        return "\n".join(turn.text or f"… {turn.cue}".strip() for turn in self.turns)

    def texts(self) -> Iterator[tuple[str, str]]:
        for turn in self.turns:
            for text in (turn.text, *turn.accepted, *turn.options):
                yield self.language, text
            yield self.cue_language, turn.cue

    def accepted_texts(self) -> Iterator[str]:
        for turn in self.turns:
            yield from turn.accepted

    def media(self) -> Iterator[MediaRef]:
        return refs(*(turn.audio for turn in self.turns))

    def answered_in(self) -> str:
        return self.language

    def prompt(self, seed: str) -> DialoguePrompt:
        turns = [
            TurnOut(
                turn.speaker,
                turn.text or None,
                shown_audio(turn.audio),
                shuffled(turn.options, seed, f"turn {place}"),
                turn.cue,
            )
            for place, turn in enumerate(self.turns)
        ]
        return DialoguePrompt(self.language, self.cue_language, turns)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        turns = len(self._own())
        expected = f"The answer must be a list of {turns} strings, one for each turn of the learner's."
        answer = decoded(raw, list[str], expected)
        if len(answer) != turns or sum(map(len, answer)) > LONGEST_TEXT:
            raise AnswerShape(expected)
        return answer

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        own = self._own()
        return grade_gaps(
            answer, [turn.accepted for turn in own], [turn.options for turn in own], self.language, lexicon
        )

    def said(self, answer: list[str]) -> str:
        return said_in_gaps(answer, self.language)

    def in_words(self, answer: list[str]) -> str:
        return "\n".join(answer)

    def effort(self, answer: list[str], seed: str) -> Effort:
        given = sum(letters(text) for text, turn in zip(answer, self._own(), strict=True) if not turn.options)
        return Effort(sum(len(turn.text) for turn in self.turns), given)

    def accepting(self, answer: list[str], text: str | None) -> Self | None:
        own = self._own()
        gaps = widened(answer, [turn.accepted for turn in own], [turn.options for turn in own], self.language, text)
        if gaps is None:
            return None
        wider = iter(gaps)
        turns = (msgspec.structs.replace(turn, accepted=next(wider)) if turn.accepted else turn for turn in self.turns)
        return msgspec.structs.replace(self, turns=tuple(turns))
