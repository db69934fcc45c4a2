"""Something to sell, and somebody who may sell it."""

from dataclasses import dataclass
from uuid import UUID

from domains.billing.models import GateRow, PriceRow, ProductRow
from domains.kernel.ids import new_id
from domains.kernel.uow import Database


@dataclass(frozen=True)
class OnSale:
    product_id: UUID
    price_id: UUID


async def put_on_sale(
    db: Database,
    *keys: str,
    kind: str = "course",
    amount_minor: int = 1999,
    currency: str = "EUR",
    interval: str | None = None,
    trial_days: int = 0,
    duration_days: int | None = None,
    tax_inclusive: bool = True,
) -> OnSale:
    """A product that gives `keys`, with one price; the keys need an entitlement from now on."""
    product = ProductRow(
        id=new_id(),
        slug=new_id().hex,
        kind=kind,
        name=f"A {kind}",
        keys=list(keys),
        trial_days=trial_days,
        duration_days=duration_days,
    )
    price = PriceRow(
        id=new_id(),
        product_id=product.id,
        currency=currency,
        amount_minor=amount_minor,
        interval=interval,
        tax_inclusive=tax_inclusive,
    )
    async with db.begin() as uow:
        uow.session.add(product)
        await uow.session.flush()
        uow.session.add(price)
        for key in keys:
            await uow.session.merge(GateRow(key=key))
    return OnSale(product.id, price.id)
