"""SQL of gems: one entry a cause, with the purse that sums them up written in the same statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork

# Purses in one order, so that two who pay the same learners cannot wait for each other.
_EARN = """
    WITH entry AS (
        INSERT INTO gamification_gem_entry (id, user_id, cause, amount)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) AS e (id, user_id, cause, amount)
        ORDER BY user_id, cause
        ON CONFLICT (user_id, cause) DO NOTHING RETURNING user_id, amount
    ), earned AS (
        SELECT user_id, sum(amount)::int AS amount FROM entry GROUP BY user_id
    ), purse AS (
        INSERT INTO gamification_purse AS p (user_id, gems, version) SELECT user_id, amount, 1 FROM earned
        ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET gems = p.gems + excluded.gems, version = p.version + 1
        RETURNING p.user_id, p.gems, p.version
    )
    SELECT user_id, gems, version, amount FROM purse JOIN earned USING (user_id)
"""

# FOR UPDATE reads the purse as it is once the lock is granted, and so does the update that follows in the statement.
_SPEND = """
    WITH purse AS MATERIALIZED (
        SELECT user_id, gems FROM gamification_purse WHERE user_id = $2 FOR UPDATE
    ), entry AS (
        INSERT INTO gamification_gem_entry (id, user_id, cause, amount)
        SELECT $1::uuid, user_id, $3::text, -$4::int FROM purse WHERE gems >= $4::int
        ON CONFLICT (user_id, cause) DO NOTHING RETURNING user_id, amount
    )
    UPDATE gamification_purse p SET gems = p.gems + e.amount, version = p.version + 1 FROM entry e
    WHERE p.user_id = e.user_id RETURNING p.gems, p.version
"""
_PURSE = "SELECT gems, version FROM gamification_purse WHERE user_id = $1"
_IS_PAID = "SELECT FROM gamification_gem_entry WHERE user_id = $1 AND cause = $2"
_CAUSES = "SELECT cause, created_at AS at FROM gamification_gem_entry WHERE user_id = $1 AND cause LIKE $2 ORDER BY id"
_ENTRIES = """
    SELECT id, cause, amount, created_at AS at FROM gamification_gem_entry
    WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""

# One after the other, by whoever comes first: a purse is locked before its entries are looked at.
_LOCK = "SELECT FROM gamification_purse WHERE user_id = ANY($1::uuid[]) ORDER BY user_id FOR UPDATE"
# Nobody loses gems by having had two accounts: what both were paid for stays paid twice, under names of their own.
_MOVE = """
    WITH gone AS (DELETE FROM gamification_gem_entry WHERE user_id = $1 RETURNING *), entry AS (
        INSERT INTO gamification_gem_entry (id, user_id, cause, amount, created_at)
        SELECT g.id, $2::uuid, CASE WHEN own.id IS NULL THEN g.cause ELSE g.cause || ':' || $1::uuid END, g.amount,
            g.created_at
        FROM gone g LEFT JOIN gamification_gem_entry own ON own.user_id = $2 AND own.cause = g.cause
    ), purse AS (
        DELETE FROM gamification_purse WHERE user_id = $1 RETURNING gems, version
    )
    INSERT INTO gamification_purse AS p (user_id, gems, version) SELECT $2::uuid, gems, version + 1 FROM purse
    ON CONFLICT (user_id) DO UPDATE
    SET gems = p.gems + excluded.gems, version = greatest(p.version, excluded.version) + 1
"""


class Payment(NamedTuple):
    user_id: UUID
    cause: str
    amount: int


class Purse(NamedTuple):
    gems: int
    version: int
    """Grows with every change."""


class Paid(NamedTuple):
    user_id: UUID
    purse: Purse
    """As it is now."""
    amount: int


class Entry(NamedTuple):
    id: UUID
    cause: str
    amount: int
    at: datetime


class Cause(NamedTuple):
    cause: str
    at: datetime


async def earn(uow: UnitOfWork, payments: Sequence[Payment]) -> list[Paid]:
    """Of those for whom any of it had not been paid."""
    users, causes, amounts = (list(column) for column in zip(*payments, strict=True))
    rows = await uow.fetch(_EARN, [new_id() for _ in payments], users, causes, amounts)
    return [Paid(user_id, Purse(gems, version), amount) for user_id, gems, version, amount in rows]


async def spend(uow: UnitOfWork, user_id: UUID, amount: int, cause: str) -> Purse | None:
    """What is left; None, and nothing spent, where there is less than that or the cause was paid for before."""
    rows = await uow.fetch(_SPEND, new_id(), user_id, cause, amount)
    return Purse(*rows[0]) if rows else None


async def purse(uow: UnitOfWork, user_id: UUID) -> Purse:
    rows = await uow.fetch(_PURSE, user_id)
    return Purse(*rows[0]) if rows else Purse(0, 0)


async def is_paid(uow: UnitOfWork, user_id: UUID, cause: str) -> bool:
    return bool(await uow.fetch(_IS_PAID, user_id, cause))


async def causes(uow: UnitOfWork, user_id: UUID, prefix: str) -> list[Cause]:
    """Those of a learner that begin so, the oldest first. `prefix` has no wildcard in it."""
    return [Cause(*row) for row in await uow.fetch(_CAUSES, user_id, f"{prefix}%")]


async def entries(uow: UnitOfWork, user_id: UUID, *, before: UUID | None, most: int) -> list[Entry]:
    """The newest first."""
    return [Entry(*row) for row in await uow.fetch(_ENTRIES, user_id, before, most)]


async def move(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """Two round trips."""
    await uow.fetch(_LOCK, [from_id, into_id])
    await uow.fetch(_MOVE, from_id, into_id)
