"""What was done without a network, when it arrives.

Invariant: it is taken by the commands that take what is done with one: the same grader, the same statement, the same
rules. Every answer and every completion commits by itself and counts once, by its key, so a batch that was cut off
somewhere is sent again as a whole, to this process or to another, and gets the report that it would have got.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from domains.catalog.api import AnswerShape
from domains.kernel.clock import utc_now
from domains.kernel.errors import AppError
from domains.kernel.uow import Database
from domains.learning import repository
from domains.learning.errors import SessionNotFound
from domains.learning.policy import hearts, offline
from domains.learning.policy.offline import Batch
from domains.learning.repository import SessionRecord, sync
from domains.learning.schemas import GradeOut, ItemProblem, OfflineSessionIn, SyncedAnswerOut, SyncIn
from domains.learning.service.answers import take_answer
from domains.learning.service.beginning import EXPIRY

standing = sync.standing


class TakenSession(NamedTuple):
    place: int
    """In the batch."""
    session_id: UUID
    answers: list[SyncedAnswerOut]
    completed_at: datetime | None
    """When the learner finished it, if they did."""
    problem: ItemProblem | None


async def take(db: Database, user_id: UUID, data: SyncIn) -> AsyncIterator[TakenSession]:
    """The sessions of a batch, those first that were begun first: each when its answers are graded and stored."""
    batch = Batch(data.sent_at, utc_now())
    begun = await _begun(db, user_id, data.sessions, batch)

    def when(place: int) -> datetime:
        return begun.get(data.sessions[place].session_id, batch.received_at)

    for place in sorted(range(len(data.sessions)), key=when):
        session = data.sessions[place]
        since = begun.get(session.session_id)
        if since is None:
            yield TakenSession(place, session.session_id, [], None, ItemProblem.of(SessionNotFound()))
            continue
        moments = offline.moments([each.answered_at for each in session.answers], batch, since=since)
        answers = await _taken(db, user_id, session, moments)
        completed_at = None
        if session.completed_at is not None:
            completed_at = offline.moment(session.completed_at, batch, since=moments[-1] if moments else since)
        yield TakenSession(place, session.session_id, answers, completed_at, None)


async def _begun(
    db: Database, user_id: UUID, sessions: Sequence[OfflineSessionIn], batch: Batch
) -> Mapping[UUID, datetime]:
    """When each of the learner's sessions began; those that were handed out beforehand begin here."""
    claimed = {session.session_id: session.begun_at for session in sessions}
    found = await standing(db, user_id, list(claimed))
    if len(found) < len(claimed):
        await _begin(db, user_id, {id_: at for id_, at in claimed.items() if id_ not in found}, batch)
        found = await standing(db, user_id, list(claimed))
    closed = [id_ for id_, session in found.items() if session.closed]
    if closed:
        # They were not left alone, only out of reach.
        since = batch.received_at - offline.KEPT
        await sync.reopen(db, user_id, closed, since=since, alone=EXPIRY)
    return {id_: session.begun_at for id_, session in found.items()}


async def _begin(db: Database, user_id: UUID, claimed: Mapping[UUID, datetime], batch: Batch) -> None:
    async with db.begin() as uow:
        for each in await sync.take(uow, user_id, list(claimed), since=batch.received_at - offline.KEPT):
            at = offline.moment(claimed[each.id], batch, since=each.made_at)
            # Hearts lost so long ago are back, and what was lost since says nothing about how many there were then.
            free = each.unlimited_hearts or batch.received_at - at > hearts.HEARTS * hearts.REFILL
            record = SessionRecord(
                user_id,
                each.course_id,
                each.lesson_id,
                each.revision_id,
                "lesson",
                list(each.exercise_ids),
                free,
            )
            await repository.add_session(uow.session, each.id, record, at)


async def _taken(
    db: Database, user_id: UUID, session: OfflineSessionIn, moments: Sequence[datetime]
) -> list[SyncedAnswerOut]:
    reports, last = [], None
    for each, at in zip(session.answers, moments, strict=True):
        grade, problem, explanation = None, None, ""
        try:
            body, fact = await take_answer(
                db,
                user_id=user_id,
                session_id=session.session_id,
                exercise_id=each.exercise_id,
                answer=each.answer,
                elapsed_ms=each.elapsed_ms,
                key=each.key,
                at=at,
            )
            grade = GradeOut(body.verdict, body.correct, body.expected, body.tokens, body.score, body.feedback)
            explanation, last = body.explanation or "", fact or last
        except AppError as error:
            problem = ItemProblem.of(error)
        except asyncpg.DataError:
            problem = ItemProblem.of(AnswerShape("The answer has a text that cannot be stored."))
        reports.append(SyncedAnswerOut(each.key, each.exercise_id, grade, problem, explanation))
    if last is not None:
        # Counts in it are absolute: one frame says what a hundred would.
        db.announce([last])
    return reports
