"""SQL of what is due by the clock: hours of practice, reminders, digests."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database

# The other hours are read as they were before the statement, and these as it leaves them. In one order everywhere, so
# that two jobs never wait for each other.
_COUNT_HOURS = text("""
    WITH counted AS (
        INSERT INTO notifications_practice_hour AS p (user_id, hour, lessons)
        SELECT * FROM unnest(CAST(:user_ids AS uuid[]), CAST(:hours AS int[]), CAST(:lessons AS int[]))
            AS c (user_id, hour, lessons) ORDER BY user_id, hour
        ON CONFLICT (user_id, hour) DO UPDATE SET lessons = p.lessons + excluded.lessons
        RETURNING user_id, hour, lessons
    )
    SELECT user_id, hour, lessons FROM counted
    UNION ALL SELECT user_id, hour, lessons FROM notifications_practice_hour p
    WHERE user_id = ANY(CAST(:user_ids AS uuid[])) AND NOT EXISTS (
        SELECT FROM counted c WHERE c.user_id = p.user_id AND c.hour = p.hour)
""")
_REMIND = text("""
    INSERT INTO notifications_reminder (user_id, what, local_on, hour, due_at)
    SELECT * FROM unnest(CAST(:user_ids AS uuid[]), CAST(:whats AS text[]), CAST(:days AS date[]),
        CAST(:hours AS int[]), CAST(:due AS timestamptz[])) AS r (user_id, what, local_on, hour, due_at)
    ORDER BY user_id, what, local_on
    ON CONFLICT (user_id, what, local_on) DO NOTHING
""")
_DROP_EARLIER = text("""
    DELETE FROM notifications_reminder WHERE ctid = ANY(ARRAY(
        SELECT r.ctid FROM notifications_reminder r
        JOIN unnest(CAST(:user_ids AS uuid[]), CAST(:whats AS text[]), CAST(:days AS date[]))
            AS e (user_id, what, local_on) ON r.user_id = e.user_id AND r.what = e.what AND r.local_on < e.local_on
        ORDER BY r.user_id, r.local_on FOR UPDATE OF r
    ))
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


class Dated(NamedTuple):
    reminding: Reminding
    due_at: datetime


class Saved(NamedTuple):
    """A delivery that waited for a digest."""

    id: UUID
    kind: str
    params: dict[str, Any]
    url: str
    expired: bool


async def count_hours(session: AsyncSession, lessons: Mapping[tuple[UUID, int], int]) -> dict[UUID, dict[int, int]]:
    """So many lessons more of somebody in an hour; returns how many of whom in which hour."""
    users, hours = zip(*lessons, strict=True)
    values = {"user_ids": list(users), "hours": list(hours), "lessons": list(lessons.values())}
    found: dict[UUID, dict[int, int]] = {}
    for row in await session.execute(_COUNT_HOURS, values):
        found.setdefault(row.user_id, {})[row.hour] = row.lessons
    return found


async def remind(session: AsyncSession, dated: Sequence[Dated]) -> None:
    if dated:
        await session.execute(_REMIND, _columns([one.reminding for one in dated]) | {"due": [d.due_at for d in dated]})


async def drop_earlier(session: AsyncSession, remindings: Sequence[Reminding]) -> None:
    """Those that are replaced by these."""
    values = _columns(remindings)
    del values["hours"]
    await session.execute(_DROP_EARLIER, values)


def _columns(remindings: Sequence[Reminding]) -> dict[str, list[Any]]:
    return {
        "user_ids": [one.user_id for one in remindings],
        "whats": [one.what for one in remindings],
        "days": [one.local_on for one in remindings],
        "hours": [one.hour for one in remindings],
    }


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
