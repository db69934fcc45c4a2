"""What is worth telling of lessons, courses and leagues."""

from collections.abc import Sequence

from domains.catalog import api as catalog
from domains.gamification.events import LeagueEntered, LeagueFinished, LessonRewarded, StreakKept
from domains.kernel.uow import Subscription, UnitOfWork
from domains.learning import api as learning
from domains.learning.events import AnswerRegraded, CourseCompleted
from domains.notifications.service import plan, reminders
from domains.notifications.service.plan import Telling
from domains.profiles import api as profiles

_LEAGUE_NEWS_DAYS = 14
"""From the beginning of a week, so until the next one is over."""


async def tell_lessons_completed(uow: UnitOfWork, facts: Sequence[LessonRewarded]) -> None:
    """Also counts the hour and moves reminders on: the same job, because a lesson is the most frequent of facts."""
    tellings = [
        Telling(
            fact.user_id,
            {"xp": fact.xp_earned, "streak_days": fact.streak_days},
            "/learn",
            f"lesson:{fact.session_id}" if fact.session_id else f"view:{fact.lesson_id}",
            fact.correlation_id,
        )
        for fact in facts
        if fact.lesson_id is not None
    ]
    await plan.notify_all(uow, "lesson_completed", tellings)
    await reminders.practised(uow, [(fact.user_id, fact.occurred_at) for fact in facts])


async def tell_lesson_completed(uow: UnitOfWork, fact: LessonRewarded) -> None:
    await tell_lessons_completed(uow, [fact])


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


async def tell_leagues_entered(uow: UnitOfWork, facts: Sequence[LeagueEntered]) -> None:
    tellings = [
        Telling(
            fact.user_id,
            {"tier": fact.tier, "ends_on": fact.ends_on.isoformat()},
            "/league",
            f"league:{fact.league_id}",
            fact.correlation_id,
        )
        for fact in facts
    ]
    await plan.notify_all(uow, "league_entered", tellings)


async def tell_league_entered(uow: UnitOfWork, fact: LeagueEntered) -> None:
    await tell_leagues_entered(uow, [fact])


async def tell_leagues_finished(uow: UnitOfWork, facts: Sequence[LeagueFinished]) -> None:
    """Nothing of weeks that are long over: a house that was down tells of the last one."""
    tellings = [
        Telling(
            fact.user_id,
            {"tier": fact.tier_after, "rank": fact.rank, "xp": fact.xp, **_moved(fact)},
            "/league",
            f"league_result:{fact.league_id}",
            fact.correlation_id,
        )
        for fact in facts
        if (fact.occurred_at.date() - fact.week_on).days < _LEAGUE_NEWS_DAYS
    ]
    await plan.notify_all(uow, "league_result", tellings)


async def tell_league_finished(uow: UnitOfWork, fact: LeagueFinished) -> None:
    await tell_leagues_finished(uow, [fact])


def _moved(fact: LeagueFinished) -> dict[str, str]:
    if fact.tier_after == fact.tier:
        return {}
    return {"case": "promoted" if fact.tier_after > fact.tier else "demoted"}


async def tell_streaks_kept(uow: UnitOfWork, facts: Sequence[StreakKept]) -> None:
    """Only of freezes; and not to those who want to hear nothing of days that were missed."""
    unpressed = await profiles.without_streaks(uow, {fact.user_id for fact in facts})
    tellings = [
        Telling(
            fact.user_id,
            {"streak_days": fact.days, "freezes_left": fact.freezes_left},
            "/learn",
            f"freeze:{max(fact.kept)}",
            fact.correlation_id,
        )
        for fact in facts
        if fact.user_id not in unpressed and "frozen" in fact.kept.values()
    ]
    await plan.notify_all(uow, "streak_frozen", tellings)


async def tell_streak_kept(uow: UnitOfWork, fact: StreakKept) -> None:
    await tell_streaks_kept(uow, [fact])


async def tell_answers_accepted(uow: UnitOfWork, facts: Sequence[AnswerRegraded]) -> None:
    """Once for each report, however often somebody had given the answer."""
    found = await learning.regraded_in_words(uow, facts)
    tellings = {
        (fact.user_id, fact.report_id): Telling(
            fact.user_id,
            {"prompt": words.prompt, "answer": words.answer} | ({} if words.reported else {"case": "unreported"}),
            f"/courses/{fact.course_id}",
            f"answer:{fact.report_id}",
            fact.correlation_id,
        )
        for fact in facts
        if (words := found.get(fact.event_id)) is not None
    }
    await plan.notify_all(uow, "answer_accepted", list(tellings.values()))


async def tell_answer_accepted(uow: UnitOfWork, fact: AnswerRegraded) -> None:
    await tell_answers_accepted(uow, [fact])


SUBSCRIPTIONS = [
    Subscription(
        "notifications.tell_lesson_completed", LessonRewarded, tell_lesson_completed, "after", tell_lessons_completed
    ),
    Subscription("notifications.tell_course_completed", CourseCompleted, tell_course_completed, "after"),
    Subscription(
        "notifications.tell_answer_accepted", AnswerRegraded, tell_answer_accepted, "after", tell_answers_accepted
    ),
    Subscription("notifications.tell_streak_kept", StreakKept, tell_streak_kept, "after", tell_streaks_kept),
    Subscription(
        "notifications.tell_league_entered", LeagueEntered, tell_league_entered, "after", tell_leagues_entered
    ),
    Subscription(
        "notifications.tell_league_finished", LeagueFinished, tell_league_finished, "after", tell_leagues_finished
    ),
]
