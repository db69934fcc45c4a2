"""What practice pays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.gamification.policy import xp
from domains.gamification.policy.xp import Day, Work
from domains.learning.policy.score import best_run

LATER = Day(first=False)


@pytest.mark.parametrize(
    ("work", "points"),
    [
        ({"correct": 7}, 10),
        ({"correct": 7, "best_run": 2}, 10),
        ({"correct": 7, "best_run": 7}, 12),
        ({"correct": 19, "total": 20, "best_run": 18}, 14),
        ({"correct": 8, "best_run": 8}, 15),
        ({"correct": 0, "total": 0}, 5),
        ({"correct": 3, "out_of_hearts": True}, 5),
        ({"correct": 3, "out_of_hearts": True, "completions": 5}, 1),
    ],
    ids=["mistake", "short run", "combo", "long combo", "perfect", "viewed", "no heart left", "and for the fifth time"],
)
def test_a_lesson_is_worth_its_base_and_what_was_right_in_a_row(work: dict[str, int], points: int) -> None:
    assert xp.lesson(**{"total": 8, "completions": 1} | work).points == points  # type: ignore[arg-type]


@given(st.integers(1, 40), st.data())
def test_one_more_right_answer_is_never_worth_less_and_none_wrong_is_worth_most(
    total: int, data: st.DataObject
) -> None:
    verdicts = data.draw(st.lists(st.booleans(), min_size=total, max_size=total))
    better = list(verdicts)
    better[data.draw(st.integers(0, total - 1))] = True
    worth = [
        xp.lesson(correct=sum(v), total=total, completions=1, best_run=best_run(v)).points for v in (verdicts, better)
    ]
    assert worth == sorted(worth)
    assert (worth[1] == xp.BASE_XP + xp.PERFECT_XP) == all(better)


@given(st.lists(st.booleans()))
def test_the_best_run_is_the_longest_of_all_runs(verdicts: list[bool]) -> None:
    written = "".join("+" if correct else " " for correct in verdicts)
    assert best_run(verdicts) == max(map(len, written.split()), default=0)


def test_ten_repetitions_are_worth_less_than_one_new_lesson_and_something_more() -> None:
    repeats = [xp.lesson(correct=8, total=8, completions=n) for n in range(2, 100)]
    assert [work.points for work in repeats[:4]] == [7, 3, 1, 1]
    assert sum(work.points for work in repeats[:10]) < 2 * 10
    assert {work.points for work in repeats[3:]} == {1}
    assert all(work.easy for work in repeats)


def test_only_practice_that_comes_up_by_itself_is_worth_a_lesson_and_has_no_cap_of_its_own() -> None:
    kinds = ("review", "mistakes", "practice", "test_out", "placement")
    assert [(xp.practice(kind).points, xp.practice(kind).easy) for kind in kinds] == [(10, False)] * 2 + [(5, True)] * 3


def test_the_first_of_a_day_brings_five_more_whatever_it_is_and_a_boost_does_not_multiply_them() -> None:
    assert xp.pay(Work(15), Day()) == 20
    assert xp.pay(Work(15), LATER) == 15
    assert xp.pay(Work(15), Day(), factor=2) == 35


@given(st.lists(st.tuples(st.builds(Work, st.integers(1, 15), st.booleans()), st.integers(1, 5)), max_size=400))
def test_no_order_of_whatever_work_brings_more_than_a_days_caps(done: list[tuple[Work, int]]) -> None:
    day = Day()
    for work, factor in done:
        amount = xp.pay(work, day, factor=factor)
        assert amount >= 0
        day = Day(day.xp + amount, day.easy_xp + amount * work.easy, first=False)
    assert day.xp <= xp.DAY_CAP_XP
    assert day.easy_xp <= xp.EASY_CAP_XP


@given(st.integers(1, 5), st.integers(0, xp.DAY_CAP_XP), st.integers(1, 15), st.integers(1, 15))
def test_a_correction_and_what_was_paid_are_what_would_have_been_paid(
    factor: int, xp_before: int, was: int, is_now: int
) -> None:
    before = Day(xp_before, first=False)
    paid = xp.pay(Work(was), before, factor=factor)
    more = xp.correction(Work(is_now), was, Day(xp_before + paid, first=False), factor=factor)
    assert paid + more == max(paid, xp.pay(Work(is_now), before, factor=factor))
