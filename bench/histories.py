"""Random lives of learners, and a slow second opinion about their streaks.

The second opinion is written differently on purpose: it keeps a calendar as a line of letters, looks at the whole line
after everything that happens, tries all ways to spend freezes, and never takes a short way.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from domains.gamification.policy import streaks
from domains.gamification.policy.streaks import Book, Kept, Safety, Streak
from domains.kernel.zones import local_date

ZONES = sorted(available_timezones() - {"localtime", "posixrules"})
LETTERS = {"F": Kept.FROZEN, "W": Kept.PAUSED, "T": Kept.TRAVELLED, "R": Kept.REPAIRED}
LocalDate = Callable[[datetime, str], date]


class Practice(NamedTuple):
    at: datetime
    zone: str
    zone_before: str
    """Of the practice before it, by the clock and not by arrival."""


class Freeze(NamedTuple):
    at: datetime
    zone: str


class Pause(NamedTuple):
    wanted: bool


Step = Practice | Freeze | Pause


def history(seed: int, zones: list[str]) -> list[Step]:
    """Some weeks of a life in and between the given zones, in the order in which the house hears of it."""
    luck = random.Random(seed)
    at = datetime(luck.choice((2023, 2024, 2026)), 1, 1, tzinfo=UTC) + timedelta(minutes=luck.randrange(525_600))
    zone = before = luck.choice(zones)
    moved_at = at
    heard: list[tuple[datetime, int, Step]] = []
    diligence = luck.choice((20, 24, 24, 30))
    for number in range(luck.randrange(5, 40)):
        match luck.random():
            case share if share < 0.06:
                heard.append((at, number, Freeze(at, zone)))
            case share if share < 0.09:
                heard.append((at, number, Pause(luck.random() < 0.7)))
            case share if share < 0.16 and at - moved_at >= timedelta(days=1):
                zone, moved_at = luck.choice(zones), at
            case _:
                late = timedelta(hours=luck.randrange(1, 240)) if luck.random() < 0.12 else timedelta(0)
                heard.append((at + late, number, Practice(at, zone, before)))
                before = zone
        missed = luck.choice((24, 48, 72, 120)) if luck.random() < 0.15 else 0
        hours = luck.choice((0.01, 0.5)) if luck.random() < 0.35 else luck.gauss(diligence, 5) + missed
        at += timedelta(hours=max(hours, 0.01))
    return [step for _, _, step in sorted(heard, key=lambda one: one[:2])]


class Seen(NamedTuple):
    """What both sides have to agree on after each step."""

    streak: Streak
    kept: dict[date, Kept]
    held: list[date]
    """Since when each freeze is held, the oldest first."""


def lived(steps: list[Step]) -> Iterator[Seen]:
    """By the rules, with the short ways that rewards take."""
    streak, pauses = Streak(), False
    practised: dict[date, int] = {}
    keeps: list[streaks.Keep] = []
    freezes: dict[UUID, date] = {}

    def held() -> dict[UUID, date]:
        spent = [(keep.freeze_id, keep.on) for keep in keeps if keep.freeze_id]
        return streaks.held(freezes, spent, practised)

    for step in steps:
        match step:
            case Freeze(at, zone):
                if len(held()) < streaks.MOST_FREEZES:
                    freezes[UUID(int=len(freezes))] = local_date(at, zone)
            case Pause(wanted):
                pauses = wanted
            case Practice(at, zone, before):
                on = local_date(at, zone)
                if streaks.is_plain(streak, on):
                    streak = streaks.practised(streak, on)
                else:
                    elsewhere = local_date(at, before) if before != zone else None
                    kept = {keep.on: keep.kind for keep in keeps}
                    streak, more = streaks.counted(Book(practised, kept, Safety(held(), pauses)), on, elsewhere)
                    keeps += more
                practised[on] = practised.get(on, 0) + 1
        yield Seen(streak, {keep.on: keep.kind for keep in keeps}, sorted(held().values()))


@dataclass
class Line:
    """One letter a day: `P` practised, a letter of LETTERS, `.` nothing."""

    local: LocalDate
    first: date
    days: list[str]
    under: dict[int, str] = field(default_factory=dict)
    """What stood where practice came after all."""
    sessions: dict[int, int] = field(default_factory=dict)
    freezes: list[tuple[int, int]] = field(default_factory=list)
    """Since which day, and how many there were before it."""
    spent: dict[int, tuple[int, int]] = field(default_factory=dict)
    pauses: bool = False

    def held(self) -> list[tuple[int, int]]:
        gone = [freeze for day, freeze in self.spent.items() if self.days[day] != "P"]
        return sorted(set(self.freezes) - set(gone))[:2]

    def is_weekend(self, day: int) -> bool:
        return (self.first + timedelta(days=day)).strftime("%a") in {"Sat", "Sun"}

    def take(self, step: Step) -> None:
        match step:
            case Freeze(at, zone):
                if len(self.held()) < 2:
                    self.freezes.append(((self.local(at, zone) - self.first).days, len(self.freezes)))
            case Pause(wanted):
                self.pauses = wanted
            case Practice(at, zone, before):
                day = (self.local(at, zone) - self.first).days
                is_new = day not in self.sessions
                self.sessions[day] = self.sessions.get(day, 0) + 1
                if self.days[day] != ".":
                    self.under.setdefault(day, self.days[day])
                self.days[day] = "P"
                if is_new:
                    self.bridge(day, (self.local(at, before) - self.first).days)
                self.repair()

    def bridge(self, day: int, old_clock: int) -> None:
        line = "".join(self.days)
        right = re.match(r"(\.*)([^.]+)\.*$", line[day + 1 :])
        if right is None and line[day + 1 :].strip("."):
            return
        if right and not self.fill(day + 1, day + 1 + len(right[1])):
            return
        left = re.search(r"[^.](\.+)$", line[:day])
        if left is None:
            return
        start = day - len(left[1])
        if len(left[1]) == 1 and old_clock < day and "T" not in self.notes(start - 6, start + 7):
            self.days[start] = "T"
            return
        self.fill(start, day)

    def notes(self, start: int, end: int) -> str:
        """What was ever kept from `start` to before `end`."""
        days = range(max(0, start), min(end, len(self.days)))
        return "".join(self.days[day] + self.under.get(day, "") for day in days)

    def fill(self, start: int, end: int) -> bool:
        missed = [day for day in range(start, end) if not (self.pauses and self.is_weekend(day))]
        held = self.held()
        ways = [
            way
            for way in permutations(held, len(missed))
            if all(since <= day for (since, _), day in zip(way, missed, strict=True))
        ]
        if not ways:
            return False
        # The oldest stay: they may save what the newer ones could not.
        best = min(ways, key=lambda way: sorted(set(held) - set(way)))
        for day in range(start, end):
            self.days[day] = "W"
        for day, freeze in zip(missed, best, strict=True):
            self.days[day] = "F"
            self.spent[day] = freeze
        return True

    def repair(self) -> None:
        line = "".join(self.days).rstrip(".")
        found = re.search(r"([^.]+)(\.+)([^.]+)$", line)
        if found is None:
            return
        missed = [day for day in range(*found.span(2)) if not (self.pauses and self.is_weekend(day))]
        if not missed or len(line) - 1 > missed[0] + 2:
            return
        if "R" in self.notes(missed[0] - 13, len(line)):
            return
        begun = [day for day in range(*found.span(3)) if line[day] == "P"]
        if found[1].count("P") <= len(begun) or sum(self.sessions[day] for day in begun) < 3:
            return
        for day in range(*found.span(2)):
            self.days[day] = "R" if day in missed else "W"

    def seen(self) -> Seen:
        runs = "".join(self.days).split(".")
        counts = [run.count("P") for run in runs if "P" in run]
        last = "".join(self.days).rfind("P")
        streak = Streak(counts[-1], max(counts), self.date_of(last)) if counts else Streak()
        stood = {day: letter for day, letter in enumerate(self.days) if letter in LETTERS} | self.under
        kept = {self.date_of(day): LETTERS[letter] for day, letter in stood.items() if letter in LETTERS}
        return Seen(streak, kept, [self.date_of(since) for since, _ in self.held()])

    def date_of(self, day: int) -> date:
        return self.first + timedelta(days=day)


def second_opinion(steps: list[Step], local: LocalDate) -> Iterator[Seen]:
    dates = [step.at.date() for step in steps if not isinstance(step, Pause)] or [date(2026, 1, 1)]
    first = min(dates) - timedelta(days=30)
    line = Line(local, first, ["."] * ((max(dates) - first).days + 3))
    for step in steps:
        line.take(step)
        yield line.seen()


def by_offset(moment: datetime, zone: str) -> date:
    """The date by what the zone is ahead of UTC at the moment."""
    ahead = moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(0)
    return (moment.replace(tzinfo=None) + ahead).date()
