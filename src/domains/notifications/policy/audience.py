"""To whom an announcement goes: `everybody`, `course:<id>` or `role:<name>`. Pure."""

from typing import Literal, NamedTuple
from uuid import UUID

from domains.notifications.errors import BadAudience

ROLES = ("learner", "teacher", "author", "moderator", "support", "admin")


class Audience(NamedTuple):
    what: Literal["everybody", "course", "role"]
    role: str = ""
    course_id: UUID = UUID(int=0)


def parsed(written: str) -> Audience:
    """Raises BadAudience."""
    what, _, which = written.partition(":")
    if written == "everybody":
        return Audience("everybody")
    if what == "role" and which in ROLES:
        return Audience("role", role=which)
    if what == "course":
        try:
            return Audience("course", course_id=UUID(which))
        except ValueError:
            raise BadAudience from None
    raise BadAudience
