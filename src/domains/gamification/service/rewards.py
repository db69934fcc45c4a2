"""Rewards: XP, streak and league for a completed lesson, in the transaction that completed it.

A cause is paid once. A learner's rewards are counted one after the other, under the lock of their balance.
"""

from datetime import date, datetime
from uuid import UUID

import msgspec

from domains.gamification.events import LeagueEntered, LessonRewarded
from domains.gamification.policy import leagues, xp
from domains.gamification.repository import ledger, results
from domains.gamification.repository.ledger import Account, Award
from domains.gamification.schemas import LeaguePlace, SessionResultOut
from domains.gamification.service import leagues as cohorts
from domains.gamification.service import streaks as streak_days
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.kernel.zones import local_date
from domains.learning import api as learning
from domains.learning.events import LessonCompleted, PracticeCompleted


async def reward_lesson(uow: UnitOfWork, fact: LessonCompleted) -> None:
    cause = f"lesson:{fact.session_id}" if fact.session_id else f"view:{fact.lesson_id}"
    work = xp.lesson(
        correct=fact.correct,
        total=fact.total,
        completions=fact.completions,
        best_run=fact.best_run,
        out_of_hearts=fact.out_of_hearts and not fact.self_judged,
        self_judged=fact.self_judged,
    )
    await _reward(uow, fact, cause, work, fact.lesson_id)


async def reward_practice(uow: UnitOfWork, fact: PracticeCompleted) -> None:
    await _reward(uow, fact, f"practice:{fact.session_id}", xp.practice(fact.kind), None)


async def _reward(
    uow: UnitOfWork, fact: LessonCompleted | PracticeCompleted, cause: str, work: xp.Work, lesson_id: UUID | None
) -> None:
    """Pays and records LessonRewarded; nothing when the cause has been paid."""
    at = _whole_milliseconds(fact.occurred_at)
    week_on = leagues.week_of(at)
    time_zone = await streak_days.zone_at(uow, fact.user_id, at)
    account = await ledger.lock_account(uow, fact.user_id, week_on=week_on, cause=cause, at=at)
    if account.paid:
        return
    local_on = local_date(at, time_zone)
    day = await _day(uow, fact.user_id, account, local_on)
    amount = xp.pay(work, day, factor=account.factor)
    practised = streak_days.Practised(at, local_on, time_zone, sessions=0 if cause.startswith("view:") else 1)
    streak = await streak_days.count(uow, fact.user_id, account.streak, practised)
    tier = None
    ranked = fact.ranked and not leagues.is_over(week_on, utc_now())
    league_id = account.league_id if ranked else None
    if ranked and league_id is None:
        # Last before the award: whoever opens a cohort makes others wait until the commit.
        league_id, tier = await cohorts.enter(uow, fact.user_id, at, time_zone)
    award = Award(
        fact.user_id, cause, amount, league_id, week_on, local_on, time_zone, at,
        work.points, account.factor, work.easy, fact.course_id, streak,
    )  # fmt: skip
    awarded = await ledger.add_award(uow, award)
    if awarded is None:
        return
    uow.record(
        LessonRewarded(
            user_id=fact.user_id,
            lesson_id=lesson_id,
            session_id=fact.session_id,
            xp_earned=amount,
            xp_total=awarded.xp_total,
            streak_days=streak.current,
            league_id=league_id,
            league_xp=awarded.league_xp,
            league_entries=awarded.entries,
            league_xp_at=awarded.last_xp_at,
            league_week_on=week_on,
            league_rank=awarded.rank,
            local_on=local_on,
            day_xp=day.xp + amount,
            boost=account.factor,
        )
    )
    if league_id is not None and tier is not None:
        uow.record(
            LeagueEntered(user_id=fact.user_id, league_id=league_id, tier=tier, ends_on=leagues.ends_on(week_on))
        )
    streak_days.announce(uow, fact.user_id, account.streak, streak, local_on)


async def _day(uow: UnitOfWork, user_id: UUID, account: Account, on: date) -> xp.Day:
    """What the local date has brought so far; only for one before the latest the ledger is asked."""
    if account.day_on is None or on > account.day_on:
        return xp.Day()
    if on == account.day_on:
        return xp.Day(account.day_xp, account.day_easy_xp, first=False)
    return await ledger.day(uow, user_id, on)


async def complete_session(
    uow: UnitOfWork, user_id: UUID, session_id: UUID, at: datetime | None = None
) -> SessionResultOut:
    """Completes the session, as of `at` or now, and shows what it brought; the second call gives the same answer.

    Raises the errors of learning.
    """
    completed = await learning.complete_session(uow, user_id, session_id, at)
    if not completed.first_call:
        body = await results.result(uow, session_id)
        return msgspec.json.decode(body, type=SessionResultOut)
    await uow.settle()
    rewarded = next(fact for fact in uow.facts if isinstance(fact, LessonRewarded) and fact.session_id == session_id)
    shown = SessionResultOut(
        xp_earned=rewarded.xp_earned,
        xp_total=rewarded.xp_total,
        streak=rewarded.streak_days,
        league=await _place(uow, rewarded),
        lesson_completed=completed.lesson_id is not None,
        lessons_skipped=completed.skipped,
        day_xp=rewarded.day_xp,
        boost=rewarded.boost,
    )
    await results.store_result(uow, session_id, msgspec.json.encode(shown))
    return shown


async def _place(uow: UnitOfWork, rewarded: LessonRewarded) -> LeaguePlace | None:
    """What was kept off boards leaves the learner where they are."""
    if rewarded.league_id is not None:
        return LeaguePlace(rewarded.league_id, rewarded.league_rank)
    found = await cohorts.place(uow, rewarded.user_id, rewarded.league_week_on)
    return LeaguePlace(*found) if found else None


def _whole_milliseconds(moment: datetime) -> datetime:
    """Boards break ties by whole milliseconds, so nothing finer is kept."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
