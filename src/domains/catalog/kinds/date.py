"""Date: a day, written in any way that is usual in the language."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

import msgspec

from domains.catalog.kinds.kind import Kind, Prompt, decoded_text, require_texts
from domains.catalog.policy.dates import Day, grade_day, shown
from domains.catalog.policy.grade import Grade, Token, Verdict, graded
from domains.catalog.policy.lexicon import Lexicon

LONGEST_ANSWER = 100
_VALUE = re.compile(r"(?:(\d{4})|-)-(\d\d)-(\d\d)")
# A leap year, for days of any year.
_ANY_YEAR = 2000


class DatePrompt(Prompt, frozen=True, tag="date"):
    text: str
    language: str
    answer_language: str
    needs_year: bool


class Date(Kind[str], frozen=True, tag="date"):
    """`value` is `2024-03-31`, or `--03-31` where the year does not count. A learner answers with the date as typed.

    A right day without the year that was asked for is half of the answer, and not right."""

    answer_form = "the date as typed"
    example: ClassVar[Mapping[str, Any]] = {"text": "When is Christmas?", "value": "--12-25"}
    example_answer = "25 de diciembre"

    text: str
    language: str
    answer_language: str
    value: str

    def __post_init__(self) -> None:
        require_texts(text=self.text)
        day = self._day()
        try:
            date(day.year or _ANY_YEAR, day.month, day.day)
        except ValueError as error:
            raise ValueError("`value` must be a day of the calendar") from error

    def _day(self) -> Day:
        found = _VALUE.fullmatch(self.value)
        if found is None or found[1] == "0000":
            raise ValueError("`value` must look like 2024-03-31, or like --03-31 where the year does not count")
        return Day(int(found[1]) if found[1] else None, int(found[2]), int(found[3]))

    def subject(self) -> str:
        return f"{self.language}:{self.text}"

    def texts(self) -> Iterator[tuple[str, str]]:
        yield self.language, self.text

    def prompt(self, seed: str) -> DatePrompt:
        return DatePrompt(self.text, self.language, self.answer_language, self._day().year is not None)

    def decode_answer(self, raw: bytes | msgspec.Raw) -> str:
        return decoded_text(raw, "the date", LONGEST_ANSWER)

    def check(self, answer: str, lexicon: Lexicon) -> Grade:
        verdict = grade_day(answer, self._day(), self.answer_language)
        expected = shown(self._day(), self.answer_language)
        token = Token(answer, verdict, None if verdict is Verdict.EXACT else expected)
        return graded(verdict, expected, (token,), 0.5 if verdict is Verdict.MISSING else None)
