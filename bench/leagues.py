"""A year of leagues: 10,000 learners who come, tire, pause and come back, seated and moved by the rules of the house.

The same in every run: one seed, and a clock that jumps from Monday to Monday. Seats are given as `repository.seats`
gives them, one after the other in the order of the learners' first XP of the week.
"""

import math
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import fmean, pstdev

from bench.figures import Figure, Result, below
from domains.gamification.policy import leagues
from domains.gamification.policy.leagues import Outcome, Player, Zone

LEARNERS, WEEKS, SEED = 10_000, 52, 7
BEGIN = date(2026, 1, 5)
WANT_NONE = 0.04
"""Share of people who have switched leagues off."""
_ZONES = {-8: 8, -6: 10, -5: 14, -3: 9, 0: 7, 1: 22, 2: 6, 3: 4, 5: 3, 6: 9, 8: 5, 9: 2, 10: 1}
"""Hours ahead of UTC, and how many in a hundred live there."""
_SHADES = " .:-=+*#%@"


@dataclass(slots=True, eq=False)
class Learner:
    id: int
    arrives: int
    """In which week."""
    usual_xp: float
    """In a week in which they practise."""
    keen: float
    """How likely they practise in a week; falls with time for some."""
    tires: float
    utc_hours: int
    takes_part: bool
    tier: int = leagues.LOWEST_TIER
    weekly: list[int] = field(default_factory=list)

    @property
    def pace(self) -> int:
        return leagues.pace(fmean(self.weekly[-4:]) if self.weekly else None)


@dataclass(slots=True)
class Cohort:
    pace: int
    utc_hours: int
    members: list[tuple[Learner, Player]] = field(default_factory=list)


class Seats:
    """Free seats of one tier in one week."""

    def __init__(self, cohorts_before: int) -> None:
        self.cohorts: list[Cohort] = []
        self._before = cohorts_before

    def take(self, pace: int, utc_hours: int) -> Cohort:
        free = [cohort for cohort in self.cohorts[-200:] if len(cohort.members) < leagues.COHORT_SIZE]
        near = [(leagues.distance(pace, utc_hours, c.pace, c.utc_hours), n) for n, c in enumerate(free)]
        best = min(near, default=None)
        full = len(free) >= leagues.open_at_once(max(len(self.cohorts), self._before))
        if best is not None and (best[0] <= leagues.NEAR or full):
            return free[best[1]]
        self.cohorts.append(Cohort(pace, utc_hours))
        return self.cohorts[-1]


@dataclass(slots=True)
class Week:
    tiers: list[int]
    """How many of those who were in a league within four weeks are in each tier, the lowest first."""
    ended: list[tuple[int, Outcome]]
    """By tier, of everybody who was in a league."""
    cohorts: list[Cohort]


def year(seed: int = SEED, learners: int = LEARNERS) -> Iterator[Week]:
    chance = random.Random(seed)
    people = [_learner(number, chance) for number in range(learners)]
    seen: dict[int, int] = {}
    before: dict[int, int] = {}
    for number in range(WEEKS):
        monday = leagues.starts_at(BEGIN + timedelta(weeks=number))
        seats: defaultdict[int, Seats] = defaultdict(lambda: Seats(0))
        for tier, cohorts in before.items():
            seats[tier] = Seats(cohorts)
        for at, xp, learner in sorted(_week(people, number, monday, chance), key=lambda entry: entry[0]):
            cohort = seats[learner.tier].take(learner.pace, learner.utc_hours)
            last_at = at + (monday + timedelta(days=7) - at) * chance.random()
            cohort.members.append((learner, Player(xp, last_at, learner.id)))
            seen[learner.id] = number
        before = {tier: len(found.cohorts) for tier, found in seats.items()}
        ended = [(tier, outcome) for tier, found in seats.items() for outcome in _finish(tier, found.cohorts)]
        around = [learner.tier for learner in people if seen.get(learner.id, -9) > number - 4]
        tiers = [around.count(tier) for tier in range(leagues.LOWEST_TIER, leagues.HIGHEST_TIER + 1)]
        yield Week(tiers, ended, [cohort for found in seats.values() for cohort in found.cohorts])


