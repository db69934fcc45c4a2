"""Wire bodies of gamification."""

from datetime import datetime
from uuid import UUID

from domains.gamification.policy.leagues import Zone
from domains.kernel.wire import Out


class LeaguePlace(Out, frozen=True):
    id: UUID
    rank: int


class SessionResultOut(Out, frozen=True):
    xp_earned: int
    xp_total: int
    streak: int
    league: LeaguePlace | None
    """Where the learner is in this week's league; null before the first XP of the week that counts there."""
    lesson_completed: bool
    """False for practice, a review, a test or a placement."""
    lessons_skipped: int = 0
    """Lessons that a test or a placement showed to be known, done from now on."""


class BoardEntry(Out, frozen=True):
    rank: int
    user_id: UUID
    name: str
    xp: int
    zone: Zone


class Board(Out, frozen=True):
    """`version` counts the ledger entries behind the board, so it never falls. `entries` by rank."""

    id: UUID
    tier: int
    ends_at: datetime
    version: int
    entries: list[BoardEntry]
