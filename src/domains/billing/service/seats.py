"""What follows from an order that is paid once: access for the buyer, a gift's code, a class's seats.

Invariant: whoever changes a gift or seats holds the order's row, so that of two people with the same code, or two for
the last seat, one comes second. While the order's money is away, its people have no access and its code opens nothing;
when it comes back they have it again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domains.billing.errors import AlreadyOwned, CodeRefused, NoSeatLeft, OrderNotFound, PersonNotFound, StateForbids
from domains.billing.models import GiftRow, OrderRow, ProductRow, SeatRow
from domains.billing.policy.keys import wider
from domains.billing.repository import entitlements as entitlement_rows
from domains.billing.repository import orders
from domains.billing.repository import seats as repository
from domains.billing.service import entitlements
from domains.billing.service.entitlements import Source
from domains.identity import api as identity
from domains.kernel import codes
from domains.kernel.uow import UnitOfWork

CODE_LETTERS = 20
"""They hold 89 bits."""

_UNPAID = "the money for it went back or is disputed"
"""Kept with what was ended, and read again: what has a reason was taken and may come back, what has none ran out."""


class Redeemed(NamedTuple):
    order_id: UUID
    kind: str
    """gift or seats."""
    product: ProductRow
    ends_at: datetime | None


class SeatsView(NamedTuple):
    quantity: int
    code: str | None
    """Null until the order is paid."""
    closed: bool
    seats: Sequence[SeatRow]


async def settle_order(uow: UnitOfWork, order: OrderRow, product: ProductRow, *, access: bool, now: datetime) -> None:
    """Brings what follows from a purchase, gift or seats order in line with whether its money is there (`access`).

    The caller holds the order's row. Other kinds of order are left alone.
    """
    if order.kind == "purchase":
        if access:
            await _give(uow, order, product, order.user_id, "purchase", since=_paid_at(order, now), now=now)
        else:
            await entitlements.end(uow, "purchase", order.id, now, reason=_UNPAID)
    elif order.kind in {"gift", "seats"}:
        gift = await repository.gift(uow.session, order.id)
        if gift is None and access:
            await repository.add_code(uow.session, order.id, codes.new_code(CODE_LETTERS))
        elif gift is not None:
            await _settle_code(uow, order, product, gift, access=access, now=now)


async def redeem(uow: UnitOfWork, user_id: UUID, code: str, now: datetime) -> Redeemed:
    """Takes the gift, or a seat of the class. Again by the same person: the same answer.

    Raises CodeRefused, AlreadyOwned (a gift of what the person has for ever already), NoSeatLeft.
    """
    order_id = await repository.order_of_code(uow.session, codes.normal(code))
    order = await orders.order(uow.session, order_id, lock=True) if order_id else None
    gift = await repository.gift(uow.session, order.id) if order else None
    if order is None or gift is None or gift.closed_at is not None:
        raise CodeRefused
    product = await orders.product(uow.session, order.product_id)
    if order.kind == "gift":
        await _redeem_gift(uow, order, product, gift, user_id, now)
        return Redeemed(order.id, order.kind, product, _end(product, gift.redeemed_at or now))
    seat = await repository.seat(uow.session, order.id, user_id)
    if seat is not None and seat.removed_at is not None:
        # Who was taken off the list comes back through the buyer, not through a code that is still known.
        raise CodeRefused
    await _seat(uow, order, product, user_id, now)
    return Redeemed(order.id, order.kind, product, _end(product, _paid_at(order, now)))


async def assign(uow: UnitOfWork, buyer_id: UUID, order_id: UUID, email: str, now: datetime) -> None:
    """Gives the person with this address a seat, once.

    Raises OrderNotFound, StateForbids (not paid, or the money is away), PersonNotFound, NoSeatLeft.
    """
    order = await _own_order(uow, buyer_id, order_id, kinds=("seats",), lock=True)
    gift = await repository.gift(uow.session, order.id)
    if gift is None or gift.closed_at is not None:
        raise StateForbids("the seats are not paid")
    user_id = await identity.id_of_email(uow, email)
    if user_id is None:
        raise PersonNotFound("they can take a seat with its code once they have an account")
    await _seat(uow, order, await orders.product(uow.session, order.product_id), user_id, now)


async def remove(uow: UnitOfWork, buyer_id: UUID, order_id: UUID, user_id: UUID, now: datetime) -> None:
    """Frees the person's seat, and ends what it gave; quiet where there was none. Raises OrderNotFound."""
    order = await _own_order(uow, buyer_id, order_id, kinds=("seats",), lock=True)
    if await repository.free_seat(uow.session, order.id, user_id, now):
        await entitlements.end(uow, "seat", order.id, now, user_id=user_id, reason="the seat was freed")


