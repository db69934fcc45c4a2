"""Money: whole minor units beside an ISO 4217 code. Invariant: no amount is ever a float, and what is split adds up."""

from collections.abc import Sequence
from decimal import Decimal

# ISO 4217, amendment 179: currencies in use whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}
MOST_MINOR = 10**11
"""A limit against mistakes, far from what fits into the column."""


def is_currency(code: str) -> bool:
    """Whether `code` has the form of an ISO 4217 code: three capital letters."""
    return len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()


def exponent(currency: str) -> int:
    """Decimals of the currency: 2 for most, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


def major(amount_minor: int, currency: str) -> Decimal:
    """1999 EUR is 19.99, 1999 JPY is 1999."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def shown(amount_minor: int, currency: str) -> str:
    """For people and documents: `EUR 19.99`, `JPY 1,999`, `-KWD 1.500`."""
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{currency} {abs(major(amount_minor, currency)):,}"


def portion(amount_minor: int, numerator: int, denominator: int) -> int:
    """amount * numerator / denominator, half away from zero. The denominator is positive."""
    if denominator <= 0:
        raise ValueError("a portion of nothing")
    product = amount_minor * numerator
    rounded = (2 * abs(product) + denominator) // (2 * denominator)
    return rounded if product >= 0 else -rounded


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Parts in proportion to `weights` (none negative, not all zero) whose sum is exactly the amount; what rounding
    leaves goes to the largest remainders, the first of equals."""
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights are not negative, and not all zero")
    sign = -1 if amount_minor < 0 else 1
    parts = [abs(amount_minor) * weight // whole for weight in weights]
    remainders = [abs(amount_minor) * weight % whole for weight in weights]
    left = abs(amount_minor) - sum(parts)
    for place in sorted(range(len(weights)), key=lambda place: -remainders[place])[:left]:
        parts[place] += 1
    return [sign * part for part in parts]
