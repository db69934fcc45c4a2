"""Translate by typing: any of the accepted translations is right."""

from collections.abc import Iterator
from typing import Annotated, Self

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import LONGEST_TEXT, Kind, Prompt, decoded, require_texts
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.groups import literal
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms


class TranslatePrompt(Prompt, frozen=True, tag="translate"):
    text: str
    language: str
    answer_language: str


class Translate(Kind[str], frozen=True, tag="translate"):
    """`accepted` holds the author's own translation first. A learner answers with the sentence as typed."""

    text: str
    language: str
    answer_language: str
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]

    def __post_init__(self) -> None:
        require_texts((self.text, *self.accepted), "text and accepted answers")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for text in self.accepted:
            yield self.answer_language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.accepted)

    def prompt(self, seed: str) -> TranslatePrompt:
        return TranslatePrompt(self.text, self.language, self.answer_language)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        expected = f"The answer must be the translation as a string of at most {LONGEST_TEXT} characters."
        answer = decoded(raw, str, expected)
        if len(answer) > LONGEST_TEXT:
            raise AnswerShape(expected)
        return answer

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        return grade_text(answer, self.accepted, self.answer_language, lexicon)

    def said(self, answer: str) -> str:
        return " ".join(norms(answer, self.answer_language))

    def accepting(self, answer: str, text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(answer)))
