"""Classes over the wire. Of a person, others see the name and nothing else."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domains.kernel.wire import In, Out
from domains.learning.api import SessionProgressOut

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class ClassroomIn(In, frozen=True):
    """Without `course_id`, teachers see members' sessions of every course. It cannot be changed later."""

    name: Name
    course_id: UUID | None = None


class ClassroomPatch(In, frozen=True):
    name: Name | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class JoinIn(In, frozen=True):
    """Capitals or not, with or without spaces and dashes."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class RoleIn(In, frozen=True):
    role: Literal["co_teacher", "learner"]


class PersonOut(Out, frozen=True):
    user_id: UUID
    name: str


class ClassroomOut(Out, frozen=True):
    """`code` and `learners` are null for learners; `code` also while nobody can join."""

    id: UUID
    name: str
    course_id: UUID | None
    role: Literal["teacher", "co_teacher", "learner"]
    """Mine."""
    teachers: list[PersonOut]
    """The teacher first, then co-teachers."""
    learners: int | None
    code: str | None
    created_at: datetime
    archived_at: datetime | None


class MemberOut(Out, frozen=True):
    """`joined_at` is null for learners."""

    user_id: UUID
    name: str
    role: Literal["teacher", "co_teacher", "learner"]
    joined_at: datetime | None


class RemovedOut(Out, frozen=True):
    user_id: UUID
    name: str
    removed_at: datetime


class LearnerProgressOut(Out, frozen=True):
    """`session` is the one that the learner last did something in; null before the first."""

    user_id: UUID
    name: str
    session: SessionProgressOut | None


class ClassroomProgressOut(Out, frozen=True):
    """The live view as it is now; `classroom.progress` frames carry the same absolute values on."""

    classroom_id: UUID
    course_id: UUID | None
    learners: list[LearnerProgressOut]
    """In the order in which they joined."""
