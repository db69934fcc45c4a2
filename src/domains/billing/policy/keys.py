"""Entitlement keys: what may be used. Billing sells strings; these are the forms that mean something elsewhere."""

import re
from uuid import UUID

COURSE = "course:"
ALL_COURSES = "courses:*"
UNLIMITED_HEARTS = "hearts:unlimited"
OFFLINE = "offline"

_FORM = re.compile(r"[a-z][a-z0-9_-]{0,39}(:[A-Za-z0-9*._-]{1,80})?")


def is_key(text: str) -> bool:
    """Lower-case words, and behind a colon what they are about: `course:01ab…`, `courses:*`, `offline`."""
    if _FORM.fullmatch(text) is None:
        return False
    return not text.startswith(COURSE) or course_of(text) is not None


def course_key(course_id: UUID) -> str:
    return f"{COURSE}{course_id}"


def course_of(key: str) -> UUID | None:
    """The course of a `course:<id>` key; None for any other."""
    if not key.startswith(COURSE):
        return None
    try:
        course_id = UUID(key.removeprefix(COURSE))
    except ValueError:
        return None
    return course_id if key == course_key(course_id) else None


def wider(key: str) -> str:
    """The key that gives `key` too, or `key` itself."""
    return ALL_COURSES if key.startswith(COURSE) else key
