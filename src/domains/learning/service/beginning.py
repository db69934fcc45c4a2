"""Beginning sessions of all kinds, giving them up, and going on with them elsewhere.

Invariant: a learner has one open session of each kind per lesson, unit or course. Who begins it again, on whatever
device, goes on with it, on the revision that it began with; one that was left alone for a week is open no more.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import msgspec

from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import repository
from domains.learning.errors import (
    NoMistakes,
    NothingDue,
    NothingMet,
    NothingToPractise,
    SessionNotFound,
    UnitDone,
    UnitNeeded,
    UnitNotFound,
)
from domains.learning.events import SessionBegun
from domains.learning.policy import generator
from domains.learning.policy.generator import Learner
from domains.learning.policy.hearts import COSTLY, HEARTS
from domains.learning.policy.kinds import CourseSessionKind, SessionKind
from domains.learning.policy.outline import Drill, Outline
from domains.learning.repository import SessionRecord, opened
from domains.learning.schemas import SessionOut
from domains.learning.service import hearts, memory, placing, schedule
from domains.learning.service.access import admitted
from domains.learning.service.outlines import outline
from domains.learning.service.sessions import enrol, forget_session, keep, shown

EXPIRY = timedelta(days=7)
_STALE_AT_ONCE = 1000

Choice: TypeAlias = Callable[[Outline, Learner, UUID], list[Drill]]
"""What is asked, given the session's id as the seed."""

_EMPTY: dict[str, type[AppError]] = {
    "lesson": NothingToPractise,
    "practice": NothingMet,
    "mistakes": NoMistakes,
    "review": NothingDue,
}


class BegunSession(msgspec.Struct, frozen=True):
    id: UUID
    record: SessionRecord
    resumed: bool = False
    hearts: int = HEARTS


async def begin_lesson(uow: UnitOfWork, user_id: UUID, lesson_id: UUID) -> BegunSession:
    """The open session of the lesson, or a new one on its published revision; enrols the learner where that has not
    been done.

    Who may no longer use the course begins nothing in it but previews; a session that is at hand goes on to its end.
    Raises LessonNotFound, NothingToPractise, AccessRequired and CourseRetired.
    """
    revision, lesson = await catalog.published_lesson(uow, lesson_id)
    if not lesson.exercises:
        raise NothingToPractise

    def choose(plan: Outline, learner: Learner, session_id: UUID) -> list[Drill]:
        return generator.lesson(plan, learner, lesson_id, str(session_id))

    return await _begin(uow, user_id, revision, "lesson", choose, lesson_id=lesson_id, preview=lesson.node.preview)


async def begin_in_course(
    uow: UnitOfWork, user_id: UUID, course_id: UUID, kind: CourseSessionKind, unit_id: UUID | None
) -> BegunSession:
    """As `begin_lesson`, of what the learner knows of a course or a unit, or of what is not known of them.

    Raises CourseNotFound, UnitNotFound, UnitNeeded, UnitDone, NothingMet, NoMistakes, NothingDue, NothingToPractise
    and AccessRequired.
    """
    revision = await catalog.published_course(uow, course_id)
    if kind == "placement":
        unit_id = None
    if unit_id is not None and all(lesson.unit_id != unit_id for lesson in revision.lessons.values()):
        raise UnitNotFound
    if kind == "test_out" and unit_id is None:
        raise UnitNeeded

    def choose(plan: Outline, learner: Learner, session_id: UUID) -> list[Drill]:
        seed = str(session_id)
        match kind:
            case "practice":
                return generator.practice(plan, learner, seed, unit_id)
            case "mistakes":
                return generator.mistakes(plan, learner, seed, unit_id)
            case "review":
                return generator.review(plan, learner, seed, unit_id)
            case "placement":
                return placing.first_exercise(revision, session_id)
            case "test_out" if unit_id is not None:
                if all(lesson.id in learner.done for lesson in plan.unit(unit_id)):
                    raise UnitDone
                return generator.test_out(plan, unit_id, seed)
        return []

    return await _begin(uow, user_id, revision, kind, choose, unit_id=unit_id)


async def _begin(
    uow: UnitOfWork,
    user_id: UUID,
    revision: catalog.RevisionContent,
    kind: SessionKind,
    choose: Choice,
    *,
    lesson_id: UUID | None = None,
    unit_id: UUID | None = None,
    preview: bool = False,
) -> BegunSession:
    course_id, now = revision.course_id, utc_now()
    may = await admitted(uow.db, user_id, course_id, preview=preview)
    # From here on whoever begins something in this course waits.
    if may.course:
        await enrol(uow, user_id, course_id)
    else:
        await repository.lock_previews(uow, user_id, course_id)
    found = await opened.open_session(
        uow.session, user_id, course_id, kind, lesson_id=lesson_id, unit_id=unit_id, since=now - EXPIRY
    )
    if found is not None:
        return BegunSession(found.id, found.record, resumed=True)
    rules, states = await schedule.current(uow.db, user_id, course_id)
    done = await repository.completed_lessons(uow, user_id, course_id)
    session_id, plan = new_id(), outline(revision)
    if not may.course:
        own = {item for drill in plan.lessons[lesson_id].drills for item in drill.items} if lesson_id else set()
        states = [state for state in states if state.item_id in own]
    asked = choose(plan, Learner(now, {state.item_id: state for state in states}, done), session_id)
    if not asked:
        raise _EMPTY.get(kind, NothingToPractise)
    free = kind not in COSTLY or may.unlimited_hearts or await hearts.is_switched_off(uow, user_id)
    record = SessionRecord(
        user_id, course_id, lesson_id, revision.id, kind, [drill.id for drill in asked], free, unit_id
    )
    fact = SessionBegun(
        user_id=user_id, session_id=session_id, course_id=course_id, lesson_id=lesson_id, total=len(asked)
    )
    left = await repository.add_session(uow.session, session_id, record, fact.occurred_at)
    uow.record(fact)
    memory.remember(session_id, user_id, rules, {item for drill in asked for item in drill.items}, states)
    return BegunSession(session_id, record, hearts=left)


async def as_begun(uow: UnitOfWork, begun: BegunSession) -> SessionOut:
    """The session as it was before its first answer: what the client was told, and is told again on a repeated call.
    One that goes on is shown as it stands."""
    # A session that does not commit leaves an entry that nobody can reach: its id is never given out.
    state = repository.SessionState(0, begun.hearts, None, ())
    if not begun.resumed:
        return shown(await keep(uow, begun.id, begun.record), state)
    stands = await repository.session_state(uow.session, begun.id, begun.record.user_id, utc_now())
    return shown(await keep(uow.db, begun.id, begun.record), stands or state)


async def abandon(db: Database, user_id: UUID, session_id: UUID) -> None:
    """Closes the session without an end: nothing is counted, and what was answered stays answered. Quiet where it is
    complete already. Raises SessionNotFound."""
    if not await opened.abandon(db, session_id, user_id, utc_now()):
        record = await repository.session_record(db, session_id)
        if record is None or record.user_id != user_id:
            raise SessionNotFound
    forget_session(session_id)


async def abandon_stale(db: Database) -> None:
    """Closes what nobody has gone on with for a week; in small transactions, so that no lock is held for long."""
    now = utc_now()
    while await opened.abandon_stale(db, now - EXPIRY, now, at_most=_STALE_AT_ONCE) == _STALE_AT_ONCE:
        pass
