"""Tables of learning.

`learning_answer` is the log of what was answered and how it was graded, and the truth of everything that is counted
from it. A session pins the revision that it began with.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Double, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domains.kernel.models import Base, Dated, Identified, Moment


class EnrollmentRow(Base):
    __tablename__ = "learning_enrollment"
    __table_args__ = (Index("ix_learning_enrollment_course", "course_id", "user_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"), primary_key=True)
    enrolled_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When every lesson of the course was complete for the first time; lessons that are added later change nothing."""


class SessionRow(Identified, Dated, Base):
    __tablename__ = "learning_session"
    __table_args__ = (
        Index("ix_learning_session_learner", "user_id", "id"),
        Index("ix_learning_session_course", "user_id", "course_id", "id"),
        Index(
            "ix_learning_session_open",
            "user_id",
            "course_id",
            postgresql_where=text("completed_at IS NULL AND abandoned_at IS NULL"),
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"))
    lesson_id: Mapped[UUID | None] = mapped_column(ForeignKey("catalog_node.id"))
    """None for a session of a course or one of its units."""
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("catalog_node.id"))
    """For a session of one unit."""
    revision_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_revision.id"))
    kind: Mapped[str] = mapped_column(Text)
    exercise_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """In the order in which they are asked. The session's id was the seed of the choice. That of a placement grows."""
    answered: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    correct: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    hearts: Mapped[int] = mapped_column(SmallInteger)
    """When it began; `HeartsRow` says how many there are."""
    unlimited_hearts: Mapped[bool] = mapped_column(server_default=text("false"))
    """No answer costs a heart; decided when the session began."""
    active_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    """When it was begun, last answered or completed; never goes back."""
    spent_ms: Mapped[int] = mapped_column(Integer, server_default="0")
    """What its answers took, as `policy.activity` counts it."""
    completed_at: Mapped[datetime | None] = mapped_column(Moment)
    abandoned_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was given up, or forgotten for so long that it was closed; no answer is taken from then on."""
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """What `policy.plausible` found in it when it was completed."""


class HeartsRow(Base):
    """A learner's hearts; nobody's until the first session."""

    __tablename__ = "learning_hearts"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    full_at: Mapped[datetime] = mapped_column(Moment)
    """When all are back if no other mistake is made; see `policy.hearts`."""


class PreparedSessionRow(Identified, Base):
    """A session of a lesson that was made up beforehand, to be taken without a network. It becomes a session, under its
    id, when what was done in it arrives; until then nothing has happened."""

    __tablename__ = "learning_prepared_session"
    __table_args__ = (Index("ix_learning_prepared_session_learner", "user_id", "course_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_node.id"))
    revision_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_revision.id"))
    exercise_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    unlimited_hearts: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Moment)


class InvitationRow(Identified, Dated, Base):
    """Lets one person watch one session while it runs. The code itself is not kept."""

    __tablename__ = "learning_invitation"
    __table_args__ = (Index("ix_learning_invitation_watcher", "watcher_id", "session_id"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("learning_session.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    watcher_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    """Whoever showed the code first; nobody else can from then on."""
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)


class AnswerRow(Base):
    __tablename__ = "learning_answer"
    __table_args__ = (
        Index("ix_learning_answer_wrong", "exercise_id", "session_id", postgresql_where=text("NOT correct")),
    )

    session_id: Mapped[UUID] = mapped_column(ForeignKey("learning_session.id", ondelete="CASCADE"), primary_key=True)
    exercise_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    """The client's idempotency key for this answer."""
    answer: Mapped[str] = mapped_column(Text)
    """As the client sent it, JSON."""
    grade: Mapped[str] = mapped_column(Text)
    """As the learner saw it, JSON."""
    verdict: Mapped[str] = mapped_column(Text)
    correct: Mapped[bool]
    answered: Mapped[int] = mapped_column(SmallInteger)
    """Exercises answered in the session, this one included."""
    hearts: Mapped[int] = mapped_column(SmallInteger)
    """Hearts left after this answer."""
    elapsed_ms: Mapped[int] = mapped_column(Integer)
    answered_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    item_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    """What it was a review of."""
    ratings: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"))
    """How well each of them was remembered, as FSRS rates: 1 again to 4 easy."""
    regraded_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was right after all: from then on `verdict`, `correct` and `ratings` say something else than `grade`."""


class SecondTryRow(Base):
    """An exercise that was wrong and came back at the end of its session. It moves no counts and no schedule."""

    __tablename__ = "learning_second_try"

    session_id: Mapped[UUID] = mapped_column(ForeignKey("learning_session.id", ondelete="CASCADE"), primary_key=True)
    exercise_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    """The client's idempotency key: an exercise may come back until it is right."""
    answer: Mapped[str] = mapped_column(Text)
    grade: Mapped[str] = mapped_column(Text)
    correct: Mapped[bool]
    elapsed_ms: Mapped[int] = mapped_column(Integer)
    answered_at: Mapped[datetime] = mapped_column(Moment)


class ReportRow(Identified, Base):
    """What learners found wrong with an exercise; those who say the same share one."""

    __tablename__ = "learning_report"
    __table_args__ = (
        Index("uq_learning_report_open", "subject", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_learning_report_subject", "subject", "id"),
        Index("ix_learning_report_queue", "course_id", "state", "rank", "id"),
    )

    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"))
    exercise_id: Mapped[UUID]
    revision_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_revision.id"))
    """In which the first of them met it."""
    reason: Mapped[str] = mapped_column(Text)
    subject: Mapped[UUID]
    """The same for those who say the same (`policy.reports.subject`)."""
    answer: Mapped[str | None] = mapped_column(Text)
    """That of the first of them, JSON; None where it is about no answer."""
    nearness: Mapped[float | None]
    weight: Mapped[float]
    reporters: Mapped[int] = mapped_column(Integer)
    rank: Mapped[float]
    state: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    handled_by: Mapped[UUID | None]
    handled_at: Mapped[datetime | None] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, server_default="")
    """For those who made it."""
    accepted_in: Mapped[UUID | None] = mapped_column(ForeignKey("catalog_revision.id"))
    regraded: Mapped[int] = mapped_column(Integer, server_default="0")
    """Answers that have become right by it so far."""


class ReporterRow(Base):
    """One learner in a report."""

    __tablename__ = "learning_reporter"
    __table_args__ = (Index("ix_learning_reporter_learner", "user_id", "reported_at"),)

    report_id: Mapped[UUID] = mapped_column(ForeignKey("learning_report.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("learning_session.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    """In their own words."""
    reported_at: Mapped[datetime] = mapped_column(Moment)


class ReviewRow(Identified, Base):
    """The log of flashcards: what a learner said of themselves. With the answers it is the truth of all states."""

    __tablename__ = "learning_review"
    __table_args__ = (Index("ix_learning_review_learner", "user_id", "course_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"))
    item_id: Mapped[UUID]
    rating: Mapped[int] = mapped_column(SmallInteger)
    elapsed_ms: Mapped[int] = mapped_column(Integer)
    reviewed_at: Mapped[datetime] = mapped_column(Moment)


class BroughtRow(Base):
    """What a learner remembered by another program, at the last look there; part of the log. Nothing was done here for
    it, so it counts as no activity."""

    __tablename__ = "learning_brought"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    looked_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    due: Mapped[datetime] = mapped_column(Moment)
    stability: Mapped[float]
    difficulty: Mapped[float]
    reps: Mapped[int] = mapped_column(Integer)
    lapses: Mapped[int] = mapped_column(Integer)


class ScheduleRow(Base):
    """How a learner wants to be asked again; who has none wants what most people want, version 0."""

    __tablename__ = "learning_schedule"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    retention: Mapped[float]
    parameters: Mapped[list[float] | None] = mapped_column(ARRAY(Double))
    balanced: Mapped[bool]
    version: Mapped[int] = mapped_column(Integer)


class ItemStateRow(Base):
    """What is remembered of an item. Whoever reads it folds it anew where `missed` or `rules` says that it is behind.

    No index on `due`: it would have to follow every answer, and the states of one learner are few."""

    __tablename__ = "learning_item_state"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    stability: Mapped[float]
    difficulty: Mapped[float]
    due: Mapped[datetime] = mapped_column(Moment)
    last_review: Mapped[datetime] = mapped_column(Moment)
    reps: Mapped[int] = mapped_column(Integer)
    lapses: Mapped[int] = mapped_column(Integer)
    slips: Mapped[int] = mapped_column(Integer)
    last_correct: Mapped[bool]
    phase: Mapped[int] = mapped_column(SmallInteger)
    step: Mapped[int | None] = mapped_column(SmallInteger)
    prior_stability: Mapped[float | None]
    rules: Mapped[int] = mapped_column(Integer)
    """Version of the schedule's settings that it was computed under."""
    missed: Mapped[int] = mapped_column(Integer)
    """Changes of the log that it does not know of."""


class ActivityRow(Base):
    """What a learner did in a quarter of an hour, by what it was. Counted from the log; `lyceum rebuild progress`
    counts it anew."""

    __tablename__ = "learning_activity"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    quarter: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    """Its beginning."""
    course_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    """answer, review, lesson or practice; each its own row, so that an answer never waits for a completion."""
    times: Mapped[int] = mapped_column(Integer)
    spent_ms: Mapped[int] = mapped_column(Integer)


class LessonProgressRow(Base):
    __tablename__ = "learning_lesson_progress"
    __table_args__ = (Index("ix_learning_lesson_progress_course", "user_id", "course_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("identity_user.id", ondelete="CASCADE"), primary_key=True)
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_node.id"), primary_key=True)
    course_id: Mapped[UUID] = mapped_column(ForeignKey("catalog_course.id"))
    completions: Mapped[int] = mapped_column(Integer)
    """0 for a lesson that a test or a placement showed to be known: done, and never taken."""
    best_score: Mapped[float]
    """Share of exercises answered right in the best session, 0 to 1; of the test where the lesson was skipped."""
    first_completed_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    last_completed_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    viewed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was done by reading it; None where it was practised or skipped."""
