"""SQL of what is due by the clock: hours of practice, reminders, digests."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database

# The other hours are read as they were before the statement, and this one as it leaves it.
_COUNT_HOUR = text("""
    WITH counted AS (
        INSERT INTO notifications_practice_hour AS p (user_id, hour, lessons) VALUES (:user_id, :hour, 1)
        ON CONFLICT (user_id, hour) DO UPDATE SET lessons = p.lessons + 1 RETURNING hour, lessons
    )
    SELECT hour, lessons FROM counted
    UNION ALL SELECT hour, lessons FROM notifications_practice_hour WHERE user_id = :user_id AND hour <> :hour
""")
_REMIND = text("""
    INSERT INTO notifications_reminder (user_id, what, local_on, hour, due_at)
    VALUES (:user_id, :what, :local_on, :hour, :due_at) ON CONFLICT (user_id, what, local_on) DO NOTHING
""")
_DROP_EARLIER = text("""
    DELETE FROM notifications_reminder WHERE user_id = :user_id AND what = :what AND local_on < :local_on
""")
# Those that another clock has taken are skipped, so that several share the work.
_TAKE_REMINDERS = text("""
    DELETE FROM notifications_reminder r WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM notifications_reminder
        WHERE due_at <= :now ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
    ))
    RETURNING r.user_id, r.what, r.local_on, r.hour
""")
_DIGEST_PEOPLE = """
    SELECT DISTINCT user_id, reason FROM notifications_delivery
    WHERE state = 'digest' AND due_at <= $1 AND ($2::uuid IS NULL OR (user_id, reason) > ($2, $3))
    ORDER BY user_id, reason LIMIT $4
"""
# Locked in the order of their ids, so that of two clocks one waits and finds nothing left.
_TAKE_DIGEST = text("""
    WITH due AS MATERIALIZED (
        SELECT id FROM notifications_delivery
        WHERE state = 'digest' AND due_at <= :now AND user_id = :user_id AND reason = :frequency
        ORDER BY id FOR UPDATE
    )
    UPDATE notifications_delivery d
    SET state = CASE WHEN d.expires_at > :now THEN 'digested' ELSE 'expired' END, sent_at = :now
    FROM due WHERE d.id = due.id
    RETURNING d.id, d.kind, d.params, d.url, d.state = 'expired' AS expired
""")

_SKIP = text("UPDATE notifications_delivery SET state = 'skipped', reason = :reason WHERE id = ANY(:ids)")


class Reminding(NamedTuple):
    user_id: UUID
    what: str
    local_on: date
    hour: int


class Saved(NamedTuple):
    """A delivery that waited for a digest."""

    id: UUID
    kind: str
    params: dict[str, Any]
    url: str
    expired: bool


async def count_hour(session: AsyncSession, user_id: UUID, hour: int) -> dict[int, int]:
    """One lesson more in that hour; returns how many in which hour."""
    rows = await session.execute(_COUNT_HOUR, {"user_id": user_id, "hour": hour})
    return {row.hour: row.lessons for row in rows}


async def remind(session: AsyncSession, reminding: Reminding, due_at: datetime) -> None:
    await session.execute(_REMIND, {**reminding._asdict(), "due_at": due_at})


async def drop_earlier(session: AsyncSession, user_id: UUID, what: str, local_on: date) -> None:
    await session.execute(_DROP_EARLIER, {"user_id": user_id, "what": what, "local_on": local_on})


async def take_reminders(session: AsyncSession, now: datetime, *, most: int) -> Sequence[Reminding]:
    """Those that are due, the longest overdue before others; they are gone once the transaction commits."""
    return [Reminding(*row) for row in await session.execute(_TAKE_REMINDERS, {"now": now, "most": most})]


async def digest_people(
    db: Database, now: datetime, *, after: tuple[UUID, str] | None, most: int
) -> Sequence[tuple[UUID, str]]:
    """Of whom a digest is due, and which: daily or weekly. In their order."""
    user_id, frequency = after or (None, None)
    return [(row["user_id"], row["reason"]) for row in await db.fetch(_DIGEST_PEOPLE, now, user_id, frequency, most)]


async def take_digest(session: AsyncSession, user_id: UUID, frequency: str, now: datetime) -> Sequence[Saved]:
    """What a person's digest is made of, the oldest first."""
    values = {"user_id": user_id, "frequency": frequency, "now": now}
    return sorted((Saved(*row) for row in await session.execute(_TAKE_DIGEST, values)), key=lambda saved: saved.id)


async def skip(session: AsyncSession, delivery_ids: Sequence[UUID], reason: str) -> None:
    await session.execute(_SKIP, {"ids": list(delivery_ids), "reason": reason})
