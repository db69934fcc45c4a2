"""What is worth telling of lessons, courses and leagues."""

from domains.catalog import api as catalog
from domains.gamification.events import LeagueEntered, LessonRewarded
from domains.kernel.uow import Subscription, UnitOfWork
from domains.learning.events import CourseCompleted
from domains.notifications.service import plan, reminders


async def tell_lesson_completed(uow: UnitOfWork, fact: LessonRewarded) -> None:
    """Also counts the hour and moves reminders on: the same job, because a lesson is the most frequent of facts."""
    if fact.lesson_id is not None:
        await plan.notify(
            uow,
            fact.user_id,
            "lesson_completed",
            params={"xp": fact.xp_earned, "streak_days": fact.streak_days},
            url=f"/lessons/{fact.lesson_id}",
            cause=f"lesson:{fact.session_id}" if fact.session_id else f"view:{fact.lesson_id}",
        )
    await reminders.practised(uow, fact.user_id, fact.occurred_at)


async def tell_course_completed(uow: UnitOfWork, fact: CourseCompleted) -> None:
    found = await catalog.published_courses(uow, [fact.course_id])
    if fact.course_id not in found:
        return
    await plan.notify(
        uow,
        fact.user_id,
        "course_completed",
        params={"course": found[fact.course_id].course.title},
        url=f"/courses/{fact.course_id}",
        cause=f"course:{fact.course_id}",
    )


async def tell_league_entered(uow: UnitOfWork, fact: LeagueEntered) -> None:
    await plan.notify(
        uow,
        fact.user_id,
        "league_entered",
        params={"tier": fact.tier, "ends_on": fact.ends_on.isoformat()},
        url="/leagues/current",
        cause=f"league:{fact.league_id}",
    )


SUBSCRIPTIONS = [
    Subscription("notifications.tell_lesson_completed", LessonRewarded, tell_lesson_completed, "after"),
    Subscription("notifications.tell_course_completed", CourseCompleted, tell_course_completed, "after"),
    Subscription("notifications.tell_league_entered", LeagueEntered, tell_league_entered, "after"),
]
