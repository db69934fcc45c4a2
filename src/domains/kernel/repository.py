"""SQL of the outbox and of the work that facts cause. Each function is one round trip.

What runs for every fact goes straight to the driver: `fetch` is `Database.fetch`, or `UnitOfWork.fetch` to be part of a
transaction.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.kernel.events import Event

_INSERT = """
    WITH fact AS (
        INSERT INTO kernel_outbox (id, type, payload, occurred_at, lease_until)
        SELECT f.id, f.type, f.payload, f.occurred_at, now() + make_interval(secs => $7)
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[]) AS f (id, type, payload, occurred_at)
    )
    INSERT INTO kernel_delivery (event_id, subscription, due_at)
    SELECT d.event_id, d.subscription, now() + make_interval(secs => $7)
    FROM unnest($5::uuid[], $6::text[]) AS d (event_id, subscription)
"""

# An array is made once. A list behind IN may be made again for each row, and its limit then means nothing.
_CLAIM_FACTS = """
    UPDATE kernel_outbox SET lease_until = now() + make_interval(secs => $1)
    WHERE id = ANY(ARRAY(
        SELECT id FROM kernel_outbox WHERE dispatched_at IS NULL AND lease_until < now()
        ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
    ))
    RETURNING id, payload
"""

_FINISH_FACTS = """
    WITH spent AS (
        DELETE FROM kernel_outbox WHERE id = ANY($1::uuid[]) AND NOT EXISTS (
            SELECT FROM kernel_delivery WHERE event_id = kernel_outbox.id)
    )
    UPDATE kernel_outbox SET dispatched_at = now() WHERE id = ANY($1::uuid[]) AND EXISTS (
        SELECT FROM kernel_delivery WHERE event_id = kernel_outbox.id)
"""

# Locked in one order, so that two workers who were woken for the same never wait for each other.
_CLAIM_DELIVERIES = """
    WITH mine AS MATERIALIZED (
        SELECT d.event_id, o.payload FROM kernel_delivery d JOIN kernel_outbox o ON o.id = d.event_id
        WHERE d.subscription = $1 AND d.event_id = ANY($2::uuid[]) AND d.state = 'pending'
          AND (d.due_at <= now() OR d.attempts = 0)
        ORDER BY d.event_id FOR UPDATE OF d
    )
    UPDATE kernel_delivery d SET attempts = d.attempts + 1, due_at = now() + make_interval(secs => $3)
    FROM mine WHERE d.event_id = mine.event_id AND d.subscription = $1
    RETURNING d.event_id, d.attempts, mine.payload
"""

_KEEP_DELIVERIES = """
    UPDATE kernel_delivery d SET due_at = now() + make_interval(secs => $4)
    FROM unnest($2::uuid[], $3::int[]) AS c (event_id, attempt)
    WHERE d.subscription = $1 AND d.event_id = c.event_id AND d.state = 'pending' AND d.attempts = c.attempt
"""

_COMPLETE_DELIVERIES = """
    UPDATE kernel_delivery d SET state = 'done', finished_at = now(), last_error = NULL
    FROM unnest($2::uuid[], $3::int[]) AS c (event_id, attempt)
    WHERE d.subscription = $1 AND d.event_id = c.event_id AND d.state = 'pending' AND d.attempts = c.attempt
    RETURNING true
"""

_FAIL_DELIVERY = """
    UPDATE kernel_delivery SET last_error = $4,
        state = CASE WHEN $6::boolean THEN 'dead' ELSE state END,
        finished_at = CASE WHEN $6::boolean THEN now() ELSE NULL END,
        due_at = now() + make_interval(secs => $5)
    WHERE subscription = $1 AND event_id = $2 AND state = 'pending' AND attempts = $3
"""

_DUE_DELIVERIES = """
    SELECT event_id, subscription, attempts, CAST(extract(epoch FROM now() - due_at) AS float8) AS overdue_s
    FROM kernel_delivery WHERE state = 'pending' AND due_at <= now() ORDER BY due_at LIMIT $1
