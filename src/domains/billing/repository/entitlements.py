"""SQL of entitlements and gates. What a guard asks is one statement, by index."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import EntitlementRow, GateRow
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

ACCESS = """
    SELECT EXISTS (SELECT FROM billing_gate g WHERE g.key = $2) AS gated,
           bool_or(e.ends_at IS NULL) FILTER (WHERE e.key <> $4) AS forever,
           max(e.ends_at) FILTER (WHERE e.key <> $4) AS until,
           bool_or(e.ends_at IS NULL) FILTER (WHERE e.key = $4) AS also_forever,
           max(e.ends_at) FILTER (WHERE e.key = $4) AS also_until
    FROM billing_entitlement e
    WHERE e.user_id = $1 AND e.key IN ($2, $3, $4) AND e.starts_at <= $5 AND (e.ends_at IS NULL OR e.ends_at > $5)
"""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('lyceum.entitlement.' || CAST(:name AS text), 0))")

_BEFORE = text("""
    SELECT key, ends_at FROM billing_entitlement
    WHERE user_id = :user_id AND key = ANY(CAST(:keys AS text[])) AND source = :source AND source_id = :source_id
""")

# Periods that touch are one; after a gap the new one counts, so that nothing opens before it begins.
_GRANT = text("""
    INSERT INTO billing_entitlement AS e
        (id, user_id, key, source, source_id, starts_at, ends_at, reason, granted_by)
    SELECT g.id, CAST(:user_id AS uuid), g.key, :source, CAST(:source_id AS uuid),
           CAST(:starts_at AS timestamptz), CAST(:ends_at AS timestamptz), :reason, CAST(:granted_by AS uuid)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:keys AS text[])) AS g (id, key)
    ON CONFLICT (user_id, key, source, source_id) DO UPDATE SET
        starts_at = CASE WHEN e.ends_at < excluded.starts_at THEN excluded.starts_at
                         ELSE least(e.starts_at, excluded.starts_at) END,
        ends_at = excluded.ends_at, reason = excluded.reason, granted_by = excluded.granted_by,
        ended_by = NULL, end_reason = ''
""")

_END = text("""
    UPDATE billing_entitlement SET ends_at = :at, ended_by = :ended_by, end_reason = :end_reason
    WHERE source = :source AND source_id = :source_id AND (ends_at IS NULL OR ends_at > :at)
      AND (CAST(:user_id AS uuid) IS NULL OR user_id = :user_id)
    RETURNING user_id
""")

_ADD_GATE = text("INSERT INTO billing_gate (key) VALUES (:key) ON CONFLICT DO NOTHING")
_REMOVE_GATE = text("DELETE FROM billing_gate WHERE key = :key RETURNING true")


_PRODUCTS = """
    SELECT id, name, kind FROM billing_product WHERE active AND keys && $1::text[] ORDER BY name LIMIT 20
