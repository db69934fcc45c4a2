"""From wanting something to the page on which it is paid.

Invariant: nobody pays twice for one wish. The same wish while its order is open gets the same order and the same page;
a different wish for the same product closes the page before. The provider is called between transactions, keyed by
the order, so a call that was cut off is simply made again.
"""

import logging
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from domains.billing.errors import (
    AlreadyOwned,
    BadSignature,
    NotOffered,
    OrderNotFound,
    ProductNotFound,
    ProviderRefused,
    StateForbids,
)
from domains.billing.models import OrderRow
from domains.billing.policy.coupons import spelled
from domains.billing.policy.keys import course_key
from domains.billing.policy.pricing import NO_DISCOUNT, quote
from domains.billing.policy.pricing import Discount as Off
from domains.billing.providers.port import (
    Buyer,
    Charge,
    Checkout,
    CheckoutWanted,
    Confirming,
    Discount,
    Providers,
    Quarantine,
)
from domains.billing.repository import catalogue, customers
from domains.billing.repository import coupons as coupon_rows
from domains.billing.repository import inbox as inbox_rows
from domains.billing.repository import orders as repository
from domains.billing.repository import subscriptions as subscription_rows
from domains.billing.schemas.payments import ConfirmIn
from domains.billing.service import coupons, effects, inbox, pricing, trials
from domains.identity import api as identity
from domains.kernel.ids import new_id
from domains.kernel.uow import Database, UnitOfWork

log = logging.getLogger(__name__)

OPEN_FOR = timedelta(hours=1)
NOBODY = "none"
"""The provider of an order for which nothing is due."""

Kind = Literal["purchase", "gift", "seats", "subscription"]
_SOLD_AS: dict[str, frozenset[Kind]] = {
    "course": frozenset({"purchase", "gift"}),
    "gift": frozenset({"gift"}),
    "seats": frozenset({"seats"}),
    "plan": frozenset({"subscription"}),
}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """None leaves the choice to us: the preferred provider, the product's own currency, the customer's country."""

    user_id: UUID
    product_id: UUID
    kind: Kind
    provider: str | None = None
    currency: str | None = None
    country: str | None = None
    interval: str | None = None
    quantity: int = 1
    coupon_code: str | None = None
    hosted: bool = False


class Begun(NamedTuple):
    order: OrderRow
    checkout: Checkout | None
    """None where nothing is left to pay."""


class _Placed(NamedTuple):
    order: OrderRow
    wanted: CheckoutWanted | None
    """None when the page is there already, or none is needed."""
    replaced: UUID | None = None
    """The order that this one takes the place of; its page is still open."""


async def begin(db: Database, wish: Wish, now: datetime) -> Begun:
    """Places the order and opens the provider's checkout. Raises ProductNotFound, PriceNotFound, NotOffered,
    CouponRefused, TooManyGuesses, AlreadyOwned, ProviderUnknown, ProviderAway, ProviderRefused, and StateForbids when
    it was given up meanwhile."""
    providers = db.port(Providers)
    async with db.begin() as uow:
        placed = await _place(uow, wish, providers, now)
    order = placed.order
    if placed.replaced is not None and not await abandon(db, placed.replaced, now):
        async with db.begin() as uow:
            await effects.give_up(uow, order.id, now)
        raise StateForbids("what you wanted before has just been paid")
    if order.provider == NOBODY:
        return Begun(order, None)
    provider = providers.chosen(order.provider)
    if placed.wanted is None:
        return Begun(order, msgspec.convert(order.checkout, Checkout))
    checkout = await provider.open_checkout(db, placed.wanted)
    async with db.begin() as uow:
        opened = await repository.order(uow.session, order.id, lock=True)
        if opened is None:
            raise OrderNotFound
        opened.provider_checkout_ref = checkout.ref
        opened.checkout = msgspec.to_builtins(checkout)
        opened.placed_at = opened.placed_at or now
        await uow.session.flush()
        await effects.refold(uow, opened.id, now)
    if opened.state == "void":
        # Given up while its page was being opened, by its buyer or for another wish: nobody has closed that page.
        await close_page(db, opened)
        raise StateForbids("this order was given up meanwhile")
    return Begun(opened, checkout)


