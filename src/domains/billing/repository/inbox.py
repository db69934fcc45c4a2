"""The inbox of webhooks."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domains.billing.models import WebhookRow
from domains.kernel.ids import new_id
from domains.kernel.uow import Database


async def add(session: AsyncSession, provider: str, event_ref: str, kind: str, body: bytes) -> UUID | None:
    """None when this event, or these very bytes under another event's name, are there already."""
    return await session.scalar(
        insert(WebhookRow)
        .values(
            id=new_id(),
            provider=provider,
            event_ref=event_ref,
            type=kind,
            body=body,
            body_hash=hashlib.sha256(body).digest(),
        )
        .on_conflict_do_nothing()
        .returning(WebhookRow.id)
    )


class Open(NamedTuple):
    provider: str
    body: bytes


async def still_to_apply(db: Database, webhook_id: UUID) -> Open | None:
    """None when it was applied or set aside."""
    rows = await db.fetch(
        "SELECT provider, body FROM billing_webhook WHERE id = $1 AND state = 'received'",
        webhook_id,
    )
    return Open(rows[0]["provider"], rows[0]["body"]) if rows else None


async def next_lookup(db: Database) -> int:
    """The number of a look-up that begins now."""
    [row] = await db.fetch("SELECT nextval('billing_lookup') AS number")
    number: int = row["number"]
    return number


async def settle(session: AsyncSession, webhook_id: UUID, state: str, note: str, now: datetime) -> None:
    await session.execute(
        update(WebhookRow).where(WebhookRow.id == webhook_id).values(state=state, note=note[:500], handled_at=now)
    )


async def listed(
    session: AsyncSession, state: str | None, *, most: int, before: UUID | None = None
) -> Sequence[WebhookRow]:
    """The newest first."""
    query = select(WebhookRow).order_by(WebhookRow.id.desc()).limit(most)
    if before is not None:
        query = query.where(WebhookRow.id < before)
    found = await session.scalars(query if state is None else query.where(WebhookRow.state == state))
    return found.all()


async def one(session: AsyncSession, webhook_id: UUID) -> WebhookRow | None:
    return await session.get(WebhookRow, webhook_id)


async def open_counts(db: Database) -> list[tuple[str, str, int]]:
    """Provider, state and how many, of those that nobody is done with."""
    rows = await db.fetch(
        "SELECT provider, state, count(*) AS number FROM billing_webhook"
        " WHERE state IN ('received', 'quarantined') GROUP BY provider, state"
    )
    return [(row["provider"], row["state"], row["number"]) for row in rows]


async def reopen(session: AsyncSession, webhook_id: UUID | None) -> Sequence[UUID]:
    """Those that will be applied again: the one, unless its body is forgotten, or all that are set aside."""
    which = WebhookRow.id == webhook_id if webhook_id is not None else WebhookRow.state == "quarantined"
    found = await session.scalars(
        update(WebhookRow)
        .where(which, WebhookRow.body != b"")
        .values(state="received", note="", handled_at=None)
        .returning(WebhookRow.id)
    )
    return found.all()


async def forget_bodies(session: AsyncSession, before: datetime, *, most: int) -> int:
    """Of webhooks that were handled before; the hash stays, so that none is taken for new. How many."""
    old = (
        select(WebhookRow.id)
        .where(WebhookRow.state.in_(("applied", "ignored")), WebhookRow.handled_at < before, WebhookRow.body != b"")
        .limit(most)
    )
    found = await session.scalars(
        update(WebhookRow).where(WebhookRow.id.in_(old)).values(body=b"").returning(WebhookRow.id)
    )
    return len(found.all())
