"""SQL of the outbox and of the work that facts cause. Each function is one round trip."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.events import Event

_INSERT = text("""
    WITH fact AS (
        INSERT INTO kernel_outbox (id, type, payload, occurred_at, lease_until)
        SELECT f.id, f.type, f.payload, f.occurred_at, now() + make_interval(secs => :lease_s)
        FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:payloads AS text[]),
                    CAST(:times AS timestamptz[])) AS f (id, type, payload, occurred_at)
    )
    INSERT INTO kernel_delivery (event_id, subscription, due_at)
    SELECT d.event_id, d.subscription, now() + make_interval(secs => :lease_s)
    FROM unnest(CAST(:event_ids AS uuid[]), CAST(:subscriptions AS text[])) AS d (event_id, subscription)
""")

# An array is made once. A list behind IN may be made again for each row, and its limit then means nothing.
_CLAIM_FACTS = text("""
    UPDATE kernel_outbox SET lease_until = now() + make_interval(secs => :lease_s)
    WHERE id = ANY(ARRAY(
        SELECT id FROM kernel_outbox WHERE dispatched_at IS NULL AND lease_until < now()
        ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, payload
""")

_FINISH_FACTS = text("""
    WITH spent AS (
        DELETE FROM kernel_outbox WHERE id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS (
            SELECT FROM kernel_delivery WHERE event_id = kernel_outbox.id)
    )
    UPDATE kernel_outbox SET dispatched_at = now() WHERE id = ANY(CAST(:ids AS uuid[])) AND EXISTS (
        SELECT FROM kernel_delivery WHERE event_id = kernel_outbox.id)
""")

_CLAIM_DELIVERY = text("""
    UPDATE kernel_delivery d SET attempts = d.attempts + 1, due_at = now() + make_interval(secs => :lease_s)
    FROM kernel_outbox o
    WHERE d.event_id = :event_id AND d.subscription = :subscription AND d.state = 'pending'
      AND (d.due_at <= now() OR d.attempts = 0) AND o.id = d.event_id
    RETURNING d.attempts, o.payload
""")

_KEEP_DELIVERY = text("""
    UPDATE kernel_delivery SET due_at = now() + make_interval(secs => :lease_s)
    WHERE event_id = :event_id AND subscription = :subscription AND state = 'pending' AND attempts = :attempt
""")

_COMPLETE_DELIVERY = text("""
    UPDATE kernel_delivery SET state = 'done', finished_at = now(), last_error = NULL
    WHERE event_id = :event_id AND subscription = :subscription AND state = 'pending' AND attempts = :attempt
    RETURNING true
""")

_FAIL_DELIVERY = text("""
    UPDATE kernel_delivery SET last_error = :error,
        state = CASE WHEN :dead THEN 'dead' ELSE state END,
        finished_at = CASE WHEN :dead THEN now() ELSE NULL END,
        due_at = now() + make_interval(secs => :delay_s)
    WHERE event_id = :event_id AND subscription = :subscription AND state = 'pending' AND attempts = :attempt
""")

_DUE_DELIVERIES = text("""
    SELECT event_id, subscription, attempts, CAST(extract(epoch FROM now() - due_at) AS float8) AS overdue_s
    FROM kernel_delivery WHERE state = 'pending' AND due_at <= now() ORDER BY due_at LIMIT :most
""")

_LIST_DELIVERIES = text("""
    SELECT d.event_id, d.subscription, o.type, d.state, d.attempts, d.due_at, d.finished_at, d.last_error
    FROM kernel_delivery d JOIN kernel_outbox o ON o.id = d.event_id
    WHERE d.state = :state ORDER BY d.event_id DESC LIMIT :most
""")

_REPLAY = text("""
    UPDATE kernel_delivery SET state = 'pending', attempts = 0, due_at = now(), finished_at = NULL
    WHERE state = 'dead' AND (CAST(:event_id AS uuid) IS NULL OR event_id = :event_id)
      AND (CAST(:subscription AS text) IS NULL OR subscription = :subscription)
    RETURNING event_id, subscription
""")

_HASTEN = text("""
    UPDATE kernel_delivery SET due_at = now()
    WHERE event_id = ANY(CAST(:ids AS uuid[])) AND state = 'pending' AND attempts = 0 AND due_at > now()
""")

_LEAVE_FACTS = text("""
    UPDATE kernel_outbox SET lease_until = now() + make_interval(secs => :lease_s)
    WHERE id = ANY(CAST(:ids AS uuid[]))
""")

_PURGE_FACTS = text("""
    DELETE FROM kernel_outbox WHERE id = ANY(ARRAY(
        SELECT id FROM kernel_outbox o WHERE dispatched_at < now() - make_interval(days => :keep_days)
        AND NOT EXISTS (SELECT FROM kernel_delivery WHERE event_id = o.id AND state <> 'done')
        ORDER BY dispatched_at LIMIT :most FOR UPDATE SKIP LOCKED
    ))
""")

_PURGE_ANSWERS = text("""
    DELETE FROM kernel_idempotent_answer WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM kernel_idempotent_answer WHERE created_at < now() - interval '1 day'
        ORDER BY created_at LIMIT :most FOR UPDATE SKIP LOCKED
    ))
