"""What is on sale, in one statement."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from domains.billing.policy.keys import wider
from domains.kernel.uow import Database

# $1 country, $2 currency, $3 keys of which a product has to give one, $4 slug to begin after, $5 most.
_ON_SALE = """
    SELECT p.id, p.slug, p.kind, p.name, p.description, p.keys, p.duration_days, p.trial_days, priced.prices
    FROM billing_product p CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object(
            'id', r.id, 'currency', r.currency, 'amount_minor', r.amount_minor, 'tax_inclusive', r.tax_inclusive,
            'country', r.country, 'interval', r.interval
        ) ORDER BY r.id)::text AS prices
        FROM billing_price r
        WHERE r.product_id = p.id AND r.active AND ($2::text IS NULL OR r.currency = $2)
            AND ($1::text IS NULL OR r.country = $1 OR r.country IS NULL AND NOT EXISTS (
                SELECT FROM billing_price o WHERE o.product_id = p.id AND o.active AND o.country = $1
                    AND o.currency = r.currency AND o.interval IS NOT DISTINCT FROM r.interval
            ))
    ) priced
    WHERE p.active AND priced.prices IS NOT NULL AND ($3::text[] IS NULL OR p.keys && $3)
        AND ($4::text IS NULL OR p.slug > $4)
    ORDER BY p.slug LIMIT $5
"""


class Offered(NamedTuple):
    id: UUID
    slug: str
    kind: str
    name: str
    description: str
    keys: list[str]
    duration_days: int | None
    trial_days: int
    prices: msgspec.Raw
    """A JSON array."""


async def on_sale(
    db: Database, *, country: str | None, currency: str | None, key: str | None, after: str | None, most: int
) -> list[Offered]:
    """By slug. With `country` the prices that hold there; with `key` what gives it, also together with others."""
    keys = None if key is None else sorted({key, wider(key)})
    records = await db.fetch(_ON_SALE, country, currency, keys, after, most)
    return [
        Offered(**{**record, "id": UUID(int=record["id"].int), "prices": msgspec.Raw(record["prices"].encode())})
        for record in records
    ]
