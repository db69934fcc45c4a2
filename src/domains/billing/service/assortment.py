"""What is sold, for people at a command line."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from domains.billing.repository import catalogue as rows
from domains.billing.service import catalogue
from domains.kernel.uow import UnitOfWork


class PriceView(msgspec.Struct, frozen=True):
    id: UUID
    currency: str
    amount_minor: int
    country: str | None
    interval: str | None
    tax_inclusive: bool


class ProductView(msgspec.Struct, frozen=True):
    id: UUID
    slug: str
    kind: str
    name: str
    keys: list[str]
    active: bool
    prices: list[PriceView]
    """Those that hold."""


async def products(uow: UnitOfWork) -> Sequence[ProductView]:
    """By slug, also what is switched off."""
    found = await rows.all_products(uow.session)
    prices = await rows.prices(uow.session, [row.id for row in found])
    return [
        ProductView(
            id=row.id,
            slug=row.slug,
            kind=row.kind,
            name=row.name,
            keys=row.keys,
            active=row.active,
            prices=[PriceView(id=price.id, **catalogue.price_terms(price)._asdict()) for price in prices[row.id]],
        )
        for row in found
    ]
