"""What files are for, and what follows from it: who may bring them, which kinds, how large, and who sees them."""

from datetime import timedelta
from enum import StrEnum

from domains.media.policy.types import KINDS, Kind

MB = 1_000_000
PART_BYTES = 4 * 1024 * 1024
"""So much goes in one request: over a slow line it must come through within the time that a body has."""
MOST_OPEN = 20
"""Uploads that one person has under way."""
UPLOAD_KEPT = timedelta(hours=6)
"""How long an upload may take; what was sent is thrown away afterwards."""
ENDED_KEPT = timedelta(days=1)
"""How long is told how an upload ended."""
LINK_KEPT = timedelta(hours=1)
"""How long a signed address opens what it names."""
INLINE_BYTES = 16 * MB
"""What is larger is looked at by a job, because nobody waits so long for an answer."""
GRACE = timedelta(days=1)
"""How long content stays that nobody has and nothing uses."""
MOST_PIXELS = 16_000_000
MOST_SIDE = 4_096
MOST_AUDIO_MS = 10 * 60 * 1000

MOST_BYTES = {Kind.IMAGE: 15 * MB, Kind.AUDIO: 25 * MB, Kind.VIDEO: 200 * MB, Kind.DOCUMENT: 25 * MB}
_MOST_AVATAR_BYTES = 5 * MB


class Purpose(StrEnum):
    AVATAR = "avatar"
    SUBMISSION = "submission"
    COURSE = "course"


class FileVisibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


_EVERY = frozenset(Kind)
_TAKEN = {Purpose.AVATAR: frozenset({Kind.IMAGE}), Purpose.SUBMISSION: _EVERY, Purpose.COURSE: _EVERY}


def takes(purpose: Purpose, kind: Kind) -> bool:
    return kind in _TAKEN[purpose]


def taken(purpose: Purpose) -> str:
    """The types, for people."""
    return ", ".join(type_ for type_, kind in KINDS.items() if takes(purpose, kind))


def most_bytes(purpose: Purpose, kind: Kind) -> int:
    return _MOST_AVATAR_BYTES if purpose is Purpose.AVATAR else MOST_BYTES[kind]


def visibility_of(purpose: Purpose, wished: FileVisibility | None) -> FileVisibility:
    """Pictures of people are for everybody; what learners hand in never is, whatever they wish: nobody looks it over
    before it would be shown to strangers."""
    if purpose is Purpose.COURSE:
        return wished or FileVisibility.PUBLIC
    return FileVisibility.PUBLIC if purpose is Purpose.AVATAR else FileVisibility.PRIVATE


def part_sizes(size_bytes: int) -> list[int]:
    """Of the parts that a file is sent in, in order."""
    whole, rest = divmod(size_bytes, PART_BYTES)
    return [PART_BYTES] * whole + ([rest] if rest else [])
