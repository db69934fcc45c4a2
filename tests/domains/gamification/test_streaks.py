from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.infra import Infra
from domains.gamification.api import check_ledger
from domains.gamification.policy.streaks import Streak, is_late, of_days, practised
from domains.gamification.service.merging import merge
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.rewards import Complete, NewLearner

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


async def test_who_earned_in_weeks_that_are_over_alone_takes_that_along_into_another_account(
    db: Database, infra: Infra, new_learner: NewLearner, complete: Complete
) -> None:
    guest, ada = await new_learner(), await new_learner()
    now = utc_now()
    for learner, days in ((guest, 15), (ada, 14), (guest, 13), (ada, 0)):
        await complete(learner, at=now - timedelta(days=days))
    async with db.begin() as uow:
        await merge(uow, guest, ada)
    [row] = await db.fetch(
        "SELECT xp, longest_days FROM gamification_balance JOIN gamification_streak USING (user_id) WHERE user_id = $1",
        ada,
    )
    assert tuple(row) == (60, 3)
    assert await check_ledger(db, infra.redis) == []


def test_a_gap_begins_again_at_one() -> None:
    assert after([START, START + timedelta(days=1), START + timedelta(days=3)]) == Streak(
        1, 2, START + timedelta(days=3)
    )
