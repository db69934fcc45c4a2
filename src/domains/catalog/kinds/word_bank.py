"""Word bank: build the translation out of given words, of which some are not needed."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

import msgspec

from domains.catalog.kinds.kind import (
    Demand,
    Kind,
    Prompt,
    Sides,
    decoded_words,
    require_texts,
    shuffled,
    two_sides,
)
from domains.catalog.policy.grade import Grade
from domains.catalog.policy.grading import prepare, takes_long
from domains.catalog.policy.groups import literal
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.tapping import grade_tapped, missing_words
from domains.catalog.policy.text import norms


class WordBankPrompt(Prompt, frozen=True, tag="word_bank"):
    text: str
    language: str
    answer_language: str
    words: list[str]


class WordBank(Kind[list[str]], frozen=True, tag="word_bank"):
    """`words` can build the first of `accepted`. A learner answers with the chosen words in order.

    Punctuation cannot be chosen, so it does not count; a tapped word has no typos."""

    demand = Demand.BUILD
    answer_form = "the chosen words in order"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "the cat eats",
        "accepted": ["el gato come"],
        "words": ["el", "gato", "come", "perro"],
    }
    example_answer: ClassVar[Any] = ["el", "gato", "come"]

    text: str
    language: str
    answer_language: str
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]
    words: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=60)]

    def __post_init__(self) -> None:
        require_texts(text=self.text, accepted=self.accepted, words=self.words)
        if missing := missing_words(self.words, self.accepted[0]):
            raise ValueError(f"`words` lack {', '.join(missing)} to build `accepted[0]`")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for text in (*self.accepted, *self.words):
            yield self.answer_language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.accepted)

    def item_texts(self, target: str) -> tuple[str, ...]:
        if target in (self.language, self.answer_language):
            return (self.text if self.language == target else self.accepted[0],)
        return super().item_texts(target)

    def sides(self, target: str) -> tuple[Sides, ...]:
        return two_sides(self.text, self.language, self.accepted, self.answer_language, target)

    def prompt(self, seed: str) -> WordBankPrompt:
        words = shuffled(self.words, seed, "words")
        return WordBankPrompt(self.text, self.language, self.answer_language, words)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        return decoded_words(raw)

    @property
    def takes_long(self) -> bool:
        return takes_long(self.accepted)

    def prepare(self) -> None:
        prepare(self.accepted, self.answer_language)

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        return grade_tapped(answer, self.accepted, self.answer_language, lexicon)

    def said(self, answer: list[str]) -> str:
        return " ".join(norms(" ".join(answer), self.answer_language))

    def accepting(self, answer: list[str], text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(" ".join(answer))))
