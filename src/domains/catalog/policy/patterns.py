"""Answers with `*` for anything: `*gato*`, as GIFT and Moodle write them. `\\*` is a star."""

import re
from functools import lru_cache

from domains.catalog.policy.text import clean, norm

_STAR = re.compile(r"(?<!\\)\*+")


def is_pattern(text: str) -> bool:
    return _STAR.search(text) is not None


def without_stars(text: str) -> str:
    """`text` that is no pattern, as it is compared otherwise."""
    return text.replace("\\*", "*")


def matches(pattern: str, answer: str, language: str, *, case: bool) -> bool:
    """Whether the whole answer is as the pattern says, spaces apart; with `case`, large letters count. In time linear
    in the length of the answer, whatever the pattern."""
    given = _normal(answer, language, case=case)
    first, *others = _parts(pattern, language, case=case)
    if not others:
        return given == first
    if not given.startswith(first) or len(given) < len(first) + len(others[-1]) or not given.endswith(others[-1]):
        return False
    at, end = len(first), len(given) - len(others[-1])
    for part in others[:-1]:
        at = given.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


@lru_cache(maxsize=4096)
def _parts(pattern: str, language: str, *, case: bool) -> tuple[str, ...]:
    return tuple(_normal(without_stars(part), language, case=case) for part in _STAR.split(pattern))


def _normal(text: str, language: str, *, case: bool) -> str:
    shown = " ".join(clean(text).split())
    return shown if case else norm(shown, language)
