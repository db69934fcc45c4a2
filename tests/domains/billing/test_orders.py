"""What has become of an order follows from what is known of it, never from the order in which it became known."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.policy.orders import (
    DisputeFact,
    PaymentFact,
    RefundFact,
    as_state,
    dispute_moves,
    payment_moves,
    payment_state,
    refund_moves,
    standing,
)

PAID = PaymentFact("p", captured=True, amount_minor=1000)


def told(
    *,
    payments: list[PaymentFact] | None = None,
    refunds: list[RefundFact] | None = None,
    disputes: list[DisputeFact] | None = None,
    placed: bool = True,
    given_up: bool = False,
    total_minor: int = 1000,
) -> tuple[str, bool]:
    found = standing(
        total_minor,
        placed=placed,
        given_up=given_up,
        payments=payments or [],
        refunds=refunds or [],
        disputes=disputes or [],
    )
    return found.state, found.access


def refund(amount_minor: int = 1000, *, succeeded: bool = True) -> RefundFact:
    return RefundFact("p", succeeded, amount_minor)


def dispute(*, won: bool) -> DisputeFact:
    return DisputeFact("p", won, 1000)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"placed": False}, ("draft", False)),
        ({}, ("pending", False)),
        ({"given_up": True}, ("void", False)),
        ({"payments": [PaymentFact("p", captured=False, amount_minor=1000)]}, ("pending", False)),
        ({"payments": [PAID]}, ("paid", True)),
        ({"payments": [PAID], "given_up": True}, ("paid", True)),
        ({"payments": [PAID], "refunds": [refund(succeeded=False)]}, ("paid", True)),
        ({"payments": [PAID], "refunds": [refund(400)]}, ("partially_refunded", True)),
        ({"payments": [PAID], "refunds": [refund(400), refund(600)]}, ("refunded", False)),
        ({"payments": [PAID], "disputes": [dispute(won=False)]}, ("paid", False)),
        ({"payments": [PAID], "disputes": [dispute(won=True)]}, ("paid", True)),
        (
            {"payments": [PAID], "refunds": [refund(400)], "disputes": [dispute(won=False)]},
            ("partially_refunded", False),
        ),
        ({"refunds": [refund()]}, ("pending", False)),
        ({"refunds": [refund()], "disputes": [dispute(won=False)], "given_up": True}, ("void", False)),
        ({"total_minor": 0}, ("paid", True)),
        ({"total_minor": 0, "placed": False}, ("draft", False)),
        ({"payments": [PaymentFact("p", captured=True, amount_minor=999)]}, ("paid", False)),
    ],
)
def test_the_state_and_the_access_of_an_order(facts: dict[str, object], expected: tuple[str, bool]) -> None:
    assert told(**facts) == expected  # type: ignore[arg-type]


def test_a_refund_of_another_payment_is_not_counted_here() -> None:
    assert told(payments=[PAID], refunds=[RefundFact("other", succeeded=True, amount_minor=1000)]) == ("paid", True)


@given(
    st.lists(st.integers(1, 500), max_size=6),
    st.lists(st.booleans(), max_size=3),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_the_order_of_facts_never_matters(
    parts: list[int], disputes: list[bool], given_up: bool, chance: Random
) -> None:
    refunds = [refund(part) for part in parts]
    held = [dispute(won=won) for won in disputes]
    first = standing(1000, placed=True, given_up=given_up, payments=[PAID], refunds=refunds, disputes=held)
    chance.shuffle(refunds)
    chance.shuffle(held)
    again = standing(1000, placed=True, given_up=given_up, payments=[PAID], refunds=refunds, disputes=held)
    assert first == again
    assert 0 <= first.refunded_minor + first.disputed_minor <= first.captured_minor
    assert not (first.access and first.refunded_minor == first.captured_minor)


@pytest.mark.parametrize(
    ("moves", "way"),
    [
        (payment_moves, ["created", "failed", "authorised", "captured"]),
        (refund_moves, ["requested", "pending", "succeeded", "failed"]),
        (dispute_moves, ["open", "won", "lost"]),
    ],
)
def test_things_move_forward_only(moves: object, way: list[str]) -> None:
    for states in permutations(way):
        now = way[0]
        for state in states:
            if moves(now, state):  # type: ignore[operator]
                now = state
        assert now == way[-1]


def test_a_payment_is_shown_as_what_became_of_its_money() -> None:
    assert payment_state("failed", 1000, 0, disputed=False) == "failed"
    assert payment_state("captured", 1000, 400, disputed=False) == "captured"
    assert payment_state("captured", 1000, 1000, disputed=False) == "refunded"
    assert payment_state("captured", 1000, 0, disputed=True) == "disputed"


def test_a_state_that_is_none_is_refused() -> None:
    assert as_state("paid") == "paid"
    with pytest.raises(ValueError, match="no state"):
        as_state("payed")
