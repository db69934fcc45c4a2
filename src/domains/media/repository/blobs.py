"""SQL of content, of where it is used, and of what is left in the storage."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from domains.kernel.repository import Fetch
from domains.kernel.uow import Database
from domains.media.policy.variants import Variant

_COLUMNS = "b.sha256, b.place, b.size_bytes, b.type, b.width, b.height, b.duration_ms, b.state, b.variants::text"
_SHOWN = f"""
    SELECT {_COLUMNS} FROM media_blob b WHERE b.sha256 = $1 AND b.state = 'stored'
        AND EXISTS (SELECT FROM media_file f WHERE f.sha256 = b.sha256 AND f.visibility = 'public')
"""  # noqa: S608
_READ = f"SELECT {_COLUMNS} FROM media_blob b WHERE b.sha256 = $1 AND b.state = 'stored'"  # noqa: S608
_PAGE = f"SELECT {_COLUMNS} FROM media_blob b WHERE b.sha256 > $1 ORDER BY b.sha256 LIMIT $2"  # noqa: S608
# Whoever stores the same at the same time waits here; the place that came first stays.
_KEEP = f"""
    INSERT INTO media_blob AS b (sha256, place, size_bytes, type, width, height, duration_ms, variants)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb)
    ON CONFLICT (sha256) DO UPDATE SET idle_at = NULL, state = 'stored',
        place = CASE WHEN b.state = 'missing' THEN excluded.place ELSE b.place END,
        variants = CASE WHEN b.state = 'missing' THEN excluded.variants ELSE b.variants END
    RETURNING {_COLUMNS}
"""  # noqa: S608
_TAKE = f"UPDATE media_blob b SET idle_at = NULL WHERE b.sha256 = $1 AND b.state = 'stored' RETURNING {_COLUMNS}"  # noqa: S608
_KNOWN = """
    SELECT DISTINCT f.sha256 FROM media_file f JOIN media_blob b ON b.sha256 = f.sha256 AND b.state = 'stored'
    WHERE f.sha256 = ANY($1::bytea[]) AND (f.visibility = 'public' OR f.owner_id = $2)
"""
# Before it is looked who shows them, so that nobody stops showing them in between.
_STAY = "SELECT FROM media_blob WHERE sha256 = ANY($1::bytea[]) ORDER BY sha256 FOR KEY SHARE"
_HOLD = """
    INSERT INTO media_use (holder, sha256)
    SELECT $1, b.sha256 FROM media_blob b
    WHERE b.sha256 = ANY($2::bytea[]) AND EXISTS (
        SELECT FROM media_file f WHERE f.sha256 = b.sha256 AND f.visibility = 'public')
    ORDER BY b.sha256
    ON CONFLICT DO NOTHING
"""
_RELEASE = """
    WITH gone AS (DELETE FROM media_use WHERE holder = $1 AND sha256 <> ALL($2::bytea[]) RETURNING sha256)
    UPDATE media_blob SET idle_at = now() WHERE sha256 IN (SELECT sha256 FROM gone)
"""
_USED_BY = "SELECT holder FROM media_use WHERE sha256 = $1 ORDER BY holder LIMIT 20"
_HELD = "SELECT sha256 FROM media_use WHERE holder = $1"

_IDLE = "SELECT sha256 FROM media_blob WHERE idle_at < $1 ORDER BY idle_at LIMIT $2 FOR UPDATE SKIP LOCKED"
# A second statement sees what was committed while the first waited for its locks.
_ABANDONED = """
    DELETE FROM media_file f WHERE f.sha256 = ANY($1::bytea[]) AND f.owner_id IS NULL
        AND NOT EXISTS (SELECT FROM media_use u WHERE u.sha256 = f.sha256)
"""
_NOT_IDLE = """
    UPDATE media_blob b SET idle_at = NULL WHERE b.sha256 = ANY($1::bytea[]) AND (
        EXISTS (SELECT FROM media_file f WHERE f.sha256 = b.sha256)
        OR EXISTS (SELECT FROM media_use u WHERE u.sha256 = b.sha256))
"""
_FORGET = """
    WITH gone AS (
        DELETE FROM media_blob WHERE sha256 = ANY($1::bytea[]) AND idle_at IS NOT NULL RETURNING sha256, place
    )
    INSERT INTO media_leftover (prefix, due_at)
    SELECT 'files/' || left(encode(sha256, 'hex'), 2) || '/' || encode(sha256, 'hex') || '/' || place, now()
    FROM gone ON CONFLICT (prefix) DO UPDATE SET due_at = now()
"""
_MISSING = "UPDATE media_blob SET state = 'missing' WHERE sha256 = $1 AND place = $2"
_FOUND = "UPDATE media_blob SET state = 'stored' WHERE sha256 = $1 AND place = $2"
_REMADE = "UPDATE media_blob SET variants = $3::jsonb WHERE sha256 = $1 AND place = $2"

_LEAVE = """
    INSERT INTO media_leftover (prefix, due_at) SELECT unnest($1::text[]), $2
    ON CONFLICT (prefix) DO UPDATE SET due_at = excluded.due_at
