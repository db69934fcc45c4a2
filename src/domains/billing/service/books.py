"""Every movement of money, booked once: a cause that is in the ledger changes nothing when it comes again.

A payment's refunds and disputes are booked from what all of them took together, so that nothing is lost in rounding
(`policy.books`). Call these with the row's own amount: what exceeds the payment is booked as a loss.
"""

from collections.abc import Sequence

from domains.billing.models import DisputeRow, OrderRow, PaymentRow, RefundRow, TransferRow
from domains.billing.policy import books as policy
from domains.billing.policy.books import Accounts, Leg
from domains.billing.repository import books as repository
from domains.billing.repository import customers, orders
from domains.kernel.uow import UnitOfWork


async def record_capture(uow: UnitOfWork, order: OrderRow, payment: PaymentRow) -> None:
    """The payment was captured."""
    cause = f"capture:{payment.id}"
    booked = await _booked(uow, order)
    if payment.amount_minor <= 0 or _has(booked, cause):
        return
    product = await orders.product(uow.session, order.product_id)
    customer = await customers.customer(uow.session, order.user_id)
    place = (customer.country if customer else "") or order.tax_name
    tax = policy.tax_within(payment.amount_minor, order.tax_minor, order.total_minor)
    legs = policy.capture_legs(policy.accounts(payment.provider, product.kind, place), payment.amount_minor, tax)
    await _book(uow, order, cause, legs)


async def record_refund(uow: UnitOfWork, order: OrderRow, refund: RefundRow, amount_minor: int) -> None:
    """The refund succeeded. Nothing happens while its payment is not booked: call again then."""
    await _record_out(uow, order, refund, f"refund:{refund.id}", amount_minor)


async def record_refund_failed(uow: UnitOfWork, order: OrderRow, refund: RefundRow) -> None:
    """It had succeeded, and the money came back to the seller all the same."""
    taken = -_into_clearing([row for row in await _booked(uow, order) if row.cause == f"refund:{refund.id}"])
    await _record_out(uow, order, refund, f"refund_failed:{refund.id}", -taken)


async def record_dispute(uow: UnitOfWork, order: OrderRow, dispute: DisputeRow, amount_minor: int) -> None:
    """The provider has taken the money back: held while open, gone when lost. One that was won and is lost after all
    is booked anew. Nothing happens while its payment is not booked."""
    won = _has(await _booked(uow, order), f"dispute_won:{dispute.id}")
    cause = "dispute_lost" if won and dispute.status == "lost" else "dispute"
    await _record_out(uow, order, dispute, f"{cause}:{dispute.id}", amount_minor)


async def record_dispute_won(uow: UnitOfWork, order: OrderRow, dispute: DisputeRow, amount_minor: int) -> None:
    """Gives back what the dispute took, and nothing where it took nothing."""
    taken = -_into_clearing([row for row in await _booked(uow, order) if row.cause == f"dispute:{dispute.id}"])
    await _record_out(uow, order, dispute, f"dispute_won:{dispute.id}", -min(taken, amount_minor))


async def _record_out(
    uow: UnitOfWork, order: OrderRow, fact: RefundRow | DisputeRow, cause: str, amount_minor: int
) -> None:
    """Negative amounts come back."""
    booked = await _booked(uow, order)
    payment = await repository.payment_of(uow.session, fact.provider, fact.payment_ref)
    if payment is None or amount_minor == 0 or _has(booked, cause):
        return
    capture = [row for row in booked if row.cause == f"capture:{payment.id}"]
    if not capture:
        return
    of_payment = await _causes(uow, payment)
    before = -_into_clearing([row for row in booked if row.cause in of_payment])
    captured = _into_clearing(capture)
    tax = sum(row.amount_minor for row in capture if row.credit.startswith("tax:"))
    legs = policy.outward_legs(_accounts_of(capture, order), captured, tax, before, before + amount_minor)
    await _book(uow, order, cause, legs)


async def _booked(uow: UnitOfWork, order: OrderRow) -> Sequence[TransferRow]:
    await repository.lock_order(uow.session, order.id)
    return await repository.transfers_of(uow.session, order.id)


async def _book(uow: UnitOfWork, order: OrderRow, cause: str, legs: Sequence[Leg]) -> None:
    repository.add_transfers(uow.session, order, cause, legs)
    await uow.session.flush()


async def _causes(uow: UnitOfWork, payment: PaymentRow) -> set[str]:
    """All that may have moved the payment's money after it was captured."""
    refunds = await repository.refunds_of(uow.session, payment)
    disputes = await repository.disputes_of(uow.session, payment)
    found = {f"{what}:{refund.id}" for refund in refunds for what in ("refund", "refund_failed")}
    return found | {
        f"{what}:{dispute.id}" for dispute in disputes for what in ("dispute", "dispute_won", "dispute_lost")
    }


def _accounts_of(capture: Sequence[TransferRow], order: OrderRow) -> Accounts:
    """Those that the capture used, whatever customer or product have become since."""
    clearing = capture[0].debit
    provider = clearing.partition(":")[2]
    by_kind = {row.credit.partition(":")[0]: row.credit for row in capture}
    names = policy.accounts(provider, "unknown", order.tax_name)
    return names._replace(revenue=by_kind.get("revenue", names.revenue), tax=by_kind.get("tax", names.tax))


def _into_clearing(rows: Sequence[TransferRow]) -> int:
    return sum(
        row.amount_minor if row.debit.startswith("clearing:") else -row.amount_minor
        for row in rows
        if row.debit.startswith("clearing:") or row.credit.startswith("clearing:")
    )


def _has(rows: Sequence[TransferRow], cause: str) -> bool:
    return any(row.cause == cause for row in rows)
