"""SQL of what boards show.

Two readings of a league tell by its `moves` which of them is the later one, where entries alone do not: a place that is
gone is no entry.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database

_MEMBERS = """
    SELECT l.moves, m.user_id, m.xp, m.entries, m.last_xp_at FROM gamification_league l
    LEFT JOIN gamification_league_member m ON m.league_id = l.id AND m.left_at IS NULL
    WHERE l.id = $1
"""
_LEDGER_SUMS = """
    SELECT l.id AS league_id, l.moves, e.user_id, e.xp, e.entries, e.last_xp_at
    FROM gamification_league l LEFT JOIN (
        SELECT league_id, user_id, sum(amount)::int AS xp, count(*)::int AS entries, max(occurred_at) AS last_xp_at
        FROM gamification_xp_entry e WHERE league_id = ANY($1::uuid[]) AND NOT EXISTS (
            SELECT FROM gamification_league_member m
            WHERE m.league_id = e.league_id AND m.user_id = e.user_id AND m.left_at IS NOT NULL)
        GROUP BY league_id, user_id
    ) e ON e.league_id = l.id
    WHERE l.id = ANY($1::uuid[])
"""


class MemberSum(NamedTuple):
    """A learner's week in a league; orders as the board does, the first first."""

    user_id: UUID
    xp: int
    entries: int
    last_xp_at: datetime

    @property
    def order(self) -> tuple[int, datetime, UUID]:
        return -self.xp, self.last_xp_at, self.user_id


class Reading(NamedTuple):
    """A league as it was at some moment; `members` in no order."""

    moves: int
    members: list[MemberSum]


async def members(db: Database, league_id: UUID) -> Reading:
    """Those who have not left; nobody where there is no such league."""
    rows = await db.fetch(_MEMBERS, league_id)
    moves = rows[0]["moves"] if rows else 0
    return Reading(moves, [MemberSum(*row[1:]) for row in rows if row["user_id"] is not None])


async def ledger_sums(db: Database, league_ids: Sequence[UUID]) -> dict[UUID, Reading]:
    """The same of those of the leagues that there are, out of the ledger itself."""
    found: dict[UUID, Reading] = {}
    for league_id, moves, *member in await db.fetch(_LEDGER_SUMS, list(league_ids)):
        reading = found.setdefault(league_id, Reading(moves, []))
        if member[0] is not None:
            reading.members.append(MemberSum(*member))
    return found
