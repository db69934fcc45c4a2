"""The rules of streaks, without a database."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.histories import ZONES, by_offset, history, lived, second_opinion
from domains.gamification.policy import streaks
from domains.gamification.policy.streaks import Book, Keep, Kept, Safety, Streak, at_risk, of_days, together
from domains.kernel.zones import local_date

MONDAY = date(2026, 3, 2)
LETTERS = {"F": Kept.FROZEN, "W": Kept.PAUSED, "T": Kept.TRAVELLED, "R": Kept.REPAIRED}


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def live(line: str, *, freezes: Mapping[int, int] | None = None, pauses: bool = False) -> tuple[Streak, list[Keep]]:
    """Days from a Monday: a digit is how many sessions were completed, `.` a day without. `freezes`: by number, since
    which day."""
    streak, keeps, practised = Streak(), list[Keep](), dict[date, int]()
    gained = {UUID(int=number): day(since) for number, since in (freezes or {}).items()}
    for number, sessions in enumerate(line):
        for _ in range(int(sessions) if sessions != "." else 0):
            spent = [(keep.freeze_id, keep.on) for keep in keeps if keep.freeze_id]
            safety = Safety(streaks.held(gained, spent, practised), pauses)
            if streaks.is_plain(streak, day(number)):
                streak = streaks.practised(streak, day(number))
            else:
                book = Book(practised, {keep.on: keep.kind for keep in keeps}, safety)
                streak, more = streaks.counted(book, day(number))
                keeps += more
            practised[day(number)] = practised.get(day(number), 0) + 1
    return streak, keeps


@pytest.mark.parametrize(
    ("line", "freezes", "pauses", "current", "kept"),
    [
        ("111", {}, False, 3, "..."),
        ("11.1", {}, False, 1, "...."),
        ("11.1", {1: 0}, False, 3, "..F."),
        ("11.1", {1: 2}, False, 3, "..F."),
        # One that was bought the morning after saves no day before.
        ("11.1", {1: 3}, False, 1, "...."),
        ("11..1", {1: 0, 2: 0}, False, 3, "..FF."),
        # What cannot be saved costs nothing.
        ("11...1.1", {1: 0, 2: 0}, False, 2, "......F."),
        ("11..1", {1: 0, 2: 3}, False, 3, "..FF."),
        ("11..1", {1: 3, 2: 3}, False, 1, "....."),
        ("11.3", {}, False, 3, "..R."),
        ("11.2", {}, False, 1, "...."),
        ("111.12", {}, False, 5, "...R.."),
        ("111..3", {}, False, 4, "...RR."),
        ("111...3", {}, False, 1, "......."),
        ("1111.11.3", {}, False, 3, ".......R."),
        # Nothing to win: what was lost is no longer than what has begun.
        ("1.12", {}, False, 2, "...."),
        ("11.31111.3", {}, False, 1, "..R......."),
        ("11.3" + "1" * 11 + ".3", {}, False, 1, "..R"),
        ("11.3" + "1" * 12 + ".3", {}, False, 16, "..R.............R"),
        ("11111..1", {}, True, 6, ".....WW."),
        ("11111..1", {}, False, 1, "........"),
        ("1111...1", {1: 0}, True, 5, "....FWW."),
        ("1111..3", {}, True, 5, "....RW."),
        ("1111...3", {}, True, 1, "........"),
        ("11111...1", {}, True, 1, "........."),
    ],
    ids=lambda value: str(value).replace(" ", ""),
)
def test_what_keeps_a_streak(line: str, freezes: dict[int, int], pauses: bool, current: int, kept: str) -> None:
    streak, keeps = live(line, freezes=freezes, pauses=pauses)
    assert streak.current == current
    assert {keep.on: keep.kind for keep in keeps} == {
        day(number): LETTERS[letter] for number, letter in enumerate(kept) if letter != "."
    }


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_streaks_equal_the_slow_reference_over_lives_in_all_zones(seed: int) -> None:
    steps = history(seed, random.Random(seed).sample(ZONES, 3))
    for number, both in enumerate(zip(lived(steps), second_opinion(steps, by_offset), strict=True)):
        assert both[0] == both[1], (number, steps[: number + 1])


days = st.sets(st.integers(0, 40).map(day), max_size=40)


@given(days, days, st.integers(0, 40).map(day))
def test_a_day_that_comes_late_never_makes_a_streak_shorter(practice: set[date], kept: set[date], late: date) -> None:
    before, after = of_days(practice, kept), of_days({*practice, late}, kept)
    assert after.longest >= before.longest
    if before.last_on is not None and late <= before.last_on:
        assert after.current >= before.current


@given(st.permutations(range(12)), st.sets(st.integers(0, 20)))
def test_days_count_in_whatever_order_they_come(order: list[int], kept: set[int]) -> None:
    streak = Streak()
    book = Book({}, {day(number): Kept.REPAIRED for number in kept})
    for number in order:
        streak, _ = streaks.counted(book, day(number * 2))
        book = Book({**book.practised, day(number * 2): 1}, book.kept)
    assert streak == of_days([day(number * 2) for number in order], book.kept)


def test_a_freeze_comes_back_when_its_day_turns_out_to_have_been_practised() -> None:
    streak, keeps = live("11.1", freezes={1: 0})
    freezes, spent = {UUID(int=1): day(0)}, [(keep.freeze_id, keep.on) for keep in keeps if keep.freeze_id]
    practised = {day(number): 1 for number in (0, 1, 3)}
    assert streaks.held(freezes, spent, practised) == {}
    streak, more = streaks.counted(Book(practised, {day(2): Kept.FROZEN}), day(2))
    assert (streak.current, more) == (4, [])
    assert streaks.held(freezes, spent, {**practised, day(2): 1}) == freezes


def test_what_comes_late_lets_freezes_save_what_they_could_not() -> None:
    book = Book({day(0): 1, day(4): 1}, {}, Safety({UUID(int=1): day(0), UUID(int=2): day(0)}))
    streak, keeps = streaks.counted(book, day(2))
    assert (streak.current, sorted(keep.on for keep in keeps)) == (3, [day(1), day(3)])


def moment(local: str, zone: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def practise(*causes: tuple[str, str]) -> Streak:
    """Times by the local clock, and its zone; in their order."""
    streak, keeps, practised, before = Streak(), list[Keep](), dict[date, int](), ""
    for local, zone in causes:
        at = moment(local, zone)
        on = local_date(at, zone)
        elsewhere = local_date(at, before) if before and before != zone else None
        book = Book(practised, {keep.on: keep.kind for keep in keeps})
        streak, more = streaks.counted(book, on, elsewhere)
        keeps += more
        practised[on], before = practised.get(on, 0) + 1, zone
    return streak


@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_lms_front_549_clock_changes_lose_no_streak(zone: str) -> None:
    late = [moment(f"{date(2026, 1, 1) + timedelta(days=number)} 23:59", zone) for number in range(365)]
    early = [moment(f"{date(2026, 1, 1) + timedelta(days=number)} 00:01", zone) for number in range(365)]
    assert of_days(local_date(at, zone) for at in late).current == 365
    assert of_days(local_date(at, zone) for at in early).current == 365


def test_habitica_4211_the_hour_that_comes_twice_is_no_day_of_its_own() -> None:
    zone = "America/New_York"
    # Sunday, November 1st: 01:30 in summer time, an hour later 01:30 in standard time.
    moments = [datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)]
    assert [local_date(at, zone) for at in moments] == [date(2026, 11, 1)] * 2
    # 23:30 in summer time would be 22:30 in standard time: the day before is not over for either.
    assert practise(("2026-10-31 23:30", zone), ("2026-11-01 23:30", zone), ("2026-11-02 00:30", zone)).current == 3


def test_habitica_3806_another_clock_on_the_same_day_neither_adds_nor_loses_a_day() -> None:
    new_york, chicago = "America/New_York", "America/Chicago"
    streak = practise(
        ("2026-03-01 20:00", new_york), ("2026-03-01 19:30", chicago), ("2026-03-01 23:30", chicago),
        ("2026-03-02 23:30", chicago), ("2026-03-03 22:00", new_york),
    )  # fmt: skip
    assert streak.current == 3


def test_habitica_8944_a_journey_one_hour_west_keeps_the_streak() -> None:
    belgium, england = "Europe/Brussels", "Europe/London"
    streak = practise(
        ("2017-08-08 23:30", belgium), ("2017-08-09 12:00", england), ("2017-08-09 23:30", england),
        ("2017-08-10 23:30", england), ("2017-08-12 00:30", belgium),
    )  # fmt: skip
    assert streak.current == 4


@pytest.mark.parametrize(
    ("causes", "current"),
    [
        # Sunday evening in California, Tuesday morning in New Zealand: there was no Monday.
        ([("2026-03-01 21:00", "America/Los_Angeles"), ("2026-03-03 12:00", "Pacific/Auckland")], 2),
        # There was one, and it was spent without practice.
        ([("2026-03-01 21:00", "America/Los_Angeles"), ("2026-03-03 23:00", "Pacific/Auckland")], 1),
        # The other way the same date comes twice.
        ([("2026-03-02 09:00", "Pacific/Auckland"), ("2026-03-02 21:00", "America/Los_Angeles"),
          ("2026-03-03 21:00", "America/Los_Angeles")], 2),
        # Even back to the day before.
        ([("2026-03-02 00:30", "Pacific/Auckland"), ("2026-03-01 08:00", "Pacific/Honolulu"),
          ("2026-03-02 08:00", "Pacific/Honolulu"), ("2026-03-03 08:00", "Pacific/Honolulu")], 3),
    ],
    ids=["east", "east_and_idle", "west", "west_a_day_back"],
)  # fmt: skip
def test_journeys_over_the_date_line(causes: list[tuple[str, str]], current: int) -> None:
    assert practise(*causes).current == current


def test_who_changes_clocks_all_the_time_cannot_practise_on_every_other_day() -> None:
    """The day is stretched in the west, and its end is skipped in the east, again and again."""
    causes = []
    for number in range(0, 30, 3):
        west, east = date(2026, 6, 1) + timedelta(days=number), date(2026, 6, 3) + timedelta(days=number)
        causes += [(f"{west} 23:00", "Pacific/Honolulu"), (f"{east} 10:00", "Pacific/Auckland")]
    assert practise(*causes).longest <= 4


@pytest.mark.parametrize("year", [2024, 2026])
def test_a_leap_day_is_a_day_like_any_other(year: int) -> None:
    first, last = date(year, 2, 28), date(year, 3, 1)
    assert of_days([first, last]).current == (1 if year == 2024 else 2)
    assert of_days([first, last - timedelta(days=1), last]).current == (3 if year == 2024 else 2)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Honolulu", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_the_nudge_is_not_a_day_off_west_of_greenwich(zone: str) -> None:
    streak = practise(("2026-03-01 20:00", zone), ("2026-03-02 20:00", zone))
    risks = [at_risk(streak, local_date(moment(f"2026-03-0{day} 20:30", zone), zone)) for day in (2, 3, 4)]
    assert risks == [False, True, False]


def test_who_holds_a_freeze_is_nudged_only_when_it_would_no_longer_do() -> None:
    streak = Streak(5, 5, day(0))
    one = Safety({UUID(int=1): day(0)})
    assert [at_risk(streak, day(number), one) for number in range(4)] == [False, False, True, False]
    bought_late = Safety({UUID(int=1): day(2)})
    assert [at_risk(streak, day(number), bought_late) for number in range(4)] == [False, True, False, False]


def test_friends_count_the_days_on_which_both_practised() -> None:
    one = Book({day(number): 1 for number in (0, 1, 2, 3, 5)})
    other = Book({day(number): 1 for number in (1, 2, 4, 5)}, {day(3): Kept.FROZEN})
    assert together(one, other, day(0)) == Streak(1, 2, day(5))
    frozen = Book(one.practised, {day(4): Kept.FROZEN})
    assert together(frozen, other, day(0)) == Streak(3, 3, day(5))
    assert together(frozen, other, day(2)).current == 2


def test_each_milestone_is_reached_once() -> None:
    lengths = [Streak(days, longest) for days, longest in ((6, 6), (7, 7), (1, 7), (7, 7), (30, 30))]
    reached = [streaks.milestones(*pair) for pair in pairwise(lengths)]
    assert reached == [[7], [], [], [14, 30]]
