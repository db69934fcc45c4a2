"""What things that were sold are called, for those who tell people about them."""

from uuid import UUID

from domains.billing.models import OrderRow, ProductRow, SubscriptionRow
from domains.kernel.uow import UnitOfWork


async def product_name(uow: UnitOfWork, product_id: UUID) -> str | None:
    row = await uow.session.get(ProductRow, product_id)
    return row.name if row else None


async def plan_name(uow: UnitOfWork, subscription_id: UUID) -> str | None:
    """Of the product that the subscription is for now."""
    row = await uow.session.get(SubscriptionRow, subscription_id)
    return await product_name(uow, row.product_id) if row else None


async def ordered_name(uow: UnitOfWork, order_id: UUID) -> str | None:
    """Of the product that was ordered."""
    row = await uow.session.get(OrderRow, order_id)
    return await product_name(uow, row.product_id) if row else None
