"""Order: put sentences, events or words where they belong."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Annotated, Any, ClassVar

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import Demand, Kind, Prompt, decoded, require_distinct, require_texts, shuffled
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon

MOST_ITEMS = 20


class OrderPrompt(Prompt, frozen=True, tag="order"):
    text: str
    language: str
    """Of `text`."""
    answer_language: str
    items: list[str]


class Order(Kind[list[str]], frozen=True, tag="order"):
    """`items` stand in the right order. A learner answers with the same texts in theirs.

    The score is the share of pairs of items of which the right one comes first."""

    demand = Demand.BUILD
    answer_form = "the items in order"
    example: ClassVar[Mapping[str, Any]] = {"text": "Count", "items": ["uno", "dos", "tres"]}
    example_answer: ClassVar[Any] = ["uno", "dos", "tres"]

    text: str
    language: str
    answer_language: str
    items: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=MOST_ITEMS)]

    def __post_init__(self) -> None:
        require_texts(text=self.text, items=self.items)
        require_distinct(items=self.items)

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text
        for item in self.items:
            yield self.answer_language, item

    def prompt(self, seed: str) -> OrderPrompt:
        return OrderPrompt(self.text, self.language, self.answer_language, shuffled(self.items, seed, "items"))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> list[str]:
        expected = f"The answer must be the items in order, none twice, as a list of at most {MOST_ITEMS} strings."
        answer = decoded(raw, list[str], expected)
        if len(set(answer)) != len(answer) or not set(answer) <= set(self.items):
            raise AnswerShape(expected)
        return answer

    def in_words(self, answer: list[str]) -> str:
        return ", ".join(answer)

    def check(self, answer: list[str], lexicon: Lexicon) -> Grade:
        place = {item: number for number, item in enumerate(self.items)}
        in_order = sum(place[one] < place[other] for one, other in combinations(answer, 2))
        score = in_order / (len(self.items) * (len(self.items) - 1) / 2)
        kept = _longest_rise([place[item] for item in answer])
        tokens = [Token(item, Verdict.EXACT if place[item] in kept else Verdict.WORD_ORDER) for item in answer]
        tokens += [Token("", Verdict.MISSING, item) for item in self.items if item not in answer]
        return graded(self._verdict(answer), self.items, tuple(tokens), round(score, 4))

    def _verdict(self, answer: list[str]) -> Verdict:
        if answer == list(self.items):
            return Verdict.EXACT
        if len(answer) == len(self.items):
            return Verdict.WORD_ORDER
        in_order = sorted(answer, key=self.items.index) == answer
        return Verdict.MISSING if answer and in_order else Verdict.WRONG


def _longest_rise(places: list[int]) -> set[int]:
    """The most places that stand in rising order: what a learner need not move."""
    best: list[int] = []
    rises: list[list[int]] = []
    for number in places:
        before: list[int] = []
        for rise in rises:
            if rise[-1] < number and len(rise) > len(before):
                before = rise
        rises.append([*before, number])
        if len(rises[-1]) > len(best):
            best = rises[-1]
    return set(best)