def measure() -> Result:
    began = time.perf_counter()
    weeks = list(year())
    took_s = time.perf_counter() - began
    last = weeks[-8:]
    seated = [len(cohort.members) for week in last for cohort in week.cohorts]
    alike = fmean(_spread([m.usual_xp for m, _ in cohort.members]) for week in last for cohort in week.cohorts)
    anyhow = fmean(_spread([m.usual_xp for c in week.cohorts for m, _ in c.members]) for week in last)
    shares = [count / sum(weeks[-1].tiers) for count in weeks[-1].tiers]
    idle_up = sum(o.standing.xp <= 0 and o.zone is Zone.PROMOTION for week in weeks for _, o in week.ended)
    figures = [
        Figure("learners in a league in a week, at the end", fmean(len(week.ended) for week in last), ""),
        Figure("of 30 seats of a cohort taken, on average", fmean(seated), ""),
        below("largest tier, of who was there within four weeks", max(shares) * 100, "%", 35),
        Figure("smallest", min(shares) * 100, "%"),
        below("promoted although idle", idle_up, "", 1),
        below("spread of pace within a cohort, of that among all", alike / anyhow, "", 0.75),
        Figure("a year took", took_s, "s"),
    ]
    return Result("leagues", figures, picture(weeks))


def picture(weeks: Sequence[Week]) -> list[str]:
    """A row for each tier, a column for each week, darker the more are in it; beside it the last eight weeks."""
    lines = [
        f"Share of each tier, {_SHADES!r} from none to 36 %. {LEARNERS} learners, seed {SEED}.",
        f"   {'week 1':<{WEEKS - 8}} week {WEEKS} here   up down    XP",
    ]
    ended: defaultdict[int, list[Outcome]] = defaultdict(list)
    for week in weeks[-8:]:
        for tier, outcome in week.ended:
            ended[tier].append(outcome)
    for tier in range(leagues.HIGHEST_TIER, leagues.LOWEST_TIER - 1, -1):
        shares = [week.tiers[tier - 1] / max(sum(week.tiers), 1) for week in weeks]
        cells = "".join(_SHADES[min(math.ceil(share * 25), len(_SHADES) - 1)] for share in shares)
        found = ended[tier]
        up, down = (sum(o.zone is zone for o in found) / max(len(found), 1) for zone in (Zone.PROMOTION, Zone.DEMOTION))
        xp = fmean(o.standing.xp for o in found) if found else 0
        lines.append(f"{tier:>2} {cells} {shares[-1]:>4.0%} {up:>4.0%} {down:>4.0%} {xp:>5.0f}")
    return lines


def _learner(number: int, chance: random.Random) -> Learner:
    return Learner(
        number,
        arrives=0 if chance.random() < 0.4 else chance.randrange(WEEKS),
        usual_xp=chance.lognormvariate(math.log(160), 0.9),
        keen=chance.betavariate(4, 1.6),
        tires=chance.choice((0.0, 0.0, 0.01, 0.03, 0.15)),
        utc_hours=chance.choices(list(_ZONES), list(_ZONES.values()))[0],
        takes_part=chance.random() >= WANT_NONE,
    )


def _week(
    people: Sequence[Learner], number: int, monday: datetime, chance: random.Random
) -> Iterator[tuple[datetime, int, Learner]]:
    """First XP, XP of the whole week, and whose it is. Most begin on their own Monday evening or the days after."""
    for learner in people:
        if number < learner.arrives:
            continue
        weeks = number - learner.arrives
        if chance.random() > learner.keen * (1 - learner.tires) ** weeks and weeks:
            continue
        day = min(int(chance.expovariate(0.9)), 6)
        local = min(max(chance.gauss(18.5, 3.5), 0.0), 23.9)
        hour = min(max(day * 24 + local - learner.utc_hours, 0.0), 167.0)
        xp = int(learner.usual_xp * chance.lognormvariate(0, 0.45) * (7 - day) / 7) // 5 * 5
        if learner.takes_part:
            yield monday + timedelta(hours=hour), xp, learner


def _finish(tier: int, cohorts: Sequence[Cohort]) -> Iterator[Outcome]:
    for cohort in cohorts:
        found = leagues.outcomes(tier, [player for _, player in cohort.members])
        for (learner, player), outcome in zip(cohort.members, found, strict=True):
            learner.tier = outcome.tier_after
            learner.weekly.append(player.xp)
            yield outcome


def _spread(paces: Sequence[float]) -> float:
    """Of who earns how much, in doublings."""
    return pstdev(math.log2(pace) for pace in paces)
