"""What data of the game says to people, in their languages. Pure.

Invariant: there always is something to say: English is among the languages, or a text is the same in all of them.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec

FALLBACK = "en"
_NUMBER = "{n}"

Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
Words = dict[Language, Annotated[str, msgspec.Meta(min_length=1, max_length=300)]]
Text = Words | Annotated[str, msgspec.Meta(max_length=300)]
"""By language, or the same in all of them."""


def said(words: Mapping[str, str] | str, locale: str, number: int = 0) -> str:
    """In the language of the locale, or in English; with the number where it has a place."""
    if isinstance(words, str):
        return words
    tongue = locale.replace("_", "-")
    text = words.get(tongue) or words.get(tongue.partition("-")[0]) or words[FALLBACK]
    return text.replace(_NUMBER, str(number))


def is_said(words: Mapping[str, str] | str) -> bool:
    """Whether there is something to say to everybody."""
    return bool(words if isinstance(words, str) else words.get(FALLBACK))
