"""Hours of reminders, in every zone of the world and over both clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.streaks import Streak, at_risk, practised
from domains.notifications.policy import reminders as policy

ZONES = sorted(available_timezones() - {"localtime"})
zones = st.sampled_from(ZONES)
dates = st.dates(date(2000, 1, 1), date(2037, 12, 30))
hours = st.sampled_from(policy.EVENING)
# No clock there ever showed these: the islands changed the side of the date line.
SKIPPED = {
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Fakaofo", date(2011, 12, 30)),
}


def local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize("area", sorted({zone.partition("/")[0] for zone in ZONES}))
def test_in_every_zone_every_evening_of_two_years_is_due_at_its_hour(area: str) -> None:
    for zone in ZONES:
        day = date(2026, 1, 1)
        while day < date(2028, 1, 1) and zone.partition("/")[0] == area:
            shown = local(policy.moment(day, policy.USUAL_HOUR, zone), zone)
            assert (zone, shown.date(), shown.hour, shown.minute) == (zone, day, policy.USUAL_HOUR, 0)
            day += timedelta(days=1)


@given(zone=zones, day=dates, hour=hours)
def test_a_moment_shows_its_hour_on_its_date(zone: str, day: date, hour: int) -> None:
    shown = local(policy.moment(day, hour, zone), zone)
    if (zone, day) in SKIPPED:
        assert shown.date() == day + timedelta(days=1)
    else:
        assert (shown.date(), shown.hour) == (day, hour)


@given(zone=zones, day=dates, hour=st.integers(0, 23))
def test_evening_follows_evening_after_a_day_of_the_length_that_it_has(zone: str, day: date, hour: int) -> None:
    gap = policy.moment(day + timedelta(days=1), hour, zone) - policy.moment(day, hour, zone)
    assert timedelta(0) <= gap <= timedelta(hours=48)


@pytest.mark.parametrize(
    ("zone", "before", "length_h"),
    [
        ("Europe/Berlin", date(2026, 3, 28), 23),
        ("Europe/Berlin", date(2026, 10, 24), 25),
        ("America/New_York", date(2026, 3, 7), 23),
        ("America/New_York", date(2026, 10, 31), 25),
        ("Australia/Lord_Howe", date(2026, 4, 4), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 3), 23.5),
        ("Asia/Kolkata", date(2026, 3, 28), 24),
    ],
)
def test_a_day_on_which_clocks_change_moves_no_reminder(zone: str, before: date, length_h: float) -> None:
    first, second = (policy.moment(before + timedelta(days=n), 19, zone) for n in (0, 1))
    assert second - first == timedelta(hours=length_h)
    assert local(second, zone).hour == 19


@given(zone=zones, day=dates, hour=hours, minutes=st.integers(-3 * 24 * 60, 3 * 24 * 60))
def test_a_reminder_is_due_in_its_own_evening_only(zone: str, day: date, hour: int, minutes: int) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(minutes=minutes)
    there = local(now, zone)
    decided = policy.decide(now, day, hour, zone)
    if isinstance(decided, datetime):
        assert decided > now
        assert there.date() < day or (there.date() == day and there.hour < hour) or (zone, day) in SKIPPED
    elif decided == "now":
        assert there.date() == day
        assert hour <= there.hour < policy.TOO_LATE_HOUR
        assert 1 <= policy.hours_left(now, day, zone) <= 24 - hour + 1
    else:
        assert there.date() > day or (there.date() == day and there.hour >= policy.TOO_LATE_HOUR)


@given(
    zone=zones, at=st.integers(1_577_836_800, 2_114_380_800).map(lambda s: datetime.fromtimestamp(s, UTC)), hour=hours
)
def test_who_does_not_come_back_is_reminded_on_the_next_evening_while_the_streak_is_at_risk(
    zone: str, at: datetime, hour: int
) -> None:
    today = local(at, zone).date()
    streak = practised(Streak(), today)
    due = policy.moment(today + timedelta(days=1), hour, zone)
    evening = local(due, zone).date()
    assert due > at
    assert at_risk(streak, evening)
    assert not at_risk(practised(streak, evening), evening)
    assert not at_risk(streak, evening + timedelta(days=1))


@given(st.dictionaries(st.integers(0, 23), st.integers(1, 50)))
def test_the_usual_hour_is_of_the_evening_and_nobody_practises_more_in_another(lessons: dict[int, int]) -> None:
    hour = policy.usual_hour(lessons)
    assert hour in policy.EVENING
    assert all(lessons.get(other, 0) <= lessons.get(hour, 0) for other in policy.EVENING)


def test_without_a_habit_it_is_seven_in_the_evening() -> None:
    assert policy.usual_hour({}) == policy.usual_hour({7: 40, 23: 9}) == 19
    assert policy.usual_hour({7: 40, 20: 1, 21: 2}) == 21
    assert policy.usual_hour({17: 3, 18: 3}) == 17


@given(zone=zones, day=dates)
def test_a_week_is_told_of_on_its_sunday(zone: str, day: date) -> None:
    week_on = policy.week_of(day)
    assert week_on <= day < week_on + timedelta(days=7)
    assert week_on.weekday() == 0
    shown = local(policy.recap_at(week_on, zone), zone)
    if (zone, week_on + timedelta(days=6)) not in SKIPPED:
        assert (shown.weekday(), shown.hour) == (6, policy.RECAP_HOUR)
    assert not policy.recap_stale(policy.recap_at(week_on, zone), week_on)
    assert policy.recap_stale(policy.recap_at(week_on, zone) + timedelta(days=4), week_on)
