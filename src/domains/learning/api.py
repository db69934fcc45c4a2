"""The front door of learning."""

from uuid import UUID

from domains.kernel.errors import NotFound
from domains.kernel.uow import Database, UnitOfWork
from domains.learning import repository
from domains.learning.repository.past import lessons_of
from domains.learning.repository.totals import Totals, totals
from domains.learning.repository.watching import SessionProgress
from domains.learning.schemas import AnswerIn, AnswerOut, ItemProblem, SessionProgressOut, SyncedAnswerOut, SyncIn
from domains.learning.service.answers import submit_answer
from domains.learning.service.completion import CompletedSession, complete_session
from domains.learning.service.decks import Taken as TakenDeck
from domains.learning.service.decks import deck as deck_of
from domains.learning.service.decks import take as take_deck
from domains.learning.service.hearts import refill as refill_hearts
from domains.learning.service.recount import Recounted, recount_all
from domains.learning.service.regrading import in_words as regraded_in_words
from domains.learning.service.schedule import Rebuilt, rebuild_all
from domains.learning.service.sessions import running_session
from domains.learning.service.sync import TakenSession
from domains.learning.service.sync import standing as standing_sessions
from domains.learning.service.sync import take as take_offline
from domains.learning.service.watching import (
    current_sessions,
    may_watch_session,
    session_progress,
    standing_session,
    still_enrolled,
    still_may_watch_sessions,
)


async def owns_session(db: Database, user_id: UUID, session_id: UUID) -> bool:
    """Whether the session is this learner's."""
    try:
        await running_session(db, session_id, user_id)
    except NotFound:
        return False
    return True


async def enrolled(uow: UnitOfWork, course_id: UUID, *, after: UUID | None, most: int) -> list[UUID]:
    """Up to `most` people behind `after` who learn the course, in the order of their ids."""
    return await repository.enrolled(uow.session, course_id, after=after, most=most)


async def count_enrolled(uow: UnitOfWork, course_id: UUID) -> int:
    return await repository.count_enrolled(uow.session, course_id)


__all__ = [
    "AnswerIn",
    "AnswerOut",
    "CompletedSession",
    "ItemProblem",
    "Rebuilt",
    "Recounted",
    "SessionProgress",
    "SessionProgressOut",
    "SyncIn",
    "SyncedAnswerOut",
    "TakenDeck",
    "TakenSession",
    "Totals",
    "complete_session",
    "count_enrolled",
    "current_sessions",
    "deck_of",
    "enrolled",
    "lessons_of",
    "may_watch_session",
    "owns_session",
    "rebuild_all",
    "recount_all",
    "refill_hearts",
    "regraded_in_words",
    "session_progress",
    "standing_session",
    "standing_sessions",
    "still_enrolled",
    "still_may_watch_sessions",
    "submit_answer",
    "take_deck",
    "take_offline",
    "totals",
]
