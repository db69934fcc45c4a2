"""SQL of who has which file, and of how much everybody has."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from domains.kernel.repository import Fetch
from domains.media.policy.purposes import FileVisibility, Purpose
from domains.media.policy.types import Kind
from domains.media.repository.blobs import Blob, blob_of

_COLUMNS = """
    b.sha256, b.place, b.size_bytes, b.type, b.width, b.height, b.duration_ms, b.state, b.variants::text,
    f.id, f.owner_id, f.purpose, f.visibility, f.name, f.alt, f.created_at
"""
_FROM = "media_file f JOIN media_blob b ON b.sha256 = f.sha256"
# The same content for the same purpose is one file; bringing it once more can open it, and never closes it.
_ADD = """
    INSERT INTO media_file AS f (id, sha256, owner_id, purpose, visibility, name, alt)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (owner_id, sha256, purpose) DO UPDATE SET
        visibility = CASE WHEN excluded.visibility = 'public' THEN 'public' ELSE f.visibility END
    RETURNING id
"""
_ONE = f"SELECT {_COLUMNS} FROM {_FROM} WHERE f.id = $1"  # noqa: S608
_OWN = f"SELECT {_COLUMNS} FROM {_FROM} WHERE f.id = $1 AND f.owner_id = $2"  # noqa: S608
_HOLD = f"SELECT {_COLUMNS} FROM {_FROM} WHERE f.id = $1 AND f.owner_id = $2 FOR UPDATE"  # noqa: S608
_LIST = f"""
    SELECT {_COLUMNS} FROM {_FROM}
    WHERE f.owner_id = $1 AND ($2::uuid IS NULL OR f.id < $2) AND ($3::text IS NULL OR f.purpose = $3)
      AND ($4::text IS NULL OR b.type LIKE $4)
    ORDER BY f.id DESC LIMIT $5
"""  # noqa: S608
_CHANGE = "UPDATE media_file SET name = $2, alt = $3, visibility = $4 WHERE id = $1"
_REMOVE = """
    WITH gone AS (DELETE FROM media_file WHERE id = $1 RETURNING sha256)
    UPDATE media_blob SET idle_at = now() WHERE sha256 IN (SELECT sha256 FROM gone)
"""
_OTHERS_SHOW = "SELECT EXISTS (SELECT FROM media_file WHERE sha256 = $1 AND id <> $2 AND visibility = 'public')"
_HAS = "SELECT id FROM media_file WHERE owner_id = $1 AND sha256 = $2 AND purpose = $3"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('media.quota.' || $1::uuid::text, 0))"
_USED = """
    SELECT (SELECT coalesce(sum(b.size_bytes), 0) FROM media_file f JOIN media_blob b ON b.sha256 = f.sha256
            WHERE f.owner_id = $1)::bigint AS files_bytes,
        (SELECT count(*) FROM media_file WHERE owner_id = $1) AS files,
        coalesce(sum(size_bytes), 0)::bigint AS uploads_bytes, count(*) AS uploads
    FROM media_upload WHERE owner_id = $1 AND state IN ('open', 'processing')
"""
_KINDS = {Kind.DOCUMENT: "application/%"}


class File(NamedTuple):
    blob: Blob
    id: UUID
    owner_id: UUID | None
    purpose: Purpose
    visibility: FileVisibility
    name: str
    alt: str
    created_at: datetime


class Used(NamedTuple):
    files_bytes: int
    files: int
    uploads_bytes: int
    uploads: int


def _file(row: asyncpg.Record) -> File:
    purpose, visibility = Purpose(row["purpose"]), FileVisibility(row["visibility"])
    rest = (row["name"], row["alt"], row["created_at"])
    return File(blob_of(row), row["id"], row["owner_id"], purpose, visibility, *rest)


async def add(
    fetch: Fetch,
    *,
    id_: UUID,
    sha256: bytes,
    owner_id: UUID,
    purpose: Purpose,
    visibility: FileVisibility,
    name: str,
    alt: str,
) -> UUID:
    """Its id, or that of the one that there was."""
    [row] = await fetch(_ADD, id_, sha256, owner_id, purpose, visibility, name, alt)
    found: UUID = row["id"]
    return found


async def one(fetch: Fetch, file_id: UUID) -> File | None:
    rows = await fetch(_ONE, file_id)
    return _file(rows[0]) if rows else None


async def own(fetch: Fetch, owner_id: UUID, file_id: UUID, *, hold: bool = False) -> File | None:
    """`hold`: neither the file nor its content is changed by others until the commit."""
    rows = await fetch(_HOLD if hold else _OWN, file_id, owner_id)
    return _file(rows[0]) if rows else None


async def listed(
    fetch: Fetch, owner_id: UUID, *, after: UUID | None, purpose: Purpose | None, kind: Kind | None, most: int
) -> list[File]:
    """Newest first."""
    like = None if kind is None else _KINDS.get(kind, f"{kind}/%")
    return [_file(row) for row in await fetch(_LIST, owner_id, after, purpose, like, most)]


async def change(fetch: Fetch, file_id: UUID, name: str, alt: str, visibility: FileVisibility) -> None:
    await fetch(_CHANGE, file_id, name, alt, visibility)


async def remove(fetch: Fetch, file_id: UUID) -> None:
    await fetch(_REMOVE, file_id)


async def others_show(fetch: Fetch, file: File) -> bool:
    """Whether everybody may see its content without this file."""
    return bool((await fetch(_OTHERS_SHOW, file.blob.sha256, file.id))[0][0])


async def has(fetch: Fetch, owner_id: UUID, sha256: bytes, purpose: Purpose) -> bool:
    return bool(await fetch(_HAS, owner_id, sha256, purpose))


async def hold_quota(fetch: Fetch, owner_id: UUID) -> None:
    """Nobody else counts what this person has until the commit."""
    await fetch(_LOCK, owner_id)


async def used(fetch: Fetch, owner_id: UUID) -> Used:
    return Used(*(await fetch(_USED, owner_id))[0])
