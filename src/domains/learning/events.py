"""Facts of learning."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domains.kernel.events import Event, Published


class LearnerEnrolled(Event, frozen=True, kw_only=True, tag="learning.learner_enrolled.v1"):
    published: ClassVar[Published | None] = Published("course-events", "course.enrolled")

    user_id: UUID
    course_id: UUID


class SessionBegun(Event, frozen=True, kw_only=True, tag="learning.session_begun.v1"):
    """For live screens only. `occurred_at` is the session's `active_at`, as of every fact of a session."""

    durable: ClassVar[bool] = False

    user_id: UUID
    session_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    total: int


class AnswerGraded(Event, frozen=True, kw_only=True, tag="learning.answer_graded.v1"):
    """For live screens only: the answer's row is the truth, and the next frame repeats the absolute counts."""

    durable: ClassVar[bool] = False

    user_id: UUID
    session_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    answered: int
    total: int
    correct: bool
    correct_so_far: int
    hearts: int


class HeartsChanged(Event, frozen=True, kw_only=True, tag="learning.hearts_changed.v1"):
    """Hearts came back by more than time. For live screens only: what a mistake took is told with its answer."""

    durable: ClassVar[bool] = False

    user_id: UUID
    hearts: int
    next_at: datetime | None
    """When there is one more; None where none is missing."""


class LessonCompleted(Event, frozen=True, kw_only=True, tag="learning.lesson_completed.v1"):
    """Recorded once per session, or once per lesson that is viewed instead of practised."""

    published: ClassVar[Published | None] = Published("progress-events", "lesson.completed")

    user_id: UUID
    course_id: UUID
    lesson_id: UUID
    session_id: UUID | None
    """None for a lesson without exercises."""
    correct: int
    total: int
    completions: int
    """How often this learner has now completed this lesson; 1 is the first time."""
    best_run: int = 0
    """The most answers in a row that were right."""
    out_of_hearts: bool = False
    """It had mistakes, and no heart was left at its end."""
    ranked: bool = True
    """False where it looks like no person's: it counts, and is kept off boards."""
    self_judged: bool = False
    """Its learner said themselves what was right: a deck of flashcards."""


class PracticeCompleted(Event, frozen=True, kw_only=True, tag="learning.practice_completed.v1"):
    """Recorded once per session that is of a course or a unit, not of a lesson: practice, mistakes, review, a test out
    of a unit, or a placement."""

    published: ClassVar[Published | None] = Published("progress-events", "practice.completed")

    user_id: UUID
    course_id: UUID
    unit_id: UUID | None
    session_id: UUID
    kind: str
    correct: int
    total: int
    skipped: int
    """Lessons that are done from now on because the learner knows them."""
    ranked: bool = True
    """As of a lesson."""


class CourseCompleted(Event, frozen=True, kw_only=True, tag="learning.course_completed.v1"):
    """Recorded when the last lesson of the published revision is completed for the first time."""

    published: ClassVar[Published | None] = Published("course-events", "course.completed")

    user_id: UUID
    course_id: UUID


class AnswerAccepted(Event, frozen=True, kw_only=True, tag="learning.answer_accepted.v1"):
    """An answer that learners had reported is right from a revision on."""

    published: ClassVar[Published | None] = Published("course-events", "answer.accepted")

    report_id: UUID
    course_id: UUID
    exercise_id: UUID
    revision_id: UUID
    by: UUID | None
    """The author; None where the course accepted it before anybody had looked."""


class RegradeDue(Event, frozen=True, kw_only=True, tag="learning.regrade_due.v1"):
    """More answers to the exercise are to be graded anew: those of sessions behind `after`."""

    report_id: UUID
    exercise_id: UUID
    revision_id: UUID
    after: UUID


class AnswerRegraded(Event, frozen=True, kw_only=True, tag="learning.answer_regraded.v1"):
    """A wrong answer is right after all; counts are its session's from now on. Recorded once per answer."""

    published: ClassVar[Published | None] = Published("progress-events", "answer.regraded")

    user_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    session_id: UUID
    exercise_id: UUID
    report_id: UUID
    correct: int
    total: int
    completions: int | None
    """How often the lesson had been completed with this session; None where it is of no lesson, or still runs."""
    best_run: int = 0
    """Of its lesson: the most answers in a row that are right by now."""
