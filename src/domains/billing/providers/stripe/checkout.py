"""Pay pages, and the things at Stripe that they need: a customer for each person, a product for each plan, a coupon
for each order that has a discount.

Invariant: one order has one pay page, however often it is asked for: the key of every call is made of our ids. Where
the same key came with other words before (a name was changed in between), what was made then is found and used.
"""

import hashlib
from calendar import monthrange
from datetime import datetime, timedelta
from uuid import UUID

import stripe
from stripe.params import CouponCreateParams
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItemPriceData,
    SessionCreateParamsSubscriptionData,
)

from domains.billing.errors import ProviderAway
from domains.billing.providers.port import Buyer, Charge, Checkout, CheckoutWanted, Discount
from domains.billing.providers.stripe.amounts import to_stripe
from domains.billing.providers.stripe.client import plain
from domains.billing.providers.stripe.shapes import Session, shaped
from domains.billing.repository.provider import change_ref, keep_ref, ref_of
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

SHORTEST, LONGEST = timedelta(minutes=31), timedelta(hours=23, minutes=59)
"""How long a pay page may live: Stripe takes 30 minutes to 24 hours, by its own clock."""
_LONGEST_NAME = 250


class PayPages:
    """`mode` stands behind the kinds of references: things of test mode are not there in live mode."""

    def __init__(self, client: stripe.StripeClient, mode: str) -> None:
        self._stripe = client
        self._mode = mode

    async def open(self, db: Database, wanted: CheckoutWanted) -> Checkout:
        customer = await self._customer(db, wanted.buyer)
        product = await self.product(db, wanted.charge) if wanted.charge else ""
        coupon = await self._coupon(wanted, wanted.charge) if wanted.charge else None
        params = _session_params(wanted, product, coupon, utc_now())
        try:
            found = await self._create(wanted.order_id, customer, params)
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing" or error.param != "customer":
                raise
            # Somebody deleted it in the dashboard.
            customer = await self._customer(db, wanted.buyer, gone=customer)
            found = await self._create(wanted.order_id, customer, params)
        return Checkout(ref=found.id, url=found.url, data={"session_id": found.id})

    async def close(self, ref: str) -> None:
        try:
            await self._stripe.v1.checkout.sessions.expire_async(ref)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return
            found = shaped(plain(await self._stripe.v1.checkout.sessions.retrieve_async(ref)), Session)
            if found.status == "open":
                raise

    async def product(self, db: Database, charge: Charge) -> str:
        """One for each of our products, so that its sales stand together in Stripe's reports."""
        kind = f"product{self._mode}"
        if known := await ref_of(db, "stripe", kind, charge.product_id):
            return known
        name = charge.product_name[:_LONGEST_NAME]
        made = await self._stripe.v1.products.create_async(
            {"name": name, "metadata": {"product_id": str(charge.product_id)}},
            {"idempotency_key": _key("product", charge.product_id, name)},
        )
        return await keep_ref(db, "stripe", kind, charge.product_id, made.id)

    async def _customer(self, db: Database, buyer: Buyer, *, gone: str | None = None) -> str:
        kind = f"customer{self._mode}"
        known = await ref_of(db, "stripe", kind, buyer.user_id)
        if known and known != gone:
            return known
        made = await self._stripe.v1.customers.create_async(
            {"name": buyer.name[:256], "email": buyer.email[:512], "metadata": {"user_id": str(buyer.user_id)}},
            {"idempotency_key": _key("customer", buyer.user_id, buyer.name, buyer.email, gone or "")},
        )
        if gone:
            return await change_ref(db, "stripe", kind, buyer.user_id, gone, made.id)
        return await keep_ref(db, "stripe", kind, buyer.user_id, made.id)

    async def _coupon(self, wanted: CheckoutWanted, charge: Charge) -> str | None:
        if not wanted.discount or not wanted.discount.amount_minor:
            return None
        params: CouponCreateParams = {
            "amount_off": to_stripe(wanted.discount.amount_minor, wanted.currency),
            "currency": wanted.currency.lower(),
            "name": "Discount",
            "max_redemptions": 1,
            "metadata": {"order_id": str(wanted.order_id)},
        }
        months = discount_months(wanted.expires_at, wanted.trial_days, charge.interval, wanted.discount)
        if wanted.discount.cycles is None:
            params["duration"] = "forever"
        elif months is None:
            params["duration"] = "once"
        else:
            params["duration"], params["duration_in_months"] = "repeating", months
        made = await self._stripe.v1.coupons.create_async(params, {"idempotency_key": _key("coupon", wanted.order_id)})
        return made.id

    async def _create(self, order_id: UUID, customer: str, params: SessionCreateParams) -> Session:
        params["customer"] = customer
        try:
            made = await self._stripe.v1.checkout.sessions.create_async(
                params, {"idempotency_key": _key("checkout", order_id)}
            )
            return shaped(plain(made), Session)
        except stripe.IdempotencyError:
            # Made before, with other words (its end moves with the clock): then it is the customer's latest.
            page = await self._stripe.v1.checkout.sessions.list_async({"customer": customer, "limit": 100})
            for found in page.data:
                if found.client_reference_id == str(order_id):
                    return shaped(plain(found), Session)
            raise ProviderAway from None


