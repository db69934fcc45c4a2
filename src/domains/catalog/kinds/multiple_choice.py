"""Multiple choice: one of several options is right."""

import hashlib
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Struct

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import Kind, Prompt, decoded, require_distinct, require_texts, shuffled
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon


class Option(Struct, frozen=True):
    id: str
    text: str


class MultipleChoicePrompt(Prompt, frozen=True, tag="multiple_choice"):
    text: str
    language: str
    """Of `text`."""
    option_language: str
    options: list[Option]


class MultipleChoice(Kind[str], frozen=True, tag="multiple_choice"):
    """`answer` is one of `options`, word for word. A learner answers with the id of an option."""

    text: str
    language: str
    option_language: str
    options: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=10)]
    answer: str

    def __post_init__(self) -> None:
        require_texts((self.text, *self.options), "text and options")
        require_distinct(self.options, "options")
        if self.answer not in self.options:
            raise ValueError("answer must be one of the options")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for option in self.options:
            yield self.option_language, option

    def prompt(self, seed: str) -> MultipleChoicePrompt:
        options = [Option(option_id(text), text) for text in self.options]
        return MultipleChoicePrompt(self.text, self.language, self.option_language, shuffled(options, seed, "options"))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        expected = "The answer must be the id of one of the options, as a string."
        answer = decoded(raw, str, expected)
        if all(option_id(option) != answer for option in self.options):
            raise AnswerShape(expected)
        return answer

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        chosen = next((option for option in self.options if option_id(option) == answer), "")
        if chosen == self.answer:
            return graded(Verdict.EXACT, self.answer, (Token(chosen, Verdict.EXACT),))
        return graded(Verdict.WRONG, self.answer, (Token(chosen, Verdict.WRONG, self.answer),))


def option_id(text: str) -> str:
    """Says nothing about which option is right, and survives reordering and rewording of the others."""
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
