"""What the fake provider's machines would do: checkouts, test cards, periods of real months.

Pure, so that a year of renewals can be tested in a moment. Every change returns what is new; nothing is charged twice
because a payment's reference is made of what it pays and the number of the attempt.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec

from domains.billing.policy.proration import prorate
from domains.billing.policy.seen import PaymentSeen, RefundSeen, SubscriptionSeen, SubscriptionStatus

Card = Literal["good", "declined", "fails_later"]
"""Works always; never; at the checkout, and then no more."""
CARDS: tuple[Card, ...] = ("good", "declined", "fails_later")
DECLINED = "The card was declined"
_MONTHS = {"month": 1, "year": 12}


class FakeCheckout(msgspec.Struct, frozen=True, kw_only=True):
    """`price_id` None: `amount_minor` once. Otherwise a subscription to `quantity` times `unit_minor`."""

    ref: str
    order_id: UUID
    title: str
    amount_minor: int
    currency: str
    quantity: int
    success_url: str
    cancel_url: str
    expires_at: datetime
    price_id: UUID | None = None
    unit_minor: int = 0
    interval: str = "month"
    discount_minor: int = 0
    discount_cycles: int | None = None
    trial_days: int = 0
    state: Literal["open", "paid", "expired"] = "open"
    attempts: int = 0

    @property
    def period_minor(self) -> int:
        """What a period costs when no discount is left."""
        return self.unit_minor * self.quantity

    @property
    def due_minor(self) -> int:
        """What is taken from the card now."""
        if self.price_id is None:
            return self.amount_minor
        return 0 if self.trial_days else max(0, self.period_minor - self.discount_minor)


class FakePayment(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at a card; it never changes, apart from what was refunded."""

    ref: str
    status: Literal["captured", "failed"]
    amount_minor: int
    currency: str
    card: Card
    order_id: UUID | None = None
    subscription_ref: str | None = None
    invoice_ref: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    refunded_minor: int = 0

    def seen(self) -> PaymentSeen:
        return PaymentSeen(
            payment_ref=self.ref,
            status=self.status,
            amount_minor=self.amount_minor,
            currency=self.currency,
            order_id=self.order_id,
            subscription_ref=self.subscription_ref,
            invoice_ref=self.invoice_ref,
            period_start=self.period_start,
            period_end=self.period_end,
            method="card",
            failure=DECLINED if self.status == "failed" else "",
        )


class FakeRefund(msgspec.Struct, frozen=True, kw_only=True):
    ref: str
    payment_ref: str
    amount_minor: int
    currency: str
    own_id: UUID

    def seen(self) -> RefundSeen:
        return RefundSeen(
            refund_ref=self.ref,
            payment_ref=self.payment_ref,
            status="succeeded",
            amount_minor=self.amount_minor,
            currency=self.currency,
            own_id=self.own_id,
        )


class FakeSubscription(msgspec.Struct, frozen=True, kw_only=True):
    ref: str
    order_id: UUID
    price_id: UUID
    unit_minor: int
    quantity: int
    currency: str
    interval: str
    card: Card
    status: SubscriptionStatus
    anchor: datetime
    """Periods are whole months from here, so that one from the 31st does not wander to the 28th for good."""
    periods: int
    """Begun since the anchor; 0 during the trial."""
    current_period_start: datetime
    current_period_end: datetime
    trial_end: datetime | None = None
    cancel_at_period_end: bool = False
    cancelled_at: datetime | None = None
    ended_at: datetime | None = None
    value_minor: int = 0
    """What the present period costs as a whole, less its discount; what a plan change credits is a part of it."""
    credit_minor: int = 0
    """Goes towards the next charges."""
    discount_minor: int = 0
    discount_left: int | None = 0
    """Charges that the discount still comes off; None for all."""
    invoices: int = 0
    attempts: int = 0
    """At the last invoice."""
    open_minor: int | None = None
    """What the last invoice still asks for."""
    changed_at: datetime | None = None
    """Set by whoever writes it."""

    @property
    def invoice_ref(self) -> str:
        return f"in_{self.ref.removeprefix('sub_')}_{self.invoices}"

    def seen(self) -> SubscriptionSeen:
        return SubscriptionSeen(
            subscription_ref=self.ref,
            status=self.status,
            order_id=self.order_id,
            price_id=self.price_id,
            quantity=self.quantity,
            current_period_start=self.current_period_start,
            current_period_end=self.current_period_end,
            trial_end=self.trial_end,
            cancel_at_period_end=self.cancel_at_period_end,
            cancelled_at=self.cancelled_at,
            ended_at=self.ended_at,
        )


