"""Weekly leagues: which week, which tier, who moves.

A week runs from Monday to Monday, midnight UTC, for everybody. The tier of a new week follows from the final standing
of the learner's last one whenever it is asked for, so no job has to run on time. Nobody moves up without XP.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

COHORT_SIZE = 30
LOWEST_TIER = 1
HIGHEST_TIER = 10
LATEST = timedelta(minutes=1)


class Zone(StrEnum):
    """Where a place leads at the end of the week."""

    PROMOTION = "promotion"
    STAY = "stay"
    DEMOTION = "demotion"


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in a league."""

    tier: int
    members: int
    rank: int
    xp: int


def week_of(moment: datetime) -> date:
    """The Monday (UTC) that begins the week of `moment`."""
    on = moment.astimezone(UTC).date()
    return on - timedelta(days=on.weekday())


def starts_at(week_on: date) -> datetime:
    return datetime.combine(week_on, time(), UTC)


def ends_on(week_on: date) -> date:
    return week_on + timedelta(days=7)


def ends_at(week_on: date) -> datetime:
    return starts_at(ends_on(week_on))


def is_over(week_on: date, now: datetime) -> bool:
    """Whether nothing counts in the week any more. What was done before its end may be written a moment after it."""
    return now >= ends_at(week_on) + LATEST


def promoted(members: int) -> int:
    """How many places at the top move up: a third."""
    return members // 3


def demoted(members: int) -> int:
    """How many places at the bottom move down: a sixth, so none in a cohort of less than six."""
    return members // 6


def zone(standing: Standing) -> Zone:
    active = standing.xp > 0
    if active and standing.tier < HIGHEST_TIER and standing.rank <= promoted(standing.members):
        return Zone.PROMOTION
    if standing.tier > LOWEST_TIER and standing.rank > standing.members - demoted(standing.members):
        return Zone.DEMOTION
    return Zone.STAY


def next_tier(final: Standing | None) -> int:
    """The tier after a week that ended with `final`; newcomers start at the bottom."""
    if final is None:
        return LOWEST_TIER
    step = {Zone.PROMOTION: 1, Zone.STAY: 0, Zone.DEMOTION: -1}[zone(final)]
    return final.tier + step
