"""What people may use, and the money for it.

Owns products, prices and coupons, orders and subscriptions, entitlements, the inbox of webhooks, the ledger and its
documents. Sells string keys; what a key opens is known to those who ask for it.

An order, and below it one payment for it:

    draft ──► pending ──► paid ──► partially_refunded ──► refunded
      │          │         ▲
      └──────────┴► void ──┘

    created ──► authorised ──► captured ──► refunded
        │           │             ├───────► disputed ──► captured (won)
        └──► failed ┘             └───────► disputed (lost)

Decision: payments, refunds and disputes are rows, one per thing at the provider, that only move forward; the state of
an order is computed from them (policy.orders).
Context: providers deliver late, twice and in any order; a machine that is moved by events has to foresee every order.
Consequence: any order and number of deliveries ends in the same state, and the nightly reconciliation is the same code.

Decision: a subscription is never read from a webhook. It is looked up, and look-ups are numbered before they are made.
Context: two changes within one second cannot be told apart by what their webhooks carry.
Consequence: what is stored is always at least as new as the last change that was announced.
"""

from domains.billing.controllers.access import AccessAdminController, AccessController, SeatsController
from domains.billing.controllers.catalogue import ProductsController, QuoteController
from domains.billing.controllers.catalogue_admin import (
    AdminCouponsController,
    AdminPricesController,
    AdminProductsController,
)
from domains.billing.controllers.customers import CustomerController
from domains.billing.controllers.documents import DocumentsController
from domains.billing.controllers.inbox import InboxController
from domains.billing.controllers.payments import PaymentsAdminController, PaymentsController
from domains.billing.controllers.subscriptions import SubscriptionsController
from domains.billing.controllers.till import TillController
from domains.billing.controllers.webhooks import WebhooksController
from domains.billing.events import (
    CourseAccessGranted,
    CoursePurchased,
    InvoiceIssued,
    PaymentRefunded,
    SubscriptionChanged,
    SubscriptionReminded,
    WebhookReceived,
)
from domains.billing.handlers import SUBSCRIPTIONS
from domains.billing.jobs import JOBS
from domains.billing.repository.rights import PERSONAL_DATA
from domains.billing.service import till
from domains.kernel.domain import Domain, Job

DOMAIN = Domain(
    "billing",
    routes=[
        AccessController,
        SeatsController,
        AccessAdminController,
        ProductsController,
        QuoteController,
        AdminProductsController,
        AdminPricesController,
        AdminCouponsController,
        CustomerController,
        PaymentsController,
        PaymentsAdminController,
        SubscriptionsController,
        DocumentsController,
        InboxController,
        WebhooksController,
        TillController,
    ],
    events=[
        WebhookReceived,
        CoursePurchased,
        CourseAccessGranted,
        SubscriptionChanged,
        SubscriptionReminded,
        PaymentRefunded,
        InvoiceIssued,
    ],
    subscriptions=SUBSCRIPTIONS,
    jobs=[Job("billing.fake_clock", till.fake_clock, every_s=5), *JOBS],
    personal_data=PERSONAL_DATA,
)