async def view(uow: UnitOfWork, buyer_id: UUID, order_id: UUID) -> SeatsView:
    """Raises OrderNotFound."""
    order = await _own_order(uow, buyer_id, order_id, kinds=("seats",))
    gift = await repository.gift(uow.session, order.id)
    seats = await repository.seats(uow.session, order.id)
    code = codes.shown(gift.code) if gift else None
    return SeatsView(order.quantity, code, gift is not None and gift.closed_at is not None, seats)


async def code_of(uow: UnitOfWork, buyer_id: UUID, order_id: UUID) -> tuple[OrderRow, GiftRow]:
    """Raises OrderNotFound, also for an order that has no code, and StateForbids before it is paid."""
    order = await _own_order(uow, buyer_id, order_id, kinds=("gift", "seats"))
    gift = await repository.gift(uow.session, order.id)
    if gift is None:
        raise StateForbids("the code comes with the payment")
    return order, gift


async def _settle_code(
    uow: UnitOfWork, order: OrderRow, product: ProductRow, gift: GiftRow, *, access: bool, now: datetime
) -> None:
    source: Source = "gift" if order.kind == "gift" else "seat"
    if not access:
        gift.closed_at = gift.closed_at or now
        await entitlements.end(uow, source, order.id, now, reason=_UNPAID)
        return
    gift.closed_at = None
    if order.kind == "gift":
        if gift.redeemed_by is not None:
            await _give(uow, order, product, gift.redeemed_by, "gift", since=gift.redeemed_at or now, now=now)
        return
    # Thousands of them have what they should, whenever something is heard of the order.
    have = await entitlement_rows.people_of(uow.session, source, order.id, now)
    for seat in await repository.seats(uow.session, order.id):
        if seat.user_id not in have:
            await _give(uow, order, product, seat.user_id, "seat", since=_paid_at(order, now), now=now)


async def _redeem_gift(
    uow: UnitOfWork, order: OrderRow, product: ProductRow, gift: GiftRow, user_id: UUID, now: datetime
) -> None:
    if gift.redeemed_by == user_id:
        return
    if gift.redeemed_by is not None:
        raise CodeRefused
    rows = await entitlement_rows.of_person(uow.session, user_id, open_at=now)
    own = {row.key for row in rows if row.ends_at is None and row.starts_at <= now}
    if all(key in own or wider(key) in own for key in product.keys):
        raise AlreadyOwned("keep the code for somebody else")
    gift.redeemed_by, gift.redeemed_at = user_id, now
    await _give(uow, order, product, user_id, "gift", since=now, now=now)


async def _seat(uow: UnitOfWork, order: OrderRow, product: ProductRow, user_id: UUID, now: datetime) -> None:
    own = await repository.seat(uow.session, order.id, user_id)
    if own is not None and own.removed_at is None:
        return
    if await repository.taken(uow.session, order.id) >= order.quantity:
        raise NoSeatLeft
    await repository.take_seat(uow.session, order.id, user_id)
    await _give(uow, order, product, user_id, "seat", since=_paid_at(order, now), now=now)


async def _give(
    uow: UnitOfWork,
    order: OrderRow,
    product: ProductRow,
    user_id: UUID,
    source: Source,
    *,
    since: datetime,
    now: datetime,
) -> None:
    """What was sold is sold: while it runs it is left as it is, and what is opened again are the same keys, even if
    the product has changed. What has run out by itself stays over."""
    given = await entitlement_rows.of_source(uow.session, source, order.id, user_id)
    if any(row.ends_at is None or row.ends_at > now for row in given):
        return
    if given and not any(row.end_reason for row in given):
        return
    await entitlements.grant(
        uow,
        user_id=user_id,
        keys=[row.key for row in given] or product.keys,
        source=source,
        source_id=order.id,
        starts_at=since,
        ends_at=_end(product, since),
    )


async def _own_order(
    uow: UnitOfWork, buyer_id: UUID, order_id: UUID, *, kinds: Sequence[str], lock: bool = False
) -> OrderRow:
    order = await orders.order(uow.session, order_id, lock=lock)
    if order is None or order.user_id != buyer_id or order.kind not in kinds:
        raise OrderNotFound
    return order


def _paid_at(order: OrderRow, now: datetime) -> datetime:
    """A provider's clock may be ahead of ours: nobody waits for that."""
    return min(order.paid_at or now, now)


def _end(product: ProductRow, since: datetime) -> datetime | None:
    return since + timedelta(days=product.duration_days) if product.duration_days is not None else None
