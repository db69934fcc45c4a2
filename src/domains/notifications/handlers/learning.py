"""What is worth telling of lessons and leagues."""

from domains.gamification.events import LeagueEntered, LessonRewarded
from domains.kernel.uow import Subscription, UnitOfWork
from domains.notifications import service


async def tell_lesson_completed(uow: UnitOfWork, fact: LessonRewarded) -> None:
    days = "1 day" if fact.streak_days == 1 else f"{fact.streak_days} days"
    await service.notify(
        uow,
        fact.user_id,
        kind="lesson_completed",
        title="Lesson completed",
        body=f"+{fact.xp_earned} XP. Your streak: {days}.",
        url=f"/lessons/{fact.lesson_id}",
        dedupe_key=f"lesson:{fact.session_id}" if fact.session_id else f"view:{fact.lesson_id}",
    )


async def tell_league_entered(uow: UnitOfWork, fact: LeagueEntered) -> None:
    await service.notify(
        uow,
        fact.user_id,
        kind="league_entered",
        title="You entered this week's league",
        body=f"Tier {fact.tier}. It ends on {fact.ends_on.isoformat()} at midnight UTC.",
        url="/leagues/current",
        dedupe_key=f"league:{fact.league_id}",
    )


SUBSCRIPTIONS = [
    Subscription("notifications.tell_lesson_completed", LessonRewarded, tell_lesson_completed, "after"),
    Subscription("notifications.tell_league_entered", LeagueEntered, tell_league_entered, "after"),
]
