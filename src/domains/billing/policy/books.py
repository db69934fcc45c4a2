"""What a movement of money does to the accounts.

Invariant: where an order's payment stands is a function of three sums (captured, the tax within it, gone out again), so
any order and any cutting into parts of refunds and disputes leads to the same balances, and what was given back in full
leaves neither revenue nor tax. What went out beyond what had come in (a refund and a chargeback for the same money) is
a loss, until it comes back.
"""

from collections.abc import Sequence
from typing import NamedTuple

from domains.kernel.money import portion


class Accounts(NamedTuple):
    """`clearing` is what the provider holds for us."""

    clearing: str
    revenue: str
    tax: str
    loss: str


class Leg(NamedTuple):
    debit: str
    credit: str
    amount_minor: int


class Parts(NamedTuple):
    """Of a sum that went out."""

    revenue_minor: int
    tax_minor: int
    loss_minor: int


def accounts(provider: str, product_kind: str, tax_place: str) -> Accounts:
    """`tax_place` is the country, or the tax's name where that is not known."""
    return Accounts(
        f"clearing:{provider}", f"revenue:{product_kind}", f"tax:{tax_place or 'unknown'}", f"loss:{provider}"
    )


def tax_within(amount_minor: int, order_tax_minor: int, order_total_minor: int) -> int:
    """The tax in a payment: that of the order where all of it was paid, else its share."""
    return portion(amount_minor, order_tax_minor, order_total_minor) if order_total_minor > 0 else 0


def gone(captured_minor: int, tax_minor: int, out_minor: int) -> Parts:
    """What `out_minor`, the sum of all that went out so far, has taken from where."""
    taken = min(captured_minor, out_minor)
    tax = portion(tax_minor, taken, captured_minor) if captured_minor > 0 else 0
    return Parts(taken - tax, tax, out_minor - taken)


def capture_legs(names: Accounts, amount_minor: int, tax_minor: int) -> list[Leg]:
    return _legs(names, Parts(amount_minor - tax_minor, tax_minor, 0))


def outward_legs(
    names: Accounts, captured_minor: int, tax_minor: int, out_before_minor: int, out_after_minor: int
) -> list[Leg]:
    """From the one sum of what went out to the other; a smaller one gives back."""
    before = gone(captured_minor, tax_minor, out_before_minor)
    after = gone(captured_minor, tax_minor, out_after_minor)
    return _legs(names, Parts(*(was - now for was, now in zip(before, after, strict=True))))


def balances(legs: Sequence[Leg]) -> dict[str, int]:
    """Debits less credits of each account; they add up to nothing."""
    found: dict[str, int] = {}
    for leg in legs:
        found[leg.debit] = found.get(leg.debit, 0) + leg.amount_minor
        found[leg.credit] = found.get(leg.credit, 0) - leg.amount_minor
    return found


def _legs(names: Accounts, inward: Parts) -> list[Leg]:
    """One for each part that is not nothing; negative parts go out."""
    return [
        Leg(names.clearing, other, amount) if amount > 0 else Leg(other, names.clearing, -amount)
        for other, amount in zip((names.revenue, names.tax, names.loss), inward, strict=True)
        if amount
    ]
