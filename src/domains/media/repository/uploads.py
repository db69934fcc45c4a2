"""SQL of uploads under way."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from domains.kernel.repository import Fetch
from domains.media.policy.purposes import LINK_KEPT, FileVisibility, Purpose

_COLUMNS = """
    id, owner_id, purpose, visibility, name, alt, size_bytes, type, sha256, state, file_id, failure::text, expires_at
"""
_ADD = """
    INSERT INTO media_upload (id, owner_id, purpose, visibility, name, alt, size_bytes, type, sha256, state, file_id,
        expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_ONE = f"SELECT {_COLUMNS} FROM media_upload WHERE id = $1"  # noqa: S608
_OWN = f"SELECT {_COLUMNS} FROM media_upload WHERE id = $1 AND owner_id = $2"  # noqa: S608
_HOLD = f"SELECT {_COLUMNS} FROM media_upload WHERE id = $1 FOR UPDATE"  # noqa: S608
_LIST = f"""
    SELECT {_COLUMNS} FROM media_upload WHERE owner_id = $1 AND state IN ('open', 'processing')
    ORDER BY id DESC LIMIT 50
"""  # noqa: S608
_PROCESS = "UPDATE media_upload SET state = 'processing' WHERE id = $1 AND state = 'open' RETURNING true"
_END = "UPDATE media_upload SET state = $2, file_id = $3, failure = $4::jsonb WHERE id = $1"
_REMOVE = "DELETE FROM media_upload WHERE id = $1"
_THERE = "SELECT id FROM media_upload WHERE id::text = ANY($1::text[])"
_PURGE = """
    WITH gone AS (
        DELETE FROM media_upload WHERE id = ANY(ARRAY(
            SELECT id FROM media_upload
            WHERE (state = 'open' AND expires_at < $1) OR (state <> 'open' AND expires_at < $2)
            ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED
        )) RETURNING id, expires_at
    )
    INSERT INTO media_leftover (prefix, due_at) SELECT 'parts/' || id, expires_at + $4::interval FROM gone
    ON CONFLICT (prefix) DO UPDATE SET due_at = excluded.due_at
    RETURNING true
"""


class Upload(NamedTuple):
    id: UUID
    owner_id: UUID
    purpose: Purpose
    visibility: FileVisibility
    name: str
    alt: str
    size_bytes: int
    type: str
    """As declared."""
    sha256: bytes | None
    """As declared."""
    state: str
    file_id: UUID | None
    failure: dict[str, Any] | None
    expires_at: datetime

    @property
    def prefix(self) -> str:
        return f"parts/{self.id}"

    def part(self, number: int) -> str:
        """The key of its object; parts are numbered from 1."""
        return f"{self.prefix}/{number:04}"


def _upload(row: asyncpg.Record) -> Upload:
    failure = msgspec.json.decode(row["failure"]) if row["failure"] else None
    return Upload(*row)._replace(
        purpose=Purpose(row["purpose"]), visibility=FileVisibility(row["visibility"]), failure=failure
    )


async def add(fetch: Fetch, upload: Upload) -> None:
    await fetch(_ADD, *upload._replace(failure=None)[:11], upload.expires_at)


async def one(fetch: Fetch, upload_id: UUID, *, hold: bool = False) -> Upload | None:
    rows = await fetch(_HOLD if hold else _ONE, upload_id)
    return _upload(rows[0]) if rows else None


async def own(fetch: Fetch, owner_id: UUID, upload_id: UUID) -> Upload | None:
    rows = await fetch(_OWN, upload_id, owner_id)
    return _upload(rows[0]) if rows else None


async def under_way(fetch: Fetch, owner_id: UUID) -> list[Upload]:
    """Newest first."""
    return [_upload(row) for row in await fetch(_LIST, owner_id)]


async def there(fetch: Fetch, names: Collection[str]) -> set[str]:
    """Those ids that are of an upload, under way or ended."""
    return {str(row["id"]) for row in await fetch(_THERE, list(names))}


async def process(fetch: Fetch, upload_id: UUID) -> bool:
    """False where it is not open any more."""
    return bool(await fetch(_PROCESS, upload_id))


async def end(
    fetch: Fetch, upload_id: UUID, state: str, *, file_id: UUID | None = None, failure: Mapping[str, Any] | None = None
) -> None:
    told = msgspec.json.encode(failure).decode() if failure else None
    await fetch(_END, upload_id, state, file_id, told)


async def remove(fetch: Fetch, upload_id: UUID) -> None:
    await fetch(_REMOVE, upload_id)


async def purge(fetch: Fetch, *, now: datetime, ended_before: datetime, most: int) -> int:
    """Uploads that were not completed in time, and those that ended long ago, become leftovers, due
    when no address opens them any more. How many they were."""
    return len(await fetch(_PURGE, now, ended_before, most, LINK_KEPT))
