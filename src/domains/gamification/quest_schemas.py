"""Wire bodies of quests."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from domains.gamification.policy.quests import Cadence, Metric
from domains.kernel.wire import In, Out


class QuestOut(Out, frozen=True):
    """`key` names it for good and claims it. It is done on days from `first_on` to `last_on` of one's own calendar, and
    can be claimed until the day after. `progress` never exceeds `target`."""

    key: str
    cadence: Cadence
    name: str
    metric: Metric
    target: int
    progress: int
    gems: int
    claimed: bool
    first_on: date
    last_on: date


class FriendOut(Out, frozen=True):
    user_id: UUID
    name: str


class FriendQuestOut(Out, frozen=True):
    """`progress` is of both, `mine` is one's own part in it; `friend` is null where they may not be seen any more.
    `ends_at` is when it, or the invitation, is over; a quest can be claimed for a day after."""

    id: UUID
    key: str
    state: Literal["invited", "asked", "running", "over"]
    """invited: by the friend; asked: by me."""
    friend: FriendOut | None
    name: str
    metric: Metric
    target: int
    progress: int
    mine: int
    gems: int
    claimed: bool
    ends_at: datetime


class BadgeOut(Out, frozen=True):
    month: str
    """As 2026-11."""
    earned_at: datetime


class BadgeAheadOut(Out, frozen=True):
    """How many daily quests of the month were claimed, and how many earn its badge."""

    month: str
    claimed: int
    target: int


class QuestsOut(Out, frozen=True):
    """`quests`: those of today and of this week, then those of yesterday and last week that may still be claimed.
    `badges` are all that were earned, the oldest first."""

    quests: list[QuestOut]
    friends: list[FriendQuestOut]
    month: BadgeAheadOut
    badges: list[BadgeOut]


class ClaimOut(Out, frozen=True):
    """`earned` is 0 where it had been claimed before. `badge` is the month whose badge came with it."""

    key: str
    earned: int
    gems: int
    badge: str | None


class FriendQuestIn(In, frozen=True):
    user_id: UUID
