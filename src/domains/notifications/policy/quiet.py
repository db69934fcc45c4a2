"""Hours of the day in somebody's own zone: when it is quiet, when a day begins, when a digest is due.

A clock change moves none of it: 22:00 is 22:00 before and after. An hour that does not exist counts from the moment at
which clocks go on; of an hour that comes twice the first counts. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTES_A_DAY = 24 * 60
MONDAY = 0


class Quiet(NamedTuple):
    """Minutes after local midnight; `until` may be of the next morning. An equal pair is no quiet at all."""

    start: int
    until: int

    def holds(self, minute: int) -> bool:
        if self.start <= self.until:
            return self.start <= minute < self.until
        return minute >= self.start or minute < self.until


def ends_at(quiet: Quiet | None, moment: datetime, zone: str) -> datetime | None:
    """When the quiet hours end that `moment` falls into; None outside of them."""
    if quiet is None or quiet.start == quiet.until:
        return None
    there = ZoneInfo(zone)
    end = moment
    # Once, but for zones where the clock change swallows the end and lands in the next quiet hours.
    while quiet.holds(_minute(end.astimezone(there))):
        end = _next(end, there, quiet.until)
    return end if end > moment else None


def day_begins(moment: datetime, zone: str) -> datetime:
    """The beginning of the local day that `moment` falls into."""
    there = ZoneInfo(zone)
    return _at(moment.astimezone(there).date(), 0, there)


def next_day_at(moment: datetime, zone: str, minute: int) -> datetime:
    """On the local day after that of `moment`."""
    there = ZoneInfo(zone)
    return _at(moment.astimezone(there).date() + timedelta(days=1), minute, there)


def next_at(moment: datetime, zone: str, hour: int, *, weekday: int | None = None) -> datetime:
    """The next time that it is `hour` o'clock there, on a `weekday` (Monday is 0) if one is wished."""
    there = ZoneInfo(zone)
    day = moment.astimezone(there).date()
    while True:
        found = _at(day, hour * 60, there)
        if found > moment and weekday in {None, day.weekday()}:
            return found
        day += timedelta(days=1)


def _next(moment: datetime, there: ZoneInfo, minute: int) -> datetime:
    """The first time after `moment` at which a clock there shows `minute`."""
    day = moment.astimezone(there).date()
    for later in range(3):
        for fold in (0, 1):
            found = _at(day + timedelta(days=later), minute, there, fold)
            if found > moment:
                return found
    raise AssertionError("a clock shows every minute, or one after it, within two days")


def _at(day: date, minute: int, there: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60, fold=fold), there).astimezone(UTC)


def _minute(local: datetime) -> int:
    return local.hour * 60 + local.minute
