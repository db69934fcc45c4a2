"""Entering this week's league with the first XP of the week, leaving it, and coming back."""

from datetime import date, datetime
from uuid import UUID

from domains.gamification.events import StandingsMoved
from domains.gamification.policy import leagues
from domains.gamification.repository import leagues as cohorts
from domains.gamification.repository import seats
from domains.gamification.repository.leagues import Membership
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork
from domains.profiles import api as profiles
from domains.profiles.events import PreferencesChanged


async def enter(uow: UnitOfWork, user_id: UUID, at: datetime, time_zone: str) -> tuple[UUID | None, int | None]:
    """A seat in the league of the week of `at`, and its tier; no tier when the learner has been in it already, and no
    league for who wants none."""
    week_on = leagues.week_of(at)
    last = await cohorts.last_membership(uow, user_id, week_on)
    if last is not None and last.week_on == week_on:
        return (None if last.has_left else last.league_id), None
    if not (await profiles.preferences(uow, user_id)).leagues:
        return None, None
    pace = leagues.pace(last.weekly_xp if last else None)
    tier = _tier(last)
    return await seats.take(uow, week_on, tier, pace, leagues.utc_hours(at, time_zone)), tier


async def place(uow: UnitOfWork, user_id: UUID, week_on: date) -> tuple[UUID, int] | None:
    """The league of the week and the rank in it; None for who is in none, or has left it."""
    last = await cohorts.last_membership(uow, user_id, week_on)
    if last is None or last.week_on != week_on or last.has_left:
        return None
    return last.league_id, last.standing.rank


async def follow_wishes(uow: UnitOfWork, fact: PreferencesChanged) -> None:
    """Who wants no league is gone from this week's at once. Back in it, what was earned in it before counts again."""
    if await show_anew(uow, fact.user_id):
        await cohorts.take_part(uow, fact.user_id, leagues.week_of(utc_now()), wanted=fact.leagues)


async def show_anew(uow: UnitOfWork, user_id: UUID) -> bool:
    """Somebody is shown on the board of this week's league otherwise than before, or no more; False for who is in
    none."""
    league_id = await cohorts.move(uow, user_id, leagues.week_of(utc_now()))
    if league_id is not None:
        uow.record(StandingsMoved(league_ids=[league_id]))
    return league_id is not None


async def take_part_as_wished(uow: UnitOfWork, user_id: UUID) -> None:
    """After another account has brought its place in this week's league, or that it has left it."""
    wanted = (await profiles.preferences(uow, user_id)).leagues
    await cohorts.take_part(uow, user_id, leagues.week_of(utc_now()), wanted=wanted)


def _tier(last: Membership | None) -> int:
    """What was written down when the week was finalised, or what follows from it as it is."""
    if last is None:
        return leagues.LOWEST_TIER
    if last.has_left:
        return last.standing.tier
    return last.tier_after or leagues.next_tier(last.standing)
