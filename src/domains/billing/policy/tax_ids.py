"""Tax ids: whether one has the form its country gives out. Invariant: what is stored has no spaces and, in the EU, its
country's letters in front. Whether the number was really given to this business only its tax office can say.
"""

import re
from itertools import cycle

from domains.billing.policy.gst import STATES

# Without the letters in front. Greece writes EL, Northern Ireland and Great Britain are no members but use the form.
_VAT = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "ES": r"[A-Z]\d{7}[A-Z0-9]|\d{8}[A-Z]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"\d{9}|\d{12}|GD[0-4]\d{2}|HA[5-9]\d{2}",
    "GR": r"\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d{7}[A-W][A-IW]?|\d[A-Z+*]\d{5}[A-W]",
    "IT": r"\d{11}",
    "LT": r"\d{9}|\d{12}",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{10}01",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
}
EU = frozenset(_VAT) - {"GB"}

_GSTIN = re.compile(r"\d{2}[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]", re.ASCII)
_ANY = re.compile(r"[A-Z0-9]{2,30}")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OLD_STATES = {"25": "26", "28": "37"}
"""Codes of before a merger and a division, still at the start of old numbers, and what they are today."""


def checked_tax_id(country: str, given: str) -> str:
    """As it is stored. Raises ValueError with a sentence for the person who typed it."""
    tax_id = re.sub(r"[\s./-]", "", given.upper())
    if not tax_id:
        return ""
    if country == "IN":
        return _gstin(tax_id)
    if country in _VAT:
        return _vat(country, tax_id)
    if not country:
        raise ValueError("needs the country that gave it")
    if _ANY.fullmatch(tax_id) is None:
        raise ValueError("is made of letters and digits")
    return tax_id


def _vat(country: str, tax_id: str) -> str:
    letters = "EL" if country == "GR" else country
    form = re.compile(_VAT[country], re.ASCII)
    bare = tax_id.removeprefix(letters)
    # Two letters in front are some country's: French numbers may begin like that, and then need FR before them.
    foreign = bare == tax_id and tax_id[:2].isalpha()
    if foreign or form.fullmatch(bare) is None:
        raise ValueError(f"is no VAT number of {country}, which would start with {letters}")
    return letters + bare


def _gstin(tax_id: str) -> str:
    if _GSTIN.fullmatch(tax_id) is None or state_of_gstin(tax_id) not in STATES:
        raise ValueError("is no GSTIN, 15 characters: the state's two digits, a PAN, a digit, Z and a check digit")
    if gstin_check_digit(tax_id[:14]) != tax_id[14]:
        raise ValueError("is a mistyped GSTIN: its last character does not fit the others")
    return tax_id


def gstin_check_digit(first: str) -> str:
    """Of the first 14 characters: the digit sums, in base 36, of every character times one and two in turn."""
    total = 0
    for character, factor in zip(first, cycle((1, 2)), strict=False):
        high, low = divmod(_DIGITS.index(character) * factor, 36)
        total += high + low
    return _DIGITS[-total % 36]


def state_of_gstin(tax_id: str) -> str:
    """Today's code of the state that gave it."""
    return _OLD_STATES.get(tax_id[:2], tax_id[:2])
