"""Keys: what may be used, as text. Billing sells them and knows nothing of what is behind them."""

import re
from uuid import UUID

ALL_COURSES = "courses:*"
UNLIMITED_HEARTS = "hearts:unlimited"

_COURSE = "course:"
_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,39}(?::[a-z0-9_.*-]{1,60})?")


def is_key(text: str) -> bool:
    """Whether `text` has the form of a key; what follows `course:` has to be an id as this house writes it."""
    if not _KEY.fullmatch(text):
        return False
    return not text.startswith(_COURSE) or course_of(text) is not None


def course_key(course_id: UUID) -> str:
    return f"{_COURSE}{course_id}"


def course_of(key: str) -> UUID | None:
    """The course that `key` is for; None for every other key."""
    if not key.startswith(_COURSE):
        return None
    try:
        course_id = UUID(key.removeprefix(_COURSE))
    except ValueError:
        return None
    return course_id if course_key(course_id) == key else None


def wider(key: str) -> str:
    """The key that gives `key` too, or `key` itself."""
    return ALL_COURSES if key.startswith(_COURSE) else key