async def product_of_course(uow: UnitOfWork, course_id: UUID) -> UUID:
    """What sells this course by itself. Raises ProductNotFound."""
    found = await catalogue.product_for_key(uow.session, course_key(course_id), "course")
    if found is None:
        raise ProductNotFound
    return found.id


async def kind_of(uow: UnitOfWork, product_id: UUID, *, gift: bool) -> Kind:
    """How a product is bought once. Raises ProductNotFound; NotOffered for a plan."""
    product = await catalogue.product(uow.session, product_id)
    if product is None or not product.active:
        raise ProductNotFound
    if product.kind == "plan":
        raise NotOffered("a plan is subscribed to")
    if product.kind == "seats":
        return "seats"
    return "gift" if gift or product.kind == "gift" else "purchase"


async def _place(uow: UnitOfWork, wish: Wish, providers: Providers, now: datetime) -> _Placed:
    product = await catalogue.product(uow.session, wish.product_id)
    if product is None or not product.active:
        raise ProductNotFound
    if wish.kind not in _SOLD_AS[product.kind]:
        raise NotOffered(f"a {product.kind} is not sold as {wish.kind}")
    if wish.kind in {"purchase", "subscription"} and wish.quantity != 1:
        raise NotOffered("one is enough", field="quantity")
    await repository.lock_buyer(uow.session, wish.user_id)
    # First, so that one which is being paid or gets its page at this moment is seen as it is afterwards.
    before = await repository.open_order(uow.session, wish.user_id, wish.product_id, wish.kind, now)
    if wish.kind == "purchase" and await repository.bought_for_good(uow.session, wish.user_id, product.id):
        raise AlreadyOwned
    if wish.kind == "subscription" and await _subscribed(uow, wish.user_id, product.id):
        raise AlreadyOwned
    if before is not None and await repository.is_under_way(uow.session, before.id):
        raise StateForbids("a payment for it is on its way")
    if before is not None and await _same(uow, before, wish, providers, now):
        return _Placed(before, None if before.checkout else await _wanted(uow, before, providers, now))
    replaced = None
    if before is not None:
        replaced = before.id
        await _let_go(uow, before, now)
    order = await _new_order(uow, wish, providers, now)
    if order.provider == NOBODY:
        await effects.refold(uow, order.id, now)
        return _Placed(order, None, replaced)
    return _Placed(order, await _wanted(uow, order, providers, now), replaced)


async def _let_go(uow: UnitOfWork, order: OrderRow, now: datetime) -> None:
    """Its time is over from now on. It is given up once its page is closed: whoever dies in between leaves that to the
    clock, which closes the pages of orders whose time is over."""
    order.expires_at = now
    await coupons.release(uow, order.id)
    await uow.session.flush()


async def _subscribed(uow: UnitOfWork, user_id: UUID, product_id: UUID) -> bool:
    """Also by an order that is paid and whose subscription we have not heard of yet."""
    if await subscription_rows.going_on(uow.session, user_id, product_id) is not None:
        return True
    return await repository.paid_without_subscription(uow.session, user_id, product_id)


async def _same(uow: UnitOfWork, order: OrderRow, wish: Wish, providers: Providers, now: datetime) -> bool:
    """Whether the order is what this wish would get now: in another country price and tax are others."""
    price = await repository.price(uow.session, order.price_id)
    coupon = await coupon_rows.coupon(uow.session, order.coupon_id) if order.coupon_id else None
    offered = await pricing.offer(
        uow,
        user_id=wish.user_id,
        product_id=wish.product_id,
        currency=wish.currency or order.currency,
        country=wish.country,
        interval=wish.interval or price.interval,
        quantity=wish.quantity,
        coupon_code=None,
        now=now,
    )
    return (
        (offered.price.id, offered.tax_name, offered.tax_bp) == (order.price_id, order.tax_name, order.tax_bp)
        and order.quantity == wish.quantity
        and wish.currency in (None, order.currency)
        and wish.interval in (None, price.interval)
        and (order.provider == NOBODY or (order.provider, order.hosted) == _way(wish, providers))
        and (coupon.code if coupon else None) == (spelled(wish.coupon_code) if wish.coupon_code else None)
    )


