"""Streaks: what practice does to them, what keeps them, and how they look.

Invariant: the streak in its row is what `policy.streaks` makes of the days in the ledger and the days that were kept.
Whoever changes one of these holds the row of the streak.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from domains.gamification.errors import BadMonth
from domains.gamification.events import StreakExtended, StreakKept, StreakMilestoneReached
from domains.gamification.policy import streaks as policy
from domains.gamification.policy.streaks import Safety, Streak
from domains.gamification.repository import friend_streaks as friends
from domains.gamification.repository import streaks as repository
from domains.gamification.repository.gems import Payment
from domains.gamification.repository.streaks import CalendarDay
from domains.gamification.service import gems
from domains.gamification.streak_schemas import (
    CalendarDayOut,
    MilestoneOut,
    RepairOut,
    StreakCalendarOut,
    StreakOut,
    StreakState,
)
from domains.identity import api as identity
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.kernel.zones import local_date
from domains.profiles import api as profiles

_LATE = timedelta(minutes=1)


class Practised(NamedTuple):
    """One cause of XP, on the calendar of who earned it."""

    at: datetime
    on: date
    time_zone: str
    sessions: int
    """0 for what is only looked at, otherwise 1."""


async def zone_at(uow: UnitOfWork, user_id: UUID, at: datetime) -> str:
    """The zone by whose clock the learner lived then. What comes late is not moved to another day because its owner
    has moved to another zone since."""
    if utc_now() - at < _LATE:
        return await identity.time_zone(uow, user_id)
    details = await identity.details(uow, user_id)
    if details is None:
        return "UTC"
    moved_at = details.time_zone_changed_at
    if moved_at is None or moved_at <= at:
        return details.time_zone
    return await repository.zone_then(uow, user_id, at, before=moved_at) or details.time_zone


async def count(uow: UnitOfWork, user_id: UUID, before: Streak, practised: Practised) -> Streak:
    """The streak after practice; what keeps it is written, the streak itself is left to the caller. Asks nothing where
    a day follows the other."""
    if policy.is_plain(before, practised.on):
        return policy.practised(before, practised.on)
    pauses = not (await profiles.preferences(uow, user_id)).streaks
    book, zone_before = await repository.book(uow, user_id, on=practised.on, at=practised.at, pauses=pauses)
    elsewhere = local_date(practised.at, zone_before) if zone_before not in {None, practised.time_zone} else None
    streak, keeps = policy.counted(book, practised.on, elsewhere, sessions=practised.sessions)
    if keeps:
        await repository.keep(uow, user_id, keeps, practised.time_zone)
        uow.record(
            StreakKept(
                user_id=user_id,
                days=streak.current,
                kept={keep.on: keep.kind for keep in keeps},
                freezes_left=len(book.keeping(keeps).safety.freezes),
            )
        )
    return streak


def announce(uow: UnitOfWork, user_id: UUID, before: Streak, after: Streak, on: date) -> None:
    if (after.current, after.last_on) != (before.current, before.last_on):
        uow.record(StreakExtended(user_id=user_id, days=after.current, local_on=on))
    for days in policy.milestones(before, after):
        uow.record(StreakMilestoneReached(user_id=user_id, days=days))


async def add_freeze(uow: UnitOfWork, user_id: UUID, cause: str) -> bool:
    """False where as many are held as can be. Once for each cause: True again for one that was counted."""
    time_zone = await identity.time_zone(uow, user_id)
    return await repository.add_freeze(uow, user_id, cause, local_date(utc_now(), time_zone), time_zone)


async def at_risk(uow: UnitOfWork, today: Mapping[UUID, date]) -> dict[UUID, int]:
    """Days of the streaks that are lost unless their owners practise before their own `today` is over. Whoever wants
    to hear nothing of streaks is left out."""
    found = await repository.streaks(uow.session, today.keys())
    near = {id_: streak for id_, streak in found.items() if streak.current and today[id_] != streak.last_on}
    if not near:
        return {}
    freezes = await repository.freezes(uow, near.keys())
    risky = {
        id_: streak.current
        for id_, streak in near.items()
        if policy.at_risk(streak, today[id_], Safety(freezes.get(id_, {})))
    }
    unpressed = await profiles.without_streaks(uow, risky.keys())
    return {id_: days for id_, days in risky.items() if id_ not in unpressed}


async def shown(uow: UnitOfWork, user_id: UUID) -> StreakOut:
    now = utc_now()
    today = local_date(now, await identity.time_zone(uow, user_id))
    pauses = not (await profiles.preferences(uow, user_id)).streaks
    streak = (await repository.streaks(uow.session, [user_id])).get(user_id, Streak())
    safety = Safety((await repository.freezes(uow, [user_id])).get(user_id, {}), pauses)
    lasts = policy.lasts(streak, today, safety)
    repair = None
    if _may_be_repaired(streak, today, lasts=lasts):
        book, _ = await repository.book(uow, user_id, on=today, at=now, pauses=pauses)
        repair = policy.repair(book, today)
    return StreakOut(
        current=streak.current if lasts else 0,
        longest=streak.longest,
        state=_state(streak, today, safety, lasts=lasts, repairable=repair is not None),
        today=today,
        last_on=streak.last_on,
        freezes=len(safety.freezes),
        most_freezes=policy.MOST_FREEZES,
        pauses_weekends=pauses,
        kept_so_far=sorted(keep.on for keep in policy.pending(streak, today, safety)),
        repair=RepairOut(repair.days, repair.until, repair.sessions, policy.REPAIR_SESSIONS) if repair else None,
        next_milestone=next(
            (MilestoneOut(days, gems) for days, gems in policy.MILESTONES.items() if days > streak.longest), None
        ),
    )


def _may_be_repaired(streak: Streak, today: date, *, lasts: bool) -> bool:
    """Once it is over, and while a new one is young; not where practice today would keep it anyway."""
    if streak.last_on is None or not lasts:
        return streak.last_on is not None
    return today - streak.last_on <= timedelta(days=1) and not policy.is_plain(streak, today)


def _state(streak: Streak, today: date, safety: Safety, *, lasts: bool, repairable: bool) -> StreakState:
    if streak.last_on is not None and streak.last_on >= today:
        return StreakState.DONE
    if lasts:
        return StreakState.AT_RISK if policy.at_risk(streak, today, safety) else StreakState.OPEN
    return StreakState.LOST if repairable else StreakState.NONE


async def calendar(uow: UnitOfWork, user_id: UUID, month: str) -> StreakCalendarOut:
    """`month` as 2026-11. Raises BadMonth."""
    try:
        first_on = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise BadMonth from error
    last_on = first_on.replace(day=monthrange(first_on.year, first_on.month)[1])
    found = await repository.calendar(uow, user_id, first_on, last_on)
    days = [CalendarDayOut(day.on, _day_state(day), day.sessions) for day in found]
    return StreakCalendarOut(first_on, last_on, days)


def _day_state(day: CalendarDay) -> Literal["practised", "frozen", "paused", "travelled", "repaired"]:
    return "practised" if day.practised or day.kind is None else day.kind.value


async def pay_milestones(uow: UnitOfWork, facts: Sequence[StreakMilestoneReached]) -> None:
    """Gems, a freeze where there is room for one, and a line in the feed of friends."""
    for fact in sorted(facts, key=lambda fact: fact.user_id):
        await add_freeze(uow, fact.user_id, f"streak:{fact.days}")
        await profiles.share(uow, fact.user_id, "streak_reached", cause=f"streak:{fact.days}", days=fact.days)
    due = [
        Payment(f.user_id, f"streak:{f.days}", policy.MILESTONES[f.days]) for f in facts if f.days in policy.MILESTONES
    ]
    await gems.earn_many(uow, due)


async def pay_milestone(uow: UnitOfWork, fact: StreakMilestoneReached) -> None:
    await pay_milestones(uow, [fact])


async def move(uow: UnitOfWork, from_id: UUID, into_id: UUID) -> None:
    """Of what streaks follow from, everything but the ledger; their rows are held, and left to the caller."""
    await friends.hold(uow, from_id, into_id)
    await repository.move(uow, from_id, into_id)
    await friends.move(uow, from_id, into_id)


async def recount(uow: UnitOfWork, user_id: UUID) -> Streak:
    """Out of the days themselves."""
    return policy.of_days(await repository.days(uow, user_id), await repository.kept_days(uow, user_id))
