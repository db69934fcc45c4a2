"""What a change of plan in the middle of a period costs.

What is left of the old plan's period is given back. A plan with the same interval is charged for the same rest; one
with another interval begins a period of its own, charged as a whole. Invariants: what is kept of the old price and what
is given back add up to it; nobody gets back more than was paid; a change and its reversal at the same moment cost
nothing. Every part is rounded once, to the smallest amount that can be charged, half away from zero.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from domains.billing.policy.pricing import step
from domains.kernel.money import portion

_TICK = timedelta(microseconds=1)


class Proration(NamedTuple):
    credit_minor: int
    """For the unused part of the old plan."""
    charge_minor: int
    """For the rest of the period, or for the whole new one."""

    @property
    def due_minor(self) -> int:
        """Negative goes towards the next periods."""
        return self.charge_minor - self.credit_minor


def prorate(
    paid_minor: int,
    new_minor: int,
    *,
    start: datetime,
    end: datetime,
    at: datetime,
    same_interval: bool,
    currency: str,
) -> Proration:
    """`paid_minor`: what the period from `start` to `end` costs, less its discount; `new_minor`: a period of the new
    plan. Before the period all of it is left, after it nothing is. Raises ValueError for what can be no period."""
    if end <= start or paid_minor < 0 or new_minor < 0:
        raise ValueError("a period has a length, and prices are not negative")
    whole = (end - start) // _TICK
    left = min(max((end - at) // _TICK, 0), whole)
    credit = _rest(paid_minor, left, whole, currency)
    return Proration(credit, _rest(new_minor, left, whole, currency) if same_interval else new_minor)


def _rest(amount_minor: int, left: int, whole: int, currency: str) -> int:
    """Never more than the amount, also where that is no multiple of what can be charged."""
    smallest = step(currency)
    return min(amount_minor, portion(amount_minor, left, whole * smallest) * smallest)
