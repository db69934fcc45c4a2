"""Numbers as people write them: decimal marks, grouping, fractions, units before or behind."""

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from domains.catalog.policy.languages import language_data
from domains.catalog.policy.text import norm

_FRACTIONS = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
_NUMBER = re.compile(r"(?P<sign>[-+]\s*)?(?P<whole>\d[\d.,' ]*(?<=\d)|[.,]\d+)(?:\s*/\s*(?P<parts>\d+))?")
_MIXED = re.compile(r"(?P<whole>\d+) +(?P<upper>\d+)")
_GROUP_SPACES = re.compile(r"(?<=\d)[' ](?=\d{3}(?!\d))")
_GROUPED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")
MOST_DIGITS = 40


class Quantity(NamedTuple):
    value: Decimal
    unit: str
    """As `unit_name`; empty where none was written."""


def unit_name(unit: str) -> str:
    """A unit for equality: large letters count (mW, MW), widths and raised digits do not."""
    return "".join(unicodedata.normalize("NFKC", unit).split()).rstrip(".")


def quantity(text: str, language: str) -> Quantity | None:
    """What `text` says; None where it holds no number or several."""
    # ½ behind a digit is a part of the number: 1½ is not 11/2.
    plain = unicodedata.normalize("NFKC", _FRACTIONS.sub(" ", text)).translate(_SIGNS).strip()
    plain = "".join(norm(character) if character.isdigit() else character for character in plain)
    found = _NUMBER.search(plain)
    if found is None:
        return None
    value = _value(found["whole"], found["parts"], language)
    rest = plain[: found.start()], plain[found.end() :]
    if value is None or any(map(str.isdigit, "".join(rest).translate(_RAISED))):
        return None
    unit = unit_name("".join(rest))
    return Quantity(-value if (found["sign"] or "").startswith("-") else value, unit)


_SIGNS = str.maketrans({"−": "-", "–": "-", "⁄": "/", "’": "'", "٫": ".", "٬": ","})
# m2 and m3 are units.
_RAISED = str.maketrans("", "", "23")


def _value(whole: str, parts: str | None, language: str) -> Decimal | None:
    if len(whole) + len(parts or "") > MOST_DIGITS:
        return None
    if parts is None:
        return _decimal(whole, language)
    lower = Decimal(parts)
    mixed = _MIXED.fullmatch(whole)
    if mixed is not None:
        before, upper = Decimal(mixed["whole"]), Decimal(mixed["upper"])
    elif whole.isdigit():
        before, upper = Decimal(0), Decimal(whole)
    else:
        return None
    return before + upper / lower if lower else None


def _decimal(written: str, language: str) -> Decimal | None:
    """Where one mark may be read both ways (1.500), the language decides."""
    bare = _GROUP_SPACES.sub("", written)
    if " " in bare or "'" in bare:
        return None
    marks = [character for character in bare if character in ",."]
    if len(set(marks)) == 2:
        decimal = marks[-1]
        if marks.count(decimal) > 1:
            return None
    elif len(marks) == 1:
        own = language_data(language).decimal_mark
        decimal = "" if marks[0] != own and _GROUPED.fullmatch(bare) else marks[0]
    elif marks and not _GROUPED.fullmatch(bare):
        return None
    else:
        decimal = ""
    grouping = {",", "."} - {decimal}
    for mark in grouping:
        bare = bare.replace(mark, "")
    return Decimal(bare.replace(decimal, ".") if decimal else bare)
