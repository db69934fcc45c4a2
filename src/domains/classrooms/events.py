"""Facts of classrooms. Screens follow them at once; who may watch what is asked of the rows again and again."""

from uuid import UUID

from domains.kernel.events import Event


class MemberJoined(Event, frozen=True, kw_only=True, tag="classrooms.member_joined.v1"):
    """Also recorded for the teacher of a new class."""

    classroom_id: UUID
    user_id: UUID
    role: str


class MemberLeft(Event, frozen=True, kw_only=True, tag="classrooms.member_left.v1"):
    classroom_id: UUID
    user_id: UUID
    removed: bool
    """By a teacher; false for who left."""


class RoleChanged(Event, frozen=True, kw_only=True, tag="classrooms.role_changed.v1"):
    classroom_id: UUID
    user_id: UUID
    role: str


class ClassroomArchived(Event, frozen=True, kw_only=True, tag="classrooms.classroom_archived.v1"):
    """Nobody watches the class from now on."""

    classroom_id: UUID


class ClassroomReopened(Event, frozen=True, kw_only=True, tag="classrooms.classroom_reopened.v1"):
    classroom_id: UUID
