"""Streaks count days of practice on the learner's own calendar.

Invariant: a streak follows from two sets of days, in whatever order the house heard of them: those on which its owner
practised, and those that were kept for them. What a second device did yesterday without a network and brings today
counts as if it had come in time, and a day that comes late never makes a streak shorter.

A day is kept once, when practice comes back after it, and for good: by a freeze, by the pause of a weekend, because
the clock of a journey left it out, or by repair. A freeze is spent only where it saves the streak, and is free again
once its day turns out to have been practised.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

MOST_FREEZES = 2
MOST_TOGETHER = 5
"""Friends with whom somebody keeps a streak at a time."""
REPAIR_WITHIN = timedelta(days=2)
"""After the first day that was missed; so at most two days are repaired."""
REPAIR_SESSIONS = 3
"""Completed within that time."""
REPAIR_EVERY = timedelta(days=14)
TRAVEL_EVERY = timedelta(days=7)
"""Crossing the date line loses a date; crossing it all the time would be a way to practise on every other day."""
MILESTONES = {7: 20, 14: 20, 30: 50, 50: 50, 100: 100, 200: 100, 365: 250, 500: 250, 730: 250, 1000: 500}
"""Days, and the gems that the first streak of that length brings."""
_DAY = timedelta(days=1)
_SATURDAY = 5


class Kept(StrEnum):
    """Why a day without practice does not end a streak. It does not add to it either."""

    FROZEN = "frozen"
    PAUSED = "paused"
    """A weekend of somebody who wants no pressure."""
    TRAVELLED = "travelled"
    REPAIRED = "repaired"


class Keep(NamedTuple):
    on: date
    kind: Kept
    freeze_id: UUID | None = None
    """Of the freeze that was spent on it."""


@dataclass(frozen=True, slots=True)
class Streak:
    """`current` days of practice without a gap, the last of them `last_on`; `longest` ever."""

    current: int = 0
    longest: int = 0
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Safety:
    """What keeps days without practice."""

    freezes: Mapping[UUID, date] = field(default_factory=dict)
    """Those that are held, and since when: a freeze does not save a day before it was there."""
    pauses: bool = False
    """Whether weekends are no days to miss."""


@dataclass(frozen=True, slots=True)
class Book:
    """All that a streak follows from."""

    practised: Mapping[date, int]
    """Sessions completed, by day; 0 where the day brought XP without one."""
    kept: Mapping[date, Kept] = field(default_factory=dict)
    safety: Safety = field(default_factory=Safety)

    @property
    def covered(self) -> set[date]:
        return {*self.practised, *self.kept}

    @property
    def streak(self) -> Streak:
        return of_days(self.practised, self.kept)

    def keeping(self, keeps: Iterable[Keep]) -> "Book":
        keeps = list(keeps)
        spent = {keep.freeze_id for keep in keeps}
        held = {id_: since for id_, since in self.safety.freezes.items() if id_ not in spent}
        kept = {**self.kept, **{keep.on: keep.kind for keep in keeps}}
        return replace(self, kept=kept, safety=replace(self.safety, freezes=held))


def practised(streak: Streak, on: date) -> Streak:
    """The streak after practice on the local date `on`; the same streak if the day adds nothing.

    Where `is_plain`: otherwise only `counted` can tell."""
    if streak.last_on is not None and on <= streak.last_on:
        return streak
    follows = streak.last_on is not None and on - streak.last_on == _DAY
    current = streak.current + 1 if follows else 1
    return Streak(current, max(streak.longest, current), on)


def of_days(days: Iterable[date], kept: Collection[date] = ()) -> Streak:
    """The streak of who practised on all these days; in any order, and as often as they like."""
    learned = set(days)
    streak, end = Streak(), None
    for on in sorted(learned | set(kept)):
        current = streak.current if end is not None and on - end == _DAY else 0
        end = on
        if on in learned:
            streak = Streak(current + 1, max(streak.longest, current + 1), on)
        elif current == 0 and streak.current:
            # A kept day that follows nothing: what was before it has ended.
            end = None
    return streak


def is_plain(streak: Streak, on: date) -> bool:
    """Whether practice on `on` neither leaves a gap, nor comes late, nor may repair what was lost."""
    if streak.last_on is None:
        return True
    if not timedelta(0) <= on - streak.last_on <= _DAY:
        return False
    after = practised(streak, on)
    return after.current > REPAIR_WITHIN.days or after.longest <= after.current


def counted(book: Book, on: date, elsewhere: date | None = None, *, sessions: int = 1) -> tuple[Streak, list[Keep]]:
    """The streak after practice on `on` with so many more sessions, and the days that are kept from now on.

    Only a day that is new keeps others. `elsewhere`: the same moment's date by the clock that the practice before it
    went by, where that is another one.
    """
    is_new = on not in book.practised
    book = replace(book, practised={**book.practised, on: book.practised.get(on, 0) + sessions})
    keeps = _bridges(book, on, elsewhere) if is_new else []
    book = book.keeping(keeps)
    found = repair(book, max(book.practised))
    if found and found.sessions >= REPAIR_SESSIONS:
        keeps += found.missing
        book = book.keeping(found.missing)
    return book.streak, keeps


def held(freezes: Mapping[UUID, date], spent: Iterable[tuple[UUID, date]], days: Collection[date]) -> dict[UUID, date]:
    """Those that can be spent: the oldest, and never more than MOST_FREEZES. `freezes`: all there were, since when."""
    gone = {id_ for id_, on in spent if on not in days}
    free = sorted((since, id_) for id_, since in freezes.items() if id_ not in gone)
    return {id_: since for since, id_ in free[:MOST_FREEZES]}


def lasts(streak: Streak, until: date, safety: Safety) -> bool:
    """Whether the streak goes on if the next day of practice is `until`."""
    return streak.last_on is not None and _kept_between(streak.last_on, until, safety) is not None


def at_risk(streak: Streak, today: date, safety: Safety | None = None) -> bool:
    """Whether the streak is lost unless its owner practises before their date `today` is over."""
    safety = safety or Safety()
    if streak.last_on is None or today <= streak.last_on:
        return False
    return lasts(streak, today, safety) and not lasts(streak, today + _DAY, safety)


def pending(streak: Streak, today: date, safety: Safety) -> list[Keep]:
    """The days that practice today would keep; empty also where it would keep none."""
    return [] if streak.last_on is None else _kept_between(streak.last_on, today, safety) or []


@dataclass(frozen=True, slots=True)
class Repair:
    """How a lost streak can be had back."""

    days: int
    """Of the lost streak."""
    until: date
    """The last date for it."""
    sessions: int
    """Completed so far, of REPAIR_SESSIONS."""
    missing: Sequence[Keep] = ()


def repair(book: Book, on: date) -> Repair | None:
    """What can be repaired on `on`: the end of a longer streak than the one that has begun since.

    `on` need not be a day of practice."""
    start = _chain_start(book, on)
    end = max((day for day in book.covered if day < start), default=None)
    if end is None:
        return None
    missing = [
        Keep(day, Kept.PAUSED if book.safety.pauses and day.weekday() >= _SATURDAY else Kept.REPAIRED)
        for day in _between(end, start)
    ]
    missed = [keep.on for keep in missing if keep.kind is Kept.REPAIRED]
    if not missed or on > missed[0] + REPAIR_WITHIN:
        return None
    if any(kind is Kept.REPAIRED and day > missed[0] - REPAIR_EVERY for day, kind in book.kept.items()):
        return None
    until = missed[0] + REPAIR_WITHIN
    lost = of_days([day for day in book.practised if day <= end], book.kept).current
    begun = [day for day in book.practised if start <= day <= until]
    if lost <= len(begun):
        return None
    return Repair(lost, until, sum(book.practised[day] for day in begun), missing)


def milestones(before: Streak, after: Streak) -> list[int]:
    """Those that were reached for the first time."""
    return [days for days in MILESTONES if before.longest < days <= after.longest]


def together(one: Book, other: Book, since: date) -> Streak:
    """Of two people: a day counts where both practised, and is no gap where it was kept for who did not."""
    both = [day for day in one.practised.keys() & other.practised.keys() if day >= since]
    return of_days(both, one.covered & other.covered)


def _bridges(book: Book, on: date, elsewhere: date | None) -> list[Keep]:
    """The gaps beside `on` that can be kept, if they lead to the streak that goes on."""
    covered, last_on = book.covered, max(book.practised)
    keeps: list[Keep] = []
    following = min((day for day in covered if day > on), default=None)
    if following is not None:
        if _chain_start(book, last_on) > following:
            return []
        found = _kept_between(on, following, book.safety)
        if found is None:
            return []
        keeps = found
    before = max((day for day in covered if day < on), default=None)
    if before is None:
        return keeps
    gap = list(_between(before, on))
    if len(gap) == 1 and elsewhere is not None and elsewhere < on and _may_travel(book, gap[0]):
        return [*keeps, Keep(gap[0], Kept.TRAVELLED)]
    return keeps + (_kept_between(before, on, book.keeping(keeps).safety) or [])


def _kept_between(start: date, end: date, safety: Safety) -> list[Keep] | None:
    """All days between the two, kept; None where one of them cannot be.

    From the last to the first, each by the newest freeze that was there: older ones save earlier days as well."""
    held = sorted(safety.freezes.items(), key=lambda freeze: (freeze[1], freeze[0]))
    keeps: list[Keep] = []
    on = end - _DAY
    while on > start:
        if safety.pauses and on.weekday() >= _SATURDAY:
            keeps.append(Keep(on, Kept.PAUSED))
        else:
            while held and held[-1][1] > on:
                held.pop()
            if not held:
                return None
            keeps.append(Keep(on, Kept.FROZEN, held.pop()[0]))
        on -= _DAY
    return keeps


def _may_travel(book: Book, on: date) -> bool:
    return not any(kind is Kept.TRAVELLED and abs(on - day) < TRAVEL_EVERY for day, kind in book.kept.items())


def _chain_start(book: Book, on: date) -> date:
    """The first day of the unbroken run that `on` is in; `on` itself where it is in none."""
    covered = book.covered
    while on - _DAY in covered:
        on -= _DAY
    return on


def _between(start: date, end: date) -> Iterable[date]:
    """Without the two."""
    return (start + timedelta(days=offset) for offset in range(1, (end - start).days))
