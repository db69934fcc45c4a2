"""Facts of billing. They carry ids and amounts, never what a card or a person is called."""

from datetime import datetime
from uuid import UUID

from domains.kernel.events import Event, Published


class WebhookReceived(Event, frozen=True, kw_only=True, tag="billing.webhook_received.v1"):
    """A provider told us something; the row in the inbox has it, byte for byte."""

    webhook_id: UUID


class CoursePurchased(Event, frozen=True, kw_only=True, tag="billing.course_purchased.v1"):
    """The money for a course is there. Access follows from it, or from what else was bought, by CourseAccessGranted."""

    published = Published("payment-events", "course.purchased")

    user_id: UUID
    order_id: UUID
    course_id: UUID
    amount_minor: int
    currency: str


class CourseAccessGranted(Event, frozen=True, kw_only=True, tag="billing.course_access_granted.v1"):
    """`source` is purchase, subscription, seat, gift or grant."""

    published = Published("payment-events", "course.access_granted")

    user_id: UUID
    course_id: UUID
    source: str
    source_id: UUID
    ends_at: datetime | None


class SubscriptionChanged(Event, frozen=True, kw_only=True, tag="billing.subscription_changed.v1"):
    """`change` says what is worth telling: began, renewed, past_due, recovered, paused, resumed, plan_changed,
    cancel_scheduled, cancel_withdrawn, cancelled."""

    published = Published("payment-events", "subscription.changed")

    user_id: UUID
    subscription_id: UUID
    product_id: UUID
    status: str
    change: str
    current_period_end: datetime | None
    cancel_at_period_end: bool


class SubscriptionReminded(Event, frozen=True, kw_only=True, tag="billing.subscription_reminded.v1"):
    """`reminder`: payment_failed (with `step` 1 to 4), trial_ends, period_ends, trial_refused (the card had one before,
    so the trial was cancelled)."""

    user_id: UUID
    subscription_id: UUID
    reminder: str
    step: int
    at: datetime


class PaymentRefunded(Event, frozen=True, kw_only=True, tag="billing.payment_refunded.v1"):
    published = Published("payment-events", "payment.refunded")

    user_id: UUID
    order_id: UUID
    refund_id: UUID
    amount_minor: int
    currency: str


class InvoiceIssued(Event, frozen=True, kw_only=True, tag="billing.invoice_issued.v1"):
    """`kind` is invoice or credit_note."""

    published = Published("payment-events", "invoice.issued")

    user_id: UUID
    order_id: UUID
    invoice_id: UUID
    kind: str
    number: str
