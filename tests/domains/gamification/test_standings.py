"""Boards of all, of a course, of friends and of a class, by day, week, month and in all."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.standings import EVERYWHERE, Period, ends_at, score, starts_on, window, xp_of

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2058, 1, 1), timezones=st.just(UTC))
SUMS = st.integers(-(2**20), 2**23 - 1)


@given(SUMS, MOMENTS, SUMS, MOMENTS)
def test_a_score_says_its_xp_and_stands_higher_with_more_of_it_or_with_as_much_earlier(
    xp: int, at: datetime, other_xp: int, other_at: datetime
) -> None:
    mine, other = score(xp, at), score(other_xp, other_at)
    assert xp_of(mine) == xp
    assert int(float(mine)) == mine
    if (-xp, int(at.timestamp())) < (-other_xp, int(other_at.timestamp())):
        assert mine < other


@given(st.sampled_from([Period.DAY, Period.WEEK, Period.MONTH]), MOMENTS)
def test_a_moment_is_within_its_period_and_the_next_begins_where_it_ends(period: Period, now: datetime) -> None:
    start, end = starts_on(period, now), ends_at(period, now)
    assert start is not None
    assert end is not None
    assert start <= now.date() < end.date()
    assert starts_on(period, end) == end.date()
    assert starts_on(period, end - timedelta(microseconds=1)) == start


@pytest.mark.parametrize(("rank", "size", "above"), [(None, 5, 0), (1, 5, 0), (3, 5, 0), (4, 5, 1), (100, 10, 94)])
def test_whoever_asks_is_in_the_middle_unless_they_stand_at_the_top(rank: int | None, size: int, above: int) -> None:
    assert window(rank, size) == above


def test_all_time_neither_begins_nor_ends() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    assert (starts_on(Period.ALL, now), ends_at(Period.ALL, now)) == (None, None)
    assert UUID(int=0) == EVERYWHERE
