"""What people are reminded of by the clock on their own wall. Invariant: once per local day and only while it is true,
however late or often the clock strikes."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domains.gamification import api as gamification
from domains.identity import api as identity
from domains.kernel.uow import Database, UnitOfWork
from domains.kernel.zones import local_date
from domains.notifications.channels.port import Due
from domains.notifications.policy import reminders as policy
from domains.notifications.repository import reminders as repository
from domains.notifications.repository.reminders import Dated, Reminding
from domains.notifications.service import plan
from domains.notifications.service.plan import Telling

STREAK = "streak"
RECAP = "recap"
_AT_ONCE = 200
_DAY = timedelta(days=1)


async def practised(uow: UnitOfWork, lessons: Sequence[tuple[UUID, datetime]]) -> None:
    """Counts the hours of practice of people and moments, and puts off to the next evening and Sunday what is to be
    looked at then."""
    zones = await identity.time_zones(uow, {user_id for user_id, _ in lessons})
    local = [(user_id, at.astimezone(ZoneInfo(zones.get(user_id, "UTC")))) for user_id, at in lessons]
    hours = await repository.count_hours(uow.session, Counter((user_id, at.hour) for user_id, at in local))
    evenings: dict[UUID, Dated] = {}
    recaps: dict[tuple[UUID, date], Dated] = {}
    for user_id, at in local:
        zone = zones.get(user_id, "UTC")
        tomorrow, week_on = at.date() + _DAY, policy.week_of(at.date())
        if user_id not in evenings or evenings[user_id].reminding.local_on < tomorrow:
            hour = policy.usual_hour(hours[user_id])
            due_at = policy.moment(tomorrow, hour, zone)
            evenings[user_id] = Dated(Reminding(user_id, STREAK, tomorrow, hour), due_at)
        if at < (recap_at := policy.recap_at(week_on, zone)):
            recaps[user_id, week_on] = Dated(Reminding(user_id, RECAP, week_on, policy.RECAP_HOUR), recap_at)
    await repository.drop_earlier(uow.session, [one.reminding for one in evenings.values()])
    await repository.remind(uow.session, [*evenings.values(), *recaps.values()])


async def run_due(db: Database, now: datetime) -> None:
    """In small transactions, each of which takes what it looks at."""
    while True:
        async with db.begin() as uow:
            taken = await repository.take_reminders(uow.session, now, most=_AT_ONCE)
            zones = await identity.time_zones(uow, {reminding.user_id for reminding in taken})
            due = [r for r in taken if r.user_id in zones]
            await _remind_of_streaks(uow, [r for r in due if r.what == STREAK], zones, now)
            await _recap(uow, [r for r in due if r.what == RECAP], now)
        if len(taken) < _AT_ONCE:
            return


async def _remind_of_streaks(uow: UnitOfWork, due: Sequence[Reminding], zones: dict[UUID, str], now: datetime) -> None:
    wanted: dict[UUID, Reminding] = {}
    for reminding in due:
        decided = policy.decide(now, reminding.local_on, reminding.hour, zones[reminding.user_id])
        if isinstance(decided, datetime):
            await repository.remind(uow.session, [Dated(reminding, decided)])
        elif decided == "now":
            wanted[reminding.user_id] = reminding
    at_risk = await gamification.streaks_at_risk(uow, {id_: r.local_on for id_, r in wanted.items()})
    tellings = []
    for user_id, days in at_risk.items():
        on = wanted[user_id].local_on
        params = {
            "streak_days": days,
            "hours_left": policy.hours_left(now, on, zones[user_id]),
            "local_on": on.isoformat(),
        }
        tellings.append(Telling(user_id, params, "/learn", f"streak:{on}"))
    await plan.notify_many(uow, "streak_at_risk", tellings, now=now)


async def _recap(uow: UnitOfWork, due: Sequence[Reminding], now: datetime) -> None:
    for week_on in sorted({reminding.local_on for reminding in due}):
        last_on = week_on + 6 * _DAY
        people = [reminding.user_id for reminding in due if reminding.local_on == week_on]
        found = await gamification.recaps(uow, people, first_on=week_on, last_on=last_on)
        contacts = await identity.contacts(uow, found.keys())
        tellings = []
        for user_id, (practice, week, achieved) in found.items():
            if practice.lessons == 0 or policy.recap_stale(now, week_on):
                continue
            params = {
                "lessons": practice.lessons,
                "xp": practice.xp,
                "days_active": practice.days,
                "streak_days": practice.streak_days,
                "week_from": week_on.isoformat(),
                "week_until": last_on.isoformat(),
                "xp_before": week.xp_before,
                "goal_days": week.goal_days,
            }
            if user_id in contacts and achieved:
                words = [gamification.achievement_words(uow, *one, contacts[user_id].locale) for one in achieved]
                params["achieved"] = ", ".join(word.title for word in words if word)
            tellings.append(Telling(user_id, params, f"/recap?on={week_on}", f"recap:{week_on}"))
        await plan.notify_many(uow, "weekly_recap", tellings, now=now)


async def streaks_still_at_risk(uow: UnitOfWork, dues: Sequence[Due], now: datetime) -> set[UUID]:
    """Asked right before sending: somebody who practised since, or whose day is over, is left alone."""
    zones = await identity.time_zones(uow, {due.user_id for due in dues})
    today = {user_id: local_date(now, zone) for user_id, zone in zones.items()}
    at_risk = await gamification.streaks_at_risk(uow, today)
    # A row without its day was planned by a version that did not say it; then today's streak is what it speaks of.
    return {
        due.id
        for due in dues
        if due.user_id in at_risk and due.params.get("local_on") in {None, today[due.user_id].isoformat()}
    }
