"""Boards of all, of a course, of friends and of a class over the wire."""

from datetime import date, datetime
from uuid import UUID

from domains.gamification.policy.standings import Period
from domains.kernel.wire import Out


class StandingOut(Out, frozen=True):
    rank: int
    user_id: UUID | None
    """With `name` null for somebody whom you may not see: their place is shown, and not whose it is."""
    name: str | None
    xp: int


class OwnStandingOut(Out, frozen=True):
    rank: int
    xp: int


class StandingsOut(Out, frozen=True):
    """`entries` follow one another by rank. Among those with as much XP, whoever got there first stands higher. `you`
    is the `user_id` of one's own entry."""

    period: Period
    starts_on: date | None
    """Null for all time, as `ends_at`. Days, weeks and months are UTC, for everybody the same."""
    ends_at: datetime | None
    total: int
    """How many have XP in the period."""
    me: OwnStandingOut | None
    """Null before the first XP of the period that counts on boards."""
    entries: list[StandingOut]
    you: UUID
