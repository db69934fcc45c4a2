"""What something costs: list price times quantity, less the discount, and the tax on what is left.

Invariants: list less discount, plus tax where it comes on top, is the total; nothing is ever negative; every rounding
is to the smallest amount that can be charged in the currency, half away from zero.
"""

from typing import NamedTuple

from domains.kernel.money import exponent, portion

WHOLE_BP = 10_000
"""100 % in basis points."""


class Quote(NamedTuple):
    """In minor units, for the whole quantity."""

    list_minor: int
    discount_minor: int
    tax_minor: int
    """Part of the total, also where the price did not include it."""
    total_minor: int

    @property
    def net_minor(self) -> int:
        return self.total_minor - self.tax_minor


class Discount(NamedTuple):
    """One of the two. An amount comes off the whole quantity once, not off each piece."""

    percent_bp: int | None = None
    amount_minor: int | None = None


NO_DISCOUNT = Discount()


def step(currency: str) -> int:
    """The smallest amount that can be charged, in minor units. Of three decimals card networks take only those with a
    zero at the end, and of the ariary, whose minor unit is a fifth, only whole ones."""
    if currency == "MGA":
        return 100
    return 10 if exponent(currency) == 3 else 1


def quote(
    price_minor: int,
    quantity: int,
    discount: Discount,
    *,
    tax_bp: int,
    tax_inclusive: bool,
    currency: str,
) -> Quote:
    """`price_minor` is for one piece. Raises ValueError for what can be no price, quantity, rate or discount."""
    if price_minor < 0 or quantity < 1 or tax_bp < 0:
        raise ValueError("a price and a tax rate are not negative, and at least one piece is bought")
    smallest = step(currency)
    list_minor = price_minor * quantity
    discount_minor = discount_of(list_minor, discount, currency)
    left = list_minor - discount_minor
    if tax_inclusive:
        return Quote(list_minor, discount_minor, tax_within(left, tax_bp, currency), left)
    tax_minor = _rounded(left, tax_bp, WHOLE_BP, smallest)
    return Quote(list_minor, discount_minor, tax_minor, left + tax_minor)


def tax_within(total_minor: int, tax_bp: int, currency: str) -> int:
    """The tax that a total includes."""
    return min(total_minor, _rounded(total_minor, tax_bp, WHOLE_BP + tax_bp, step(currency)))


def discount_of(list_minor: int, discount: Discount, currency: str) -> int:
    """What comes off, at most everything."""
    percent_bp, amount_minor = discount
    if percent_bp is not None:
        if amount_minor is not None or not 0 <= percent_bp <= WHOLE_BP:
            raise ValueError("a discount is a percentage up to 100 or an amount")
        if percent_bp == WHOLE_BP:
            return list_minor
        return min(list_minor, _rounded(list_minor, percent_bp, WHOLE_BP, step(currency)))
    if amount_minor is not None and amount_minor < 0:
        raise ValueError("a discount is not negative")
    return min(list_minor, amount_minor or 0)


def country_price(amount_minor: int, factor_bp: int, round_to_minor: int, currency: str) -> int:
    """A price fitted to the purchasing power of a country: `factor_bp` of it, to the nearest multiple of
    `round_to_minor`, and never nothing where the price is something."""
    if factor_bp < 1 or round_to_minor < 1:
        raise ValueError("factor and rounding are positive")
    grain = _common(round_to_minor, step(currency))
    fitted = _rounded(amount_minor, factor_bp, WHOLE_BP, grain)
    return fitted if fitted or not amount_minor else grain


def _rounded(amount_minor: int, numerator: int, denominator: int, smallest: int) -> int:
    return portion(amount_minor, numerator, denominator * smallest) * smallest


def _common(left: int, right: int) -> int:
    """Rounding to `right` must survive rounding to `left`."""
    return left if left % right == 0 else left * right
