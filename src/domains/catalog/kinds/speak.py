"""Speak: say a text aloud. The client listens and sends what it heard."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.kinds.kind import Kind, Prompt, decoded_text, require_texts
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.groups import literal
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.speaking import grade_spoken
from domains.catalog.policy.text import norms


class SpeakPrompt(Prompt, frozen=True, tag="speak"):
    text: str
    language: str


class Speak(Kind[str], frozen=True, tag="speak"):
    """`also` are other ways in which a machine may write what it heard. A learner answers with the transcript. What is
    to be said is shown, so that it says nothing about what is known."""

    asks_in_target = True
    tested = False
    answer_form = "the transcript of what was said"
    example: ClassVar[Mapping[str, Any]] = {"text": "Tengo dos gatos."}
    example_answer = "tengo 2 gatos"

    text: str
    language: str
    also: Annotated[tuple[str, ...], msgspec.Meta(max_length=500)] = ()

    def __post_init__(self) -> None:
        require_texts(text=self.text, also=self.also)

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        for text in (self.text, *self.also):
            yield self.language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.also)

    def answered_in(self) -> str:
        return self.language

    def item_texts(self, target: str) -> tuple[str, ...]:
        return (self.text,) if self.language == target else super().item_texts(target)

    def prompt(self, seed: str) -> SpeakPrompt:
        return SpeakPrompt(self.text, self.language)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "the transcript")

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        return grade_spoken(answer, (literal(self.text), *self.also), self.language, lexicon)

    def said(self, answer: str) -> str:
        return " ".join(norms(answer, self.language))

    def accepting(self, answer: str, text: str | None) -> Self:
        return msgspec.structs.replace(self, also=(*self.also, text or literal(answer)))
