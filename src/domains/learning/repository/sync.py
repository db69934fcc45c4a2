"""SQL of sessions that are taken without a network."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.ids import id_at
from domains.kernel.uow import Database, UnitOfWork

_COLUMNS = "id, course_id, lesson_id, revision_id, exercise_ids, unlimited_hearts, made_at"

_PREPARED = f"""
    SELECT DISTINCT ON (lesson_id) {_COLUMNS} FROM learning_prepared_session
    WHERE user_id = $1 AND revision_id = $2 AND course_id = $3 AND unlimited_hearts = $4 AND made_at > $5
    ORDER BY lesson_id, id DESC
"""  # noqa: S608 - only names of columns are put in

_PREPARE = """
    INSERT INTO learning_prepared_session
        (id, course_id, lesson_id, revision_id, exercise_ids, unlimited_hearts, made_at, user_id)
    SELECT id, course_id, lesson_id, revision_id, exercise_ids::uuid[], unlimited_hearts, made_at, $8
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bool[], $7::timestamptz[])
        AS p (id, course_id, lesson_id, revision_id, exercise_ids, unlimited_hearts, made_at)
"""

# Of two batches with the same session one gets it; the other waits, and finds the session.
_TAKE = f"""
    DELETE FROM learning_prepared_session WHERE id = ANY(ARRAY(
        SELECT id FROM learning_prepared_session WHERE user_id = $1 AND id = ANY($2) AND made_at > $3
        ORDER BY id FOR UPDATE))
    RETURNING {_COLUMNS}
"""  # noqa: S608 - only names of columns are put in

_STANDING = """
    SELECT id, created_at, completed_at, answered, cardinality(exercise_ids), abandoned_at IS NOT NULL
    FROM learning_session WHERE user_id = $1 AND id = ANY($2)
"""

# What a learner gave up is closed sooner.
_REOPEN = """
    UPDATE learning_session SET abandoned_at = NULL
    WHERE user_id = $1 AND id = ANY($2) AND created_at > $3 AND abandoned_at >= active_at + $4::interval
"""

_PURGE = """
    DELETE FROM learning_prepared_session WHERE id = ANY(ARRAY(
        SELECT id FROM learning_prepared_session WHERE id < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""

_MOVE = text("UPDATE learning_prepared_session SET user_id = :into_id WHERE user_id = :from_id")


class Prepared(NamedTuple):
    id: UUID
    course_id: UUID
    lesson_id: UUID
    revision_id: UUID
    exercise_ids: Sequence[UUID]
    unlimited_hearts: bool
    made_at: datetime


class Standing(NamedTuple):
    """A session as it is on the server."""

    id: UUID
    begun_at: datetime
    completed_at: datetime | None
    answered: int
    total: int
    closed: bool
    """Without an end."""


async def prepared(
    uow: UnitOfWork, user_id: UUID, revision_id: UUID, course_id: UUID, *, unlimited_hearts: bool, since: datetime
) -> dict[UUID, Prepared]:
    """By lesson, the newest that was made up since then."""
    rows = await uow.fetch(_PREPARED, user_id, revision_id, course_id, unlimited_hearts, since)
    return {row["lesson_id"]: Prepared(*row) for row in rows}


async def prepare(uow: UnitOfWork, user_id: UUID, sessions: Sequence[Prepared]) -> None:
    if sessions:
        *columns, asked, unlimited, made_at = zip(*sessions, strict=True)
        # As PostgreSQL writes an array: an array of arrays would have to be rectangular.
        lists = [f"{{{','.join(map(str, ids))}}}" for ids in asked]
        await uow.fetch(_PREPARE, *columns, lists, unlimited, made_at, user_id)


async def take(uow: UnitOfWork, user_id: UUID, ids: Sequence[UUID], *, since: datetime) -> list[Prepared]:
    """Those of the ids that were made up since then and have not become sessions; the caller makes them sessions."""
    return [Prepared(*row) for row in await uow.fetch(_TAKE, user_id, list(ids), since)]


async def standing(db: Database, user_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Those of the ids that are sessions of the learner."""
    return {row["id"]: Standing(*row) for row in await db.fetch(_STANDING, user_id, list(ids))}


async def reopen(db: Database, user_id: UUID, ids: Sequence[UUID], *, since: datetime, alone: timedelta) -> None:
    """Those of the ids that were begun since then, and were closed because they had been left alone for so long."""
    await db.fetch(_REOPEN, user_id, list(ids), since, alone)


async def purge(db: Database, before: datetime, *, at_most: int) -> int:
    return len(await db.fetch(_PURGE, id_at(before), at_most))


async def move(session: AsyncSession, from_id: UUID, into_id: UUID) -> None:
    await session.execute(_MOVE, {"from_id": from_id, "into_id": into_id})