def _way(wish: Wish, providers: Providers) -> tuple[str, bool]:
    """Who is paid, and whether on a page of theirs. Where all is paid on pages, asking for one changes nothing."""
    provider = providers.chosen(wish.provider)
    return provider.name, wish.hosted or provider.always_hosted


async def _new_order(uow: UnitOfWork, wish: Wish, providers: Providers, now: datetime) -> OrderRow:
    offer = await pricing.offer(
        uow,
        user_id=wish.user_id,
        product_id=wish.product_id,
        currency=wish.currency,
        country=wish.country,
        interval=wish.interval,
        quantity=wish.quantity,
        coupon_code=wish.coupon_code,
        now=now,
    )
    free = offer.quote.total_minor == 0 and wish.kind != "subscription"
    provider, hosted = (NOBODY, False) if free else _way(wish, providers)
    order = OrderRow(
        id=new_id(),
        user_id=wish.user_id,
        product_id=offer.product.id,
        price_id=offer.price.id,
        kind=wish.kind,
        provider=provider,
        hosted=hosted,
        state="draft",
        quantity=wish.quantity,
        currency=offer.price.currency,
        list_minor=offer.quote.list_minor,
        discount_minor=offer.quote.discount_minor,
        tax_minor=offer.quote.tax_minor,
        total_minor=offer.quote.total_minor,
        tax_name=offer.tax_name,
        tax_bp=offer.tax_bp,
        coupon_id=offer.coupon.id if offer.coupon else None,
        placed_at=now if free else None,
        expires_at=now + OPEN_FOR,
        trial_days=0,
    )
    uow.session.add(order)
    await uow.session.flush()
    if offer.coupon is not None:
        await coupons.reserve(uow, offer.coupon.id, wish.user_id, order.id, now + OPEN_FOR)
    if wish.kind == "subscription" and offer.product.trial_days:
        await _claim_trial(uow, order, offer.product.trial_days)
    return order


async def _claim_trial(uow: UnitOfWork, order: OrderRow, days: int) -> None:
    """During a trial nothing is due today; the first payment gets an order of its own."""
    contact = await identity.contact(uow, order.user_id)
    order.trial_days = await trials.claim(
        uow,
        user_id=order.user_id,
        email=contact.email if contact else "",
        product_id=order.product_id,
        days=days,
        order_id=order.id,
    )
    if order.trial_days:
        order.list_minor = order.discount_minor = order.tax_minor = order.total_minor = 0
    await uow.session.flush()


async def _wanted(uow: UnitOfWork, order: OrderRow, providers: Providers, now: datetime) -> CheckoutWanted:
    product = await repository.product(uow.session, order.product_id)
    customer = await customers.customer(uow.session, order.user_id)
    contact = await identity.contact(uow, order.user_id)
    name = customer.name if customer else contact.name if contact else ""
    email = (customer.email if customer else "") or (contact.email if contact else "")
    charge, discount = None, None
    if order.kind == "subscription":
        charge, discount = await _charges(uow, order)
    return CheckoutWanted(
        order_id=order.id,
        buyer=Buyer(order.user_id, name, email),
        title=product.name,
        amount_minor=order.total_minor,
        currency=order.currency,
        quantity=order.quantity,
        success_url=f"{providers.public_url}/pay/return/{order.id}",
        cancel_url=f"{providers.public_url}/pay/cancelled/{order.id}",
        expires_at=order.expires_at or now + OPEN_FOR,
        charge=charge,
        discount=discount,
        trial_days=order.trial_days,
        hosted=order.hosted,
    )


