"""Completing a session or viewing a lesson: counted once, announced once."""

from datetime import datetime
from uuid import UUID

import msgspec

from domains.catalog import api as catalog
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.learning import repository
from domains.learning.errors import NeedsPractice, SessionClosed, SessionIncomplete, SessionNotFound
from domains.learning.events import CourseCompleted, LessonCompleted, PracticeCompleted
from domains.learning.policy.hearts import EARNING, FOR_PRACTICE
from domains.learning.policy.kinds import SessionKind
from domains.learning.policy.score import PASSED, score
from domains.learning.repository import LockedSession, opened
from domains.learning.service import hearts, placing
from domains.learning.service.access import admitted
from domains.learning.service.plausible import look_at
from domains.learning.service.sessions import enrol
from domains.profiles import api as profiles


class CompletedSession(msgspec.Struct, frozen=True):
    session_id: UUID
    kind: SessionKind
    lesson_id: UUID | None
    course_id: UUID
    correct: int
    total: int
    first_call: bool
    """False when the session had been completed before: nothing was counted or announced."""
    skipped: int = 0
    """Lessons that are done from now on because they are known; told in the first call."""


async def complete_session(
    uow: UnitOfWork, user_id: UUID, session_id: UUID, at: datetime | None = None
) -> CompletedSession:
    """As of `at`, or now. Raises SessionNotFound, SessionClosed (it was given up) and SessionIncomplete."""
    session = await repository.lock_session(uow, session_id, user_id)
    if session is None:
        raise SessionNotFound
    if session.abandoned_at is not None:
        raise SessionClosed
    first_call, skipped = session.completed_at is None, 0
    if first_call:
        if session.answered < session.total:
            raise SessionIncomplete(answered=session.answered, total=session.total)
        known = await _known_lessons(uow, session_id, session)
        share = score(session.correct, session.total)
        looked = await look_at(uow, user_id, session_id, session)
        closed_at, completions = await repository.close_session(
            uow, session_id, at or utc_now(), share, sorted(looked.marks)
        )
        if session.lesson_id is not None and completions is not None:
            fact = LessonCompleted(
                occurred_at=closed_at,
                user_id=user_id,
                course_id=session.course_id,
                lesson_id=session.lesson_id,
                session_id=session_id,
                correct=session.correct,
                total=session.total,
                completions=completions,
                best_run=looked.best_run,
                out_of_hearts=looked.out_of_hearts,
                ranked=looked.ranked,
                self_judged=await _is_deck(uow, session.revision_id, session.lesson_id),
            )
            await _announce(uow, fact)
        else:
            skipped = await _complete_practice(
                uow, user_id, session_id, session, known, closed_at, ranked=looked.ranked
            )
    return CompletedSession(
        session_id,
        session.kind,
        session.lesson_id,
        session.course_id,
        session.correct,
        session.total,
        first_call,
        skipped,
    )


async def _is_deck(uow: UnitOfWork, revision_id: UUID, lesson_id: UUID) -> bool:
    return (await catalog.revision(uow, revision_id)).lessons[lesson_id].is_deck


async def _known_lessons(uow: UnitOfWork, session_id: UUID, session: LockedSession) -> list[UUID]:
    """Lessons that a test or a placement has shown to be known. Raises SessionIncomplete for a placement that has
    more to ask."""
    if session.kind == "placement":
        found = await placing.standing(
            uow.db, session_id, await catalog.revision(uow, session.revision_id), ask_on=False
        )
        if not found.is_over:
            raise SessionIncomplete(answered=session.answered, total=len(found.exercise_ids))
        return found.skipped
    if session.kind == "test_out" and session.unit_id and score(session.correct, session.total) >= PASSED:
        revision = await catalog.revision(uow, session.revision_id)
        return [lesson.id for lesson in revision.lessons.values() if lesson.unit_id == session.unit_id]
    return []


async def _complete_practice(
    uow: UnitOfWork,
    user_id: UUID,
    session_id: UUID,
    session: LockedSession,
    known: list[UUID],
    closed_at: datetime,
    *,
    ranked: bool,
) -> int:
    skipped = 0
    if known:
        share = score(session.correct, session.total)
        skipped = await opened.skip_lessons(uow.session, user_id, session.course_id, known, share)
    fact = PracticeCompleted(
        occurred_at=closed_at,
        user_id=user_id,
        course_id=session.course_id,
        unit_id=session.unit_id,
        session_id=session_id,
        kind=session.kind,
        correct=session.correct,
        total=session.total,
        skipped=skipped,
        ranked=ranked,
    )
    uow.record(fact)
    if session.kind in EARNING:
        await hearts.give_back(uow, {user_id: FOR_PRACTICE})
    if skipped:
        await announce_if_complete(uow, user_id, session.course_id)
    return skipped


async def view_lesson(uow: UnitOfWork, user_id: UUID, lesson_id: UUID) -> int:
    """Marks a lesson without exercises as done and returns its completions, always 1: reading again adds nothing.

    Raises LessonNotFound, NeedsPractice and AccessRequired.
    """
    revision, lesson = await catalog.published_lesson(uow, lesson_id)
    if lesson.exercises:
        raise NeedsPractice
    if (await admitted(uow.db, user_id, revision.course_id, preview=lesson.node.preview)).course:
        await enrol(uow, user_id, revision.course_id)
    if await repository.view_lesson(uow.session, user_id, lesson_id, revision.course_id):
        fact = LessonCompleted(
            user_id=user_id,
            course_id=revision.course_id,
            lesson_id=lesson_id,
            session_id=None,
            correct=0,
            total=0,
            completions=1,
        )
        await _announce(uow, fact)
    return 1


async def _announce(uow: UnitOfWork, fact: LessonCompleted) -> None:
    uow.record(fact)
    if fact.completions == 1:
        # Practising it again is no news to friends.
        cause = f"lesson:{fact.lesson_id}"
        await profiles.share(
            uow, fact.user_id, "lesson_completed", cause=cause, course_id=fact.course_id, lesson_id=fact.lesson_id
        )
        await announce_if_complete(uow, fact.user_id, fact.course_id)


async def announce_if_complete(uow: UnitOfWork, user_id: UUID, course_id: UUID) -> None:
    """Once, when every lesson of the course is done."""
    # Of two last lessons completed at the same moment, the one that waits here sees the other's.
    if not await repository.lock_open_enrollment(uow, user_id, course_id):
        return
    course = await catalog.published_course(uow, course_id)
    done = await repository.completed_lessons(uow, user_id, course_id)
    if course.lessons.keys() <= done:
        await repository.complete_course(uow.session, user_id, course_id)
        uow.record(CourseCompleted(user_id=user_id, course_id=course_id))
        await profiles.share(uow, user_id, "course_completed", cause=f"course:{course_id}", course_id=course_id)
