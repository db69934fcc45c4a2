"""The feed over the wire. Courses and lessons are named by their ids: clients have their titles from the course."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from domains.kernel.wire import Out
from domains.profiles.schemas.people import PersonOut

ActivityKind = Literal["lesson_completed", "course_completed", "streak_reached", "achievement_reached"]


class ActivityOut(Out, frozen=True):
    """A lesson is told of when it is completed for the first time. `course_id` and `lesson_id` as far as the kind has
    them; `days` for `streak_reached`; `achievement` and `level` for `achievement_reached`: the list of achievements has
    its words."""

    id: UUID
    person: PersonOut
    kind: ActivityKind
    course_id: UUID | None
    lesson_id: UUID | None
    days: int | None
    achievement: str | None
    level: int | None
    at: datetime
    kudos: int
    cheered: bool
    """By me."""


class KudosOut(Out, frozen=True):
    activity_id: UUID
    kudos: int
    cheered: bool
