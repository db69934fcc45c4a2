"""Keys of courses as identifiers of QTI, and back.

Identifiers have letters, digits, `-`, `.` and `_` only. In packages of our own every other character, and `_` itself,
is its number between two `_`, so that a key comes back as it was; identifiers of others become keys by their letters.
"""

import re

from domains.catalog.content import KEY_LENGTH
from domains.catalog.formats.librelingo import slugified

TOOL = "Lyceum"

_ODD = re.compile(r"[^A-Za-z0-9.-]")
_ESCAPED = re.compile(r"_([0-9a-f]{1,6})_")


def identifier(level: str, key: str) -> str:
    return f"{level}.{_ODD.sub(lambda found: f'_{ord(found[0]):x}_', key)}"


def split(name: str) -> tuple[str, str]:
    """Level and key of an identifier of our own."""
    level, _, rest = name.partition(".")
    return level, _ESCAPED.sub(_character, rest)


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else found[0]


class Keys:
    """Keys of one kind of node, none twice."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def key(self, name: str, *, own: bool) -> str:
        wanted = split(name)[1] if own else slugified(name)
        if not 0 < len(wanted.encode()) <= KEY_LENGTH - 10:
            wanted = slugified(name)[:80]
        key, number = wanted, 1
        while key in self._used:
            number += 1
            key = f"{wanted}-{number}"
        self._used.add(key)
        return key
