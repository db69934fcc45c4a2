from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy.streaks import Streak, is_late, of_days, practised

START = date(2026, 3, 1)
days = st.lists(st.integers(0, 40).map(lambda offset: START + timedelta(days=offset)), max_size=60)


def after(practice: list[date]) -> Streak:
    """As rewards are counted: day by day, and from all days where one comes late."""
    streak, counted = Streak(), []
    for on in practice:
        counted.append(on)
        streak = of_days(counted) if is_late(streak, on) else practised(streak, on)
    return streak


def reference(practice: list[date]) -> Streak:
    """Written the other way round: runs are walked backwards from their ends."""

    def run(end: date) -> int:
        return 1 + run(end - timedelta(days=1)) if end in practice else 0

    if not practice:
        return Streak()
    return Streak(run(max(practice)), max(map(run, practice)), max(practice))


@given(days)
def test_streaks_equal_the_slow_reference_in_whatever_order_days_come(practice: list[date]) -> None:
    assert after(practice) == reference(practice) == of_days(practice)


@given(days)
def test_practice_on_a_day_that_counts_already_changes_nothing(practice: list[date]) -> None:
    for on in practice:
        assert after([*practice, on]) == after(practice)


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
