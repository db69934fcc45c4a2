"""Wrong answers that come back at the end of their session.

Invariant: a second try moves no count, no heart and no schedule: what was right at first sight is what counts. It is
offered and never asked for: a session can be completed without it, since a mistake must not lock anybody in.
"""

from domains.catalog import api as catalog
from domains.kernel.uow import Database
from domains.learning.errors import AlreadyAnswered, KeyOfAnotherAnswer
from domains.learning.policy.kinds import TESTS
from domains.learning.repository import opened
from domains.learning.repository.answers import AnswerRecord
from domains.learning.schemas import AnswerOut, GradeOut
from domains.learning.service.sessions import RunningSession


async def try_again(
    db: Database, record: AnswerRecord, session: RunningSession, exercise: catalog.ExerciseView, grade: GradeOut
) -> AnswerOut:
    """Raises AlreadyAnswered where the exercise does not come back: it was right, others wait for their first answer,
    or the session is a test or closed."""
    if session.record.kind in TESTS:
        raise AlreadyAnswered
    stands = await opened.try_again(
        db,
        session_id=record.session_id,
        exercise_id=record.exercise_id,
        key=record.key,
        answer=record.answer,
        grade=record.grade,
        correct=grade.correct,
        elapsed_ms=record.elapsed_ms,
        at=record.answered_at,
    )
    if stands is None:
        raise AlreadyAnswered
    if stands.answer != record.answer:
        raise KeyOfAnotherAnswer
    return AnswerOut.of(GradeOut.stored(stands.grade), exercise, stands.answered, session.total, stands.hearts)