"""

_LIST_DELIVERIES = text("""
    SELECT d.event_id, d.subscription, o.type, d.state, d.attempts, d.due_at, d.finished_at, d.last_error
    FROM kernel_delivery d JOIN kernel_outbox o ON o.id = d.event_id
    WHERE d.state = :state AND (CAST(:subscription AS text) IS NULL OR d.subscription = :subscription)
      AND (CAST(:event_id AS uuid) IS NULL OR (d.event_id, d.subscription) < (:event_id, :after))
    ORDER BY d.event_id DESC, d.subscription DESC LIMIT :most
""")

_DELIVERY = text("""
    SELECT d.event_id, d.subscription, o.type, d.state, d.attempts, d.due_at, d.finished_at, d.last_error, o.payload
    FROM kernel_delivery d JOIN kernel_outbox o ON o.id = d.event_id
    WHERE d.event_id = :event_id AND d.subscription = :subscription
""")

_COUNT_DELIVERIES = text("""
    SELECT subscription, count(*) FILTER (WHERE state = 'dead') AS dead,
        count(*) FILTER (WHERE state = 'pending') AS pending,
        count(*) FILTER (WHERE state = 'pending' AND last_error IS NOT NULL) AS retrying,
        min(due_at) FILTER (WHERE state = 'pending') AS due_at,
        min(finished_at) FILTER (WHERE state = 'dead') AS dead_since
    FROM kernel_delivery WHERE state IN ('dead', 'pending') GROUP BY subscription ORDER BY dead DESC, subscription
""")

_REPLAY = text("""
    UPDATE kernel_delivery SET state = 'pending', attempts = 0, due_at = now(), finished_at = NULL
    WHERE state = 'dead' AND (CAST(:event_id AS uuid) IS NULL OR event_id = :event_id)
      AND (CAST(:subscription AS text) IS NULL OR subscription = :subscription)
    RETURNING event_id, subscription
""")

_HASTEN = """
    UPDATE kernel_delivery SET due_at = now()
    WHERE event_id = ANY($1::uuid[]) AND state = 'pending' AND attempts = 0 AND due_at > now()
"""

_LEAVE_FACTS = """
    UPDATE kernel_outbox SET lease_until = now() + make_interval(secs => $2) WHERE id = ANY($1::uuid[])
