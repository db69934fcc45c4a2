"""Sessions: what never changes about one is kept in memory, so that an answer needs no read before it is graded."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import repository
from domains.learning.errors import NothingToPractise, SessionNotFound
from domains.learning.events import LearnerEnrolled, SessionBegun
from domains.learning.policy.hearts import HEARTS
from domains.learning.policy.kinds import SessionKind
from domains.learning.policy.order import ordered
from domains.learning.repository import SessionRecord
from domains.learning.schemas import ExerciseOut, SessionOut

MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class RunningSession:
    """`exercises` in the order in which they are asked, of the revision that the session pinned."""

    id: UUID
    record: SessionRecord
    exercises: Mapping[UUID, catalog.ExerciseView]
    lexicon: catalog.Lexicon

    @property
    def total(self) -> int:
        return len(self.exercises)


_kept: OrderedDict[UUID, RunningSession] = OrderedDict()


async def running_session(db: Database, session_id: UUID, user_id: UUID) -> RunningSession:
    """Raises SessionNotFound, also for somebody else's session."""
    found = _kept.get(session_id)
    # A guest's session may have become somebody else's since.
    if found is None or found.record.user_id != user_id:
        record = await repository.session_record(db, session_id)
        if record is None:
            raise SessionNotFound
        found = _keep(session_id, record, await catalog.revision(db, record.revision_id))
    else:
        _kept.move_to_end(session_id)
    if found.record.user_id != user_id:
        raise SessionNotFound
    return found


def forget_session(session_id: UUID) -> None:
    """For a session whose row turned out to be gone."""
    _kept.pop(session_id, None)


async def enrol(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> repository.EnrollmentRecord:
    """Enrols the learner, once, and asks nobody whether they may. Raises CourseNotFound."""
    await catalog.published_course(uow, course_id)
    enrolled_at, now = await repository.enrol(uow.session, user_id, course_id)
    if now:
        uow.record(LearnerEnrolled(user_id=user_id, course_id=course_id))
    return repository.EnrollmentRecord(course_id, enrolled_at, ())


async def enrol_with_access(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> repository.EnrollmentRecord:
    """As `enrol`. Raises AccessRequired where the course has to be bought and was not."""
    await catalog.published_course(uow, course_id)
    await billing.require(uow.db, user_id, billing.course_key(course_id))
    return await enrol(uow, user_id, course_id)


class BegunSession(msgspec.Struct, frozen=True):
    id: UUID
    record: SessionRecord


async def begin_session(uow: UnitOfWork, user_id: UUID, lesson_id: UUID, kind: SessionKind) -> BegunSession:
    """A new session on the lesson's published revision; enrols the learner where that has not been done.

    Who may no longer use the course begins nothing new in it; a session that runs goes on to its end.
    Raises LessonNotFound, NothingToPractise and AccessRequired.
    """
    revision, lesson = await catalog.published_lesson(uow, lesson_id)
    if not lesson.exercises:
        raise NothingToPractise
    unlimited = await billing.require(
        uow.db, user_id, billing.course_key(revision.course_id), also=billing.UNLIMITED_HEARTS
    )
    await enrol(uow, user_id, revision.course_id)
    session_id = new_id()
    asked = ordered([_Asked(exercise) for exercise in lesson.exercises], str(session_id))
    record = SessionRecord(
        user_id, revision.course_id, lesson_id, revision.id, kind, [each.exercise.id for each in asked], unlimited
    )
    fact = SessionBegun(
        user_id=user_id,
        session_id=session_id,
        course_id=record.course_id,
        lesson_id=lesson_id,
        total=len(asked),
    )
    await repository.add_session(uow.session, session_id, record, HEARTS, fact.occurred_at)
    uow.record(fact)
    return BegunSession(session_id, record)


async def as_begun(uow: UnitOfWork, begun: BegunSession) -> SessionOut:
    """The session as it was before its first answer: what the client was told, and is told again on a repeated call."""
    # A session that does not commit leaves an entry that nobody can reach: its id is never given out.
    session = _keep(begun.id, begun.record, await catalog.revision(uow, begun.record.revision_id))
    return _shown(session, repository.SessionState(0, HEARTS, None, ()))


async def shown_session(uow: UnitOfWork, db: Database, session_id: UUID, user_id: UUID) -> SessionOut:
    """The session as it stands, to go on with on any device."""
    state = await repository.session_state(uow.session, session_id, user_id)
    if state is None:
        raise SessionNotFound
    return _shown(await running_session(db, session_id, user_id), state)


@dataclass(frozen=True, slots=True)
class _Asked:
    exercise: catalog.ExerciseView

    @property
    def subject(self) -> str:
        return self.exercise.content.subject()


def _keep(session_id: UUID, record: SessionRecord, revision: catalog.RevisionContent) -> RunningSession:
    exercises = {id_: revision.exercises[id_] for id_ in record.exercise_ids}
    session = _kept[session_id] = RunningSession(session_id, record, exercises, revision.lexicon)
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return session


def _shown(session: RunningSession, state: repository.SessionState) -> SessionOut:
    answered = set(state.answered_ids)
    exercises = [
        ExerciseOut(
            id=exercise.id,
            kind=exercise.kind,
            prompt=catalog.prompt(exercise, f"{session.id}:{exercise.id}"),
            answered=exercise.id in answered,
        )
        for exercise in session.exercises.values()
    ]
    return SessionOut(
        id=session.id,
        lesson_id=session.record.lesson_id,
        course_id=session.record.course_id,
        kind=session.record.kind,
        exercises=exercises,
        answered=state.answered,
        total=session.total,
        hearts=state.hearts,
        unlimited_hearts=session.record.unlimited_hearts,
        completed=state.completed_at is not None,
    )
