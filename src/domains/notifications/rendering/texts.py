"""The texts, read once. Invariant: a message is in one language from its greeting to its footer; every language has
every kind (a test compares them)."""

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale, UnknownLocaleError

FALLBACK = "en"
_TEXTS = Path(__file__).parent.parent / "texts"


class Tongue(NamedTuple):
    """A language's texts, and how numbers and dates are written there (which may differ by country)."""

    texts: Mapping[str, Any]
    locale: Locale

    @property
    def tag(self) -> str:
        """For the `lang` attribute, e.g. es-MX."""
        return str(self.locale).replace("_", "-")


@cache
def languages() -> tuple[str, ...]:
    """Those that have texts, English first."""
    found = sorted(path.stem for path in _TEXTS.glob("*.toml") if path.stem != "samples")
    return (FALLBACK, *(name for name in found if name != FALLBACK))


@cache
def texts(language: str) -> Mapping[str, Any]:
    with (_TEXTS / f"{language}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def samples() -> Mapping[str, Mapping[str, Any]]:
    """By kind; see the file."""
    with (_TEXTS / "samples.toml").open("rb") as file:
        return tomllib.load(file)


def sample_params(kind: str, case: str = "") -> dict[str, object]:
    """Params of a kind as they are in life, of one of its cases if wished. Raises KeyError."""
    found: dict[str, object] = {name: value for name, value in samples()[kind].items() if name not in {"cases", "url"}}
    return found | ({"case": case} if case else {})


def sample_cases(kind: str) -> list[str]:
    """The first is the kind without a case."""
    return ["", *samples()[kind].get("cases", [])]


@lru_cache(maxsize=512)
def tongue(tag: str) -> Tongue:
    """Of the languages that there are the nearest to `tag`: es-MX, es, English."""
    try:
        locale = Locale.parse(tag, sep="-" if "-" in tag else "_")
    except (ValueError, UnknownLocaleError):
        locale = Locale(FALLBACK)
    if locale.language not in languages():
        locale = Locale(FALLBACK)
    return Tongue(texts(locale.language), locale)


def entry(tongue: Tongue, kind: str, case: object) -> dict[str, Any]:
    """The texts of a kind, with those of its case over them. Raises KeyError for a kind without texts."""
    own = tongue.texts["kinds"][kind]
    found = {name: value for name, value in own.items() if name != "cases"}
    special = own.get("cases", {}).get(str(case), {}) if case else {}
    # A case that says something else is not followed by the words of the usual one.
    if "body" in special and "paragraphs" not in special:
        found.pop("paragraphs", None)
        found.pop("preheader", None)
    if "title" in special and "subject" not in special:
        found.pop("subject", None)
    return found | special
