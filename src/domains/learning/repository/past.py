"""What became of sessions, for those who only know their ids."""

from collections.abc import Collection
from uuid import UUID

from domains.kernel.uow import Database

_LESSONS = "SELECT id, lesson_id FROM learning_session WHERE id = ANY($1::uuid[])"


async def lessons_of(db: Database, session_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The lesson of each session that is still there."""
    if not session_ids:
        return {}
    return {row["id"]: row["lesson_id"] for row in await db.fetch(_LESSONS, list(session_ids))}
