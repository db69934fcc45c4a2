"""Streaks over the wire. Dates are of the learner's own calendar."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from domains.kernel.wire import In, Out


class StreakState(StrEnum):
    NONE = "none"
    """Nothing has begun, or what had begun is over for good."""
    DONE = "done"
    """Practised today."""
    OPEN = "open"
    """Goes on with practice today; and without, where a freeze or a weekend keeps the day."""
    AT_RISK = "at_risk"
    """Lost unless there is practice today."""
    LOST = "lost"
    """Over, and to be had back by `repair`."""


class RepairOut(Out, frozen=True):
    """`days` of the streak that was lost. It is back once `sessions_needed` sessions were completed since, the last of
    them on `until`; `sessions` were."""

    days: int
    until: date
    sessions: int
    sessions_needed: int


class MilestoneOut(Out, frozen=True):
    days: int
    gems: int


class StreakOut(Out, frozen=True):
    """`current` days of practice without a gap, 0 once that is over. `kept_so_far`: days since the last practice that
    practice today would keep. `repair` is also told while a new streak has begun."""

    current: int
    longest: int
    state: StreakState
    today: date
    last_on: date | None
    freezes: int
    most_freezes: int
    pauses_weekends: bool
    kept_so_far: list[date]
    repair: RepairOut | None
    next_milestone: MilestoneOut | None


class CalendarDayOut(Out, frozen=True):
    """`sessions` completed. A day that is not practised was kept for the streak in the way that `state` says."""

    on: date
    state: Literal["practised", "frozen", "paused", "travelled", "repaired"]
    sessions: int


class StreakCalendarOut(Out, frozen=True):
    """`days` on which there was practice, or none and the streak went on; in their order."""

    first_on: date
    last_on: date
    days: list[CalendarDayOut]


class FriendStreakOut(Out, frozen=True):
    """`state`: `asked` by me, `invited` by the friend, or `running`; then `current` days on which both practised,
    and who has today, each by their own calendar."""

    user_id: UUID
    name: str
    state: Literal["asked", "invited", "running"]
    current: int
    longest: int
    mine_today: bool
    theirs_today: bool


class FriendStreaksOut(Out, frozen=True):
    """`most` that somebody has at a time."""

    most: int
    items: list[FriendStreakOut]


class FriendStreakIn(In, frozen=True):
    user_id: UUID