""")

DeliveryState = Literal["pending", "done", "dead"]


class DeliveryKey(NamedTuple):
    event_id: UUID
    subscription: str


class Claim(NamedTuple):
    attempt: int
    """Counts from 1; also the fence: a claim that was overtaken can neither complete nor fail the work."""
    payload: str


class Due(NamedTuple):
    """Pending work whose time has come."""

    key: DeliveryKey
    attempts: int
    overdue_s: float


class DeliveryRecord(NamedTuple):
    """One line of the operator's list of jobs."""

    event_id: UUID
    subscription: str
    event_type: str
    state: str
    attempts: int
    due_at: datetime
    finished_at: datetime | None
    last_error: str | None


async def insert_facts(
    session: AsyncSession, facts: Sequence[Event], deliveries: Sequence[DeliveryKey], *, lease_s: float
) -> None:
    await session.execute(
        _INSERT,
        {
            "ids": [fact.event_id for fact in facts],
            "types": [fact.type_name() for fact in facts],
            "payloads": [msgspec.json.encode(fact).decode() for fact in facts],
            "times": [fact.occurred_at for fact in facts],
            "event_ids": [key.event_id for key in deliveries],
            "subscriptions": [key.subscription for key in deliveries],
            "lease_s": lease_s,
        },
    )


async def claim_facts(session: AsyncSession, *, lease_s: float, most: int) -> list[tuple[UUID, str]]:
    """Undispatched facts whose lease ran out, oldest first, as (id, JSON)."""
    rows = await session.execute(_CLAIM_FACTS, {"lease_s": lease_s, "most": most})
    return sorted((row.id, row.payload) for row in rows)


async def finish_facts(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Facts without work are gone; facts with work stay until the work is done and its keeping time is over."""
    await session.execute(_FINISH_FACTS, {"ids": list(ids)})


async def claim_delivery(session: AsyncSession, key: DeliveryKey, *, lease_s: float) -> Claim | None:
    """None when the work is done, dead, or under way elsewhere."""
    row = (await session.execute(_CLAIM_DELIVERY, {**key._asdict(), "lease_s": lease_s})).one_or_none()
    return Claim(row.attempts, row.payload) if row else None


async def keep_delivery(session: AsyncSession, key: DeliveryKey, attempt: int, *, lease_s: float) -> None:
    """Renews the lease of a claim; changes nothing where it was overtaken."""
    await session.execute(_KEEP_DELIVERY, {**key._asdict(), "attempt": attempt, "lease_s": lease_s})


async def complete_delivery(session: AsyncSession, key: DeliveryKey, attempt: int) -> bool:
    """False when another claim has overtaken this one: the caller must roll its work back."""
    result = await session.execute(_COMPLETE_DELIVERY, {**key._asdict(), "attempt": attempt})
    return result.one_or_none() is not None


async def fail_delivery(
    session: AsyncSession, key: DeliveryKey, attempt: int, *, error: str, delay_s: float, dead: bool
) -> None:
    values: dict[str, Any] = {**key._asdict(), "attempt": attempt, "error": error, "delay_s": delay_s, "dead": dead}
    await session.execute(_FAIL_DELIVERY, values)


async def due_deliveries(session: AsyncSession, *, most: int) -> list[Due]:
    """Longest overdue first."""
    rows = await session.execute(_DUE_DELIVERIES, {"most": most})
    return [Due(DeliveryKey(row.event_id, row.subscription), row.attempts, row.overdue_s) for row in rows]


async def list_deliveries(session: AsyncSession, state: DeliveryState, *, most: int) -> list[DeliveryRecord]:
    """Newest first."""
    rows = await session.execute(_LIST_DELIVERIES, {"state": state, "most": most})
    return [DeliveryRecord(*row) for row in rows]


async def replay_dead(
    session: AsyncSession, *, event_id: UUID | None = None, subscription: str | None = None
) -> list[DeliveryKey]:
    """Dead work made pending again, with all its tries ahead of it; all of it when nothing narrows the choice."""
    rows = await session.execute(_REPLAY, {"event_id": event_id, "subscription": subscription})
    return [DeliveryKey(row.event_id, row.subscription) for row in rows]


async def hasten_deliveries(session: AsyncSession, fact_ids: Sequence[UUID]) -> None:
    """Makes due what was never tried."""
    await session.execute(_HASTEN, {"ids": list(fact_ids)})


async def leave_facts(session: AsyncSession, ids: Sequence[UUID], *, lease_s: float) -> None:
    """Puts facts aside that this process cannot read; another version of it may."""
    await session.execute(_LEAVE_FACTS, {"ids": list(ids), "lease_s": lease_s})


async def purge(session: AsyncSession, *, keep_days: int, most: int) -> bool:
    """Deletes finished work older than `keep_days` and answers to idempotency keys older than a day, at most `most` of
    each. True while there may be more."""
    facts = await session.execute(_PURGE_FACTS, {"keep_days": keep_days, "most": most})
    answers = await session.execute(_PURGE_ANSWERS, {"most": most})
    return max(cast("CursorResult[Any]", facts).rowcount, cast("CursorResult[Any]", answers).rowcount) >= most
