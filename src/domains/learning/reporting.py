"""What reports about exercises take and give over the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from domains.catalog.api import AnyPrompt, AudioOut, ImageOut
from domains.kernel.wire import In, Out
from domains.learning.policy.reports import LONGEST_TEXT, Reason, State

Words = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]


class ExerciseReportIn(In, frozen=True):
    """`accept`: the answer that I gave in the session should be right. `prompt`: what is asked is wrong. `audio`: what
    is to be heard is wrong, or not to be heard."""

    exercise_id: UUID
    reason: Reason
    text: Words = ""


class MyReportOut(Out, frozen=True):
    """`note` is what the author says to it."""

    id: UUID
    reason: Reason
    state: State
    course_id: UUID
    exercise_id: UUID
    answer: Any
    text: str
    note: str
    reported_at: datetime
    handled_at: datetime | None


class AcceptIn(In, frozen=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)] | None = None
    """The answer in the author's words."""
    note: Words = ""


class CloseIn(In, frozen=True):
    state: Literal["resolved", "refused"]
    note: Words = ""


class QueuedReportOut(Out, frozen=True):
    """A report as those who write the course see it. `prompt` is the exercise as it is asked now, or was when it was
    reported if it is not asked any more; `expected` is the accepted answer nearest to `answer`."""

    id: UUID
    reason: Reason
    state: State
    exercise_id: UUID
    lesson_id: UUID
    lesson_title: str
    prompt: AnyPrompt
    image: ImageOut | None
    audio: AudioOut | None
    """Of the exercise, beside what is in its prompt."""
    still_asked: bool
    answer: Any
    expected: str | list[str] | None
    nearness: float | None
    """Of the answer to an accepted one, 0 to 1."""
    likelihood: float
    """That the report is right, 0 to 1."""
    rank: float
    reporters: int
    texts: list[str]
    """What learners said to it, the newest first, at most five."""
    first_at: datetime
    last_at: datetime
    handled_by: UUID | None
    handled_at: datetime | None
    note: str
    accepted_in: UUID | None
    """The revision from which on the answer is right."""
    regraded: int
    """Answers that have become right by it so far."""
