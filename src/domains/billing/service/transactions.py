"""What somebody bought, for looking at."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domains.billing.errors import OrderNotFound
from domains.billing.models import OrderRow, RefundRow
from domains.billing.policy import orders as policy
from domains.billing.policy.orders import OrderState
from domains.billing.providers.port import Checkout
from domains.billing.repository import orders as repository
from domains.billing.schemas.payments import (
    BegunOut,
    CheckoutOut,
    OrderDetailOut,
    OrderOut,
    PaymentOut,
    PlacedOrderOut,
    RefundOut,
)
from domains.billing.service.checkout import Begun
from domains.kernel.page import Page, decode_cursor, page_of
from domains.kernel.uow import UnitOfWork


def begun(found: Begun) -> BegunOut:
    order = found.order
    checkout = _checkout(order.provider, found.checkout) if found.checkout else None
    return BegunOut(order.id, policy.as_state(order.state), order.currency, order.total_minor, checkout)


async def page(uow: UnitOfWork, user_id: UUID, *, cursor: str | None, limit: int) -> Page[OrderOut]:
    """The newest first. Raises BadCursor."""
    after = decode_cursor(cursor, UUID)
    rows = await repository.orders_of(uow.session, user_id, after=after, most=limit + 1)
    return page_of([_order(*row) for row in rows], limit, lambda item: item.id)


async def page_of_all(
    uow: UnitOfWork, *, state: OrderState | None, cursor: str | None, limit: int
) -> Page[PlacedOrderOut]:
    """Of everybody, for staff, the newest first. Raises BadCursor."""
    after = decode_cursor(cursor, UUID)
    rows = await repository.orders_of(uow.session, None, after=after, most=limit + 1, state=state)
    placed = [PlacedOrderOut(row.order.user_id, _order(*row)) for row in rows]
    return page_of(placed, limit, lambda item: item.order.id)


async def detail(uow: UnitOfWork, order_id: UUID, *, owner_id: UUID | None, now: datetime) -> OrderDetailOut:
    """`owner_id` None: for staff. Raises OrderNotFound, also for somebody else's."""
    order = await repository.order(uow.session, order_id)
    if order is None or owner_id not in (None, order.user_id):
        raise OrderNotFound
    product = await repository.product(uow.session, order.product_id)
    payments = await repository.payments_of(uow.session, order_id)
    refs = [row.payment_ref for row in payments]
    refunds = await repository.refunds_of(uow.session, order.provider, refs) if refs else []
    disputes = await repository.disputes_of(uow.session, order.provider, refs) if refs else []
    disputed = {row.payment_ref for row in disputes if row.status != "won"}
    back = {ref: sum(r.amount_minor for r in refunds if _counts(r) and r.payment_ref == ref) for ref in refs}
    payable = order.state == "pending" and order.checkout and order.expires_at and order.expires_at > now
    return OrderDetailOut(
        order.user_id,
        _order(order, product.name, sum(back.values())),
        [
            PaymentOut(
                row.id,
                policy.payment_state(
                    row.status, row.amount_minor, back[row.payment_ref], disputed=row.payment_ref in disputed
                ),
                row.amount_minor,
                row.method,
                row.failure,
                row.created_at,
                row.captured_at,
            )
            for row in payments
        ],
        refunds_shown(refunds),
        _checkout(order.provider, msgspec.convert(order.checkout, Checkout)) if payable else None,
    )


def refunds_shown(rows: Sequence[RefundRow]) -> list[RefundOut]:
    return [RefundOut(row.id, row.status, row.amount_minor, row.currency, row.reason, row.created_at) for row in rows]


def _counts(row: RefundRow) -> bool:
    return row.status == "succeeded"


def _checkout(provider: str, checkout: Checkout) -> CheckoutOut:
    return CheckoutOut(provider, checkout.ref, checkout.url, checkout.data)


def _order(order: OrderRow, product_name: str, refunded_minor: int) -> OrderOut:
    return OrderOut(
        id=order.id,
        kind=order.kind,
        state=policy.as_state(order.state),
        provider=order.provider,
        product_id=order.product_id,
        product_name=product_name,
        quantity=order.quantity,
        currency=order.currency,
        list_minor=order.list_minor,
        discount_minor=order.discount_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        refunded_minor=refunded_minor,
        subscription_id=order.subscription_id,
        created_at=order.created_at,
        paid_at=order.paid_at,
    )
