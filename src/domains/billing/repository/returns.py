"""What the pages on which people come back from paying show of an order: nothing about the person."""

from typing import NamedTuple
from uuid import UUID

from domains.kernel.uow import Database

_SHOWN = """
    SELECT o.kind, o.state, p.name AS product_name, coalesce(o.checkout->>'url', '') AS pay_url,
        o.total_minor = 0 AS is_free, o.trial_days > 0 AS is_trial, p.keys
    FROM billing_order o JOIN billing_product p ON p.id = o.product_id WHERE o.id = $1
"""


class Shown(NamedTuple):
    kind: str
    state: str
    product_name: str
    pay_url: str
    """Of the provider's pay page, where it has one."""
    is_free: bool
    """Nothing was to be paid."""
    is_trial: bool
    """Nothing is to be paid yet."""
    keys: list[str]
    """What it opens."""


async def shown(db: Database, order_id: UUID) -> Shown | None:
    rows = await db.fetch(_SHOWN, order_id)
    return Shown(*rows[0]) if rows else None
