"""Days, mastery and levels."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.kernel.zones import local_date
from domains.learning.policy.activity import QUARTER_MIN, Day, Quarter, bounds, calendar
from domains.learning.policy.mastery import HIGHEST_LEVEL, known, lesson_level, mastery, unit_level
from domains.learning.policy.schedule import Rating, Review, Rules, folded, is_learned

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ITEMS = [uuid5(UUID(int=0), str(number)) for number in range(4)]
ZONES = sorted(zone for zone in available_timezones() if "/" in zone)
moments = st.integers(0, 15 * 366 * 86_400).map(lambda s: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@given(moments, st.sampled_from(ZONES))
def test_the_quarter_of_an_hour_tells_the_day_wherever_somebody_is(moment: datetime, zone: str) -> None:
    quarter = moment - (moment - datetime(1970, 1, 1, tzinfo=UTC)) % timedelta(minutes=QUARTER_MIN)
    assert local_date(quarter, zone) == local_date(moment, zone)
    [day] = calendar([Quarter(quarter, "answer", 1, 1)], zone)
    begin, end = bounds(day.on, day.on, zone)
    assert begin <= moment < end


def test_a_calendar_adds_up_what_was_done_by_the_clock_of_the_learner() -> None:
    night = datetime(2026, 3, 28, 18, tzinfo=UTC)  # in Kathmandu a quarter to midnight
    done = [
        Quarter(night + timedelta(minutes=15), "review", 2, 5000),
        Quarter(night, "answer", 3, 9000),
        Quarter(night, "lesson", 1, 0),
        Quarter(night + timedelta(hours=2), "practice", 1, 0),
    ]
    assert calendar(done, "Asia/Kathmandu") == [
        Day(date(2026, 3, 28), answers=3, reviews=0, lessons=1, practices=0, spent_ms=9000),
        Day(date(2026, 3, 29), answers=0, reviews=2, lessons=0, practices=1, spent_ms=5000),
    ]
    assert [day.on for day in calendar(done, "UTC")] == [date(2026, 3, 28)]


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    berlin = [bounds(day, day, "Europe/Berlin") for day in (date(2026, 3, 29), date(2026, 10, 25))]
    assert [(end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(hours=1) for begin, end in berlin] == [23, 25]
    assert bounds(date(2026, 1, 1), date(2026, 1, 2), "UTC")[1] == datetime(2026, 1, 3, tzinfo=ZoneInfo("UTC"))


def reviews(*ratings: Rating, item: UUID = ITEMS[0]) -> list[Review]:
    """One a day, the last one a day ago."""
    return [Review(NOW - timedelta(days=len(ratings) - day), "", item, r) for day, r in enumerate(ratings)]


def test_what_was_never_asked_for_or_was_wrong_last_is_not_known() -> None:
    again, good = Rating.AGAIN, Rating.GOOD
    log = reviews(good) + reviews(good, again, item=ITEMS[1]) + reviews(again, good, item=ITEMS[2])
    of = known(folded(log, Rules()).values(), NOW, Rules())
    assert of[ITEMS[1]].chance == 0
    assert of[ITEMS[1]].weak
    found = mastery(ITEMS, of)
    assert (found.items, found.met, found.learned, found.weak) == (4, 3, 3, 1)
    assert found.mastery == pytest.approx((of[ITEMS[0]].chance + of[ITEMS[2]].chance) / 4)
    assert found.strength == pytest.approx(found.mastery * 4 / 3)
    assert mastery([], of)[:2] == (0.0, None)
    assert not is_learned(folded(reviews(again), Rules())[ITEMS[0]])


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([Rating.AGAIN, Rating.GOOD]), st.integers(1, 60)), max_size=9
    ),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_mastery_only_falls_while_nothing_is_learned(log: list[tuple[int, Rating, int]], first: int, then: int) -> None:
    states = folded([Review(NOW - timedelta(days=ago), "", ITEMS[n], r) for n, r, ago in log], Rules()).values()
    soon, later = NOW + timedelta(days=first), NOW + timedelta(days=first + then)
    before, after = (mastery(ITEMS, known(states, at, Rules())) for at in (soon, later))
    assert 0 <= after.mastery <= before.mastery <= 1
    assert after.weak >= before.weak


@pytest.mark.parametrize(
    ("completions", "skipped", "read_only", "level"),
    [
        (0, False, False, 0),
        (0, True, False, 1),
        (1, False, False, 1),
        (3, False, False, 3),
        (9, False, False, HIGHEST_LEVEL),
        (0, False, True, 0),
        (1, False, True, HIGHEST_LEVEL),
        (0, True, True, HIGHEST_LEVEL),
    ],
)
def test_levels_count_how_often_a_lesson_was_taken(
    completions: int, skipped: bool, read_only: bool, level: int
) -> None:
    assert lesson_level(completions, skipped=skipped, read_only=read_only) == level


def test_a_unit_has_a_crown_for_every_time_that_all_its_lessons_were_taken() -> None:
    assert [unit_level(levels) for levels in ([3, 1, 5], [2, 0], [])] == [1, 0, 0]
