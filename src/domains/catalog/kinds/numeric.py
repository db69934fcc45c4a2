"""Numeric: a number, with tolerance and unit where the author gives them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from domains.catalog.errors import AnswerShape
from domains.catalog.kinds.kind import Kind, Prompt, decoded, require_texts
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.languages import language_data
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.numbers import quantity, unit_name

LONGEST_ANSWER = 100
LARGEST = Decimal(10) ** 24


class NumericPrompt(Prompt, frozen=True, tag="numeric"):
    text: str
    language: str
    needs_unit: bool


class Numeric(Kind[str], frozen=True, tag="numeric"):
    """Right is what differs from `value` by `tolerance` at most. A learner answers with the number as typed.

    With a `unit` the learner has to name it, or one of `other_units`: how many `unit` one of it is, `m: 0.001` where
    `unit` is km. A right number with a wrong unit or none is half of the answer, and not right."""

    text: str
    language: str
    value: Decimal
    tolerance: Decimal = Decimal(0)
    unit: str = ""
    other_units: Mapping[str, Decimal] = {}

    def __post_init__(self) -> None:
        require_texts((self.text,), "text")
        for number in (self.value, self.tolerance, *self.other_units.values()):
            if not number.is_finite() or abs(number) > LARGEST or len(str(number)) > 40:
                raise ValueError("numbers must be of ordinary size and have at most 40 characters")
        if self.tolerance < 0:
            raise ValueError("tolerance must not be negative")
        if self.other_units and not self.unit:
            raise ValueError("other_units need a unit")
        require_texts([name for name in (self.unit, *self.other_units) if name or self.unit], "units")
        names = [unit_name(name) for name in (self.unit, *self.other_units)]
        if len(set(names)) != len(names) or any(factor <= 0 for factor in self.other_units.values()):
            raise ValueError("units must be distinct, and worth more than nothing")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text

    def prompt(self, seed: str) -> NumericPrompt:
        return NumericPrompt(self.text, self.language, bool(self.unit))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        expected = f"The answer must be the number as a string of at most {LONGEST_ANSWER} characters."
        answer = decoded(raw, str, expected)
        if len(answer) > LONGEST_ANSWER:
            raise AnswerShape(expected)
        return answer

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        verdict = self._verdict(answer)
        number = f"{self.value:f}".replace(".", language_data(self.language).decimal_mark)
        expected = f"{number} {self.unit}".strip()
        token = Token(answer, verdict, None if verdict is Verdict.EXACT else expected)
        score = {Verdict.EXACT: 1.0, Verdict.MISSING: 0.5, Verdict.WRONG_WORD: 0.5}.get(verdict, 0.0)
        return graded(verdict, expected, (token,), score)

    def _verdict(self, answer: str) -> Verdict:
        given = quantity(answer, self.language)
        if given is None:
            return Verdict.WRONG
        factors = {unit_name(self.unit): Decimal(1)}
        factors.update((unit_name(name), factor) for name, factor in self.other_units.items())
        factor = factors.get(given.unit)
        if abs(given.value * (factor or 1) - self.value) > self.tolerance:
            return Verdict.WRONG
        if factor is not None:
            return Verdict.EXACT
        return Verdict.WRONG_WORD if given.unit else Verdict.MISSING
