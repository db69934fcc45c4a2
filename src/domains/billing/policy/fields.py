"""What may stand in the catalogue and in a customer's data. Every function gives the value to store or raises
ValueError with a sentence for the person who wrote it.
"""

import re
import unicodedata
from collections.abc import Iterable

from domains.billing.policy.iso import COUNTRIES, CURRENCIES
from domains.billing.policy.keys import is_key
from domains.billing.policy.pricing import step
from domains.kernel.money import MOST_MINOR, shown

KINDS = ("course", "plan", "seats", "gift")
INTERVALS = ("month", "year")
DURATIONS = ("once", "repeating", "forever")
MOST_DAYS = 36_500

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,190}\.[^\s@<>()\[\],;:\\\"]{2,63}")


def checked_text(value: str, *, most: int, least: int = 0, lines: bool = False) -> str:
    """Trimmed, in NFC, without control characters; `lines` allows line breaks."""
    value = unicodedata.normalize("NFC", value.replace("\r\n", "\n")).strip()
    flat = value.replace("\n", " ") if lines else value
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in flat):
        raise ValueError("holds a character that is not text")
    if not least <= len(value) <= most:
        raise ValueError(f"has {least} to {most} characters")
    return value


def checked_slug(value: str) -> str:
    if _SLUG.fullmatch(value) is None or len(value) > 80:
        raise ValueError("is made of lower-case Latin letters and digits with single `-` between")
    return value


def checked_code(value: str) -> str:
    """Of a coupon, in capitals."""
    value = value.strip().upper()
    if _CODE.fullmatch(value) is None:
        raise ValueError("is 3 to 40 of A-Z, 0-9, - and _")
    return value


def checked_country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError(f"is not an ISO 3166 country such as DE: {value[:20]}")
    return value


def checked_currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError(f"is not an ISO 4217 currency such as EUR: {value[:20]}")
    return value


def checked_amount(amount_minor: int, currency: str) -> int:
    if not 0 <= amount_minor <= MOST_MINOR:
        raise ValueError(f"is 0 to {MOST_MINOR}")
    if amount_minor % step(currency):
        raise ValueError(f"is a multiple of {step(currency)}: cards cannot be charged {shown(amount_minor, currency)}")
    return amount_minor


def checked_keys(values: Iterable[str]) -> list[str]:
    """Each once, as first given."""
    found = list(dict.fromkeys(values))
    for key in found:
        if not is_key(key):
            raise ValueError(f"is not a key such as course:<id>, courses:* or hearts:unlimited: {key[:60]}")
    if not 1 <= len(found) <= 200:
        raise ValueError("holds 1 to 200 keys")
    return found


def checked_interval(kind: str, value: str | None) -> str | None:
    """A plan is paid for every month or year, anything else once."""
    if kind == "plan" and value not in INTERVALS:
        raise ValueError(f"is {' or '.join(INTERVALS)} for a plan")
    if kind != "plan" and value is not None:
        raise ValueError(f"is for plans: a {kind} is paid once")
    return value


def checked_email(value: str) -> str:
    """May be empty."""
    value = value.strip()
    if value and (len(value) > 254 or not value.isprintable() or _EMAIL.fullmatch(value) is None):
        raise ValueError("is not an e-mail address")
    return value