"""
_KEPT = "DELETE FROM media_leftover WHERE prefix = ANY($1::text[])"
# Not in the last moment: whoever deletes it has looked a little earlier.
_CLAIM = "DELETE FROM media_leftover WHERE prefix = $1 AND due_at > now() + interval '5 minutes' RETURNING true"
_DUE = "SELECT prefix FROM media_leftover WHERE due_at <= $1 ORDER BY due_at LIMIT $2"
_LEFT = "SELECT prefix FROM media_leftover WHERE prefix LIKE $1 || '%'"


class Blob(NamedTuple):
    sha256: bytes
    place: UUID
    size_bytes: int
    type: str
    width: int | None
    height: int | None
    duration_ms: int | None
    state: str
    variants: list[Variant]

    @property
    def prefix(self) -> str:
        return prefix_of(self.sha256, self.place)

    @property
    def original(self) -> str:
        return f"{self.prefix}/original"

    def objects(self) -> dict[str, int]:
        """All that lies in the storage of it: sizes by key."""
        return {self.original: self.size_bytes} | {
            f"{self.prefix}/{variant.object_name}": variant.size_bytes for variant in self.variants
        }


def prefix_of(sha256: bytes, place: UUID) -> str:
    name = sha256.hex()
    return f"files/{name[:2]}/{name}/{place}"


def blob_of(row: asyncpg.Record) -> Blob:
    variants = msgspec.json.decode(row["variants"], type=list[Variant])
    return Blob(**{name: row[name] for name in Blob._fields[:-1]}, variants=variants)


async def shown(db: Database, sha256: bytes) -> Blob | None:
    """What everybody may see."""
    rows = await db.fetch(_SHOWN, sha256)
    return blob_of(rows[0]) if rows else None


async def read(db: Database, sha256: bytes) -> Blob | None:
    """Whoever may see it; None also where the storage has lost it."""
    rows = await db.fetch(_READ, sha256)
    return blob_of(rows[0]) if rows else None


async def page(db: Database, *, after: bytes, most: int) -> list[Blob]:
    return [blob_of(row) for row in await db.fetch(_PAGE, after, most)]


async def keep(fetch: Fetch, blob: Blob) -> Blob:
    """As it is stored: at another place where somebody was faster."""
    variants = msgspec.json.encode(blob.variants).decode()
    [row] = await fetch(_KEEP, *blob[:7], variants)
    return blob_of(row)


async def take(fetch: Fetch, sha256: bytes) -> Blob | None:
    """Content that is there, and stays there until this transaction ends."""
    rows = await fetch(_TAKE, sha256)
    return blob_of(rows[0]) if rows else None


async def known(fetch: Fetch, hashes: Collection[bytes], owner_id: UUID | None) -> set[bytes]:
    return {bytes(row["sha256"]) for row in await fetch(_KNOWN, list(hashes), owner_id)}


async def hold(fetch: Fetch, holder: str, hashes: Collection[bytes]) -> None:
    """These, and no others."""
    if hashes:
        await fetch(_STAY, list(hashes))
        await fetch(_HOLD, holder, list(hashes))
    await fetch(_RELEASE, holder, list(hashes))


async def held(fetch: Fetch, holder: str) -> set[bytes]:
    return {bytes(row["sha256"]) for row in await fetch(_HELD, holder)}


async def used_by(fetch: Fetch, sha256: bytes) -> list[str]:
    return [row["holder"] for row in await fetch(_USED_BY, sha256)]


async def forget_idle(fetch: Fetch, *, before: datetime, most: int) -> int:
    """Content that nobody has and nothing uses becomes a leftover. How many were looked at."""
    hashes = [row["sha256"] for row in await fetch(_IDLE, before, most)]
    if hashes:
        await fetch(_ABANDONED, hashes)
        await fetch(_NOT_IDLE, hashes)
        await fetch(_FORGET, hashes)
    return len(hashes)


async def lost(db: Database, blob: Blob) -> None:
    await db.fetch(_MISSING, blob.sha256, blob.place)


async def found(db: Database, blob: Blob) -> None:
    await db.fetch(_FOUND, blob.sha256, blob.place)


async def remade(db: Database, blob: Blob, variants: Sequence[Variant]) -> None:
    await db.fetch(_REMADE, blob.sha256, blob.place, msgspec.json.encode(variants).decode())


async def leave(fetch: Fetch, prefixes: Collection[str], due_at: datetime) -> None:
    """To be deleted then."""
    await fetch(_LEAVE, list(prefixes), due_at)


async def no_leftovers(fetch: Fetch, prefixes: Collection[str]) -> None:
    await fetch(_KEPT, list(prefixes))


async def claim(fetch: Fetch, prefix: str) -> bool:
    """It is named now, and no leftover; False where it is one that may be being deleted."""
    return bool(await fetch(_CLAIM, prefix))


async def due_leftovers(db: Database, *, now: datetime, most: int) -> list[str]:
    return [row["prefix"] for row in await db.fetch(_DUE, now, most)]


async def leftovers(db: Database, prefix: str) -> list[str]:
    return [row["prefix"] for row in await db.fetch(_LEFT, prefix)]