"""

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

Fetch = Callable[..., Awaitable[list[asyncpg.Record]]]
"""A statement, then its values."""

DeliveryState = Literal["pending", "done", "dead"]


class DeliveryKey(NamedTuple):
    event_id: UUID
    subscription: str


class Claim(NamedTuple):
    event_id: UUID
    attempt: int
    """Counts from 1; also the fence: a claim that was overtaken can neither complete nor fail the work."""
    payload: str


class Due(NamedTuple):
    """Pending work whose time has come."""

    key: DeliveryKey
    attempts: int
    overdue_s: float


class DeliveryCount(NamedTuple):
    subscription: str
    dead: int
    pending: int
    retrying: int
    """Of the pending ones: has failed before."""
    due_at: datetime | None
    """Of what is due first."""
    dead_since: datetime | None
    """When the first of the dead ones was given up."""


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
    fetch: Fetch, facts: Sequence[Event], deliveries: Sequence[DeliveryKey], *, lease_s: float
) -> None:
    await fetch(
        _INSERT,
        [fact.event_id for fact in facts],
        [fact.type_name() for fact in facts],
        [msgspec.json.encode(fact).decode() for fact in facts],
        [fact.occurred_at for fact in facts],
        [key.event_id for key in deliveries],
        [key.subscription for key in deliveries],
        lease_s,
    )


async def claim_facts(fetch: Fetch, *, lease_s: float, most: int) -> list[tuple[UUID, str]]:
    """Undispatched facts whose lease ran out, oldest first, as (id, JSON)."""
    return sorted((row["id"], row["payload"]) for row in await fetch(_CLAIM_FACTS, lease_s, most))


async def finish_facts(fetch: Fetch, ids: Sequence[UUID]) -> None:
    """Facts without work are gone; facts with work stay until the work is done and its keeping time is over."""
    await fetch(_FINISH_FACTS, list(ids))


async def claim_deliveries(
    fetch: Fetch, subscription: str, event_ids: Sequence[UUID], *, lease_s: float
) -> list[Claim]:
    """In the order of their facts; without what is done, dead, or under way elsewhere."""
    rows = await fetch(_CLAIM_DELIVERIES, subscription, list(event_ids), lease_s)
    return sorted(Claim(*row) for row in rows)


async def keep_deliveries(fetch: Fetch, subscription: str, claims: Sequence[Claim], *, lease_s: float) -> None:
    """Renews the lease of claims; changes nothing where one was overtaken, or is over."""
    await fetch(_KEEP_DELIVERIES, subscription, *_fences(claims), lease_s)


async def complete_deliveries(fetch: Fetch, subscription: str, claims: Sequence[Claim]) -> bool:
    """False when another claim has overtaken one of these: the caller must roll their work back."""
    return len(await fetch(_COMPLETE_DELIVERIES, subscription, *_fences(claims))) == len(claims)


async def fail_delivery(
    fetch: Fetch, subscription: str, claim: Claim, *, error: str, delay_s: float, dead: bool
) -> None:
    await fetch(_FAIL_DELIVERY, subscription, claim.event_id, claim.attempt, error, delay_s, dead)


def _fences(claims: Sequence[Claim]) -> tuple[list[UUID], list[int]]:
    return [claim.event_id for claim in claims], [claim.attempt for claim in claims]


async def due_deliveries(fetch: Fetch, *, most: int) -> list[Due]:
    """Longest overdue first."""
    rows = await fetch(_DUE_DELIVERIES, most)
    return [Due(DeliveryKey(row["event_id"], row["subscription"]), row["attempts"], row["overdue_s"]) for row in rows]


async def list_deliveries(
    session: AsyncSession,
    state: DeliveryState,
    *,
    most: int,
    subscription: str | None = None,
    after: DeliveryKey | None = None,
) -> list[DeliveryRecord]:
    """Newest first."""
    event_id, last = after or (None, None)
    values = {"state": state, "most": most, "subscription": subscription, "event_id": event_id, "after": last}
    rows = await session.execute(_LIST_DELIVERIES, values)
    return [DeliveryRecord(*row) for row in rows]


async def delivery(session: AsyncSession, key: DeliveryKey) -> tuple[DeliveryRecord, str] | None:
    """With its fact as JSON."""
    row = (await session.execute(_DELIVERY, key._asdict())).one_or_none()
    return None if row is None else (DeliveryRecord(*row[:-1]), row[-1])


async def count_deliveries(session: AsyncSession) -> list[DeliveryCount]:
    """Of the subscriptions that have open or dead work; those with most dead work first."""
    return [DeliveryCount(*row) for row in await session.execute(_COUNT_DELIVERIES)]


async def replay_dead(
    session: AsyncSession, *, event_id: UUID | None = None, subscription: str | None = None
) -> list[DeliveryKey]:
    """Dead work made pending again, with all its tries ahead of it; all of it when nothing narrows the choice."""
    rows = await session.execute(_REPLAY, {"event_id": event_id, "subscription": subscription})
    return [DeliveryKey(row.event_id, row.subscription) for row in rows]


async def hasten_deliveries(fetch: Fetch, fact_ids: Sequence[UUID]) -> None:
    """Makes due what was never tried."""
    await fetch(_HASTEN, list(fact_ids))


async def leave_facts(fetch: Fetch, ids: Sequence[UUID], *, lease_s: float) -> None:
    """Puts facts aside that this process cannot read; another version of it may."""
    await fetch(_LEAVE_FACTS, list(ids), lease_s)


async def purge(session: AsyncSession, *, keep_days: int, most: int) -> bool:
    """Deletes finished work older than `keep_days` and answers to idempotency keys older than a day, at most `most` of
    each. True while there may be more."""
    facts = await session.execute(_PURGE_FACTS, {"keep_days": keep_days, "most": most})
    answers = await session.execute(_PURGE_ANSWERS, {"most": most})
    return max(cast("CursorResult[Any]", facts).rowcount, cast("CursorResult[Any]", answers).rowcount) >= most
