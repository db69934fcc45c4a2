from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.streaks import Streak, practised

START = date(2026, 3, 1)
days = st.lists(st.integers(0, 40).map(lambda offset: START + timedelta(days=offset)), max_size=60)


def after(practice: list[date]) -> Streak:
    streak = Streak()
    for on in practice:
        streak = practised(streak, on)
    return streak


def reference(practice: list[date]) -> Streak:
    """Written the other way round: the days that count are a set; runs are walked backwards from their ends."""
    counted = {on for place, on in enumerate(practice) if all(on > earlier for earlier in practice[:place])}

    def run(end: date) -> int:
        return 1 + run(end - timedelta(days=1)) if end in counted else 0

    if not counted:
        return Streak()
    return Streak(run(max(counted)), max(run(on) for on in counted), max(counted))


@given(days)
def test_streaks_equal_the_slow_reference(practice: list[date]) -> None:
    assert after(practice) == reference(practice)


@given(days, st.integers(0, 40))
def test_practice_on_an_earlier_or_equal_date_changes_nothing(practice: list[date], back: int) -> None:
    streak = after(practice)
    if streak.last_on is not None:
        assert practised(streak, streak.last_on - timedelta(days=back)) is streak


@given(days)
def test_dates_in_order_count_their_last_run(practice: list[date]) -> None:
    streak = after(sorted(practice))
    if practice:
        run = 0
        while max(practice) - timedelta(days=run) in practice:
            run += 1
        assert streak.current == run


def test_a_gap_begins_again_at_one() -> None:
    assert after([START, START + timedelta(days=1), START + timedelta(days=3)]) == Streak(
        1, 2, START + timedelta(days=3)
    )