class Moved(NamedTuple):
    """A subscription after something happened, and what was tried at its card."""

    subscription: FakeSubscription
    payments: Sequence[FakePayment] = ()


class Terms(NamedTuple):
    """What a subscription is to cost from now on."""

    price_id: UUID
    unit_minor: int
    interval: str
    quantity: int


def months_after(anchor: datetime, months: int) -> datetime:
    """The same day and time so many months later; the last day of a month that is too short."""
    years, month = divmod(anchor.month - 1 + months, 12)
    year, month = anchor.year + years, month + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, monthrange(year, month)[1]))


def once_paid(checkout: FakeCheckout, card: Card) -> tuple[FakeCheckout, FakePayment]:
    """An attempt at a checkout without a subscription."""
    attempts = checkout.attempts + 1
    failed = card == "declined"
    payment = FakePayment(
        ref=f"pay_{checkout.order_id.hex}_{attempts}",
        status="failed" if failed else "captured",
        amount_minor=checkout.due_minor,
        currency=checkout.currency,
        card=card,
        order_id=checkout.order_id,
    )
    state = checkout.state if failed else "paid"
    return msgspec.structs.replace(checkout, attempts=attempts, state=state), payment


def subscribed(checkout: FakeCheckout, card: Card, now: datetime) -> Moved:
    """The subscription that a paid checkout begins. The card is one that works at a checkout."""
    assert checkout.price_id is not None
    trial_end = now + timedelta(days=checkout.trial_days) if checkout.trial_days else None
    no_period_yet = FakeSubscription(
        ref=f"sub_{checkout.order_id.hex}",
        order_id=checkout.order_id,
        price_id=checkout.price_id,
        unit_minor=checkout.unit_minor,
        quantity=checkout.quantity,
        currency=checkout.currency,
        interval=checkout.interval,
        card=card,
        status="trialing",
        anchor=trial_end or now,
        periods=0,
        current_period_start=now,
        current_period_end=trial_end or now,
        trial_end=trial_end,
        discount_minor=checkout.discount_minor,
        discount_left=checkout.discount_cycles if checkout.discount_minor else 0,
    )
    if trial_end:
        return Moved(no_period_yet)
    return _next_period(no_period_yet, works=True, order_id=checkout.order_id)


def is_due(subscription: FakeSubscription, now: datetime) -> bool:
    return subscription.status in {"trialing", "active", "past_due"} and subscription.current_period_end <= now


def renewed(subscription: FakeSubscription) -> Moved:
    """What the end of the period brings: the next one, or the end of the subscription."""
    if subscription.cancel_at_period_end or subscription.status == "past_due":
        # Past due for a whole period: nobody waits any longer.
        return Moved(cancelled(subscription, subscription.current_period_end))
    return _next_period(subscription, works=subscription.card == "good")


def _next_period(subscription: FakeSubscription, *, works: bool, order_id: UUID | None = None) -> Moved:
    step, periods = _MONTHS[subscription.interval], subscription.periods + 1
    left = subscription.discount_left
    value = _value(subscription.unit_minor * subscription.quantity, subscription.discount_minor if left != 0 else 0)
    from_credit = min(subscription.credit_minor, value)
    begun = msgspec.structs.replace(
        subscription,
        status="active",
        periods=periods,
        current_period_start=months_after(subscription.anchor, (periods - 1) * step),
        current_period_end=months_after(subscription.anchor, periods * step),
        value_minor=value,
        credit_minor=subscription.credit_minor - from_credit,
        discount_left=left - 1 if left else left,
        invoices=subscription.invoices + 1,
        attempts=0,
        open_minor=value - from_credit,
    )
    return _tried(begun, works=works, order_id=order_id)


def _value(full_minor: int, discount_minor: int) -> int:
    return max(0, full_minor - discount_minor)


