"""The front door of learning."""

from uuid import UUID

from domains.kernel.errors import NotFound
from domains.kernel.uow import Database
from domains.learning.schemas import AnswerIn, AnswerOut
from domains.learning.service.answers import submit_answer
from domains.learning.service.completion import CompletedSession, complete_session
from domains.learning.service.sessions import running_session


async def owns_session(db: Database, user_id: UUID, session_id: UUID) -> bool:
    """Whether the session is this learner's."""
    try:
        await running_session(db, session_id, user_id)
    except NotFound:
        return False
    return True


__all__ = ["AnswerIn", "AnswerOut", "CompletedSession", "complete_session", "owns_session", "submit_answer"]
