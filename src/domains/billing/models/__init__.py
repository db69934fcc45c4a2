"""Tables of billing."""

from domains.billing.models.access import EntitlementRow, GateRow, GiftRow, SeatRow
from domains.billing.models.books import InvoiceRow, NumberRangeRow, ReconciliationRow, TransferRow
from domains.billing.models.catalogue import CouponGuessRow, CouponRow, CouponUseRow, PriceRow, ProductRow
from domains.billing.models.orders import CustomerRow, DisputeRow, OrderRow, PaymentRow, RefundRow
from domains.billing.models.provider import FakeObjectRow, ProviderRefRow, WebhookRow
from domains.billing.models.settings import SellerRow, TaxRateRow
from domains.billing.models.subscriptions import SubscriptionRow, TrialUseRow

__all__ = [
    "CouponGuessRow",
    "CouponRow",
    "CouponUseRow",
    "CustomerRow",
    "DisputeRow",
    "EntitlementRow",
    "FakeObjectRow",
    "GateRow",
    "GiftRow",
    "InvoiceRow",
    "NumberRangeRow",
    "OrderRow",
    "PaymentRow",
    "PriceRow",
    "ProductRow",
    "ProviderRefRow",
    "ReconciliationRow",
    "RefundRow",
    "SeatRow",
    "SellerRow",
    "SubscriptionRow",
    "TaxRateRow",
    "TransferRow",
    "TrialUseRow",
    "WebhookRow",
]
