"""Facts of gamification."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from domains.gamification.policy.streaks import Kept
from domains.kernel.events import Event, Published


class LessonRewarded(Event, frozen=True, kw_only=True, tag="gamification.lesson_rewarded.v1"):
    """What completing a lesson brought, all values absolute after the award."""

    user_id: UUID
    lesson_id: UUID | None
    """None for practice, a review, a test or a placement."""
    session_id: UUID | None
    xp_earned: int
    xp_total: int
    streak_days: int
    league_id: UUID | None
    """None where it counts on no board; the other members about the league are empty then."""
    league_xp: int
    """This learner's XP in the league's week."""
    league_entries: int
    """How many ledger entries `league_xp` sums up; orders concurrent updates of the board."""
    league_xp_at: datetime
    """When the last of them was earned, in whole milliseconds; breaks ties."""
    league_week_on: date
    league_rank: int
    """1 is first; as it was at the commit."""
    local_on: date | None = None
    """The learner's own date on which it was earned; None in facts that are older than this field."""
    day_xp: int = 0
    """What that date has brought."""
    boost: int = 1
    """How many times as much it paid."""


class LeagueEntered(Event, frozen=True, kw_only=True, tag="gamification.league_entered.v1"):
    user_id: UUID
    league_id: UUID
    tier: int
    """1 (lowest) to 10."""
    ends_on: date
    """The Monday at whose UTC midnight the league ends."""


class LeagueFinished(Event, frozen=True, kw_only=True, tag="gamification.league_finished.v1"):
    """How a week ended for a member who had not left. Recorded once, however late the week was finalised."""

    user_id: UUID
    league_id: UUID
    week_on: date
    tier: int
    tier_after: int
    rank: int
    active: int
    """How many had XP in it."""
    xp: int
    gems: int


class StandingsMoved(Event, frozen=True, kw_only=True, tag="gamification.standings_moved.v1"):
    """One learner's place in these leagues became another's; a board that only ever adds does not show it."""

    league_ids: list[UUID]
    user_ids: list[UUID] = msgspec.field(default_factory=list)
    """Whose sums are others than before."""


class GoalReached(Event, frozen=True, kw_only=True, tag="gamification.goal_reached.v1"):
    """A day brought what its learner had set as their goal; once for each day."""

    published: ClassVar[Published | None] = Published("progress-events", "goal.reached")

    user_id: UUID
    local_on: date
    goal_xp: int
    xp: int
    """Of the day by then."""


class StreakExtended(Event, frozen=True, kw_only=True, tag="gamification.streak_extended.v1"):
    published: ClassVar[Published | None] = Published("progress-events", "streak.extended")

    user_id: UUID
    days: int
    local_on: date
    """The learner's own date on which the day was earned."""


class StreakKept(Event, frozen=True, kw_only=True, tag="gamification.streak_kept.v1"):
    """Days without practice that did not end a streak: said when practice came back after them."""

    user_id: UUID
    days: int
    """Of the streak, by now."""
    kept: dict[date, Kept]
    freezes_left: int


class StreakMilestoneReached(Event, frozen=True, kw_only=True, tag="gamification.streak_milestone_reached.v1"):
    """Said once in a life for each length."""

    published: ClassVar[Published | None] = Published("progress-events", "streak.milestone_reached")

    user_id: UUID
    days: int


class AchievementAwarded(Event, frozen=True, kw_only=True, tag="gamification.achievement_awarded.v1"):
    """Recorded once for each level of an achievement that somebody reaches."""

    published: ClassVar[Published | None] = Published("progress-events", "achievement.awarded")

    user_id: UUID
    achievement: str
    level: int
    """From 1."""
    gems: int
    """What it paid."""
    awarded_at: datetime
    local_on: date | None
    """The learner's own date then."""


class GemsChanged(Event, frozen=True, kw_only=True, tag="gamification.gems_changed.v1"):
    """Gems were earned or spent. For live screens only: the purse is the truth."""

    durable: ClassVar[bool] = False

    user_id: UUID
    gems: int
    """All of them, after it."""
    version: int = 0
    """Grows with every change of theirs; 0 in facts that are older than this field."""
    amount: int
    """How many came; below nothing where they were spent."""
    reason: str
    """What the cause begins with: quest, badge, own, buy, …"""


class QuestClaimed(Event, frozen=True, kw_only=True, tag="gamification.quest_claimed.v1"):
    published: ClassVar[Published | None] = Published("progress-events", "quest.completed")

    user_id: UUID
    key: str
    """`daily:{date}:{id}`, `weekly:{Monday}:{id}` or `friend:{id}`."""
    gems: int


class MonthlyBadgeEarned(Event, frozen=True, kw_only=True, tag="gamification.monthly_badge_earned.v1"):
    published: ClassVar[Published | None] = Published("progress-events", "badge.earned")

    user_id: UUID
    month: str
    """As 2026-11; of the learner's own calendar."""


class FriendQuestInvited(Event, frozen=True, kw_only=True, tag="gamification.friend_quest_invited.v1"):
    quest_id: UUID
    from_id: UUID
    to_id: UUID
    quest: str = ""
    """Which it is, in the book of quests; empty in facts that are older than this field."""
    name: str
    """Of the quest, in English."""
    days: int
    """For which it goes on once it has begun."""


class FriendQuestBegun(Event, frozen=True, kw_only=True, tag="gamification.friend_quest_begun.v1"):
    quest_id: UUID
    user_ids: list[UUID]
    """Of both."""
    ends_at: datetime
