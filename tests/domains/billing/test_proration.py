"""Changes of plan in mid-period, for any prices, periods and moments."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.billing.policy.pricing import step
from domains.billing.policy.proration import Proration, prorate

START = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
CURRENCIES = ["EUR", "JPY", "KWD", "INR"]

amounts = st.integers(0, 10**9)
lengths = st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=400))
shares = st.fractions(0, 1)
currencies = st.sampled_from(CURRENCIES)


def charged(amount: int, currency: str) -> int:
    """The nearest amount below that can be charged."""
    return amount - amount % step(currency)


@given(amounts, amounts, lengths, shares, currencies, st.booleans())
def test_nobody_gets_back_more_than_was_paid_and_charge_less_credit_is_due(
    paid: int, new: int, length: timedelta, share: Fraction, currency: str, same: bool
) -> None:
    at = START + length * float(share)
    found = prorate(paid, new, start=START, end=START + length, at=at, same_interval=same, currency=currency)
    assert 0 <= found.credit_minor <= paid
    assert 0 <= found.charge_minor <= new
    assert found.due_minor == found.charge_minor - found.credit_minor
    if not same:
        assert found.charge_minor == new


@given(amounts, amounts, lengths, shares, currencies)
def test_there_and_back_at_the_same_moment_costs_nothing(
    old: int, new: int, length: timedelta, share: Fraction, currency: str
) -> None:
    end, at = START + length, START + length * float(share)
    there = prorate(old, new, start=START, end=end, at=at, same_interval=True, currency=currency)
    back = prorate(new, old, start=START, end=end, at=at, same_interval=True, currency=currency)
    assert there.due_minor + back.due_minor == 0


@given(amounts, amounts, lengths, shares, currencies)
def test_back_from_another_interval_costs_just_the_part_that_was_used(
    old: int, new: int, length: timedelta, share: Fraction, currency: str
) -> None:
    end, at = START + length, START + length * float(share)
    there = prorate(old, new, start=START, end=end, at=at, same_interval=False, currency=currency)
    again = at + timedelta(days=365)
    # All of the new period is left at the moment it begins; only a price that can be charged comes back whole.
    whole = charged(new, currency)
    back = prorate(whole, old, start=at, end=again, at=at, same_interval=False, currency=currency)
    assert back.credit_minor == whole
    used = old - there.credit_minor
    assert there.due_minor + back.due_minor == used + (new - whole)


@given(amounts, lengths, st.lists(shares, min_size=2, max_size=6), currencies)
def test_the_later_the_change_the_less_comes_back(
    paid: int, length: timedelta, when: list[Fraction], currency: str
) -> None:
    end = START + length
    given_back = [
        prorate(
            paid, 0, start=START, end=end, at=START + length * float(share), same_interval=True, currency=currency
        ).credit_minor
        for share in sorted(when)
    ]
    assert given_back == sorted(given_back, reverse=True)


@given(amounts, amounts, lengths, currencies)
def test_before_the_period_all_of_it_is_left_and_after_it_nothing(
    paid: int, new: int, length: timedelta, currency: str
) -> None:
    end = START + length
    paid, new = charged(paid, currency), charged(new, currency)

    def at(moment: datetime) -> Proration:
        return prorate(paid, new, start=START, end=end, at=moment, same_interval=True, currency=currency)

    assert at(START - timedelta(days=1)) == at(START) == (paid, new)
    assert at(end) == at(end + timedelta(days=1)) == (0, 0)


@pytest.mark.parametrize(
    ("currency", "paid", "new", "credit", "charge"),
    [("EUR", 1000, 2500, 333, 833), ("JPY", 1000, 2500, 333, 833), ("KWD", 1000, 2500, 330, 830)],
)
def test_a_third_of_a_month_is_rounded_to_what_can_be_charged(
    currency: str, paid: int, new: int, credit: int, charge: int
) -> None:
    end = START + timedelta(days=30)
    at = START + timedelta(days=20)
    found = prorate(paid, new, start=START, end=end, at=at, same_interval=True, currency=currency)
    assert found == (credit, charge)


def test_a_period_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        prorate(1, 1, start=START, end=START, at=START, same_interval=True, currency="EUR")
