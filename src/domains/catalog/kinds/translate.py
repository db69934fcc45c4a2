"""Translate by typing: any of the accepted translations is right."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.kinds.kind import Kind, Prompt, Sides, decoded_text, require_texts, two_sides
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.grading import grade_text, prepare, takes_long
from domains.catalog.policy.groups import literal
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms


class TranslatePrompt(Prompt, frozen=True, tag="translate"):
    text: str
    language: str
    answer_language: str


class Translate(Kind[str], frozen=True, tag="translate"):
    """`accepted` holds the author's own translation first. A learner answers with the sentence as typed."""

    answer_form = "the text as typed"
    example: ClassVar[Mapping[str, Any]] = {"text": "the cat eats", "accepted": ["(el/un) gato come"]}
    example_answer = "el gato come"

    text: str
    language: str
    answer_language: str
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]

    def __post_init__(self) -> None:
        require_texts(text=self.text, accepted=self.accepted)

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for text in self.accepted:
            yield self.answer_language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.accepted)

    def item_texts(self, target: str) -> tuple[str, ...]:
        if target in (self.language, self.answer_language):
            return (self.text if self.language == target else self.accepted[0],)
        return super().item_texts(target)

    def sides(self, target: str) -> tuple[Sides, ...]:
        return two_sides(self.text, self.language, self.accepted, self.answer_language, target)

    def prompt(self, seed: str) -> TranslatePrompt:
        return TranslatePrompt(self.text, self.language, self.answer_language)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "the translation")

    @property
    def takes_long(self) -> bool:
        return takes_long(self.accepted)

    def prepare(self) -> None:
        prepare(self.accepted, self.answer_language)

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        return grade_text(answer, self.accepted, self.answer_language, lexicon)

    def said(self, answer: str) -> str:
        return " ".join(norms(answer, self.answer_language))

    def accepting(self, answer: str, text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(answer)))
