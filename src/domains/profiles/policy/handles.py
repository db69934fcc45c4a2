"""What a handle is, and who may have it when.

Invariant: no two people have one handle, and nobody gets somebody else's former one while it is kept for them.
"""

import re
from datetime import datetime, timedelta

from domains.profiles.errors import BadProfileField, HandleReserved

STAYS = timedelta(days=14)
"""So long a handle is kept before it may be changed again."""
KEPT = timedelta(days=90)
"""So long a former handle waits for its owner, so that nobody else is taken for them."""

SHORTEST_PREFIX = 2
_LONGEST = 30
_FORM = re.compile(r"[a-z0-9](?:_?[a-z0-9]){2,29}")
_AS_LETTERS = tuple(str.maketrans("01345789", f"o{one}eastbg") for one in "il")
"""What digits are read as; 1 is read as either."""

# fmt: off
_RESERVED = frozenset([
    "about", "abuse", "account", "accounts", "admin", "administrator", "administrators", "administration",
    "anonymous", "anybody", "api", "auth", "author", "authors", "billing", "bot", "class", "classroom",
    "classrooms", "contact", "course", "courses", "deleted", "everybody", "everyone", "feed", "friends", "guest",
    "guests", "help", "home", "info", "learn", "learner", "learners", "league", "leagues", "legal", "login",
    "logout", "lyceum", "mail", "me", "mod", "moderation", "moderator", "moderators", "news", "nobody", "none",
    "noreply", "notification", "notifications", "null", "official", "owner", "password", "payment", "payments",
    "people", "postmaster", "privacy", "profile", "profiles", "register", "root", "safety", "search", "security",
    "settings", "signin", "signup", "staff", "status", "superuser", "support", "sysadmin", "system", "teacher",
    "teachers", "team", "terms", "trust", "undefined", "user", "users", "verified", "webmaster", "you",
])
# fmt: on


def checked_handle(value: str) -> str:
    """In lower case. Raises BadProfileField, and HandleReserved for what could be taken for the house itself."""
    handle = value.strip(" ").removeprefix("@").lower()
    if len(handle) > _LONGEST or not _FORM.fullmatch(handle):
        raise BadProfileField("handle", "handle is 3 to 30 of a-z and 0-9, with single _ between them")
    if is_reserved(handle):
        raise HandleReserved
    return handle


def is_reserved(handle: str) -> bool:
    """Also with underscores, with digits behind it or for letters, and several in a row: `a_dmin`, `admin2`, `4dm1n`,
    `1yceum_team`."""
    return _is_reserved(handle.replace("_", "")) or all(_is_reserved(word) for word in handle.split("_"))


def _is_reserved(word: str) -> bool:
    heads = {word, word.rstrip("0123456789")}
    return not (heads | {head.translate(table) for head in heads for table in _AS_LETTERS}).isdisjoint(_RESERVED)


def prefix_range(value: str) -> tuple[str, str] | None:
    """From (included) and to (excluded) which handles begin with `value`; None where none can, or too many would."""
    prefix = value.strip(" ").removeprefix("@").lower()
    if not SHORTEST_PREFIX <= len(prefix) <= _LONGEST or not re.fullmatch(r"[a-z0-9_]+", prefix):
        return None
    return prefix, prefix + "~"


def changeable_at(changed_at: datetime | None) -> datetime | None:
    """None: at any time."""
    return changed_at and changed_at + STAYS
