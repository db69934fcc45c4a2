"""What learning takes and gives over the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec

from domains.catalog.api import ANSWER_FORMS, AnyPrompt, AudioOut, Content, ExerciseView, ImageOut, Token
from domains.kernel.errors import AppError
from domains.kernel.wire import In, Out
from domains.learning.policy.kinds import CourseSessionKind, SessionKind
from domains.learning.policy.offline import MOST_ANSWERS, MOST_LESSONS, MOST_SESSIONS
from domains.learning.policy.schedule import PARAMETERS, RETENTIONS, Rules


class SessionIn(In, frozen=True):
    kind: Literal["lesson"] = "lesson"


class CourseSessionIn(In, frozen=True):
    """`unit_id` keeps practice, mistakes and review to one unit, and says which one a test is about. A placement is
    about the whole course."""

    kind: CourseSessionKind
    unit_id: UUID | None = None


class HeartsOut(Out, frozen=True):
    """`hearts` of `most` are left. A mistake in a lesson or a test costs one, and with none left learning goes on: a
    lesson with mistakes then pays half. One comes back every `refill_s`, and one for each session that looks back."""

    hearts: int
    most: int
    refill_s: int
    next_at: datetime | None
    """When there is one more; null, like `full_at`, where none is missing."""
    full_at: datetime | None
    unlimited: Literal["entitled", "switched_off"] | None
    """Why mistakes cost none from the next session on; null where they do."""


class ExerciseOut(Out, frozen=True):
    """One exercise as a learner sees it: no solution. The fields of `prompt` depend on `kind`."""

    id: UUID
    kind: str
    prompt: AnyPrompt
    hints: list[str]
    """From the weakest to the strongest, to be shown on request. They are no solutions and cost nothing, so that they
    come along."""
    image: ImageOut | None
    """Shown with the question, as the audio is played."""
    audio: AudioOut | None
    answered: bool = False
    again: bool = False
    """It was wrong and comes back at the end: once all are answered, it may be answered until it is right. That costs
    no heart and moves no count."""


class SessionOut(Out, frozen=True):
    """`exercises` in the order in which they are asked. That list grows while a placement goes on."""

    id: UUID
    lesson_id: UUID | None
    """Null for a session of a course or a unit."""
    unit_id: UUID | None
    course_id: UUID
    kind: SessionKind
    exercises: list[ExerciseOut]
    answered: int
    total: int
    hearts: int
    """Of the learner, now; not of the session."""
    unlimited_hearts: bool
    """Wrong answers cost no heart in this session."""
    completed: bool = False
    abandoned: bool = False


GivenAnswer = Annotated[
    Any,
    msgspec.Meta(description=ANSWER_FORMS),
]


class AnswerIn(In, frozen=True):
    exercise_id: UUID
    answer: GivenAnswer
    elapsed_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 0


class GradeOut(Out, frozen=True):
    """How an answer was graded; stored as the learner saw it."""

    verdict: str
    correct: bool
    expected: str | list[str | list[str]]
    tokens: list[Token]
    score: Annotated[float, msgspec.Meta(description="The share that was right, 0 to 1.")]
    feedback: str | msgspec.UnsetType = msgspec.UNSET
    """What the author says to whoever gives this answer; only where that is something."""

    @classmethod
    def stored(cls, grade: str) -> Self:
        """Grades that were stored before they had a score were right or wrong as a whole."""
        found = msgspec.json.decode(grade)
        return msgspec.convert({"score": float(found["correct"]), **found}, cls)


class AnswerOut(GradeOut, frozen=True, kw_only=True):
    answered: int
    total: int
    hearts: int
    explanation: str | msgspec.UnsetType = msgspec.UNSET
    """Of the exercise, in Markdown; only where there is one."""
    next: ExerciseOut | msgspec.UnsetType | None = msgspec.UNSET
    """In a placement: what is asked next; null where it is over and can be completed."""

    @classmethod
    def of(cls, grade: GradeOut, exercise: ExerciseView, answered: int, total: int, hearts: int) -> Self:
        return cls(
            verdict=grade.verdict,
            correct=grade.correct,
            expected=grade.expected,
            tokens=grade.tokens,
            score=grade.score,
            feedback=grade.feedback,
            answered=answered,
            total=total,
            hearts=hearts,
            explanation=exercise.node.explanation or msgspec.UNSET,
        )


class SessionProgressOut(Out, frozen=True):
    """How far a session is. All values are absolute: of two states of one session the one with more answers is newer,
    or the finished one; of two sessions of a learner, the current one is that with the later `active_at`."""

    session_id: UUID
    course_id: UUID
    lesson_id: UUID | None
    """Null for a session of a course or a unit."""
    answered: int
    total: int
    correct: int
    finished: bool
    active_at: datetime
    """When it was begun, last answered or completed."""


class InvitationMadeOut(Out, frozen=True):
    """`code` is shown this once; whoever shows it first may watch."""

    id: UUID
    code: str
    expires_at: datetime
    """At the latest; it ends with the session."""


class WatcherOut(Out, frozen=True):
    user_id: UUID
    name: str


class InvitationOut(Out, frozen=True):
    """`watcher` is null until somebody has shown the code."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    claimed_at: datetime | None
    watcher: WatcherOut | None


