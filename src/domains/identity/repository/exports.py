"""SQL of exports. A run writes as long as it is the newest; whatever an earlier one writes then goes nowhere."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domains.kernel.domain import PersonalData
from domains.kernel.uow import Database

_COLUMNS = "id, state, done, total, size_bytes, created_at, ready_at, expires_at"
_ADD = text(f"""
    INSERT INTO identity_export (id, user_id) VALUES (:id, :user_id)
    ON CONFLICT (user_id) WHERE state IN ('waiting', 'running') DO NOTHING RETURNING {_COLUMNS}
""")  # noqa: S608
_FORGET_OLDEST = text("""
    DELETE FROM identity_export WHERE id IN (
        SELECT id FROM identity_export WHERE user_id = :user_id ORDER BY id DESC OFFSET :keep)
""")
_OF_PERSON = f"SELECT {_COLUMNS} FROM identity_export WHERE user_id = $1 ORDER BY id DESC"  # noqa: S608
_ONE = f"SELECT {_COLUMNS} FROM identity_export WHERE user_id = $1 AND id = $2"  # noqa: S608
_BEGIN = """
    WITH begun AS (
        UPDATE identity_export SET state = 'running', run = run + 1, done = 0, total = 0
        WHERE id = $1 AND state IN ('waiting', 'running') RETURNING id, user_id, run
    ), gone AS (DELETE FROM identity_export_chunk c USING begun b WHERE c.export_id = b.id)
    SELECT b.id, b.user_id, b.run, CASE WHEN u.email_verified_at IS NULL THEN '' ELSE lower(u.email) END
    FROM begun b JOIN identity_user u ON u.id = b.user_id
"""
_PROGRESS = """
    UPDATE identity_export SET done = $3, total = $4 WHERE id = $1 AND run = $2 AND state = 'running' RETURNING true
"""
_KEEP = """
    INSERT INTO identity_export_chunk (export_id, run, number, body)
    SELECT id, run, $3, $4 FROM identity_export WHERE id = $1 AND run = $2 AND state = 'running' RETURNING true
"""
_FINISH = text("""
    UPDATE identity_export SET state = 'ready', done = total, size_bytes = :size_bytes, ready_at = :now,
        expires_at = :expires_at
    WHERE id = :id AND run = :run AND state = 'running' RETURNING true
""")
_CHUNK = """
    SELECT c.body FROM identity_export e JOIN identity_export_chunk c ON c.export_id = e.id AND c.run = e.run
    WHERE e.id = $1 AND c.number = $2 AND e.state = 'ready'
"""
_GIVE_UP = """
    UPDATE identity_export SET state = 'failed', expires_at = $2
    WHERE state IN ('waiting', 'running') AND created_at < $1 RETURNING true
"""
_PURGE = """
    DELETE FROM identity_export WHERE id = ANY(ARRAY(
        SELECT id FROM identity_export WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true
"""


class Export(NamedTuple):
    id: UUID
    state: str
    done: int
    total: int
    size_bytes: int
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None


class Run(NamedTuple):
    """One try at writing an export."""

    id: UUID
    user_id: UUID
    run: int
    email: str
    """In lower case, empty unless it was confirmed."""


class Overtaken(Exception):
    """Another run has begun, or nobody wants it any more."""


async def add(session: AsyncSession, export_id: UUID, user_id: UUID, *, keep: int) -> Export | None:
    """None where one is under way. The oldest go, so that `keep` stay."""
    added = (await session.execute(_ADD, {"id": export_id, "user_id": user_id})).one_or_none()
    if added is None:
        return None
    await session.execute(_FORGET_OLDEST, {"user_id": user_id, "keep": keep})
    return Export(*added)


async def of_person(db: Database, user_id: UUID) -> list[Export]:
    """The newest first."""
    return [Export(*row) for row in await db.fetch(_OF_PERSON, user_id)]


async def one(db: Database, user_id: UUID, export_id: UUID) -> Export | None:
    rows = await db.fetch(_ONE, user_id, export_id)
    return Export(*rows[0]) if rows else None


async def begin(db: Database, export_id: UUID) -> Run | None:
    """From the beginning; None for one that is ready, given up or gone."""
    rows = await db.fetch(_BEGIN, export_id)
    return Run(*rows[0]) if rows else None


async def progress(db: Database, run: Run, done: int, total: int) -> None:
    """Raises Overtaken."""
    if not await db.fetch(_PROGRESS, run.id, run.run, done, total):
        raise Overtaken


async def keep(db: Database, run: Run, number: int, body: bytes) -> None:
    """Raises Overtaken."""
    if not await db.fetch(_KEEP, run.id, run.run, number, body):
        raise Overtaken


async def finish(session: AsyncSession, run: Run, *, size_bytes: int, now: datetime, expires_at: datetime) -> bool:
    """False where another run has begun."""
    values = {"id": run.id, "run": run.run, "size_bytes": size_bytes, "now": now, "expires_at": expires_at}
    return (await session.execute(_FINISH, values)).one_or_none() is not None


async def chunk(db: Database, export_id: UUID, number: int) -> bytes | None:
    rows = await db.fetch(_CHUNK, export_id, number)
    return rows[0]["body"] if rows else None


async def give_up(db: Database, *, begun_before: datetime, keep_until: datetime) -> None:
    await db.fetch(_GIVE_UP, begun_before, keep_until)


async def purge(db: Database, now: datetime, *, at_most: int) -> int:
    return len(await db.fetch(_PURGE, now, at_most))


# ---- reading what domains hold


async def count(snapshot: AsyncConnection, held: PersonalData, run: Run) -> int:
    counted = text(f"SELECT count(*) FROM ({held.sql}) r")  # noqa: S608 - written by domains, without any input
    return int((await snapshot.execute(counted, _whose(held, run))).scalar_one())


async def pages(snapshot: AsyncConnection, held: PersonalData, run: Run, *, most: int) -> AsyncIterator[Sequence[str]]:
    """Rows as JSON, up to `most` at a time, out of a cursor: nothing is read twice, and little is held."""
    rows = text(f"SELECT CAST(row_to_json(r) AS text) FROM ({held.sql}) r")  # noqa: S608
    async with snapshot.stream(rows, _whose(held, run)) as result:
        async for page in result.scalars().partitions(most):
            yield page


def _whose(held: PersonalData, run: Run) -> dict[str, object]:
    """What of the two the statement asks for."""
    values = {"user_id": run.user_id, "email": run.email}
    return {name: value for name, value in values.items() if f":{name}" in held.sql}
