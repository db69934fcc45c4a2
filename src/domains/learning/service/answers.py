"""The answer path: grade in memory, write with whoever answers at the same moment, tell screens.

An answer is stored before its grade leaves the house, so a solution is never shown for an answer that can be changed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import asyncpg
import msgspec

from domains.catalog import api as catalog
from domains.kernel.batch import Batcher
from domains.kernel.clock import utc_now
from domains.kernel.idempotency import checked_key
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.learning.errors import (
    AnotherExerciseFirst,
    ExerciseNotFound,
    KeyOfAnotherAnswer,
    SessionClosed,
    SessionNotFound,
)
from domains.learning.events import AnswerGraded
from domains.learning.repository import answers as repository
from domains.learning.repository.answers import AnswerRecord, WrittenAnswer
from domains.learning.schemas import AnswerOut, GradeOut
from domains.learning.service.memory import after, forget_memory, keep, memory_of, reviews_of
from domains.learning.service.second_tries import try_again
from domains.learning.service.sessions import RunningSession, asking_on, forget_session, running_session

Answers = Batcher[AnswerRecord, WrittenAnswer]

_batchers: WeakKeyDictionary[Database, Answers] = WeakKeyDictionary()


async def submit_answer(
    db: Database,
    *,
    user_id: UUID,
    session_id: UUID,
    exercise_id: UUID,
    answer: Any,
    elapsed_ms: int,
    key: str | None,
) -> AnswerOut:
    """Grades and stores an answer, whose form depends on the exercise. The same key again gives the same body.

    Raises as `take_answer`."""
    body, fact = await take_answer(
        db,
        user_id=user_id,
        session_id=session_id,
        exercise_id=exercise_id,
        answer=answer,
        elapsed_ms=elapsed_ms,
        key=key,
        at=utc_now(),
    )
    if fact is not None:
        db.announce([fact])
    return body


async def take_answer(
    db: Database,
    *,
    user_id: UUID,
    session_id: UUID,
    exercise_id: UUID,
    answer: Any,
    elapsed_ms: int,
    key: str | None,
    at: datetime,
) -> tuple[AnswerOut, AnswerGraded | None]:
    """As `submit_answer`, of an answer that was given `at`; what there is to announce, where it is new.

    Raises SessionNotFound, ExerciseNotFound, AnswerShape, BadKey, AlreadyAnswered, KeyOfAnotherAnswer, SessionClosed
    and AnotherExerciseFirst.
    """
    checked_key(key)
    session = await running_session(db, session_id, user_id)
    exercise = session.exercises.get(exercise_id)
    if exercise is None:
        raise ExerciseNotFound
    given = msgspec.json.encode(answer)
    graded = catalog.check(exercise, given, session.lexicon)
    memory = await memory_of(db, session, exercise)
    reviews = await reviews_of(db, session, memory, exercise, given, graded, at)
    states = after(memory, reviews)
    grade = _as_shown(graded)
    record = AnswerRecord(
        session_id,
        exercise_id,
        key or new_id().hex,
        given.decode(),
        msgspec.json.encode(grade).decode(),
        grade.verdict,
        grade.correct,
        elapsed_ms,
        at,
        f"{{{','.join(str(review.item_id) for review in reviews)}}}",
        f"{{{','.join(str(int(review.rating)) for review in reviews)}}}",
        exercise.content.graded,
        states,
    )
    written = await _written(db, record)
    if written.fresh:
        keep(memory, states)
        if written.answered == session.total:
            forget_memory(session_id)
        body = await asking_on(db, session, exercise_id, _body(grade, written, session, exercise))
        return body, _fact(session, body, written)
    if written.key not in (None, record.key):
        return await try_again(db, record, session, exercise, grade), None
    return await asking_on(db, session, exercise_id, _repeated(record, written, session, exercise)), None


async def _written(db: Database, record: AnswerRecord) -> WrittenAnswer:
    batcher = _batchers.get(db)
    if batcher is None:
        batcher = _batchers[db] = _batcher(db)
    written = await batcher.submit(record)
    # First the session may be held elsewhere; then its holder may have written this very answer between our snapshot
    # and our lock, which the next look shows.
    for _ in range(2):
        if written.fresh or written.key is not None or written.closed:
            return written
        written = await repository.write_answer_patiently(db, record)
    if written.fresh or written.key is not None or written.closed:
        return written
    if written.early:
        raise AnotherExerciseFirst
    forget_session(record.session_id)
    raise SessionNotFound


def _batcher(db: Database) -> Answers:
    async def write(records: Sequence[AnswerRecord]) -> list[WrittenAnswer | Exception]:
        try:
            return list(await repository.write_answers(db, records))
        except (asyncpg.DataError, asyncpg.CardinalityViolationError):
            # A text that PostgreSQL cannot hold fails its own answer and no neighbour's. And two sessions of a learner
            # may ask for the same item or cost a heart each, which one statement cannot write twice.
            return [await _alone(db, record) for record in records]

    return Batcher(write, lane=lambda record: record.session_id)


async def _alone(db: Database, record: AnswerRecord) -> WrittenAnswer | Exception:
    try:
        written = (await repository.write_answers(db, [record]))[0]
    except asyncpg.DataError as error:
        refused: Exception = error
        return refused
    return written


def _repeated(
    record: AnswerRecord, written: WrittenAnswer, session: RunningSession, exercise: catalog.ExerciseView
) -> AnswerOut:
    if written.grade is None:
        raise SessionClosed
    if written.answer != record.answer:
        raise KeyOfAnotherAnswer
    return _body(GradeOut.stored(written.grade), written, session, exercise)


def _as_shown(grade: catalog.Grade) -> GradeOut:
    expected = grade.expected
    shown = expected if isinstance(expected, str) else [e if isinstance(e, str) else list(e) for e in expected]
    feedback = grade.feedback or msgspec.UNSET
    return GradeOut(grade.verdict.value, grade.correct, shown, list(grade.tokens), grade.score, feedback)


def _body(
    grade: GradeOut, written: WrittenAnswer, session: RunningSession, exercise: catalog.ExerciseView
) -> AnswerOut:
    return AnswerOut.of(grade, exercise, written.answered or 0, session.total, written.hearts or 0)


def _fact(session: RunningSession, body: AnswerOut, written: WrittenAnswer) -> AnswerGraded:
    return AnswerGraded(
        occurred_at=written.active_at or utc_now(),
        user_id=session.record.user_id,
        session_id=session.id,
        course_id=session.record.course_id,
        lesson_id=session.record.lesson_id,
        answered=body.answered,
        total=body.total,
        correct=body.correct,
        correct_so_far=written.correct_so_far or 0,
        hearts=body.hearts,
    )
