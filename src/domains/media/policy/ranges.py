"""Parts of a file that are asked for (RFC 9110, section 14)."""

import re
from typing import NamedTuple

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Span(NamedTuple):
    """From the first byte to before the last."""

    start: int
    end: int


class Unsatisfiable(Exception):
    """There is nothing of the file there."""


def span(header: str | None, size: int) -> Span | None:
    """None: the whole of it, also where several ranges are asked for, or what is no range. Raises Unsatisfiable."""
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        wanted = int(found[2])
        if wanted == 0 or size == 0:
            raise Unsatisfiable
        return Span(max(size - wanted, 0), size)
    start = int(found[1])
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Span(start, min(int(found[2]) + 1, size) if found[2] else size)


def matches(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match names this very file."""
    if not header:
        return False
    return header.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in header.split(","))
