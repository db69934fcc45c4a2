"""The deliveries: planned, claimed by lease, settled.

A row that waits is claimed by whoever finds it due and without a lease; it is settled by whoever made the last try."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.notifications.models import DeliveryRow, LocalMail

_DUE = text("""
    UPDATE notifications_delivery SET queued_until = :queued_until
    WHERE id = ANY(ARRAY(
        SELECT id FROM notifications_delivery
        WHERE state = 'waiting' AND due_at <= :now AND (queued_until IS NULL OR queued_until <= :now)
          AND (lease_until IS NULL OR lease_until <= :now)
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
    ))
    RETURNING id
""")

_NEIGHBOURS = text("""
    SELECT count(*) FILTER (WHERE lease_until > :now) AS sending,
        max(greatest(due_at, coalesce(lease_until, due_at))) FILTER (
            WHERE id < :id AND (attempts > 1 AND lease_until > :now OR attempts > 0 AND due_at > :now)) AS held_until
    FROM notifications_delivery
    WHERE user_id = :user_id AND channel = :channel AND state = 'waiting' AND id <> :id
""")

# One at a time, so that the daily cap counts what goes out at this very moment.
_TAKE_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('notifications.turn.' || CAST(:turn AS text), 0))")


class Neighbours(NamedTuple):
    """Others on their way to the same person by the same channel."""

    sending: int
    held_until: datetime | None
    """An earlier one failed and waits for its next try until then, or is at it."""


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> set[UUID]:
    """The ids of those that were not there."""
    if not rows:
        return set()
    added = insert(DeliveryRow).values(list(rows)).on_conflict_do_nothing().returning(DeliveryRow.id)
    return set((await session.scalars(added)).all())


async def due(session: AsyncSession, now: datetime, *, queued_until: datetime, most: int) -> list[UUID]:
    """Those whose time has come and that no job is on its way to, the longest overdue first; marked as queued."""
    rows = await session.execute(_DUE, {"now": now, "queued_until": queued_until, "most": most})
    return [row.id for row in rows]


async def to_claim(session: AsyncSession, delivery_id: UUID, now: datetime) -> DeliveryRow | None:
    """Locked; None where it is not due, done, or under way elsewhere."""
    free = DeliveryRow.lease_until.is_(None) | (DeliveryRow.lease_until <= now)
    ready = select(DeliveryRow).where(
        DeliveryRow.id == delivery_id, DeliveryRow.state == "waiting", DeliveryRow.due_at <= now, free
    )
    return (await session.scalars(ready.with_for_update(skip_locked=True))).one_or_none()


async def take_turn(session: AsyncSession, user_id: UUID, channel: str) -> None:
    """Until the end of the transaction."""
    await session.execute(_TAKE_TURN, {"turn": f"{user_id}.{channel}"})


async def neighbours(session: AsyncSession, row: DeliveryRow, now: datetime) -> Neighbours:
    values = {"id": row.id, "user_id": row.user_id, "channel": row.channel, "now": now}
    found = (await session.execute(_NEIGHBOURS, values)).one()
    return Neighbours(found.sending, found.held_until)


async def settle(session: AsyncSession, delivery_id: UUID, attempt: int, values: dict[str, Any]) -> bool:
    """Writes what became of a try and gives the lease back. False when another try has begun or ended since."""
    mine = update(DeliveryRow).where(
        DeliveryRow.id == delivery_id, DeliveryRow.state == "waiting", DeliveryRow.attempts == attempt
    )
    result = await session.execute(mine.values(lease_until=None, queued_until=None, **values))
    return cast("CursorResult[Any]", result).rowcount == 1


async def hasten(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    """What waits for a reason that may be gone is looked at again now: wishes are asked once more when it is due."""
    await session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.user_id == user_id,
            DeliveryRow.state == "waiting",
            DeliveryRow.attempts == 0,
            DeliveryRow.due_at > now,
        )
        .values(due_at=now)
    )


async def drop_saved(session: AsyncSession, user_id: UUID, kinds: Sequence[str]) -> None:
    """What was saved for a digest and is not wanted any more."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.user_id == user_id, DeliveryRow.state == "digest", DeliveryRow.kind.in_(list(kinds)))
        .values(state="skipped", reason="switched off")
    )


async def purge(session: AsyncSession, before: datetime, *, most: int) -> bool:
    """Deletes what was settled and made before then. True while there may be more."""
    old = (
        select(DeliveryRow.id)
        .where(DeliveryRow.created_at < before, DeliveryRow.state.not_in(("waiting", "digest")))
        .limit(most)
    )
    result = await session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(old)))
    return cast("CursorResult[Any]", result).rowcount >= most


async def purge_local_mails(session: AsyncSession, before: datetime, *, most: int) -> bool:
    """Mails of a house without SMTP. True while there may be more."""
    old = select(LocalMail.id).where(LocalMail.created_at < before).limit(most)
    result = await session.execute(delete(LocalMail).where(LocalMail.id.in_(old)))
    return cast("CursorResult[Any]", result).rowcount >= most
