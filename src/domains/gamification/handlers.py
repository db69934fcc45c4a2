"""Reactions of gamification."""

from collections.abc import Sequence

from domains.gamification.events import LessonRewarded, QuestClaimed, StandingsMoved, StreakMilestoneReached
from domains.gamification.repository import standings
from domains.gamification.service import (
    achievements,
    corrections,
    friend_quests,
    friend_streaks,
    goals,
    leagues,
    merging,
    streaks,
)
from domains.gamification.service.achievements import Occasion
from domains.gamification.service.rewards import reward_lesson, reward_practice
from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.uow import Subscription, UnitOfWork
from domains.learning.events import AnswerRegraded, LessonCompleted, PracticeCompleted
from domains.profiles.events import FriendsMade, PreferencesChanged


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await merging.merge(uow, fact.from_id, fact.into_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await friend_streaks.forget(uow, fact.user_id)
    await friend_quests.forget(uow, fact.user_id)
    await leagues.show_anew(uow, fact.user_id)


async def tally(uow: UnitOfWork, fact: LessonRewarded) -> None:
    await tally_many(uow, [fact])


async def tally_many(uow: UnitOfWork, facts: Sequence[LessonRewarded]) -> None:
    await standings.tally(uow, {fact.user_id for fact in facts if fact.league_id is not None})


async def tally_moved(uow: UnitOfWork, fact: StandingsMoved) -> None:
    if fact.user_ids:
        await standings.tally_moved(uow, fact.user_ids)


async def celebrate(uow: UnitOfWork, fact: LessonRewarded) -> None:
    await celebrate_many(uow, [fact])


async def celebrate_many(uow: UnitOfWork, facts: Sequence[LessonRewarded]) -> None:
    """A goal that was reached counts towards achievements at once."""
    await goals.celebrate(uow, facts)
    await achievements.award(uow, [Occasion.of(fact) for fact in facts])


async def award_friends(uow: UnitOfWork, fact: FriendsMade) -> None:
    both = [Occasion(user_id, fact.occurred_at, fact.correlation_id) for user_id in fact.user_ids]
    await achievements.award(uow, both, ["friends"])


async def award_quest(uow: UnitOfWork, fact: QuestClaimed) -> None:
    await achievements.award(uow, [Occasion(fact.user_id, fact.occurred_at, fact.correlation_id)], ["quests"])


SUBSCRIPTIONS = [
    Subscription("gamification.tally", LessonRewarded, tally, "after", tally_many),
    Subscription("gamification.tally_moved", StandingsMoved, tally_moved, "after"),
    Subscription("gamification.reward_lesson", LessonCompleted, reward_lesson, "inside"),
    Subscription("gamification.reward_practice", PracticeCompleted, reward_practice, "inside"),
    Subscription("gamification.pay_regraded", AnswerRegraded, corrections.pay_regraded, "inside"),
    Subscription("gamification.celebrate", LessonRewarded, celebrate, "after", celebrate_many),
    Subscription("gamification.award_friends", FriendsMade, award_friends, "after"),
    Subscription("gamification.award_quest", QuestClaimed, award_quest, "after"),
    Subscription("gamification.merge_accounts", AccountMerged, merge_accounts, "inside"),
    Subscription("gamification.follow_league_wishes", PreferencesChanged, leagues.follow_wishes, "inside"),
    Subscription("gamification.forget_account", AccountErased, forget_account, "inside"),
    Subscription(
        "gamification.pay_milestone", StreakMilestoneReached, streaks.pay_milestone, "after", streaks.pay_milestones
    ),
]
