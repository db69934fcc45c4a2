"""What learning shows of progress over the wire. Probabilities and shares are 0 to 1."""

from datetime import date, datetime
from uuid import UUID

from domains.kernel.wire import Out
from domains.learning.course_schemas import PrerequisiteOut
from domains.learning.policy.kinds import SessionKind


class CourseProgressOut(Out, frozen=True):
    course_id: UUID
    title: str
    enrolled_at: datetime
    completed_at: datetime | None
    """When every lesson was done for the first time."""
    active_at: datetime | None
    """When something was last done, to the quarter of an hour."""
    lessons_completed: int
    lessons_total: int
    spent_ms: int


class HalfDoneOut(Out, frozen=True):
    """A lesson that was begun, and of whose `total` exercises some are answered. Whoever begins it goes on with it."""

    answered: int
    total: int


class LessonProgressOut(Out, frozen=True):
    lesson_id: UUID
    unit_id: UUID
    title: str
    read_only: bool
    """It has no exercises and is done by reading it."""
    completions: int
    skipped: bool
    """Done without having been taken: a test or a placement showed that it is known."""
    level: int
    """How often it was taken, up to 5; 1 for one that was skipped. A lesson that is read has 5 at once."""
    best_score: float | None
    first_completed_at: datetime | None
    last_completed_at: datetime | None
    spent_ms: int
    half_done: HalfDoneOut | None
    """Null where there is nothing to go on with; also a lesson that is done may be under way again."""


class SkillOut(Out, frozen=True):
    """A unit of the course. `mastery`: the share of all its `items` (words and phrases that it asks for) that the
    learner would know now, 0 to 1; what was never asked for, or was wrong last, counts as not known. `weak`: how many
    of those `met` are well below the recall that the learner wants."""

    unit_id: UUID
    section_id: UUID
    title: str
    lessons_completed: int
    lessons_total: int
    level: int
    """Crowns: the lowest level of its lessons, 0 to 5."""
    mastery: float
    items: int
    met: int
    learned: int
    weak: int
    spent_ms: int


class PractisedSkillOut(Out, frozen=True):
    """What the author says that exercises practise, such as the past tense, across units; the numbers as of a unit."""

    key: str
    title: str
    mastery: float
    items: int
    met: int
    learned: int
    weak: int


class CourseLessonsProgressOut(Out, frozen=True):
    """`mastery`, `items`, `learned` and `weak` as of a skill. `spent_ms` is all that went into the course: lessons,
    practice and flashcards."""

    course_id: UUID
    title: str
    enrolled_at: datetime | None
    completed_at: datetime | None
    missing_prerequisites: list[PrerequisiteOut]
    """Courses that should be learned before and were not completed: a warning, nobody is kept out."""
    lessons_completed: int
    lessons_total: int
    crowns: int
    crowns_total: int
    mastery: float
    items: int
    learned: int
    weak: int
    spent_ms: int
    units: list[SkillOut]
    skills: list[PractisedSkillOut]
    """None where the author names none."""
    lessons: list[LessonProgressOut]


class WordOut(Out, frozen=True):
    item_id: UUID
    text: str
    language: str
    meanings: list[str]
    """The first is the author's own."""
    meaning_language: str
    lesson_id: UUID
    recall: float
    """The probability that it would be known now, 0 to 1; 0 where it was wrong last."""
    weak: bool
    reps: int
    lapses: int
    last_review_at: datetime
    due: datetime


class WeakSkillOut(Out, frozen=True):
    unit_id: UUID
    title: str
    mastery: float
    strength: float
    """As mastery, of those items alone that were met."""
    met: int
    weak: int
    words: list[WordOut]
    """The weakest, at most five."""


class SessionLineOut(Out, frozen=True):
    id: UUID
    course_id: UUID
    lesson_id: UUID | None
    unit_id: UUID | None
    title: str | None
    """Of the lesson, the unit or the course, as it is named now; null where that is gone."""
    kind: SessionKind
    answered: int
    total: int
    correct: int
    spent_ms: int
    """What its answers took, each counted as at most three minutes."""
    begun_at: datetime
    completed_at: datetime | None
    abandoned_at: datetime | None
    """Null in both where it is open."""


class DayOut(Out, frozen=True):
    on: date
    answers: int
    reviews: int
    """Flashcards."""
    lessons: int
    """Completed or read."""
    practices: int
    """Other sessions completed."""
    spent_ms: int


class CalendarOut(Out, frozen=True):
    """`days` on which something was done, oldest first."""

    first_on: date
    last_on: date
    time_zone: str
    spent_ms: int
    days: list[DayOut]
