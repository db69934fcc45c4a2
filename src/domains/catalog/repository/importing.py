"""SQL of imports. Each function is one round trip."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from domains.catalog.formats import Remark
from domains.kernel.uow import Database, UnitOfWork

_COLUMNS = """
    id, owner_id, course_id, state, format, name, size_bytes, options::text, done, total, attempts, created_at,
    finished_at,
    coalesce((report ->> 'errors')::int, 0) AS errors, coalesce(jsonb_array_length(report -> 'remarks'), 0) AS remarks,
    (report -> 'counts')::text AS counts
"""
# One person's imports are counted one after the other.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('catalog.import:' || $1::text, 0))"
_OPEN = "SELECT count(*) FROM catalog_import WHERE owner_id = $1 AND finished_at IS NULL"
_INSERT = f"""
    INSERT INTO catalog_import (id, owner_id, course_id, format, name, size_bytes, options)
    VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb) RETURNING {_COLUMNS}
"""  # noqa: S608 - constants of ours
_ONE = f"SELECT {_COLUMNS} FROM catalog_import WHERE id = $1 AND owner_id = $2"  # noqa: S608
_HOLD = _ONE + " FOR UPDATE"
_MINE = f"""
    SELECT {_COLUMNS} FROM catalog_import
    WHERE owner_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""  # noqa: S608 - constants of ours
_PUT = """
    INSERT INTO catalog_import_part (import_id, number, body) VALUES ($1, $2, $3)
    ON CONFLICT (import_id, number) DO UPDATE SET body = excluded.body
"""
_THERE = "SELECT number FROM catalog_import_part WHERE import_id = $1 ORDER BY number"
_PART = "SELECT body FROM catalog_import_part WHERE import_id = $1 AND number = $2"
_QUEUE = "UPDATE catalog_import SET state = 'queued' WHERE id = $1"
_BEGIN = f"""
    UPDATE catalog_import SET state = 'running', attempts = attempts + 1
    WHERE id = $1 AND finished_at IS NULL AND state IN ('queued', 'running') RETURNING {_COLUMNS}
"""  # noqa: S608 - constants of ours
_STEP = """
    UPDATE catalog_import SET done = $3, total = $4 WHERE id = $1 AND attempts = $2 AND finished_at IS NULL
"""
_STILL = """
    SELECT true FROM catalog_import WHERE id = $1 AND attempts = $2 AND finished_at IS NULL FOR UPDATE
"""
_FINISH = """
    WITH parts AS (DELETE FROM catalog_import_part WHERE import_id = $1)
    UPDATE catalog_import
    SET state = $2, course_id = $3, report = $4::text::jsonb, finished_at = $5,
        total = greatest(total, 1), done = CASE WHEN $2 = 'done' THEN greatest(total, 1) ELSE done END
    WHERE id = $1 RETURNING done, total
"""
_REMARKS = """
    SELECT r.value::text, r.ordinality FROM catalog_import i,
        jsonb_array_elements(i.report -> 'remarks') WITH ORDINALITY AS r (value, ordinality)
    WHERE i.id = $1 AND r.ordinality > $2 ORDER BY r.ordinality LIMIT $3
"""
_DROP = "DELETE FROM catalog_import WHERE id = $1"
_CLEAR = """
    DELETE FROM catalog_import
    WHERE (state = 'waiting' AND created_at < $1) OR (finished_at IS NOT NULL AND finished_at < $2)
"""


class Import(NamedTuple):
    """`options` as `service.importing.Wish`; `counts` are of what was read, by kind of node."""

    id: UUID
    owner_id: UUID
    course_id: UUID | None
    state: str
    format: str
    name: str
    size_bytes: int
    options: bytes
    done: int
    total: int
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    errors: int
    remarks: int
    counts: dict[str, int]


def _import(row: asyncpg.Record) -> Import:
    values: list[Any] = list(row)
    values[7] = values[7].encode()
    values[15] = msgspec.json.decode(values[15]) if values[15] else {}
    return Import(*values)


async def lock(uow: UnitOfWork, owner_id: UUID) -> None:
    """Whoever else begins an import for them waits until the commit."""
    await uow.fetch(_LOCK, str(owner_id))


async def count_open(uow: UnitOfWork, owner_id: UUID) -> int:
    [row] = await uow.fetch(_OPEN, owner_id)
    found: int = row[0]
    return found


async def insert(
    uow: UnitOfWork,
    id_: UUID,
    owner_id: UUID,
    course_id: UUID | None,
    format_name: str,
    name: str,
    size_bytes: int,
    options: bytes,
) -> Import:
    [row] = await uow.fetch(_INSERT, id_, owner_id, course_id, format_name, name, size_bytes, options.decode())
    return _import(row)


async def one(source: UnitOfWork | Database, id_: UUID, owner_id: UUID) -> Import | None:
    rows = await source.fetch(_ONE, id_, owner_id)
    return _import(rows[0]) if rows else None


async def hold(uow: UnitOfWork, id_: UUID, owner_id: UUID) -> Import | None:
    rows = await uow.fetch(_HOLD, id_, owner_id)
    return _import(rows[0]) if rows else None


async def mine(db: Database, owner_id: UUID, after: UUID | None, most: int) -> list[Import]:
    """The newest first."""
    return [_import(row) for row in await db.fetch(_MINE, owner_id, after, most)]


async def put(uow: UnitOfWork, id_: UUID, number: int, body: bytes) -> None:
    await uow.fetch(_PUT, id_, number, body)


async def there(source: UnitOfWork | Database, id_: UUID) -> list[int]:
    """Numbers of the parts that have arrived."""
    return [row[0] for row in await source.fetch(_THERE, id_)]


async def part(db: Database, id_: UUID, number: int) -> bytes:
    [row] = await db.fetch(_PART, id_, number)
    found: bytes = row[0]
    return found


async def queue(uow: UnitOfWork, id_: UUID) -> None:
    await uow.fetch(_QUEUE, id_)


async def begin(db: Database, id_: UUID) -> Import | None:
    """Counts one more try. None for what is over, or gone, or has no file yet."""
    rows = await db.fetch(_BEGIN, id_)
    return _import(rows[0]) if rows else None


async def step(db: Database, work: Import, done: int, total: int) -> None:
    """Says how far this try has come."""
    await db.fetch(_STEP, work.id, work.attempts, done, total)


async def still(uow: UnitOfWork, work: Import) -> bool:
    """Whether this try is the last one, and nobody has ended the import. Holds its row."""
    return bool(await uow.fetch(_STILL, work.id, work.attempts))


async def finish(
    uow: UnitOfWork, id_: UUID, state: str, course_id: UUID | None, report: bytes, now: datetime
) -> tuple[int, int]:
    """How many steps were done, and of how many."""
    [row] = await uow.fetch(_FINISH, id_, state, course_id, report.decode(), now)
    return row[0], row[1]


async def remarks(db: Database, id_: UUID, after: int, most: int) -> list[tuple[int, Remark]]:
    """With their numbers, from 1; in the order in which they were made."""
    rows = await db.fetch(_REMARKS, id_, after, most)
    return [(row[1], msgspec.json.decode(row[0], type=Remark)) for row in rows]


async def drop(uow: UnitOfWork, id_: UUID) -> None:
    await uow.fetch(_DROP, id_)


async def clear(db: Database, *, waiting_before: datetime, finished_before: datetime) -> None:
    await db.fetch(_CLEAR, waiting_before, finished_before)
