"""Reactions of gamification."""

from domains.gamification.service import corrections, merging
from domains.gamification.service.rewards import reward_lesson, reward_practice
from domains.identity.events import AccountMerged
from domains.kernel.uow import Subscription, UnitOfWork
from domains.learning.events import AnswerRegraded, LessonCompleted, PracticeCompleted


async def merge_accounts(uow: UnitOfWork, fact: AccountMerged) -> None:
    await merging.merge(uow, fact.from_id, fact.into_id)


SUBSCRIPTIONS = [
    Subscription("gamification.reward_lesson", LessonCompleted, reward_lesson, "inside"),
    Subscription("gamification.reward_practice", PracticeCompleted, reward_practice, "inside"),
    Subscription("gamification.pay_regraded", AnswerRegraded, corrections.pay_regraded, "inside"),
    Subscription("gamification.merge_accounts", AccountMerged, merge_accounts, "inside"),
]