class ViewedOut(Out, frozen=True):
    lesson_id: UUID
    completions: int


class DueOut(Out, frozen=True):
    course_id: UUID
    due: int
    known: int
    """Words and phrases that the learner was ever asked for in the course, also those that it no longer has."""
    next_due_at: datetime | None
    """When the next one comes due, if within the days below."""
    days: list[int]
    """How many more come due in each of the coming 24 hours, from now on."""


class IntervalsOut(Out, frozen=True):
    again: int
    hard: int
    good: int
    easy: int


class FlashcardOut(Out, frozen=True):
    item_id: UUID
    front: str
    front_language: str
    back: list[str]
    back_language: str
    note: str
    """Shown with the back."""
    image: ImageOut | None
    """Of the front, like the audio."""
    audio: AudioOut | None
    back_image: ImageOut | None
    back_audio: AudioOut | None
    lesson_id: UUID
    due: datetime | None
    """None for a card never seen."""
    intervals_s: IntervalsOut


class DeckOut(Out, frozen=True):
    items: int
    """How many words and phrases of the course the deck schedules."""
    new: int
    """How many of them it schedules otherwise than a deck that was brought before."""
    unknown: int
    """Scheduled cards that this course does not have."""
    remarks: list[str]
    """What of the deck was not understood, each with its place."""


class FlashcardsOut(Out, frozen=True):
    due: int
    """All that is due, also what is not shown."""
    cards: list[FlashcardOut]


class ReviewIn(In, frozen=True):
    rating: Literal["again", "hard", "good", "easy"]
    elapsed_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 0


class ReviewOut(Out, frozen=True):
    item_id: UUID
    due: datetime
    interval_s: int
    stability: float
    """Days until the probability of recall has fallen to 0.9."""
    difficulty: float
    """1 to 10."""
    reps: int
    lapses: int


class ScheduleIn(In, frozen=True):
    desired_retention: Annotated[float, msgspec.Meta(ge=RETENTIONS[0], le=RETENTIONS[1])] = 0.9
    balanced: bool = True
    parameters: Annotated[list[float], msgspec.Meta(min_length=PARAMETERS, max_length=PARAMETERS)] | None = None

    def rules(self) -> Rules:
        parameters = None if self.parameters is None else tuple(self.parameters)
        return Rules(self.desired_retention, parameters, self.balanced)


class ScheduleOut(Out, frozen=True):
    desired_retention: float
    balanced: bool
    parameters: list[float] | None

    @classmethod
    def of(cls, rules: Rules) -> "ScheduleOut":
        return cls(rules.retention, rules.balanced, None if rules.parameters is None else list(rules.parameters))


class BundleIn(In, frozen=True):
    lessons: Annotated[int, msgspec.Meta(ge=1, le=MOST_LESSONS)] = 3


class BundledExerciseOut(Out, frozen=True):
    """`content` tells what is right, so that a client can say it at once. What counts is how the server grades the
    answer."""

    id: UUID
    kind: str
    prompt: AnyPrompt
    content: Content
    hints: list[str]
    image: ImageOut | None
    audio: AudioOut | None
    explanation: str
    """For after the answer."""


class BundledSessionOut(Out, frozen=True):
    """A session that can be begun without a network, and sent under this id until `expires_at`."""

    id: UUID
    lesson_id: UUID
    title: str
    exercises: list[BundledExerciseOut]
    unlimited_hearts: bool
    expires_at: datetime


class BundleOut(Out, frozen=True):
    """`sessions` of the next lessons that are not done, in the author's order."""

    course_id: UUID
    revision_id: UUID
    sessions: list[BundledSessionOut]


AwareMoment = Annotated[datetime, msgspec.Meta(tz=True)]


class OfflineAnswerIn(In, frozen=True):
    """`key` is the answer's own, made up by the client when it was given: sent again, it counts no second time."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    exercise_id: UUID
    answer: GivenAnswer
    answered_at: AwareMoment
    elapsed_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 0


class OfflineSessionIn(In, frozen=True):
    """What was done of a session, of a bundle or begun with a network. `answers` in the order in which they were given;
    `completed_at` where the learner has finished it."""

    session_id: UUID
    begun_at: AwareMoment
    answers: Annotated[list[OfflineAnswerIn], msgspec.Meta(max_length=MOST_ANSWERS)]
    completed_at: AwareMoment | None = None


class SyncIn(In, frozen=True):
    """All moments by the client's clock, right or wrong; `sent_at` is now, when it sends this."""

    sent_at: AwareMoment
    sessions: Annotated[list[OfflineSessionIn], msgspec.Meta(min_length=1, max_length=MOST_SESSIONS)]


class ItemProblem(Out, frozen=True):
    """Why something of a batch was not taken, as a problem document of its own would say. Sent again, it fares no
    better."""

    code: str
    title: str
    detail: str

    @classmethod
    def of(cls, error: AppError) -> "ItemProblem":
        return cls(error.code, error.title, error.detail)


class SyncedAnswerOut(Out, frozen=True):
    """One of `grade` and `problem` is null."""

    key: str
    exercise_id: UUID
    grade: GradeOut | None
    problem: ItemProblem | None
    explanation: str = ""