"""


class ProductRecord(NamedTuple):
    id: UUID
    name: str
    kind: str


class Holding(NamedTuple):
    """What gives a key now, together: for ever, or `until` the last of it ends."""

    forever: bool
    until: datetime | None


class AccessRecord(NamedTuple):
    """`holding` and `also` are None where nothing open gives the key."""

    gated: bool
    holding: Holding | None
    also: Holding | None


async def access(db: Database, user_id: UUID, key: str, wider: str, also: str, now: datetime) -> AccessRecord:
    """Of `key`, which `wider` gives too, and of another key, which is not asked for where it is empty."""
    [row] = await db.fetch(ACCESS, user_id, key, wider, also, now)
    return AccessRecord(
        row["gated"],
        None if row["forever"] is None else Holding(row["forever"], row["until"]),
        None if row["also_forever"] is None else Holding(row["also_forever"], row["also_until"]),
    )


async def products_that_give(db: Database, keys: Sequence[str]) -> list[ProductRecord]:
    """On sale now, by name."""
    return [ProductRecord(*row) for row in await db.fetch(_PRODUCTS, list(keys))]


async def gated_keys(db: Database, beginning: str) -> list[str]:
    """Those that begin like this."""
    rows = await db.fetch("SELECT key FROM billing_gate WHERE starts_with(key, $1)", beginning)
    return [row["key"] for row in rows]


async def is_gated(db: Database, key: str) -> bool:
    return bool(await db.fetch("SELECT 1 FROM billing_gate WHERE key = $1", key))


async def lock_source(session: AsyncSession, source: str, source_id: UUID) -> None:
    """Until the end of the transaction, so that of two grants at once the second sees what the first gave."""
    await session.execute(_LOCK, {"name": f"{source}:{source_id}"})


async def ends(
    session: AsyncSession, user_id: UUID, keys: Sequence[str], source: str, source_id: UUID
) -> dict[str, datetime | None]:
    """When what this source gave before ends; keys that it never gave are left out."""
    values = {"user_id": user_id, "keys": list(keys), "source": source, "source_id": source_id}
    return {row.key: row.ends_at for row in await session.execute(_BEFORE, values)}


async def grant(
    session: AsyncSession,
    *,
    user_id: UUID,
    keys: Sequence[str],
    source: str,
    source_id: UUID,
    starts_at: datetime,
    ends_at: datetime | None,
    reason: str,
    granted_by: UUID | None,
) -> None:
    """`keys` without repeats."""
    values = {
        "ids": [new_id() for _ in keys],
        "user_id": user_id,
        "keys": list(keys),
        "source": source,
        "source_id": source_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "reason": reason,
        "granted_by": granted_by,
    }
    await session.execute(_GRANT, values)


async def end(
    session: AsyncSession,
    source: str,
    source_id: UUID,
    at: datetime,
    *,
    user_id: UUID | None,
    ended_by: UUID | None,
    end_reason: str,
) -> set[UUID]:
    """Whose entitlements it changed."""
    values = {
        "source": source,
        "source_id": source_id,
        "at": at,
        "user_id": user_id,
        "ended_by": ended_by,
        "end_reason": end_reason,
    }
    return set((await session.execute(_END, values)).scalars())


async def of_source(session: AsyncSession, source: str, source_id: UUID, user_id: UUID) -> list[EntitlementRow]:
    found = await session.scalars(
        select(EntitlementRow)
        .where(
            EntitlementRow.source == source,
            EntitlementRow.source_id == source_id,
            EntitlementRow.user_id == user_id,
        )
        .order_by(EntitlementRow.id)
        .execution_options(populate_existing=True)
    )
    return list(found)


async def people_of(session: AsyncSession, source: str, source_id: UUID, now: datetime) -> set[UUID]:
    """Who has something from this source that has not ended."""
    found = await session.scalars(
        select(EntitlementRow.user_id).where(
            EntitlementRow.source == source,
            EntitlementRow.source_id == source_id,
            EntitlementRow.ends_at.is_(None) | (EntitlementRow.ends_at > now),
        )
    )
    return set(found)


async def of_person(session: AsyncSession, user_id: UUID, *, open_at: datetime | None = None) -> list[EntitlementRow]:
    """Oldest first; with `open_at` only what has not ended by then."""
    wanted = select(EntitlementRow).where(EntitlementRow.user_id == user_id)
    if open_at is not None:
        wanted = wanted.where((EntitlementRow.ends_at.is_(None)) | (EntitlementRow.ends_at > open_at))
    found = await session.scalars(wanted.order_by(EntitlementRow.id).execution_options(populate_existing=True))
    return list(found)


async def by_id(session: AsyncSession, entitlement_id: UUID) -> EntitlementRow | None:
    return await session.get(EntitlementRow, entitlement_id, populate_existing=True)


async def gates(session: AsyncSession) -> list[GateRow]:
    return list(await session.scalars(select(GateRow).order_by(GateRow.key)))


async def add_gate(session: AsyncSession, key: str) -> None:
    await session.execute(_ADD_GATE, {"key": key})


async def remove_gate(session: AsyncSession, key: str) -> bool:
    """False where there was none."""
    return (await session.execute(_REMOVE_GATE, {"key": key})).one_or_none() is not None
