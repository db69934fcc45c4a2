"""When a coupon may be used. Pure: the caller counts the uses and knows what time it is.

Invariant: why a coupon was refused is for us only; the person who tries codes hears one and the same sentence.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

MOST_GUESSES = 10
GUESS_WINDOW = timedelta(hours=1)


class Terms(NamedTuple):
    """Null limits are none."""

    active: bool
    starts_at: datetime | None
    ends_at: datetime | None
    """Exclusive."""
    product_ids: Collection[UUID] | None
    currency: str | None
    """Of an amount; a percentage has none."""
    most_uses: int | None
    most_uses_per_person: int | None


class Uses(NamedTuple):
    """Consumed, or reserved and not run out."""

    everyone: int
    person: int


def refusal(
    terms: Terms, uses: Uses, *, now: datetime, product_id: UUID | None = None, currency: str | None = None
) -> str | None:
    """Why it cannot be used now, None if it can. Product and currency are looked at where they are given."""
    checks = (
        (not terms.active, "switched off"),
        (terms.starts_at is not None and now < terms.starts_at, "not yet"),
        (terms.ends_at is not None and now >= terms.ends_at, "over"),
        (
            product_id is not None and terms.product_ids is not None and product_id not in terms.product_ids,
            "another product",
        ),
        (
            currency is not None and terms.currency is not None and currency != terms.currency,
            "another currency",
        ),
        (terms.most_uses is not None and uses.everyone >= terms.most_uses, "used up"),
        (terms.most_uses_per_person is not None and uses.person >= terms.most_uses_per_person, "used by this person"),
    )
    return next((reason for refused, reason in checks if refused), None)


def spelled(code: str) -> str:
    """As codes are stored: people type them in any case, with spaces around."""
    return code.strip().upper()
