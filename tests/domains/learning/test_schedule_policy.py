"""When an item comes again: FSRS as its authors publish it, and a state that follows from its reviews alone."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from fsrs import Card, Scheduler
from fsrs import Rating as FsrsRating
from hypothesis import given, settings
from hypothesis import strategies as st

from domains.learning.policy.schedule import (
    ItemState,
    Rating,
    Review,
    Rules,
    advance,
    folded,
    preview,
    recall,
    wrong_parameters,
)

ITEM = UUID(int=1)
START = datetime(2022, 11, 29, 12, 30, tzinfo=UTC)
AUTHORS = Rules(balanced=False, steps=(timedelta(minutes=1), timedelta(minutes=10)))
"""The settings of the library's own tests."""


def test_the_intervals_are_those_of_the_authors_own_vector() -> None:
    state, at, days = None, START, []
    for rating in (3, 3, 3, 3, 3, 3, 1, 1, 3, 3, 3, 3, 3):
        state = advance(state, Review(at, "", ITEM, rating), AUTHORS)
        days.append((state.due - at).days)
        at = state.due
    assert days == [0, 2, 11, 46, 163, 498, 0, 0, 2, 4, 7, 12, 21]


def test_the_memory_is_that_of_the_authors_own_vector() -> None:
    state, at = None, START
    for rating, days in zip((1, 3, 3, 3, 3, 3), (0, 0, 1, 3, 8, 21), strict=True):
        at += timedelta(days=days)
        state = advance(state, Review(at, "", ITEM, rating), AUTHORS)
    assert state is not None
    assert state.stability == pytest.approx(53.62691, abs=1e-4)
    assert state.difficulty == pytest.approx(6.3574867, abs=1e-4)


reviews = st.lists(
    st.builds(
        Review,
        at=st.integers(0, 5_000_000).map(lambda minutes: START + timedelta(minutes=minutes)),
        source=st.text("abc", max_size=3),
        item_id=st.sampled_from([ITEM, UUID(int=2)]),
        rating=st.sampled_from(list(Rating)),
        slip=st.booleans(),
    ),
    max_size=12,
)
rules = st.builds(Rules, retention=st.floats(0.8, 0.95), balanced=st.booleans(), version=st.integers(0, 3))


@settings(max_examples=40)
@given(reviews, rules, st.randoms(use_true_random=False))
def test_one_after_the_other_and_all_at_once_in_any_order_are_the_same(
    log: list[Review], wanted: Rules, chance: Random
) -> None:
    states: dict[UUID, ItemState] = {}
    for review in sorted(log):
        states[review.item_id] = advance(states.get(review.item_id), review, wanted)
    chance.shuffle(log)
    assert folded(log, wanted) == states


@settings(max_examples=40)
@given(reviews, rules)
def test_a_state_counts_what_happened_and_is_due_after_it(log: list[Review], wanted: Rules) -> None:
    for item, state in folded(log, wanted).items():
        mine = sorted(review for review in log if review.item_id == item)
        assert (state.reps, state.last_review, state.rules) == (len(mine), mine[-1].at, wanted.version)
        assert state.last_correct == (mine[-1].rating != Rating.AGAIN)
        assert state.slips == sum(review.slip for review in mine)
        assert state.due > state.last_review
        assert 1 <= state.difficulty <= 10


@settings(max_examples=40)
@given(st.floats(0.8, 0.95), st.floats(0.8, 0.95), st.booleans(), reviews)
def test_who_wants_to_remember_more_is_never_asked_later(
    one: float, other: float, balanced: bool, log: list[Review]
) -> None:
    less, more = (folded(log, Rules(retention, balanced=balanced)) for retention in sorted((one, other)))
    assert all(more[item].due <= less[item].due for item in less)


@settings(max_examples=40)
@given(st.integers(1, 2**127), st.integers(1, 40))
def test_balancing_moves_a_due_date_within_the_range_that_the_authors_draw_from(number: int, days: int) -> None:
    item = UUID(int=number)
    after = START + timedelta(days=days)
    states = []
    for balanced in (False, True):
        first = advance(None, Review(START, "", item, Rating.EASY), Rules(balanced=balanced))
        states.append(advance(first, Review(after, "", item, Rating.GOOD), Rules(balanced=balanced)))
    plain, spread = ((state.due - after).days for state in states)
    delta = 1 + 0.15 * min(max(plain - 2.5, 0), 4.5) + 0.1 * min(max(plain - 7, 0), 13) + 0.05 * max(plain - 20, 0)
    assert abs(plain - spread) <= delta + 0.5
    assert states[0].stability == states[1].stability


def test_balancing_spreads_what_was_learned_together() -> None:
    dues = {advance(None, Review(START, "", UUID(int=n), Rating.EASY), Rules()).due for n in range(50)}
    assert len(dues) == 5


def test_an_easier_button_never_brings_a_card_back_sooner() -> None:
    for number in range(60):
        item = UUID(int=number << 64 | number)
        state = advance(None, Review(START, "", item, Rating.GOOD), Rules())
        for days in range(1, 8):
            intervals = list(preview(state, item, START + timedelta(days=days), Rules()).values())
            assert intervals == sorted(intervals)


def test_what_was_wrong_comes_back_the_same_day_and_what_was_right_does_not() -> None:
    intervals = preview(None, ITEM, START, Rules(balanced=False))
    assert intervals[Rating.AGAIN] == timedelta(minutes=10)
    assert timedelta(days=1) <= intervals[Rating.GOOD] < intervals[Rating.EASY]
    assert intervals[Rating.AGAIN] < intervals[Rating.HARD] < timedelta(hours=1)


def test_forgetting_counts_only_what_had_been_learned() -> None:
    at = [START + timedelta(days=n) for n in range(4)]
    log = [Review(when, "", ITEM, rating) for when, rating in zip(at, (1, 3, 1, 1), strict=True)]
    assert folded(log, Rules())[ITEM].lapses == 1


def test_recall_falls_to_nine_in_ten_after_as_many_days_as_the_memory_is_stable() -> None:
    state = advance(None, Review(START, "", ITEM, Rating.EASY), Rules())
    chances = [recall(state, START + timedelta(days=days), Rules()) for days in (0, 8, 365)]
    assert chances == [1, pytest.approx(0.9, abs=0.01), pytest.approx(0.5, abs=0.2)]


def test_parameters_are_those_that_the_library_takes() -> None:
    known = Scheduler().parameters
    assert wrong_parameters(known) is None
    assert wrong_parameters(known[:-1]) == "FSRS-6 has 21 parameters."
    assert wrong_parameters((*known[:-1], 7.0)) == "Parameter 20 must be from 0.1 to 0.8."
    mine = (1.0, *known[1:])
    theirs, _ = Scheduler(mine).review_card(Card(card_id=1), FsrsRating.Again, START)
    assert advance(None, Review(START, "", ITEM, Rating.AGAIN), Rules(parameters=mine)).stability == theirs.stability
