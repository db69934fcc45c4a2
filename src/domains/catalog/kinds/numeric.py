"""Numeric: a number, with tolerance and unit where the author gives them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Struct

from domains.catalog.kinds.kind import Feedback, Kind, Prompt, Share, decoded_text, require_texts
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.languages import language_data
from domains.catalog.policy.lexicon import Lexicon
from domains.catalog.policy.numbers import Quantity, quantity, unit_name

LONGEST_ANSWER = 100
LARGEST = Decimal(10) ** 24
MOST_OTHERS = 20


class OtherNumber(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One more number that is right, or partly so where it has a `share` of the score."""

    value: Decimal
    tolerance: Decimal = Decimal(0)
    share: Share | None = None
    feedback: Feedback = ""


class NumericPrompt(Prompt, frozen=True, tag="numeric"):
    text: str
    language: str
    needs_unit: bool


class Numeric(Kind[str], frozen=True, tag="numeric"):
    """Right is what differs from `value` by `tolerance` at most. A learner answers with the number as typed.

    With a `unit` the learner has to name it, or one of `other_units`: how many `unit` one of it is, `m: 0.001` where
    `unit` is km. A right number with a wrong unit or none is half of the answer, and not right."""

    answer_form = "the number as typed"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "How far is it?",
        "value": 12.5,
        "tolerance": 0.5,
        "unit": "km",
        "other_units": {"m": 0.001},
    }
    example_answer = "12.5 km"

    text: str
    language: str
    value: Decimal
    tolerance: Decimal = Decimal(0)
    unit: str = ""
    other_units: Mapping[str, Decimal] = {}
    feedback: Feedback = ""
    """For whoever answers with `value`."""
    others: Annotated[tuple[OtherNumber, ...], msgspec.Meta(max_length=MOST_OTHERS)] = ()

    def __post_init__(self) -> None:
        require_texts(text=self.text)
        numbers = {"value": self.value, "tolerance": self.tolerance}
        numbers |= {f"other_units.{name}": factor for name, factor in self.other_units.items()}
        for place, other in enumerate(self.others):
            numbers |= {f"others[{place}].value": other.value, f"others[{place}].tolerance": other.tolerance}
        for name, number in numbers.items():
            if not number.is_finite() or abs(number) > LARGEST or len(str(number)) > 40:
                raise ValueError(f"`{name}` must be a number of ordinary size, with at most 40 characters")
            if number < 0 and name.endswith("tolerance"):
                raise ValueError(f"`{name}` must not be negative")
        if self.other_units and not self.unit:
            raise ValueError("`other_units` need a `unit`")
        if self.unit:
            require_texts(unit=self.unit, other_units=self.other_units)
        names = [unit_name(name) for name in (self.unit, *self.other_units)]
        if len(set(names)) != len(names) or any(factor <= 0 for factor in self.other_units.values()):
            raise ValueError("`other_units` must be distinct, and worth more than nothing")

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text

    def prompt(self, seed: str) -> NumericPrompt:
        return NumericPrompt(self.text, self.language, bool(self.unit))

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "the number", LONGEST_ANSWER)

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        number = f"{self.value:f}".replace(".", language_data(self.language).decimal_mark)
        expected = f"{number} {self.unit}".strip()
        verdict, share, feedback = max(self._readings(answer), key=lambda reading: reading[1])
        token = Token(answer, verdict, None if verdict is Verdict.EXACT else expected)
        return graded(verdict, expected, (token,), share, feedback)

    def _readings(self, answer: str) -> Iterator[tuple[Verdict, float, str]]:
        """Verdict, score and feedback by each number that the author names; the first is his own."""
        given = quantity(answer, self.language)
        yield self._reading(given, self.value, self.tolerance, self.feedback)
        for other in self.others:
            verdict, score, feedback = self._reading(given, other.value, other.tolerance, other.feedback)
            if other.share is None or not score:
                yield verdict, score, feedback
            else:
                yield Verdict.WRONG, score * other.share, feedback

    def _reading(
        self, given: Quantity | None, value: Decimal, tolerance: Decimal, feedback: str
    ) -> tuple[Verdict, float, str]:
        if given is None:
            return Verdict.WRONG, 0.0, ""
        factors = {unit_name(self.unit): Decimal(1)}
        factors.update((unit_name(name), factor) for name, factor in self.other_units.items())
        factor = factors.get(given.unit)
        if abs(given.value * (factor or 1) - value) > tolerance:
            return Verdict.WRONG, 0.0, ""
        if factor is not None:
            return Verdict.EXACT, 1.0, feedback
        return (Verdict.WRONG_WORD if given.unit else Verdict.MISSING), 0.5, feedback
