"""The deliveries: planned, claimed by lease, settled.

A row that waits is claimed by whoever finds it due and without a lease; it is settled by whoever made the last try."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, delete, func, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.uow import Database
from domains.notifications.models import DeliveryRow, LocalMail

_ADD = text("""
    INSERT INTO notifications_delivery (id, user_id, kind, channel, dedupe_key, params, url, state, reason, due_at,
        expires_at, queued_until, created_at)
    SELECT p.id, p.user_id, :kind, p.channel, p.cause, CAST(p.params AS jsonb), p.url, p.state, p.reason, p.due_at,
        p.expires_at, p.queued_until, CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:user_ids AS uuid[]), CAST(:channels AS text[]), CAST(:causes AS text[]),
        CAST(:params AS text[]), CAST(:urls AS text[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
        CAST(:due AS timestamptz[]), CAST(:expiries AS timestamptz[]), CAST(:queued AS timestamptz[]))
        AS p (id, user_id, channel, cause, params, url, state, reason, due_at, expires_at, queued_until)
    ON CONFLICT DO NOTHING RETURNING id
""")

_NEIGHBOURS = text("""
    SELECT mine.id, near.sending, near.held_until FROM notifications_delivery mine, LATERAL (
        SELECT count(*) FILTER (WHERE d.lease_until > :now) AS sending,
            max(greatest(d.due_at, coalesce(d.lease_until, d.due_at))) FILTER (WHERE d.id < mine.id
                AND (d.attempts > 1 AND d.lease_until > :now OR d.attempts > 0 AND d.due_at > :now)) AS held_until
        FROM notifications_delivery d
        WHERE d.user_id = mine.user_id AND d.channel = mine.channel AND d.state = 'waiting' AND d.id <> mine.id
    ) near
    WHERE mine.id = ANY(CAST(:ids AS uuid[]))
""")

# One at a time, so that the daily cap counts what goes out at this very moment.
# In one order everywhere, so that two pages of people never wait for each other.
_TAKE_TURNS = text("""
    SELECT pg_advisory_xact_lock(turn.key) FROM (
        SELECT DISTINCT hashtextextended('notifications.turn.' || name, 0) AS key
        FROM unnest(CAST(:turns AS text[])) name ORDER BY 1
    ) turn
""")


_SETTLE = """
    UPDATE notifications_delivery SET lease_until = NULL, queued_until = NULL, state = $3, reason = $4,
        due_at = coalesce($5, due_at), reference = coalesce($6, reference), sent_at = coalesce($7, sent_at),
        attempts = attempts - CAST(CAST($8 AS boolean) AS int)
    WHERE id = $1 AND state = 'waiting' AND attempts = $2 RETURNING true
"""
_PUT_OFF = """
    UPDATE notifications_delivery SET due_at = $2, queued_until = NULL, reason = $3 WHERE id = $1 AND state = 'waiting'
"""

# Written out, because an index of those that wait is of no use to a statement that only has a parameter.
_WAITING = DeliveryRow.state == literal_column("'waiting'")


class Outcome(NamedTuple):
    """Of one try. None leaves what the row says; `untried`: it does not count as one."""

    state: str
    reason: str = ""
    due_at: datetime | None = None
    reference: str | None = None
    sent_at: datetime | None = None
    untried: bool = False


class Planned(NamedTuple):
    id: UUID
    user_id: UUID
    channel: str
    dedupe_key: str
    params: str
    """JSON."""
    url: str
    state: str
    reason: str
    due_at: datetime
    expires_at: datetime
    queued_until: datetime | None


class Neighbours(NamedTuple):
    """Others on their way to the same person by the same channel."""

    sending: int
    held_until: datetime | None
    """An earlier one failed and waits for its next try until then, or is at it."""


async def add(session: AsyncSession, kind: str, rows: Sequence[Planned], now: datetime) -> set[UUID]:
    """The ids of those that were not there."""
    if not rows:
        return set()
    names = (
        "ids",
        "user_ids",
        "channels",
        "causes",
        "params",
        "urls",
        "states",
        "reasons",
        "due",
        "expiries",
        "queued",
    )
    values = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    return set((await session.scalars(_ADD, {"kind": kind, "now": now, **values})).all())


async def to_claim(session: AsyncSession, delivery_id: UUID, now: datetime) -> DeliveryRow | None:
    """Locked; None where it is not due, done, or under way elsewhere."""
    mine = _free(now).where(DeliveryRow.id == delivery_id)
    return (await session.scalars(mine)).one_or_none()


async def due(
    session: AsyncSession, now: datetime, *, fresh_only: bool, critical: Collection[str], most: int
) -> list[DeliveryRow]:
    """Those whose time has come and that no job is on its way to, the longest overdue first; locked. `fresh_only`:
    without those that were tried before, except of `critical` kinds."""
    unclaimed = DeliveryRow.queued_until.is_(None) | (DeliveryRow.queued_until <= now)
    found = _free(now).where(unclaimed).order_by(DeliveryRow.due_at).limit(most)
    if fresh_only:
        found = found.where((DeliveryRow.attempts == 0) | DeliveryRow.kind.in_(list(critical)))
    return list((await session.scalars(found)).all())


def _free(now: datetime) -> Select[DeliveryRow]:
    return (
        select(DeliveryRow)
        .where(_WAITING, DeliveryRow.due_at <= now)
        .where(DeliveryRow.lease_until.is_(None) | (DeliveryRow.lease_until <= now))
        .with_for_update(skip_locked=True)
    )


async def take_turns(session: AsyncSession, people: Collection[tuple[UUID, str]]) -> None:
    """By person and channel, until the end of the transaction."""
    await session.execute(_TAKE_TURNS, {"turns": [f"{user_id}.{channel}" for user_id, channel in people]})


async def neighbours(session: AsyncSession, ids: Collection[UUID], now: datetime) -> dict[UUID, Neighbours]:
    rows = await session.execute(_NEIGHBOURS, {"ids": list(ids), "now": now})
    return {row.id: Neighbours(row.sending, row.held_until) for row in rows}


async def settle(db: Database, delivery_id: UUID, attempt: int, outcome: Outcome) -> bool:
    """Writes what became of a try and gives the lease back. False when another try has begun or ended since."""
    return bool(await db.fetch(_SETTLE, delivery_id, attempt, *outcome))


async def put_off(db: Database, delivery_id: UUID, due_at: datetime, reason: str) -> None:
    await db.fetch(_PUT_OFF, delivery_id, due_at, reason)


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


async def one_of(session: AsyncSession, user_id: UUID, delivery_id: UUID) -> DeliveryRow | None:
    """Locked; None for somebody else's."""
    mine = select(DeliveryRow).where(DeliveryRow.id == delivery_id, DeliveryRow.user_id == user_id)
    return (await session.scalars(mine.with_for_update())).one_or_none()


async def call_off(session: AsyncSession, cause: str) -> None:
    """What waits and nobody is sending, for whomever."""
    idle = DeliveryRow.lease_until.is_(None) | (DeliveryRow.lease_until <= func.now())
    await session.execute(
        update(DeliveryRow)
        .where(_WAITING, DeliveryRow.dedupe_key == cause, idle)
        .values(state="skipped", reason="called off")
    )


async def move_saved(
    session: AsyncSession, user_id: UUID, kinds: Sequence[str], frequency: str, due_at: datetime, now: datetime
) -> None:
    """What was saved for a digest that is not due yet, of these kinds, to the digest at `due_at`."""
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.user_id == user_id, DeliveryRow.state == "digest", DeliveryRow.kind.in_(list(kinds)))
        .where(DeliveryRow.due_at > now)
        .values(
            reason=frequency,
            due_at=due_at,
            expires_at=func.greatest(DeliveryRow.expires_at, due_at + timedelta(days=1)),
        )
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
