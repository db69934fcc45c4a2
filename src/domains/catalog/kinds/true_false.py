"""True or false: whether a statement is so."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec

from domains.catalog.kinds.kind import Demand, Effort, Feedback, Kind, Prompt, decoded, require_texts
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon


class TrueFalsePrompt(Prompt, frozen=True, tag="true_false"):
    text: str
    language: str


class TrueFalse(Kind[bool], frozen=True, tag="true_false"):
    """A learner answers with true or false. `if_true` and `if_false` are said to whoever answers so."""

    demand = Demand.CHOOSE
    answer_form = "true or false"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "`La mano` is feminine.",
        "answer": True,
        "if_false": "It ends with -o, and is feminine all the same.",
    }
    example_answer = True

    text: str
    language: str
    answer: bool
    if_true: Feedback = ""
    if_false: Feedback = ""

    def __post_init__(self) -> None:
        require_texts(text=self.text)

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text

    def prompt(self, seed: str) -> TrueFalsePrompt:
        return TrueFalsePrompt(self.text, self.language)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> bool:
        return decoded(raw, bool, "The answer must be true or false.")

    def check(self, answer: bool, lexicon: Lexicon) -> Grade:
        verdict = Verdict.EXACT if answer is self.answer else Verdict.WRONG
        right = self.said(self.answer)
        token = Token(self.said(answer), verdict, None if verdict is Verdict.EXACT else right)
        return graded(verdict, right, (token,), None, self.if_true if answer else self.if_false)

    def effort(self, answer: bool, seed: str) -> Effort:
        return Effort(len(self.text), 0, 0 if answer else 1)
