"""Sessions: what never changes about one is kept in memory, so that an answer needs no read before it is graded."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from domains.billing import api as billing
from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import repository
from domains.learning.errors import SessionNotFound
from domains.learning.events import LearnerEnrolled
from domains.learning.policy.kinds import TESTS
from domains.learning.repository import SessionRecord
from domains.learning.schemas import AnswerOut, ExerciseOut, SessionOut
from domains.learning.service import placing

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
        found = await keep(db, session_id, record)
    else:
        _kept.move_to_end(session_id)
    if found.record.user_id != user_id:
        raise SessionNotFound
    return found


def forget_session(session_id: UUID) -> None:
    """For a session whose row turned out to be gone."""
    _kept.pop(session_id, None)


async def enrol(
    uow: UnitOfWork, user_id: UUID, course_id: UUID, *, even_retired: bool = False
) -> repository.EnrollmentRecord:
    """Enrols the learner, once, and asks nobody whether they may. Raises CourseNotFound and CourseRetired."""
    await catalog.published_course(uow, course_id)
    enrolled_at, now = await repository.enrol(uow.session, user_id, course_id)
    if now:
        if not even_retired and await catalog.is_retired(uow, course_id):
            raise catalog.CourseRetired
        uow.record(LearnerEnrolled(user_id=user_id, course_id=course_id))
    return repository.EnrollmentRecord(course_id, enrolled_at)


async def enrol_with_access(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> repository.EnrollmentRecord:
    """As `enrol`. Raises also AccessRequired where the course has to be bought and was not."""
    await catalog.published_course(uow, course_id)
    await billing.require(uow.db, user_id, billing.course_key(course_id))
    return await enrol(uow, user_id, course_id)


async def shown_session(uow: UnitOfWork, db: Database, session_id: UUID, user_id: UUID) -> SessionOut:
    """The session as it stands, to go on with on any device."""
    state = await repository.session_state(uow.session, session_id, user_id, utc_now())
    if state is None:
        raise SessionNotFound
    return shown(await running_session(db, session_id, user_id), state)


async def asking_on(db: Database, session: RunningSession, exercise_id: UUID, body: AnswerOut) -> AnswerOut:
    """In a placement, what is asked after this exercise; everywhere else `body` as it is, with no look at anything."""
    if session.record.kind != "placement":
        return body
    revision = await catalog.revision(db, session.record.revision_id)
    asked = (await placing.standing(db, session.id, revision)).exercise_ids
    # What follows on an answer stays the same, so that a repeated call gets the same body.
    following = asked[asked.index(exercise_id) + 1 :][:1]
    return msgspec.structs.replace(
        body,
        total=asked.index(exercise_id) + 1 + len(following),
        next=_exercise(session.id, revision.exercises[following[0]], answered=False) if following else None,
    )


async def keep(source: Database | UnitOfWork, session_id: UUID, record: SessionRecord) -> RunningSession:
    revision = await catalog.revision(source, record.revision_id)
    if record.kind == "placement" and isinstance(source, Database):
        # Another process may have asked on.
        record = await placing.grown(source, session_id, record, revision)
    exercises = {id_: revision.exercises[id_] for id_ in record.exercise_ids}
    await catalog.prepare(exercises.values())
    session = RunningSession(session_id, record, exercises, revision.lexicon)
    if record.kind == "placement":
        return session
    _kept[session_id] = session
    while len(_kept) > MOST_KEPT:
        _kept.popitem(last=False)
    return session


def shown(session: RunningSession, state: repository.SessionState) -> SessionOut:
    answered, again = set(state.answered_ids), set(state.open_ids) if session.record.kind not in TESTS else set()
    return SessionOut(
        id=session.id,
        lesson_id=session.record.lesson_id,
        unit_id=session.record.unit_id,
        course_id=session.record.course_id,
        kind=session.record.kind,
        exercises=[
            _exercise(session.id, exercise, answered=exercise.id in answered, again=exercise.id in again)
            for exercise in session.exercises.values()
        ],
        answered=state.answered,
        total=session.total,
        hearts=state.hearts,
        unlimited_hearts=session.record.unlimited_hearts,
        completed=state.completed_at is not None,
        abandoned=state.abandoned_at is not None,
    )


def prompt_seed(session_id: UUID, exercise: catalog.ExerciseView) -> str:
    return f"{session_id}:{exercise.id}"


def _exercise(session_id: UUID, exercise: catalog.ExerciseView, *, answered: bool, again: bool = False) -> ExerciseOut:
    prompt = catalog.prompt(exercise, prompt_seed(session_id, exercise))
    node = exercise.node
    return ExerciseOut(
        id=exercise.id,
        kind=exercise.kind,
        prompt=prompt,
        hints=list(node.hints),
        image=catalog.shown_image(node.image),
        audio=catalog.shown_audio(node.audio),
        answered=answered,
        again=again,
    )
