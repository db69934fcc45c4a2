"""Multiple response: all options that are right, and none of the others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import (
    Demand,
    Feedback,
    Kind,
    Prompt,
    decoded,
    option_id,
    require_distinct,
    require_known,
    require_texts,
    shuffled,
)
from domains.catalog.kinds.multiple_choice import Option
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon

_ALL = 0.999
"""Three thirds, as people write them."""


class MultipleResponsePrompt(Prompt, frozen=True, tag="multiple_response"):
    text: str
    language: str
    """Of `text`."""
    option_language: str
    options: list[Option]


class MultipleResponse(Kind[list[str]], frozen=True, tag="multiple_response"):
    """`answers` are some of `options`, word for word. A learner answers with the ids of options, in any order.

    The score is the share of right options chosen, less as much for each wrong one; it is not below 0. Where there are
    `weights`, it is their sum: those of all answers make 1, those of other options take away."""

    demand = Demand.CHOOSE
    asks_in_target = False
    answer_form = "a list of ids of options"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Which of these are animals?",
        "options": ["el gato", "el pato", "la casa"],
        "answers": ["el gato", "el pato"],
    }
    example_answer: ClassVar[Any] = [option_id("el pato"), option_id("el gato")]

    text: str
    language: str
    option_language: str
    options: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=12)]
    answers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=12)]
    weights: Mapping[str, Annotated[float, msgspec.Meta(ge=-1, le=1)]] = {}
    feedback: Mapping[str, Feedback] = {}

    def __post_init__(self) -> None:
        require_texts(text=self.text, options=self.options)
        require_distinct(options=self.options, answers=self.answers)
        require_known(self.options, "options", answers=self.answers, weights=self.weights, feedback=self.feedback)
        if self.weights:
            if not _ALL <= sum(self.weights.get(text, 0) for text in self.answers) <= 2 - _ALL:
                raise ValueError("`weights` of the answers must make 1 together")
            for text, weight in self.weights.items():
                if (weight > 0) is not (text in self.answers):
                    raise ValueError(f"`weights` of answers are above 0 and of others not: `{text[:60]}`")

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
        chosen = self._chosen(answer)
        right = set(self.answers)
        tokens = [Token(text, Verdict.EXACT if text in right else Verdict.EXTRA) for text in chosen]
        tokens += [Token("", Verdict.MISSING, text) for text in self.answers if text not in chosen]
        found = len(right.intersection(chosen))
        verdict = _verdict(found, len(chosen) - found, len(right))
        said = "\n".join(self.feedback[text] for text in chosen if self.feedback.get(text))
        return graded(verdict, self.answers, tuple(tokens), self._score(chosen, verdict), said)

    def _score(self, chosen: Sequence[str], verdict: Verdict) -> float:
        if not self.weights:
            found = len(set(self.answers).intersection(chosen))
            return round(max(0, 2 * found - len(chosen)) / len(self.answers), 4)
        if verdict is Verdict.EXACT:
            return 1.0
        return round(min(max(0.0, sum(self.weights.get(text, 0) for text in chosen)), _ALL), 4)

    def _chosen(self, answer: list[str]) -> list[str]:
        texts = {option_id(text): text for text in self.options}
        return [texts[id_] for id_ in answer if id_ in texts]

    def said(self, answer: list[str]) -> str:
        return super().said(sorted(answer))

    def in_words(self, answer: list[str]) -> str:
        return ", ".join(self._chosen(answer))


def _verdict(found: int, wrong: int, right: int) -> Verdict:
    if found == right:
        return Verdict.EXTRA if wrong else Verdict.EXACT
    return Verdict.MISSING if found and not wrong else Verdict.WRONG
