from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.leagues import ends_at, week_of
from domains.gamification.service.boards import _score, _unpacked

moments = st.timedeltas(timedelta(0), timedelta(days=7000)).map(lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since)


@given(moments)
def test_a_week_begins_on_monday_and_holds_its_moments(moment: datetime) -> None:
    week_on = week_of(moment)
    assert week_on.weekday() == 0
    assert ends_at(week_on) - timedelta(days=7) <= moment < ends_at(week_on)


@given(st.integers(0, 4_000_000), st.integers(0, 604_799_999), st.integers(0, 4_000_000), st.integers(0, 604_799_999))
def test_scores_are_exact_and_order_by_xp_then_by_who_was_first(xp: int, ms: int, xp_2: int, ms_2: int) -> None:
    week_on = date(2026, 11, 16)
    start = datetime(2026, 11, 16, tzinfo=UTC)
    at, at_2 = start + timedelta(milliseconds=ms), start + timedelta(milliseconds=ms_2)
    first, second = float(_score(xp, at, week_on)), float(_score(xp_2, at_2, week_on))
    assert _unpacked(first, week_on) == (xp, at)
    assert (first > second) == ((-xp, at) < (-xp_2, at_2))
