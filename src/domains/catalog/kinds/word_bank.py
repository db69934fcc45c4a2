"""Word bank: build the translation out of given words, of which some are not needed."""

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Self

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import LONGEST_LIST, LONGEST_TEXT, Kind, Prompt, decoded, require_texts, shuffled
from domains.catalog.policy.grade import Grade, Verdict, graded
from domains.catalog.policy.grading import grade_text
from domains.catalog.policy.groups import literal, plain
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.text import norms


class WordBankPrompt(Prompt, frozen=True, tag="word_bank"):
    text: str
    language: str
    answer_language: str
    words: list[str]


class WordBank(Kind[list[str]], frozen=True, tag="word_bank"):
    """`words` can build the first of `accepted`. A learner answers with the chosen words in order.

    Punctuation cannot be chosen, so it does not count; a tapped word has no typos."""

    text: str
    language: str
    answer_language: str
    accepted: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=5_000)]
    words: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=60)]

    def __post_init__(self) -> None:
        require_texts((self.text, *self.accepted, *self.words), "text, accepted answers and words")
        missing = Counter(norms(plain(self.accepted[0]))) - Counter(word for text in self.words for word in norms(text))
        if missing:
            raise ValueError(f"words lack {', '.join(sorted(missing))} to build the first accepted answer")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for text in (*self.accepted, *self.words):
            yield self.answer_language, text

    def accepted_texts(self) -> Iterator[str]:
        return iter(self.accepted)

    def prompt(self, seed: str) -> WordBankPrompt:
        words = shuffled(self.words, seed, "words")
        return WordBankPrompt(self.text, self.language, self.answer_language, words)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        expected = f"The answer must be the chosen words in order, as a list of at most {LONGEST_LIST} strings."
        answer = decoded(raw, list[str], expected)
        if len(answer) > LONGEST_LIST or sum(map(len, answer)) > LONGEST_TEXT:
            raise AnswerShape(expected)
        return answer

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        grade = grade_text(" ".join(answer), self.accepted, self.answer_language, lexicon, typed=False)
        if grade.verdict is Verdict.PUNCTUATION:
            return graded(Verdict.EXACT, grade.expected, grade.tokens)
        return grade

    def said(self, answer: list[str]) -> str:
        return " ".join(norms(" ".join(answer), self.answer_language))

    def accepting(self, answer: list[str], text: str | None) -> Self:
        return msgspec.structs.replace(self, accepted=(*self.accepted, text or literal(" ".join(answer))))
