"""Weekly leagues: which week, who sits with whom, which tier, who moves.

A week runs from Monday to Monday, midnight UTC, for everybody. The tier of a new week follows from the standing at the
end of the learner's last one, whenever it is asked for, so no job has to run on time: finalising writes down what is so
anyway, and pays for it. Who is not in a league for some weeks keeps their tier.

Bands are of those who are active, which is who has XP and did not leave. They never meet: of any cohort at least a
third stays. Nobody moves up without XP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

COHORT_SIZE = 30
LOWEST_TIER = 1
HIGHEST_TIER = 10
LATEST = timedelta(minutes=1)
FINAL_AFTER = timedelta(minutes=10)
"""After the end: whatever was written in the last moment is committed, or never will be."""

_UP = (20, 15, 12, 10, 9, 8, 7, 6, 5, 0)
"""By tier, how many of a full cohort move up: fewer, the higher they are."""
_DOWN = (0, 4, 5, 5, 6, 6, 7, 7, 8, 10)
_PODIUM_GEMS = (60, 40, 20)
_PROMOTION_GEMS = 10

PACES = 12
PACE_WEIGHT = 4
NEAR = 6
"""Distance at which people may sit together although another cohort could be opened: of the same pace within six hours,
or of the next within two."""
COHORTS_TO_AN_OPEN_ONE = 4
"""One cohort may be open at a time, and one more for so many that there are or were last week: what is not filled at
the end of the week stays a small part."""
MOST_OPEN = 16
"""So many are choice enough, and few enough to look through whenever somebody enters."""


class Zone(StrEnum):
    """Where a place leads at the end of the week."""

    PROMOTION = "promotion"
    STAY = "stay"
    DEMOTION = "demotion"


@dataclass(frozen=True, slots=True)
class Standing:
    """A place in a league."""

    tier: int
    active: int
    """How many have XP in it and did not leave."""
    rank: int
    xp: int


class Player(NamedTuple):
    """A member of a league that is over, and did not leave it."""

    xp: int
    last_xp_at: datetime
    key: object
    """Orders those who are equal in all else."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a week ended for a member."""

    standing: Standing
    zone: Zone
    tier_after: int
    gems: int


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


def first_unfinished(now: datetime) -> date:
    """The week that cannot be final yet: all before it can."""
    return week_of(now - FINAL_AFTER)


def pace(weekly_xp: float | None) -> int:
    """Doublings of what somebody earned in their last weeks on average; 0 for who is new."""
    return 0 if weekly_xp is None else min(max(int(weekly_xp), 1).bit_length(), PACES)


def utc_hours(moment: datetime, time_zone: str) -> int:
    """How many hours, rounded, the clocks of the IANA zone are ahead of UTC."""
    offset = moment.astimezone(ZoneInfo(time_zone)).utcoffset() or timedelta()
    return round(offset / timedelta(hours=1))


def distance(pace_a: int, hours_a: int, pace_b: int, hours_b: int) -> int:
    """How unlike two are who might sit together; hours go round the clock. SQL has the same (`repository.seats`)."""
    apart = abs(hours_a - hours_b) % 24
    return PACE_WEIGHT * abs(pace_a - pace_b) + min(apart, 24 - apart)


def open_at_once(cohorts: int) -> int:
    """How many cohorts of a tier may have free seats, of so many in this week or the last."""
    return min(1 + cohorts // COHORTS_TO_AN_OPEN_ONE, MOST_OPEN)


def promoted(tier: int, active: int) -> int:
    """How many places at the top move up."""
    return active * _UP[tier - 1] // COHORT_SIZE


def demoted(tier: int, active: int) -> int:
    """How many places at the bottom of those who are active move down."""
    return active * _DOWN[tier - 1] // COHORT_SIZE


def zone(standing: Standing) -> Zone:
    """Who has no XP stands behind those who have, and goes down."""
    tier, active = standing.tier, standing.active
    if standing.xp > 0 and standing.rank <= promoted(tier, active):
        return Zone.PROMOTION
    if tier > LOWEST_TIER and standing.rank > active - demoted(tier, active):
        return Zone.DEMOTION
    return Zone.STAY


def next_tier(final: Standing | None) -> int:
    """The tier after a week that ended with `final`; newcomers start at the bottom."""
    if final is None:
        return LOWEST_TIER
    step = {Zone.PROMOTION: 1, Zone.STAY: 0, Zone.DEMOTION: -1}[zone(final)]
    return final.tier + step


def gems(standing: Standing) -> int:
    """For the podium, which has a place for every third who is active, and for moving up."""
    found = _PROMOTION_GEMS if zone(standing) is Zone.PROMOTION else 0
    if standing.xp > 0 and standing.rank <= min(len(_PODIUM_GEMS), standing.active // 3):
        found += _PODIUM_GEMS[standing.rank - 1]
    return found


def outcomes(tier: int, players: Sequence[Player]) -> list[Outcome]:
    """How the week ended for each, in the order of `players`. Among equals, who got there first stands higher."""
    active = sum(player.xp > 0 for player in players)
    order = sorted(players, key=lambda player: (-player.xp, player.last_xp_at, player.key))
    ranks = {player.key: rank for rank, player in enumerate(order, start=1)}
    found = []
    for player in players:
        standing = Standing(tier, active, ranks[player.key], player.xp)
        found.append(Outcome(standing, zone(standing), next_tier(standing), gems(standing)))
    return found


def alias(salt: UUID, user_id: UUID) -> UUID:
    """What a member is called who takes part unseen: the same for all who look, another in every league, and nothing
    that leads to the member without the league's salt."""
    return UUID(bytes=blake2b(user_id.bytes, key=salt.bytes, digest_size=16).digest(), version=4)
