"""Cloze: a text with gaps, to be filled by typing or by choosing."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import (
    LONGEST_TEXT,
    Demand,
    Effort,
    Kind,
    Prompt,
    decoded,
    letters,
    require_distinct,
    require_texts,
    shuffled,
)
from domains.catalog.policy.gaps import grade_gaps, said_in_gaps, widened
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.lexicon import Lexicon

GAP = "___"
MOST_GAPS = 20

Accepted = Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=100)]
Options = Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=10)]


class ClozePrompt(Prompt, frozen=True, tag="cloze"):
    language: str
    parts: list[str]
    """The text around the gaps: one more than there are gaps."""
    options: list[list[str]]
    """For each gap what may be chosen; empty where it is typed."""


class Cloze(Kind[list[str]], frozen=True, tag="cloze"):
    """`text` has a `___` for each of `gaps`, which says what is right there. A learner answers with a text for each.

    `options`, where given, has for each gap the texts to choose from, of which the first accepted one is one. The score
    is the share of gaps that were filled rightly."""

    demand = Demand.BUILD
    asks_in_target = True
    answer_form = "a text for each gap, empty where it is left open"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Me ___ Ana y ___ de México.",
        "gaps": [["llamo"], ["soy", "vengo"]],
    }
    example_answer: ClassVar[Any] = ["llamo", "soy"]

    text: str
    language: str
    gaps: Annotated[tuple[Accepted, ...], msgspec.Meta(min_length=1, max_length=MOST_GAPS)]
    options: tuple[Options, ...] = ()

    def __post_init__(self) -> None:
        require_texts(text=self.text)
        if self.text.count(GAP) != len(self.gaps):
            raise ValueError(
                f"`text` has {self.text.count(GAP)} gaps (`{GAP}`), but `gaps` has answers for {len(self.gaps)}"
            )
        if self.options and len(self.options) != len(self.gaps):
            raise ValueError("`options` must be given for every gap or for none")
        for place, accepted in enumerate(self.gaps):
            require_texts(**{f"gaps[{place}]": accepted})
        for place, (accepted, options) in enumerate(zip(self.gaps, self.options, strict=False)):
            require_texts(**{f"options[{place}]": options})
            require_distinct(**{f"options[{place}]": options})
            if accepted[0] not in options:
                raise ValueError(f"`options[{place}]` must have `{accepted[0][:60]}`, which is right there")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        for part in self.text.split(GAP):
            yield self.language, part
        for text in (*(text for gap in self.gaps for text in gap), *(text for gap in self.options for text in gap)):
            yield self.language, text

    def accepted_texts(self) -> Iterator[str]:
        for gap in self.gaps:
            yield from gap

    def prompt(self, seed: str) -> ClozePrompt:
        options = [shuffled(gap, seed, f"gap {number}") for number, gap in enumerate(self.options)]
        return ClozePrompt(self.language, self.text.split(GAP), options or [[] for _ in self.gaps])

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        expected = f"The answer must be a list of {len(self.gaps)} strings, one for each gap, empty for one left open."
        answer = decoded(raw, list[str], expected)
        if len(answer) != len(self.gaps) or sum(map(len, answer)) > LONGEST_TEXT:
            raise AnswerShape(expected)
        return answer

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        return grade_gaps(answer, self.gaps, self._choices(), self.language, lexicon)

    def said(self, answer: list[str]) -> str:
        return said_in_gaps(answer, self.language)

    def in_words(self, answer: list[str]) -> str:
        return ", ".join(answer)

    def effort(self, answer: list[str], seed: str) -> Effort:
        return Effort(len(self.text), 0 if self.options else letters(answer))

    def accepting(self, answer: list[str], text: str | None) -> Self | None:
        if self.options:
            return None
        gaps = widened(answer, self.gaps, self._choices(), self.language, text)
        return None if gaps is None else msgspec.structs.replace(self, gaps=gaps)

    def _choices(self) -> tuple[Options, ...]:
        return self.options or ((),) * len(self.gaps)
