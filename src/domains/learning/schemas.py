"""What learning takes and gives over the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from domains.catalog.api import AnyPrompt, Token
from domains.kernel.wire import In, Out
from domains.learning.policy import SessionKind


class EnrollmentOut(Out, frozen=True):
    course_id: UUID
    enrolled_at: datetime


class SessionIn(In, frozen=True):
    kind: SessionKind = "lesson"


class ExerciseOut(Out, frozen=True):
    """One exercise as a learner sees it: no solution. The fields of `prompt` depend on `kind`."""

    id: UUID
    kind: str
    prompt: AnyPrompt
    answered: bool = False


class SessionOut(Out, frozen=True):
    id: UUID
    lesson_id: UUID
    course_id: UUID
    kind: SessionKind
    exercises: list[ExerciseOut]
    answered: int
    total: int
    hearts: int
    unlimited_hearts: bool
    """Wrong answers cost no heart in this session."""
    completed: bool = False


class AnswerIn(In, frozen=True):
    """The form of `answer` depends on the exercise's kind: an option's id, a text, a list of words, or pairs."""

    exercise_id: UUID
    answer: Any
    elapsed_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 0


class GradeOut(Out, frozen=True):
    """How an answer was graded; stored as the learner saw it."""

    verdict: str
    correct: bool
    expected: str | list[str | list[str]]
    tokens: list[Token]


class AnswerOut(GradeOut, frozen=True):
    answered: int
    total: int
    hearts: int


class LessonProgressOut(Out, frozen=True):
    lesson_id: UUID
    title: str
    completions: int
    best_score: float | None
    last_completed_at: datetime | None


class CourseProgressOut(Out, frozen=True):
    course_id: UUID
    title: str
    enrolled_at: datetime
    lessons_completed: int
    lessons_total: int


class CourseLessonsProgressOut(Out, frozen=True):
    course_id: UUID
    title: str
    lessons_completed: int
    lessons_total: int
    lessons: list[LessonProgressOut]


class ViewedOut(Out, frozen=True):
    lesson_id: UUID
    completions: int
