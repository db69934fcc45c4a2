"""Coupons in use: checked when a price is asked for, reserved with the order, consumed by its payment.

Invariant: what is reserved and consumed never exceeds a coupon's limits, however many orders are placed at once, save
for payments that arrive after their reservation was given up: those were promised the discount.
"""

from datetime import datetime
from uuid import UUID

from domains.billing.errors import CouponRefused
from domains.billing.models import CouponRow
from domains.billing.policy.coupons import Terms, refusal, spelled
from domains.billing.policy.pricing import Discount
from domains.billing.repository import coupons as repository
from domains.billing.service import guesses
from domains.kernel.clock import utc_now
from domains.kernel.uow import UnitOfWork


def terms_of(row: CouponRow) -> Terms:
    return Terms(
        row.active,
        row.starts_at,
        row.ends_at,
        None if row.product_ids is None else frozenset(row.product_ids),
        row.currency,
        row.most_uses,
        row.most_uses_per_person,
    )


def discount_of(row: CouponRow) -> Discount:
    return Discount(row.percent_bp, row.amount_minor)


async def usable(
    uow: UnitOfWork, *, code: str, user_id: UUID, product_id: UUID, currency: str, now: datetime
) -> CouponRow:
    """The coupon of this code. Raises CouponRefused, the same for whatever reason, and TooManyGuesses, also for a
    right code, because the difference would tell that it is one. Wrong codes are counted whatever becomes of `uow`."""
    async with guesses.counted(uow.db, user_id, now):
        row = await repository.coupon_of_code(uow.session, spelled(code)) if _is_text(code) else None
        if row is None:
            raise CouponRefused
        # Somebody who comes back from the pay page asks again, and the new order takes the place of the open one.
        uses = await repository.uses(uow.session, row, user_id, now, besides_open_of=product_id)
        if refusal(terms_of(row), uses, now=now, product_id=product_id, currency=currency) is not None:
            raise CouponRefused
        return row


def _is_text(code: str) -> bool:
    """No code holds what PostgreSQL cannot."""
    return code.isascii() and code.isprintable() and len(code) <= 100


async def reserve(uow: UnitOfWork, coupon_id: UUID, user_id: UUID, order_id: UUID, until: datetime) -> None:
    """Sets one use aside for the order. Again for the same order keeps it until the later time. Raises CouponRefused
    when no use is left or the coupon was switched off meanwhile."""
    now = utc_now()
    row = await repository.lock(uow.session, coupon_id)
    use = await repository.use_of_order(uow.session, order_id)
    if use is not None and use.state == "consumed":
        return
    if use is not None and use.state == "reserved" and use.reserved_until > now:
        until = max(until, use.reserved_until)
    else:
        uses = await repository.uses(uow.session, row, user_id, now, besides_order=order_id)
        if refusal(terms_of(row), uses, now=now) is not None:
            raise CouponRefused
    await repository.keep_reserved(uow.session, coupon_id=coupon_id, user_id=user_id, order_id=order_id, until=until)


async def consume(uow: UnitOfWork, order_id: UUID) -> None:
    """The order is paid: its use counts for good, also one that had been released. Quiet without a coupon."""
    await repository.set_consumed(uow.session, order_id)


async def release(uow: UnitOfWork, order_id: UUID) -> None:
    """The order is given up: somebody else may have the use. What is consumed stays."""
    await repository.set_released(uow.session, order_id)
