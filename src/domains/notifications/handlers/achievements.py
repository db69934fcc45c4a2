"""What is worth telling of achievements."""

from collections.abc import Sequence

from domains.gamification import api as gamification
from domains.gamification.events import AchievementAwarded
from domains.identity import api as identity
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications.service import plan
from domains.notifications.service.plan import Telling


async def tell_achievements(uow: UnitOfWork, facts: Sequence[AchievementAwarded]) -> None:
    """Of several levels of one that come together, the highest."""
    highest = {(fact.user_id, fact.achievement): fact for fact in sorted(facts, key=lambda fact: fact.level)}
    contacts = await identity.contacts(uow, {user_id for user_id, _ in highest})
    tellings = [
        Telling(
            fact.user_id,
            {"title": words.title, "description": words.text},
            "/achievements",
            f"achievement:{fact.achievement}:{fact.level}",
            fact.correlation_id,
        )
        for fact in highest.values()
        if fact.user_id in contacts
        and (words := gamification.achievement_words(uow, fact.achievement, fact.level, contacts[fact.user_id].locale))
    ]
    await plan.notify_all(uow, "achievement", tellings)


async def tell_achievement(uow: UnitOfWork, fact: AchievementAwarded) -> None:
    await tell_achievements(uow, [fact])


SUBSCRIPTIONS = [
    Subscription("notifications.tell_achievement", AchievementAwarded, tell_achievement, "after", tell_achievements),
]
