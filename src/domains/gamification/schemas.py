"""Wire bodies of gamification."""

from datetime import date, datetime
from uuid import UUID

from domains.gamification.policy.leagues import Zone
from domains.kernel.wire import Out
from domains.learning.api import ItemProblem, SyncedAnswerOut


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
    day_xp: int = 0
    """What the learner's day has brought so far, this included."""
    boost: int = 1
    """How many times as much this paid."""


class BoardEntry(Out, frozen=True):
    """Who takes part unseen has an empty `name`, and a `user_id` of this board alone that leads to nobody."""

    rank: int
    user_id: UUID
    name: str
    xp: int
    zone: Zone


class Board(Out, frozen=True):
    """`version` grows with every ledger entry behind the board and with all else that changes it, and never falls.
    `entries` by rank. `you` is the `user_id` of one's own entry."""

    id: UUID
    tier: int
    ends_at: datetime
    version: int
    entries: list[BoardEntry]
    you: UUID


class LeagueResultOut(Out, frozen=True):
    """A week that is over: `tier_after` is where the next one began. `league_id` still has its board."""

    league_id: UUID
    week_on: date
    """Its Monday."""
    tier: int
    rank: int
    xp: int
    tier_after: int


class SyncedSessionOut(Out, frozen=True):
    """`answers` in the order of the batch. Of what the server has now, also from other devices: `answered` of `total`,
    `begun_at` and `completed_at` by its clock. `result` where the learner has finished the session; `problem` where it
    was not found, or cannot be completed (yet)."""

    session_id: UUID
    answers: list[SyncedAnswerOut]
    answered: int
    total: int
    begun_at: datetime | None
    completed_at: datetime | None
    result: SessionResultOut | None
    problem: ItemProblem | None


class SyncOut(Out, frozen=True):
    """`sessions` in the order of the batch."""

    sessions: list[SyncedSessionOut]
