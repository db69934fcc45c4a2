"""Amounts as Stripe counts them. Invariant: what goes there and comes back is the same number of minor units.

Stripe counts in ISO minor units with these exceptions: ISK and UGX have no decimals, but are counted in hundredths
that are always zero; MGA has two, but is counted whole; of three decimals the last is always zero. HUF and TWD are
whole only where money is paid out to the seller, which is not our business.
"""

from domains.billing.errors import ProviderRefused
from domains.kernel.money import exponent

_EXPONENTS_THERE = {"ISK": 2, "UGX": 2, "MGA": 0}
_POWERS = (1, 10, 100, 1000)


def to_stripe(amount_minor: int, currency: str) -> int:
    """Raises ProviderRefused for an amount that cannot be said there."""
    theirs, ours = _EXPONENTS_THERE.get(currency, exponent(currency)), exponent(currency)
    amount, rest = divmod(amount_minor * _POWERS[theirs], _POWERS[ours])
    if rest or (theirs == 3 and amount % 10):
        raise ProviderRefused(f"Stripe takes no such amount of {currency}: too many decimals")
    return amount


def from_stripe(amount: int, currency: str) -> int:
    """`currency` in capitals. Raises ValueError for an amount that is no whole number of our minor units."""
    theirs, ours = _EXPONENTS_THERE.get(currency, exponent(currency)), exponent(currency)
    amount_minor, rest = divmod(amount * _POWERS[ours], _POWERS[theirs])
    if rest:
        raise ValueError(f"{amount} is no whole amount of {currency}")
    return amount_minor
