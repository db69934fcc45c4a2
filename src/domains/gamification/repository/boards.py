"""SQL of what boards show."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database

_MEMBERS = """
    SELECT user_id, xp, entries, last_xp_at FROM gamification_league_member WHERE league_id = $1 AND left_at IS NULL
"""
_LEDGER_SUMS = """
    SELECT league_id, user_id, sum(amount)::int AS xp, count(*)::int AS entries, max(occurred_at) AS last_xp_at
    FROM gamification_xp_entry e WHERE league_id = ANY($1::uuid[]) AND NOT EXISTS (
        SELECT FROM gamification_league_member m
        WHERE m.league_id = e.league_id AND m.user_id = e.user_id AND m.left_at IS NOT NULL)
    GROUP BY league_id, user_id
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


async def members(db: Database, league_id: UUID) -> list[MemberSum]:
    return [MemberSum(*row) for row in await db.fetch(_MEMBERS, league_id)]


async def ledger_sums(db: Database, league_ids: Sequence[UUID]) -> dict[UUID, list[MemberSum]]:
    """Every member of the given leagues who has not left, out of the ledger itself."""
    sums: dict[UUID, list[MemberSum]] = {league_id: [] for league_id in league_ids}
    for row in await db.fetch(_LEDGER_SUMS, list(league_ids)):
        sums[row["league_id"]].append(MemberSum(row["user_id"], row["xp"], row["entries"], row["last_xp_at"]))
    return sums
