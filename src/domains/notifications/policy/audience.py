"""To whom an announcement goes: `everybody`, `course:<id>`, `class:<id>` or `role:<name>`. Pure."""

from typing import Literal, NamedTuple, cast
from uuid import UUID

from domains.notifications.errors import BadAudience

ROLES = ("learner", "teacher", "author", "moderator", "support", "admin")


class Audience(NamedTuple):
    what: Literal["everybody", "course", "class", "role"]
    role: str = ""
    group_id: UUID = UUID(int=0)
    """Of the course or the class."""


def of_class(classroom_id: UUID) -> str:
    return f"class:{classroom_id}"


def parsed(written: str) -> Audience:
    """Raises BadAudience."""
    what, _, which = written.partition(":")
    if written == "everybody":
        return Audience("everybody")
    if what == "role" and which in ROLES:
        return Audience("role", role=which)
    if what in ("course", "class"):
        try:
            return Audience(cast("Literal['course', 'class']", what), group_id=UUID(which))
        except ValueError:
            raise BadAudience from None
    raise BadAudience
