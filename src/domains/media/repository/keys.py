"""SQL of keys that are made once. The primary key decides whose wins."""

from domains.kernel.uow import Database

_READ = "SELECT secret FROM media_key WHERE name = $1"
_ADD = "INSERT INTO media_key (name, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING"


async def read(db: Database, name: str) -> bytes | None:
    rows = await db.fetch(_READ, name)
    return bytes(rows[0]["secret"]) if rows else None


async def add(db: Database, name: str, secret: bytes) -> None:
    """Changes nothing where there is one."""
    await db.fetch(_ADD, name, secret)
