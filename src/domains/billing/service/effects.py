"""What follows from the facts about an order. Invariant: `refold` may run any number of times, after any fact, in any
order, and leaves what the facts say: every effect has a row that makes it happen once."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domains.billing.events import CoursePurchased, PaymentRefunded
from domains.billing.models import DisputeRow, OrderRow, PaymentRow, ProductRow, RefundRow
from domains.billing.policy import orders as policy
from domains.billing.policy.keys import course_of
from domains.billing.policy.orders import DisputeFact, PaymentFact, RefundFact, Standing
from domains.billing.repository import orders as repository
from domains.billing.service import books, coupons, invoices, seats, subscriptions
from domains.kernel.uow import UnitOfWork

log = logging.getLogger(__name__)

SUBSCRIPTION_KINDS = frozenset({"subscription", "renewal", "plan_change"})
"""Orders whose access comes from the subscription itself, as long as their money is there."""


async def refold(uow: UnitOfWork, order_id: UUID, now: datetime) -> Standing | None:
    """Brings the order and all that follows from it up to date; None for no order of ours."""
    order = await repository.order(uow.session, order_id, lock=True)
    if order is None:
        return None
    payments = await repository.payments_of(uow.session, order_id)
    refs = [payment.payment_ref for payment in payments]
    refunds = await repository.refunds_of(uow.session, order.provider, refs) if refs else []
    disputes = await repository.disputes_of(uow.session, order.provider, refs) if refs else []
    standing = _standing(order, payments, refunds, disputes)
    if standing.captured_minor - standing.refunded_minor > order.total_minor:
        # Two pages of one order, or a payment after all: nobody but a person can say which one to give back.
        log.error("order %s asks for %d and holds %d", order.id, order.total_minor, standing.captured_minor)
    product = await repository.product(uow.session, order.product_id)
    first_paid = standing.state not in {"draft", "pending", "void"} and order.paid_at is None
    if first_paid and order.kind == "purchase" and await _had(uow, order):
        log.error("order %s pays for product %s, which its buyer had bought before", order.id, order.product_id)
    order.state = standing.state
    if first_paid:
        order.paid_at = now
        await coupons.consume(uow, order.id)
    elif standing.state == "void":
        await coupons.release(uow, order.id)
    await uow.session.flush()
    if order.subscription_id is not None and order.paid_at is not None and (refunds or disputes):
        await subscriptions.money_moved(uow, order.subscription_id, now)
    if order.kind not in SUBSCRIPTION_KINDS:
        await seats.settle_order(uow, order, product, access=standing.access, now=now)
    if first_paid and standing.access:
        _announce(uow, order, product)
    # Last: whoever has taken a document's number keeps all others waiting for theirs until the commit.
    await _book(uow, order, payments, refunds, disputes, now)
    await uow.session.flush()
    return standing


async def _had(uow: UnitOfWork, order: OrderRow) -> bool:
    """Whether it is paid twice, as on two pages: both orders count until a person gives one of them back."""
    return await repository.bought_for_good(uow.session, order.user_id, order.product_id, besides=order.id)


def _standing(
    order: OrderRow, payments: Sequence[PaymentRow], refunds: Sequence[RefundRow], disputes: Sequence[DisputeRow]
) -> Standing:
    # Where nothing is due today, being sent to the provider is no confirmation: the subscription itself is.
    confirmed = order.total_minor > 0 or order.kind != "subscription" or order.subscription_id is not None
    return policy.standing(
        order.total_minor,
        placed=order.placed_at is not None and confirmed,
        given_up=order.given_up_at is not None,
        payments=[PaymentFact(row.payment_ref, row.status == "captured", row.amount_minor) for row in payments],
        refunds=[RefundFact(row.payment_ref, row.status == "succeeded", row.amount_minor) for row in refunds],
        disputes=[DisputeFact(row.payment_ref, row.status == "won", row.amount_minor) for row in disputes],
    )


async def _book(
    uow: UnitOfWork,
    order: OrderRow,
    payments: Sequence[PaymentRow],
    refunds: Sequence[RefundRow],
    disputes: Sequence[DisputeRow],
    now: datetime,
) -> None:
    """Ledger and documents. Nothing is booked for a payment that was not captured, or what refers to it."""
    if order.paid_at is None:
        return
    captured = {payment.payment_ref for payment in payments if payment.status == "captured"}
    for payment in payments:
        if payment.payment_ref in captured and payment.amount_minor > 0:
            await books.record_capture(uow, order, payment)
    await invoices.issue(uow, order, now)
    for refund in refunds:
        if refund.payment_ref in captured and refund.status == "succeeded" and refund.settled_at is None:
            refund.settled_at = now
            await books.record_refund(uow, order, refund, refund.amount_minor)
            await invoices.issue_credit_note(uow, order, refund.id, refund.amount_minor, now)
            uow.record(
                PaymentRefunded(
                    user_id=order.user_id,
                    order_id=order.id,
                    refund_id=refund.id,
                    amount_minor=refund.amount_minor,
                    currency=refund.currency,
                )
            )
        elif refund.status == "failed" and refund.settled_at is not None:
            refund.settled_at = None
            await books.record_refund_failed(uow, order, refund)
            log.error("refund %s of order %s came back: its credit note is wrong now", refund.id, order.id)
    for dispute in disputes:
        if dispute.payment_ref not in captured or dispute.amount_minor == 0:
            continue
        # Also for one that was won before we heard of it, so that the books do not depend on what was heard first.
        await books.record_dispute(uow, order, dispute, dispute.amount_minor)
        if dispute.status == "won":
            await books.record_dispute_won(uow, order, dispute, dispute.amount_minor)
        elif dispute.status == "lost":
            await invoices.issue_credit_note(uow, order, dispute.id, dispute.amount_minor, now)


def _announce(uow: UnitOfWork, order: OrderRow, product: ProductRow) -> None:
    if order.kind != "purchase":
        return
    for key in product.keys:
        course_id = course_of(key)
        if course_id is not None:
            uow.record(
                CoursePurchased(
                    user_id=order.user_id,
                    order_id=order.id,
                    course_id=course_id,
                    amount_minor=order.total_minor,
                    currency=order.currency,
                )
            )


async def give_up(uow: UnitOfWork, order_id: UUID, now: datetime) -> None:
    """An order that nobody will pay any more. Money that comes all the same still counts."""
    order = await repository.order(uow.session, order_id, lock=True)
    if order is not None and order.given_up_at is None and order.paid_at is None:
        order.given_up_at = now
        await uow.session.flush()
        await refold(uow, order_id, now)
