"""Reactions of gamification."""

from domains.gamification.events import StreakMilestoneReached
from domains.gamification.service import corrections, friend_streaks, merging, streaks
from domains.gamification.service.rewards import reward_lesson, reward_practice
from domains.identity.events import AccountErased, AccountMerged
from domains.kernel.uow import Subscription, UnitOfWork
from domains.learning.events import AnswerRegraded, LessonCompleted, PracticeCompleted


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await merging.merge(uow, fact.from_id, fact.into_id)


async def forget_account(uow: UnitOfWork, fact: AccountErased) -> None:
    await friend_streaks.forget(uow, fact.user_id)


SUBSCRIPTIONS = [
    Subscription("gamification.reward_lesson", LessonCompleted, reward_lesson, "inside"),
    Subscription("gamification.reward_practice", PracticeCompleted, reward_practice, "inside"),
    Subscription("gamification.pay_regraded", AnswerRegraded, corrections.pay_regraded, "inside"),
    Subscription("gamification.merge_accounts", AccountMerged, merge_accounts, "inside"),
    Subscription("gamification.forget_account", AccountErased, forget_account, "inside"),
    Subscription(
        "gamification.pay_milestone", StreakMilestoneReached, streaks.pay_milestone, "after", streaks.pay_milestones
    ),
]
