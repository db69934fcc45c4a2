"""Dates as people write them: with names of months or with numbers, in the order of the language."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rapidfuzz.distance import OSA

from domains.catalog.policy.grade import Verdict
from domains.catalog.policy.languages import language_data
from domains.catalog.policy.text import clean, fold, norm, norms, primary

_EAST_ASIAN = re.compile(r"(?:(\d{2,4}) ?[年년])? ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일号號]?")
# Behind year, month and day, which come in this order.
_MARKS = {"ja": ("年", "月", "日"), "zh": ("年", "月", "日"), "ko": ("년 ", "월 ", "일")}
_NUMBERS = re.compile(r"(\d{1,4})\s?[-./]\s?(\d{1,2})(?:\s?[-./]\s?(\d{1,4}))?\.?")
_LEADING_DIGITS = re.compile(r"(\d{1,4})(?:st|nd|rd|th|er|º|°|o|a)?")
SHORTEST_FORGIVEN = 5


class Day(NamedTuple):
    year: int | None
    month: int
    day: int


def grade_day(answer: str, expected: Day, language: str) -> Verdict:
    """EXACT, ACCENT or TYPO (in the month's name), MISSING (the year), or WRONG."""
    text = norm(clean(answer)).strip()
    numeric = list(_numeric(text, language))
    if numeric:
        verdicts = [_compared(day, expected) for day in numeric]
        return min(verdicts, key=[Verdict.EXACT, Verdict.MISSING, Verdict.WRONG].index)
    return _in_words(norms(answer, language), expected, language)


def shown(day: Day, language: str) -> str:
    """In the usual way of the language where that is known, in ISO's otherwise; always as `grade_day` reads it."""
    marks, months = _MARKS.get(primary(language)), language_data(language).months
    if marks:
        year = f"{day.year}{marks[0]}" if day.year else ""
        return f"{year}{day.month}{marks[1]}{day.day}{marks[2]}"
    if not months:
        return f"{day.year:04}-{day.month:02}-{day.day:02}" if day.year else f"{day.day}.{day.month}."
    between = " de " if primary(language) in {"es", "pt"} else ". " if primary(language) == "de" else " "
    month = months[day.month - 1][0]
    year = "" if day.year is None else f"{' de ' if between == ' de ' else ' '}{day.year}"
    return f"{day.day}{between}{month}{year}"


def _numeric(text: str, language: str) -> Iterator[Day]:
    """Every day that numbers alone may mean: 3/4 is two days in English without a country."""
    found = _EAST_ASIAN.fullmatch(text)
    if found:
        yield Day(int(found[1]) if found[1] else None, int(found[2]), int(found[3]))
        return
    found = _NUMBERS.fullmatch(text)
    if found is None:
        return
    one, two, three = (int(part) if part else None for part in found.groups())
    if one is None or two is None:
        return
    if len(found[1]) == 4:
        yield Day(one, two, three or 0)
        return
    if primary(language) in _MARKS and three is None:
        yield Day(None, one, two)
        return
    if language.lower() != "en-us":
        yield Day(three, two, one)
    if primary(language) == "en" and language.lower() in {"en", "en-us"}:
        yield Day(three, one, two)


def _compared(given: Day, expected: Day) -> Verdict:
    if (given.month, given.day) != (expected.month, expected.day):
        return Verdict.WRONG
    if expected.year is None:
        return Verdict.EXACT
    if given.year is None:
        return Verdict.MISSING
    return Verdict.EXACT if given.year in {expected.year, expected.year % 100} else Verdict.WRONG


def _in_words(words: Sequence[str], expected: Day, language: str) -> Verdict:
    data = language_data(language)
    numbers: list[int] = []
    months: list[tuple[int, Verdict]] = []
    for word in words:
        digits = _LEADING_DIGITS.fullmatch(word)
        if digits:
            numbers.append(int(digits[1]))
        elif word not in data.date_words:
            months += _months(word, data.months, language)[:1] or [(0, Verdict.WRONG)]
    if len(months) != 1 or not numbers or len(numbers) > 2:
        return Verdict.WRONG
    month, slip = months[0]
    # The year is the larger number, wherever it stands.
    if len(numbers) == 2 and numbers[0] > 31:
        numbers.reverse()
    found = _compared(Day(numbers[1] if len(numbers) == 2 else None, month, numbers[0]), expected)
    return slip if found is Verdict.EXACT else found


def _months(word: str, months: Sequence[Sequence[str]], language: str) -> list[tuple[int, Verdict]]:
    """The months that a word may mean, the most likely first."""
    found = []
    stand_ins = language_data(language).stand_ins
    for number, names in enumerate(months, 1):
        for name in names:
            full = norm(name, language)
            if word == full:
                return [(number, Verdict.EXACT)]
            if fold(word) == fold(full) or word == fold(full.translate(stand_ins)):
                found.append((number, Verdict.ACCENT))
            elif len(full) >= SHORTEST_FORGIVEN and OSA.distance(fold(word), fold(full), score_cutoff=1) <= 1:
                found.append((number, Verdict.TYPO))
    return sorted(found, key=lambda one: one[1] is Verdict.TYPO)
