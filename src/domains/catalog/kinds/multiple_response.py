"""Multiple response: all options that are right, and none of the others."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import Kind, Prompt, decoded, require_distinct, require_texts, shuffled
from domains.catalog.kinds.multiple_choice import Option, option_id
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon


class MultipleResponsePrompt(Prompt, frozen=True, tag="multiple_response"):
    text: str
    language: str
    """Of `text`."""
    option_language: str
    options: list[Option]


class MultipleResponse(Kind[list[str]], frozen=True, tag="multiple_response"):
    """`answers` are some of `options`, word for word. A learner answers with the ids of options, in any order.

    The score is the share of right options chosen, less as much for each wrong one; it is not below 0."""

    text: str
    language: str
    option_language: str
    options: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=12)]
    answers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=12)]

    def __post_init__(self) -> None:
        require_texts((self.text, *self.options), "text and options")
        require_distinct(self.options, "options")
        require_distinct(self.answers, "answers")
        if not set(self.answers) <= set(self.options):
            raise ValueError("answers must be some of the options")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for option in self.options:
            yield self.option_language, option

    def prompt(self, seed: str) -> MultipleResponsePrompt:
        options = shuffled([Option(option_id(text), text) for text in self.options], seed, "options")
        return MultipleResponsePrompt(self.text, self.language, self.option_language, options)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        expected = "The answer must be a list of ids of options, as strings, none of them twice."
        answer = decoded(raw, list[str], expected)
        if len(set(answer)) != len(answer) or not set(answer) <= set(map(option_id, self.options)):
            raise AnswerShape(expected)
        return answer

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        texts = {option_id(text): text for text in self.options}
        chosen = [texts[id_] for id_ in answer if id_ in texts]
        right = set(self.answers)
        tokens = [Token(text, Verdict.EXACT if text in right else Verdict.EXTRA) for text in chosen]
        tokens += [Token("", Verdict.MISSING, text) for text in self.answers if text not in chosen]
        found = len(right.intersection(chosen))
        wrong = len(chosen) - found
        verdict = _verdict(found, wrong, len(right))
        return graded(verdict, self.answers, tuple(tokens), round(max(0, found - wrong) / len(right), 4))


def _verdict(found: int, wrong: int, right: int) -> Verdict:
    if found == right:
        return Verdict.EXTRA if wrong else Verdict.EXACT
    return Verdict.MISSING if found and not wrong else Verdict.WRONG
