"""Billing."""

from domains.billing.events import (
    CourseAccessGranted,
    CoursePurchased,
    InvoiceIssued,
    PaymentRefunded,
    SubscriptionChanged,
    SubscriptionReminded,
    WebhookReceived,
)
from domains.kernel.domain import Domain

DOMAIN = Domain(
    "billing",
    events=[
        WebhookReceived,
        CoursePurchased,
        CourseAccessGranted,
        SubscriptionChanged,
        SubscriptionReminded,
        PaymentRefunded,
        InvoiceIssued,
    ],
)
