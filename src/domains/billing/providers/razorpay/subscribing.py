"""Subscriptions at Razorpay: plans, mandates, and what can be done to them.

Cards and UPI Autopay are Razorpay's own choice on its page. A plan there is a fixed amount, so each amount that we ask
for gets a plan of its own, once. Of discounts it knows only those that somebody made by hand, so ours are made of what
it has: for all charges a cheaper plan, for the first charge an amount that is paid with the mandate, whose own charges
then begin one period later. Others are refused.
"""

import calendar
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from domains.billing.errors import ProviderRefused
from domains.billing.providers.port import Charge, Checkout, CheckoutWanted, Discount
from domains.billing.providers.razorpay import facts
from domains.billing.providers.razorpay.api import Api
from domains.billing.providers.razorpay.entities import Plan, Subscription, own_id
from domains.billing.providers.razorpay.lookups import Lookups, Names
from domains.billing.repository import provider as refs
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

PERIODS = {"month": "monthly", "year": "yearly"}
CHARGES = {"month": 120, "year": 10}
"""Razorpay wants a last charge: ten years away, the longest that all kinds of mandates take."""
SOONEST_START = timedelta(minutes=5)


class Subscribing:
    def __init__(self, api: Api, provider: str, names: Names, key_id: str) -> None:
        self._api = api
        self._provider = provider
        self._names = names
        self._key_id = key_id
        self.plans: dict[str, Plan] = {}
        """Those read or made so far, by reference."""

    # ---- beginning

    async def checkout(self, db: Database, wanted: CheckoutWanted, charge: Charge) -> Checkout:
        ref = await refs.ref_of(db, self._provider, self._names.subscription, wanted.order_id)
        if ref is None:
            made = await self._new(db, wanted, charge)
            ref = await refs.keep_ref(db, self._provider, self._names.subscription, wanted.order_id, made.id)
            if ref != made.id:
                with suppress(ProviderRefused):
                    await self.end(made.id, at_cycle_end=False)
        kept = await self._api.get(Subscription, "subscriptions", ref)
        data = {"key_id": self._key_id, "subscription_id": ref, "name": wanted.title}
        return Checkout(ref=ref, url=kept.short_url, data=data)

    async def _new(self, db: Database, wanted: CheckoutWanted, charge: Charge) -> Subscription:
        now = utc_now()
        total, quantity, pieces = charge.amount_minor, wanted.quantity, 1
        notes = {"order_id": str(wanted.order_id), "price_id": str(charge.price_id)}
        more: dict[str, Any] = {}
        start: datetime | None = None
        if wanted.trial_days > 0:
            start, notes["trial"] = now + timedelta(days=wanted.trial_days), str(wanted.trial_days)
        if wanted.discount is not None:
            left = _discounted(wanted, charge, wanted.discount)
            if wanted.discount.cycles is None:
                total, quantity, pieces = left, 1, wanted.quantity
            else:
                start, notes["first"] = one_later(now, charge.interval), "upfront"
                item = {"name": wanted.title[:100], "amount": left, "currency": charge.currency}
                more["addons"] = [{"item": item}] if left else []
        expires = wanted.expires_at if start is None else min(wanted.expires_at, start - SOONEST_START)
        if start is not None:
            more["start_at"] = int(start.timestamp())
        body = {
            "plan_id": await self.plan(db, charge, total, pieces),
            "total_count": CHARGES[charge.interval],
            "quantity": quantity,
            "expire_by": int(expires.timestamp()),
            # We tell the customer ourselves.
            "customer_notify": False,
            "notes": notes,
            **more,
        }
        return await self._api.post(Subscription, "subscriptions", body=body)

    async def plan(self, db: Database, charge: Charge, amount_minor: int, pieces: int) -> str:
        """The plan of this amount, made once. The price alone does not name it: taxes and discounts change what is
        asked for."""
        terms = f"{amount_minor} {charge.currency} {charge.interval} {pieces}"
        own = uuid5(charge.price_id, terms)
        ref = await refs.ref_of(db, self._provider, self._names.plan, own)
        if ref is not None:
            return ref
        body = {
            "period": PERIODS[charge.interval],
            "interval": 1,
            "item": {"name": charge.product_name[:100], "amount": amount_minor, "currency": charge.currency},
            "notes": {"price_id": str(charge.price_id), "pieces": str(pieces)},
        }
        made = await self._api.post(Plan, "plans", body=body)
        self.plans[made.id] = made
        return await refs.keep_ref(db, self._provider, self._names.plan, own, made.id)

    # ---- changing

    async def cancel(self, db: Database, ref: str, *, at_period_end: bool) -> None:
        """Quiet when it has ended. Razorpay does not show that an end is planned, so we keep that we asked for it."""
        subscription = await self._api.get(Subscription, "subscriptions", ref)
        order_id = own_id(subscription.notes, "order_id")
        if order_id is None:
            raise ProviderRefused("this subscription is not ours")
        if not at_period_end:
            if await refs.ref_of(db, self._provider, self._names.leaving, order_id) is not None:
                await refs.keep_ref(db, self._provider, self._names.ended, order_id, ref)
            if subscription.status not in facts.ENDED:
                await self.end(ref, at_cycle_end=False)
            return
        if subscription.status in facts.ENDED:
            return
        if subscription.status == "authenticated":
            # No period of Razorpay's runs that it could end with: it ends now, and what was promised is kept to.
            await refs.keep_ref(db, self._provider, self._names.leaving, order_id, ref)
            await self.end(ref, at_cycle_end=False)
        elif await refs.ref_of(db, self._provider, self._names.leaving, order_id) is None:
            await self.end(ref, at_cycle_end=True)
            await refs.keep_ref(db, self._provider, self._names.leaving, order_id, ref)

    async def end(self, ref: str, *, at_cycle_end: bool) -> None:
        await self._do(ref, "cancel", {"cancel_at_cycle_end": at_cycle_end})

    async def pause(self, ref: str) -> None:
        status = (await self._api.get(Subscription, "subscriptions", ref)).status
        if status == "paused":
            return
        if status != "active":
            # Razorpay would cancel one that has not begun to be charged.
            raise ProviderRefused("only a subscription that is paid for can be paused")
        await self._do(ref, "pause", {"pause_at": "now"})

    async def resume(self, ref: str) -> None:
        status = (await self._api.get(Subscription, "subscriptions", ref)).status
        if status == "active":
            return
        if status != "paused":
            raise ProviderRefused("only a subscription that is paused can be resumed")
        await self._do(ref, "resume", {"resume_at": "now"})

    async def change(self, db: Database, lookups: Lookups, ref: str, charge: Charge, quantity: int) -> None:
        subscription = await lookups.subscription(ref)
        old = await lookups.plan(subscription.plan_id)
        changeable(subscription, old, charge)
        new = await self.plan(db, charge, charge.amount_minor, 1)
        if (subscription.plan_id, subscription.quantity) == (new, quantity):
            return
        body: dict[str, Any] = {
            "plan_id": new,
            "quantity": quantity,
            "schedule_change_at": "now",
            "customer_notify": False,
        }
        if old.period != PERIODS[charge.interval]:
            body["remaining_count"] = CHARGES[charge.interval]
        await self._api.patch(Subscription, "subscriptions", ref, body=body)

    async def _do(self, ref: str, verb: str, body: Mapping[str, Any]) -> None:
        await self._api.post(Subscription, "subscriptions", ref, verb, body=body)


def changeable(subscription: Subscription, plan: Plan, charge: Charge) -> None:
    """Raises ProviderRefused."""
    if subscription.status not in ("active", "authenticated"):
        raise ProviderRefused("only a subscription that is paid for can be changed")
    if plan.item.currency != charge.currency:
        raise ProviderRefused("a subscription keeps its currency")


def _discounted(wanted: CheckoutWanted, charge: Charge, discount: Discount) -> int:
    """What is left to pay of the charges that the discount is for. Raises ProviderRefused."""
    left = max(charge.amount_minor * wanted.quantity - discount.amount_minor, 0)
    if discount.cycles is None and left == 0:
        raise ProviderRefused("Razorpay has no subscription that costs nothing")
    if discount.cycles is not None and (discount.cycles != 1 or wanted.trial_days > 0):
        raise ProviderRefused(
            "Razorpay can discount the first charge or all of a subscription, and none after a trial; "
            "choose another way to pay for this coupon"
        )
    return left


def one_later(moment: datetime, interval: str) -> datetime:
    """A month or a year later, on the last day of a month that is too short."""
    months = moment.month - 1 + (12 if interval == "year" else 1)
    year, month = moment.year + months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))