def _tried(subscription: FakeSubscription, *, works: bool, order_id: UUID | None = None) -> Moved:
    """The last invoice asked of the card."""
    amount = subscription.open_minor
    if not amount:
        return Moved(msgspec.structs.replace(subscription, status="active", open_minor=None))
    attempts = subscription.attempts + 1
    payment = FakePayment(
        ref=f"pay_{subscription.invoice_ref.removeprefix('in_')}_{attempts}",
        status="captured" if works else "failed",
        amount_minor=amount,
        currency=subscription.currency,
        card=subscription.card,
        order_id=order_id,
        subscription_ref=subscription.ref,
        invoice_ref=subscription.invoice_ref,
        period_start=subscription.current_period_start,
        period_end=subscription.current_period_end,
    )
    after = msgspec.structs.replace(
        subscription,
        status="active" if works else "past_due",
        attempts=attempts,
        open_minor=None if works else amount,
    )
    return Moved(after, [payment])


def retried(subscription: FakeSubscription) -> Moved:
    """The open invoice once more; nothing where none is open."""
    if subscription.status != "past_due":
        return Moved(subscription)
    return _tried(subscription, works=subscription.card == "good")


def with_card(subscription: FakeSubscription, card: Card) -> Moved:
    """Another card, which is asked for what is open at once."""
    return retried(msgspec.structs.replace(subscription, card=card))


def cancelled(subscription: FakeSubscription, at: datetime) -> FakeSubscription:
    return msgspec.structs.replace(
        subscription,
        status="cancelled",
        cancelled_at=subscription.cancelled_at or at,
        ended_at=at,
        open_minor=None,
    )


def resumed(subscription: FakeSubscription, now: datetime) -> Moved:
    """A pause ends: in the period that was paid, or else with a new one from now on."""
    if now < subscription.current_period_end:
        trial = subscription.periods == 0
        return Moved(msgspec.structs.replace(subscription, status="trialing" if trial else "active"))
    anew = msgspec.structs.replace(subscription, anchor=now, periods=0)
    return _next_period(anew, works=subscription.card == "good")


def change_due(subscription: FakeSubscription, terms: Terms, at: datetime) -> int:
    """What the change is worth at this moment; negative is a credit."""
    if subscription.status == "trialing":
        return 0
    return prorate(
        subscription.value_minor,
        _changed_value(subscription, terms),
        start=subscription.current_period_start,
        end=subscription.current_period_end,
        at=at,
        same_interval=terms.interval == subscription.interval,
        currency=subscription.currency,
    ).due_minor


def change_asks(subscription: FakeSubscription, terms: Terms, at: datetime) -> int:
    """What the card is asked for when the change is made, which earlier credit makes less; negative is a credit."""
    due = change_due(subscription, terms, at)
    return due - min(subscription.credit_minor, max(0, due))


def _changed_value(subscription: FakeSubscription, terms: Terms) -> int:
    # The discount of this period stays the one that it began with.
    had_one = subscription.value_minor < subscription.unit_minor * subscription.quantity
    return _value(terms.unit_minor * terms.quantity, subscription.discount_minor if had_one else 0)


def changed(subscription: FakeSubscription, terms: Terms, at: datetime) -> Moved:
    """With the charge or credit that `change_due` says. A declined card leaves `payments[-1]` failed: the caller then
    keeps the subscription as it was."""
    due = change_due(subscription, terms, at)
    from_credit = min(subscription.credit_minor, max(0, due))
    trial = subscription.status == "trialing"
    after = msgspec.structs.replace(
        subscription,
        price_id=terms.price_id,
        unit_minor=terms.unit_minor,
        quantity=terms.quantity,
        interval=terms.interval,
        value_minor=0 if trial else _changed_value(subscription, terms),
        credit_minor=subscription.credit_minor - from_credit + max(0, -due),
    )
    if terms.interval != subscription.interval and not trial:
        after = msgspec.structs.replace(
            after,
            anchor=at,
            periods=1,
            current_period_start=at,
            current_period_end=months_after(at, _MONTHS[terms.interval]),
        )
    if due <= from_credit:
        return Moved(after)
    asked = msgspec.structs.replace(after, invoices=after.invoices + 1, attempts=0, open_minor=due - from_credit)
    return _tried(asked, works=subscription.card == "good")