def _session_params(wanted: CheckoutWanted, product: str, coupon: str | None, now: datetime) -> SessionCreateParams:
    order = {"order_id": str(wanted.order_id)}
    params: SessionCreateParams = {
        "client_reference_id": order["order_id"],
        "metadata": order,
        "success_url": wanted.success_url,
        "cancel_url": wanted.cancel_url,
        "expires_at": int(min(max(wanted.expires_at, now + SHORTEST), now + LONGEST).timestamp()),
    }
    title = wanted.title[:_LONGEST_NAME]
    price: SessionCreateParamsLineItemPriceData = {"currency": wanted.currency.lower()}
    if wanted.charge is None:
        # Any discount is off the amount already.
        price["product_data"] = {"name": title}
        price["unit_amount"] = to_stripe(wanted.amount_minor, wanted.currency)
        params["mode"] = "payment"
        params["line_items"] = [{"price_data": price, "quantity": 1}]
        params["payment_intent_data"] = {"metadata": order, "description": title}
        # The amount is the order's, in its currency: what is shown is what is booked.
        params["adaptive_pricing"] = {"enabled": False}
        return params
    price["product"] = product
    price["unit_amount"] = to_stripe(wanted.charge.amount_minor, wanted.currency)
    price["recurring"] = {"interval": wanted.charge.interval}
    subscription: SessionCreateParamsSubscriptionData = {
        "description": title,
        "metadata": {**order, "price_id": str(wanted.charge.price_id)},
    }
    if wanted.trial_days:
        subscription["trial_period_days"] = wanted.trial_days
    params["mode"] = "subscription"
    params["line_items"] = [{"price_data": price, "quantity": wanted.quantity}]
    params["subscription_data"] = subscription
    if coupon:
        params["discounts"] = [{"coupon": coupon}]
    return params


def discount_months(starts_at: datetime, trial_days: int, interval: str, discount: Discount) -> int | None:
    """How many months Stripe's coupon has to last, so that it covers exactly the first `cycles` charges. None: say
    `once` or `forever` instead.

    Stripe counts months from the day the subscription begins, trials included, and takes the discount off every
    charge within them: the months may reach up to the first charge that is no longer meant, and not past it. With a
    trial, `once` is said in months too: the trial's own invoice over nothing must not use it up. Where months are too
    uneven for that (from 31 January, charged first on 28 February), one charge more is reduced, and none fewer."""
    if discount.cycles is None or (discount.cycles == 1 and not trial_days):
        return None
    step = 12 if interval == "year" else 1
    first = starts_at + timedelta(days=trial_days)
    not_meant = _months_later(first, step * discount.cycles)
    months = (not_meant.year - starts_at.year) * 12 + not_meant.month - starts_at.month
    while months > 1 and _months_later(starts_at, months) > not_meant:
        months -= 1
    last_meant = _months_later(first, step * (discount.cycles - 1))
    while _months_later(starts_at, months) <= last_meant:
        months += 1
    return max(1, months)


def _months_later(start: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day."""
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def _key(what: str, own_id: UUID, *words: str) -> str:
    """Of what is asked for, where that may change between two tries: a second customer or product is of no harm."""
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16] if words else ""
    return f"lyceum-{what}-{own_id}{'-' if digest else ''}{digest}"
