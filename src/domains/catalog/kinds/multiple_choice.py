"""Multiple choice: one of several options is right."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Struct

from domains.catalog.kinds.kind import (
    Demand,
    Effort,
    Feedback,
    Kind,
    Prompt,
    Share,
    Sides,
    decoded_choice,
    option_id,
    require_distinct,
    require_known,
    require_texts,
    shuffled,
    two_sides,
)
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
    """`answer` is one of `options`, word for word. A learner answers with the id of an option.

    `shares` says of options that are partly right how much they score; `feedback` what is said to whoever chooses
    them."""

    demand = Demand.CHOOSE
    asks_in_target = True
    answer_form = "the id of an option"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "el perro",
        "options": ["the cat", "the dog", "the duck"],
        "answer": "the dog",
        "feedback": {"the cat": "That is `el gato`."},
    }
    example_answer = option_id("the dog")

    text: str
    language: str
    option_language: str
    options: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=10)]
    answer: str
    shares: Mapping[str, Share] = {}
    feedback: Mapping[str, Feedback] = {}

    def __post_init__(self) -> None:
        require_texts(text=self.text, options=self.options)
        require_distinct(options=self.options)
        require_known(self.options, "options", shares=self.shares, feedback=self.feedback)
        if self.answer not in self.options:
            raise ValueError("`answer` must be one of the options")
        if self.answer in self.shares:
            raise ValueError("`shares` must not have the answer, which scores all")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for option in self.options:
            yield self.option_language, option

    def item_texts(self, target: str) -> tuple[str, ...]:
        if target in (self.language, self.option_language):
            return (self.text if self.language == target else self.answer,)
        return super().item_texts(target)

    def sides(self, target: str) -> tuple[Sides, ...]:
        return two_sides(self.text, self.language, (self.answer,), self.option_language, target)

    def prompt(self, seed: str) -> MultipleChoicePrompt:
        options = [Option(option_id(text), text) for text in self.options]
        return MultipleChoicePrompt(self.text, self.language, self.option_language, shuffled(options, seed, "options"))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_choice(raw, [option_id(option) for option in self.options])

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        chosen = self.in_words(answer)
        said = self.feedback.get(chosen, "")
        if chosen == self.answer:
            return graded(Verdict.EXACT, self.answer, (Token(chosen, Verdict.EXACT),), None, said)
        token = Token(chosen, Verdict.WRONG, self.answer)
        return graded(Verdict.WRONG, self.answer, (token,), self.shares.get(chosen, 0.0), said)

    def in_words(self, answer: str) -> str:
        return next((option for option in self.options if option_id(option) == answer), "")

    def effort(self, answer: str, seed: str) -> Effort:
        return Effort(len(self.text), 0, [option.id for option in self.prompt(seed).options].index(answer))
