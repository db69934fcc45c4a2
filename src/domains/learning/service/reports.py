"""What learners find wrong with exercises: their reports, the authors' queue, and what becomes of it.

Invariant: reports that say the same are one, and one learner is counted once in it, however often they ask; what was
accepted is in a revision before anybody is told. Somebody else's session and another course's report look like missing
ones.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domains.catalog import api as catalog
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.page import Page, page_of
from domains.kernel.uow import UnitOfWork
from domains.learning.errors import (
    ExerciseNotFound,
    NoAnswerReported,
    NothingAnswered,
    ReportAccepted,
    ReportNotFound,
    RightAlready,
    TooManyReports,
)
from domains.learning.events import AnswerAccepted
from domains.learning.policy import reports as policy
from domains.learning.policy.reports import Reason, State
from domains.learning.reporting import AcceptIn, CloseIn, ExerciseReportIn, MyReportOut, QueuedReportOut
from domains.learning.repository import reports as repository
from domains.learning.repository.reports import Made, ReportRecord
from domains.learning.service.sessions import RunningSession, running_session

_DAY = timedelta(days=1)


async def report(uow: UnitOfWork, user_id: UUID, session_id: UUID, data: ExerciseReportIn) -> MyReportOut:
    """Makes a report about an exercise of the learner's session, or shows the one they made. An answer that the
    published revision accepts already is accepted at once.

    Raises SessionNotFound, ExerciseNotFound, ExerciseGone, ExerciseChanged, NothingAnswered, RightAlready,
    NotAcceptable and TooManyReports.
    """
    session = await running_session(uow.db, session_id, user_id)
    exercise = session.exercises.get(data.exercise_id)
    if exercise is None:
        raise ExerciseNotFound
    text = identity.checked_text("text", data.text)
    await repository.lock_learner(uow.session, user_id)
    answer, is_right = await _answered(uow, session_id, data) if data.reason == Reason.ACCEPT else (None, False)
    subject = policy.subject(exercise.id, Reason(data.reason), _said(exercise, answer))
    now = await catalog.published_course(uow, session.record.course_id)
    before = await repository.made(uow.session, subject, user_id)
    if before is not None and await _still_says(uow, before.report, now):
        if before.report.state is State.ACCEPTED and not is_right:
            # The session had begun before.
            await _accepted(uow, before.report, now.id)
        return _mine(before)
    if is_right:
        raise RightAlready
    await _within_limit(uow, user_id)
    found = await _find(uow, session, now, exercise.id, subject, Reason(data.reason), answer)
    await _join(uow, found, user_id, session_id, text)
    made = await repository.made(uow.session, subject, user_id)
    if made is None:
        raise ReportNotFound
    return _mine(made)


async def mine(uow: UnitOfWork, user_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int) -> Page[MyReportOut]:
    """The newest first."""
    rows = await repository.mine(uow.session, user_id, after=after, most=limit + 1)
    return page_of([_mine(row) for row in rows], limit, lambda shown: (shown.reported_at, shown.id))


async def queue(
    uow: UnitOfWork,
    course_id: UUID,
    state: State,
    reason: Reason | None,
    *,
    after: tuple[float, UUID] | None,
    limit: int,
) -> Page[QueuedReportOut]:
    """What is most worth a look first. Raises CourseNotFound."""
    now = await catalog.published_course(uow, course_id)
    rows = await repository.queue(uow.session, course_id, state, reason, after=after, most=limit + 1)
    shown = [await _queued(uow, now, row.report, row.texts) for row in rows]
    return page_of(shown, limit, lambda one: (one.rank, one.id))


async def accept(uow: UnitOfWork, author_id: UUID, course_id: UUID, report_id: UUID, data: AcceptIn) -> QueuedReportOut:
    """Publishes a revision in which the answer is right; everybody who gave it hears of it once the job has come to
    them. Again, it changes nothing. Raises ReportNotFound, NoAnswerReported, ExerciseGone, ExerciseChanged and
    NotAcceptable."""
    found = await _held(uow, course_id, report_id)
    if found.answer is None:
        raise NoAnswerReported
    if found.state is not State.ACCEPTED:
        text = identity.checked_text("text", data.text) if data.text else None
        note = identity.checked_text("note", data.note)
        asked = await catalog.revision(uow, found.revision_id)
        accepted = await catalog.accept_answer(uow, asked, found.exercise_id, found.answer.encode(), text)
        await _accepted(uow, found, accepted.revision_id, by=author_id, note=note)
    return await _stands(uow, course_id, report_id)


async def close(uow: UnitOfWork, author_id: UUID, course_id: UUID, report_id: UUID, data: CloseIn) -> QueuedReportOut:
    """Raises ReportNotFound and ReportAccepted: what learners were given back is not taken again."""
    found = await _held(uow, course_id, report_id)
    if found.state is State.ACCEPTED:
        raise ReportAccepted
    state, note = State(data.state), identity.checked_text("note", data.note)
    if (found.state, found.note) != (state, note):
        await repository.close(uow.session, report_id, state, note=note, handled_by=author_id, now=utc_now())
    return await _stands(uow, course_id, report_id)


async def _answered(uow: UnitOfWork, session_id: UUID, data: ExerciseReportIn) -> tuple[str, bool]:
    found = await repository.answer(uow.session, session_id, data.exercise_id)
    if found is None:
        raise NothingAnswered
    return found


async def _within_limit(uow: UnitOfWork, user_id: UUID) -> None:
    now = utc_now()
    count, first_at = await repository.lately(uow.session, user_id, now - _DAY)
    if count >= policy.MOST_A_DAY and first_at:
        raise TooManyReports(retry_after_s=max(1, math.ceil((first_at + _DAY - now).total_seconds())))


def _said(exercise: catalog.ExerciseView, answer: str | None) -> str:
    return "" if answer is None else catalog.said(exercise, answer.encode())


async def _find(
    uow: UnitOfWork,
    session: RunningSession,
    now: catalog.RevisionContent,
    exercise_id: UUID,
    subject: UUID,
    reason: Reason,
    answer: str | None,
) -> ReportRecord:
    """The report that this one joins, held; a new one where there is none."""
    asked = await catalog.revision(uow, session.record.revision_id)
    exercise = catalog.standing(now, asked, exercise_id)
    nearness, is_right = None, False
    if answer is not None:
        if not catalog.acceptable(exercise, answer.encode()):
            raise catalog.NotAcceptable
        grade = catalog.check(exercise, answer.encode(), now.lexicon)
        nearness, is_right = catalog.nearness(grade), grade.correct
    latest = await repository.latest(uow.session, subject)
    if latest is None or not await _still_says(uow, latest, now):
        # Of two who come with it at once, one makes it.
        await repository.add(
            uow.session,
            new_id(),
            subject,
            course_id=now.course_id,
            exercise_id=exercise_id,
            revision_id=asked.id,
            reason=reason,
            answer=answer,
            nearness=nearness,
            now=utc_now(),
        )
        latest = await repository.latest(uow.session, subject)
    found = await repository.hold(uow.session, latest.id) if latest else None
    if found is None:
        raise ReportNotFound
    if is_right:
        await _accepted(uow, found, now.id)
        return found._replace(state=State.ACCEPTED)
    return found._replace(nearness=nearness)


async def _still_says(uow: UnitOfWork, found: ReportRecord, now: catalog.RevisionContent) -> bool:
    """Whether what became of a report goes for who reports the same now: a refusal as long as the exercise asks the
    same, an acceptance as long as it stands in the course; and a prompt that was mended may go wrong again."""
    if found.state is State.OPEN or found.answer is None:
        return found.state is State.OPEN
    try:
        exercise = catalog.standing(now, await catalog.revision(uow, found.revision_id), found.exercise_id)
    except (catalog.ExerciseGone, catalog.ExerciseChanged):
        return False
    if found.state is State.ACCEPTED:
        return catalog.check(exercise, found.answer.encode(), now.lexicon).correct
    return found.state is State.REFUSED


async def _join(uow: UnitOfWork, found: ReportRecord, user_id: UUID, session_id: UUID, said: str) -> None:
    now, weight, rank = utc_now(), found.weight, found.rank
    await repository.add_reporter(uow.session, found.id, user_id, session_id, said, now)
    if found.state is State.OPEN:
        weight += policy.word(*await repository.word(uow.session, user_id))
        rank = policy.rank(found.nearness, weight, found.reporters + 1)
    await repository.weigh(
        uow.session,
        found.id,
        reporters=found.reporters + 1,
        weight=weight,
        rank=rank,
        nearness=found.nearness,
        now=now,
    )


async def _accepted(
    uow: UnitOfWork, found: ReportRecord, revision_id: UUID, *, by: UUID | None = None, note: str = ""
) -> None:
    if found.state is not State.ACCEPTED:
        await repository.close(
            uow.session, found.id, State.ACCEPTED, note=note, handled_by=by, now=utc_now(), accepted_in=revision_id
        )
    uow.record(
        AnswerAccepted(
            report_id=found.id,
            course_id=found.course_id,
            exercise_id=found.exercise_id,
            revision_id=revision_id,
            by=by,
        )
    )


async def _held(uow: UnitOfWork, course_id: UUID, report_id: UUID) -> ReportRecord:
    found = await repository.hold(uow.session, report_id)
    if found is None or found.course_id != course_id:
        raise ReportNotFound
    return found


async def _stands(uow: UnitOfWork, course_id: UUID, report_id: UUID) -> QueuedReportOut:
    now = await catalog.published_course(uow, course_id)
    found = await repository.one(uow.session, report_id)
    return await _queued(uow, now, found.report, found.texts)


async def _queued(
    uow: UnitOfWork, now: catalog.RevisionContent, found: ReportRecord, texts: Sequence[str]
) -> QueuedReportOut:
    asked = await catalog.revision(uow, found.revision_id)
    exercise = asked.exercises[found.exercise_id]
    try:
        exercise, still = catalog.standing(now, asked, found.exercise_id), True
    except (catalog.ExerciseGone, catalog.ExerciseChanged):
        still = False
    expected = None
    if found.answer is not None:
        grade = catalog.check(exercise, found.answer.encode(), (now if still else asked).lexicon)
        expected = grade.expected if isinstance(grade.expected, str) else [str(each) for each in grade.expected]
    lesson = now.lessons.get(exercise.lesson_id) or asked.lessons[exercise.lesson_id]
    return QueuedReportOut(
        id=found.id,
        reason=found.reason,
        state=found.state,
        exercise_id=found.exercise_id,
        lesson_id=lesson.id,
        lesson_title=lesson.title,
        prompt=catalog.prompt(exercise, str(found.id)),
        image=catalog.shown_image(exercise.node.image),
        audio=catalog.shown_audio(exercise.node.audio),
        still_asked=still,
        answer=None if found.answer is None else msgspec.json.decode(found.answer),
        expected=expected,
        nearness=found.nearness,
        likelihood=round(policy.likelihood(found.nearness, found.weight), 4),
        rank=found.rank,
        reporters=found.reporters,
        texts=list(texts),
        first_at=found.first_at,
        last_at=found.last_at,
        handled_by=found.handled_by,
        handled_at=found.handled_at,
        note=found.note,
        accepted_in=found.accepted_in,
        regraded=found.regraded,
    )


def _mine(made: Made) -> MyReportOut:
    found = made.report
    return MyReportOut(
        id=found.id,
        reason=found.reason,
        state=found.state,
        course_id=found.course_id,
        exercise_id=found.exercise_id,
        answer=None if found.answer is None else msgspec.json.decode(found.answer),
        text=made.text,
        note=found.note,
        reported_at=made.reported_at,
        handled_at=found.handled_at,
    )
