"""Which report comes first."""

from hypothesis import given
from hypothesis import strategies as st

from domains.kernel.ids import new_id
from domains.learning.policy.reports import Reason, likelihood, rank, subject, word

nearness = st.none() | st.floats(0, 1)
weights = st.floats(0.01, 1_000)


@given(nearness, weights, st.integers(1, 10_000))
def test_more_people_and_more_trust_never_move_a_report_down(near: float | None, weight: float, people: int) -> None:
    here = rank(near, weight, people)
    assert 0 < likelihood(near, weight) < 1
    assert here <= rank(near, weight + 1, people) <= rank(near, weight + 1, people + 1)


@given(st.floats(0, 1), st.floats(0, 1), weights)
def test_what_comes_nearer_to_an_accepted_answer_is_likelier(one: float, other: float, weight: float) -> None:
    near, far = max(one, other), min(one, other)
    assert likelihood(near, weight) >= likelihood(far, weight)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_nobodys_word_counts_for_nothing_or_for_more_than_two(accepted: int, refused: int) -> None:
    assert 0 < word(accepted, refused) < 2
    assert word(accepted + 1, refused) > word(accepted, refused) > word(accepted, refused + 1)
    assert word(accepted, accepted) == 1


def test_ten_far_fetched_reports_of_the_same_come_before_one_that_is_near_and_one_near_before_one_far() -> None:
    assert rank(0.1, 10, 10) > rank(0.9, 1, 1) > rank(0.1, 1, 1)


def test_reports_are_the_same_if_they_say_the_same_of_the_same() -> None:
    exercise = new_id()
    assert subject(exercise, Reason.ACCEPT, "the cat") == subject(exercise, Reason.ACCEPT, "the cat")
    others = {
        subject(exercise, Reason.ACCEPT, "a cat"),
        subject(exercise, Reason.PROMPT, "the cat"),
        subject(new_id(), Reason.ACCEPT, "the cat"),
    }
    assert subject(exercise, Reason.ACCEPT, "the cat") not in others
