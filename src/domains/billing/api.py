"""The front door of billing.

Guards ask `entitled` (a key that somebody gated needs an entitlement) or `holds` (there is one, gate or not).
"""

from domains.billing.errors import AccessRequired, CatalogueInvalid, WebhookNotFound
from domains.billing.policy.keys import ALL_COURSES, UNLIMITED_HEARTS, course_key
from domains.billing.policy.sheet import read as read_catalogue
from domains.billing.providers.port import Providers
from domains.billing.providers.setup import RazorpayKeys, StripeKeys, providers_for
from domains.billing.repository.ledger import Entry as LedgerEntry
from domains.billing.schemas.access import StaffEntitlementOut as EntitlementView
from domains.billing.service.assortment import PriceView, ProductView, products
from domains.billing.service.guard import entitled, gated, gated_courses, holds, require
from domains.billing.service.inbox import WebhookView
from domains.billing.service.inbox import listed as inbox_list
from domains.billing.service.inbox import measure as inbox_measure
from domains.billing.service.inbox import replay as inbox_replay
from domains.billing.service.inbox import shown as inbox_show
from domains.billing.service.ledger import LedgerReport
from domains.billing.service.ledger import check as ledger_check
from domains.billing.service.ledger import entries as ledger_entries
from domains.billing.service.names import ordered_name, plan_name, product_name
from domains.billing.service.reconcile import Report as ReconciliationReport
from domains.billing.service.reconcile import run as reconcile
from domains.billing.service.staff import entitlements_of
from domains.billing.service.staff import grant as grant_by_hand
from domains.billing.service.sync import Change, SyncReport
from domains.billing.service.sync import run as sync_catalogue

__all__ = [
    "ALL_COURSES",
    "UNLIMITED_HEARTS",
    "AccessRequired",
    "CatalogueInvalid",
    "Change",
    "EntitlementView",
    "LedgerEntry",
    "LedgerReport",
    "PriceView",
    "ProductView",
    "Providers",
    "RazorpayKeys",
    "ReconciliationReport",
    "StripeKeys",
    "SyncReport",
    "WebhookNotFound",
    "WebhookView",
    "course_key",
    "entitled",
    "entitlements_of",
    "gated",
    "gated_courses",
    "grant_by_hand",
    "holds",
    "inbox_list",
    "inbox_measure",
    "inbox_replay",
    "inbox_show",
    "ledger_check",
    "ledger_entries",
    "ordered_name",
    "plan_name",
    "product_name",
    "products",
    "providers_for",
    "read_catalogue",
    "reconcile",
    "require",
    "sync_catalogue",
]