async def _charges(uow: UnitOfWork, order: OrderRow) -> tuple[Charge, Discount | None]:
    """What each period costs, all taxes in, and what the coupon takes off the first ones."""
    price = await repository.price(uow.session, order.price_id)
    product = await repository.product(uow.session, order.product_id)

    def total(off: Off) -> int:
        return quote(
            price.amount_minor,
            order.quantity,
            off,
            tax_bp=order.tax_bp,
            tax_inclusive=price.tax_inclusive,
            currency=price.currency,
        ).total_minor

    full = total(NO_DISCOUNT)
    charge = Charge(price.id, product.id, product.name, full, price.currency, price.interval or "month")
    coupon = await coupon_rows.coupon(uow.session, order.coupon_id) if order.coupon_id else None
    if coupon is None:
        return charge, None
    cycles = {"once": 1, "repeating": coupon.cycles, "forever": None}[coupon.duration]
    return charge, Discount(full - total(coupons.discount_of(coupon)), cycles)


async def give_up(db: Database, order_id: UUID, user_id: UUID, now: datetime) -> None:
    """The buyer thinks better of it. Quiet when it is given up already. Raises OrderNotFound, StateForbids when it is
    paid or a payment is on its way, ProviderAway (it is closed within minutes then)."""
    async with db.begin() as uow:
        order = await repository.order(uow.session, order_id, lock=True)
        if order is None or order.user_id != user_id:
            raise OrderNotFound
        if order.paid_at is not None:
            raise StateForbids("it is paid")
        if order.given_up_at is not None:
            return
        if await repository.is_under_way(uow.session, order_id):
            raise StateForbids("a payment for it is on its way")
        await _let_go(uow, order, now)
    await abandon(db, order_id, now)


async def abandon(db: Database, order_id: UUID, now: datetime) -> bool:
    """Closes the page of an order, then gives it up. False when it was paid before that. Raises ProviderAway."""
    closed_ref: str | None = None
    while True:
        async with db.begin() as uow:
            order = await repository.order(uow.session, order_id, lock=True)
            # Its page may have been opened meanwhile; one that opens later finds its order given up.
            if order is None or order.provider_checkout_ref == closed_ref:
                await effects.give_up(uow, order_id, now)
                return order is None or order.paid_at is None
        await close_page(db, order)
        closed_ref = order.provider_checkout_ref


async def close_page(db: Database, order: OrderRow) -> None:
    """So that what was given up cannot be paid by mistake. Raises ProviderAway."""
    providers = db.port(Providers)
    if order.provider_checkout_ref is None or order.provider not in providers.names:
        return
    try:
        await providers.chosen(order.provider).close_checkout(db, order.provider_checkout_ref)
    except ProviderRefused as error:
        # Whoever pays there all the same has paid: the order then goes from void to paid.
        log.warning("the page of order %s was not closed: %s", order.id, error)


async def confirm(db: Database, order_id: UUID, user_id: UUID, told: ConfirmIn, now: datetime) -> None:
    """What the pay page handed to the browser is believed as far as its signature goes: it makes us look. Raises
    OrderNotFound, BadSignature, StateForbids where the provider has no such thing, ProviderAway."""
    async with db.begin() as uow:
        order = await repository.order(uow.session, order_id)
    if order is None or order.user_id != user_id:
        raise OrderNotFound
    provider = db.port(Providers).chosen(order.provider)
    if not isinstance(provider, Confirming):
        raise StateForbids("this provider tells us by itself")
    if order.provider_checkout_ref != told.order_ref:
        raise BadSignature
    number = await inbox_rows.next_lookup(db)
    seen = await provider.confirm(db, order_ref=told.order_ref, payment_ref=told.payment_ref, signature=told.signature)
    try:
        async with db.begin() as uow:
            await inbox.apply(uow, seen, provider.name, number, now)
    except inbox.NotYet:
        # Its webhook is tried again until it can be applied.
        log.info("order %s is confirmed, what it belongs to is not known yet", order_id)
    except Quarantine as error:
        raise StateForbids("the payment does not fit the order") from error
