"""What an invoice, credit note or receipt says.

Invariant: a document is complete in itself. What is printed years later comes from here and from nowhere else, whoever
the seller or the customer is by then; its net amounts and taxes add up to its total exactly.
"""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from domains.billing.policy.gst import ABROAD, STATES, halves, place_of_supply
from domains.kernel.money import portion

CREDIT_NOTE = "credit_note"
INVOICE = "invoice"
RECEIPT = "receipt"
REVERSE_CHARGE = "Reverse charge"
"""Name of the tax where the customer accounts for it."""
_INDIA = "IN"
_PREFIX = re.compile("[A-Za-z0-9/-]{1,12}")


class Seller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sells, as the catalogue file says it."""

    name: str = "Lyceum"
    address: str = ""
    country: str = ""
    region: str = ""
    """State or province: for India the two digits of the GST state code."""
    tax_id: str = ""
    email: str = ""
    prefix: str = "INV"
    """Of invoice numbers. India allows 16 characters for the whole number: three here."""
    credit_prefix: str = "CN"
    fiscal_start: int | None = None
    """First month of the fiscal year, 1 to 12; None is April for India and January elsewhere."""
    time_zone: str = ""
    """IANA name: in it documents are dated. Empty is Asia/Kolkata for India and UTC elsewhere."""
    service_code: str = ""
    """HSN or SAC code of what is sold; for India 999293, commercial training, where left out."""
    footer: str = ""
    """Printed at the end of every document."""

    def __post_init__(self) -> None:
        """What would keep documents from being dated and numbered is refused when it is said, not when one is paid."""
        for prefix in (self.prefix, self.credit_prefix):
            if not _PREFIX.fullmatch(prefix):
                raise ValueError("a prefix is 1 to 12 letters, digits, - and /")
        if self.prefix == self.credit_prefix:
            raise ValueError("invoices and credit notes need prefixes of their own")
        if self.time_zone:
            try:
                ZoneInfo(self.time_zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"{self.time_zone!r} is no IANA time zone") from None


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    address: str = ""
    country: str = ""
    region: str = ""
    tax_id: str = ""
    email: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    description: str
    quantity: int
    list_minor: int
    """For the whole quantity, with or without tax as `Document.tax_inclusive` says."""
    discount_minor: int
    net_minor: int
    service_code: str = ""


class TaxLine(msgspec.Struct, frozen=True):
    name: str
    rate_bp: int
    amount_minor: int


class Movement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Money that came or, negative, went."""

    kind: str
    """payment, refund or dispute."""
    on: date | None
    provider: str
    method: str
    ref: str
    amount_minor: int
    state: str


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Amounts are positive, also those of a credit note."""

    kind: str
    number: str
    issued_on: date
    order_id: str
    currency: str
    seller: Party
    customer: Party
    lines: list[Line]
    net_minor: int
    taxes: list[TaxLine]
    tax_minor: int
    total_minor: int
    tax_inclusive: bool = False
    place_of_supply: str = ""
    movements: list[Movement] = []
    refers_to: str = ""
    """The number of the invoice that a credit note is about or a receipt goes with."""
    refers_to_on: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    state: str = ""
    """Of the order, on a receipt."""
    notes: list[str] = []
    footer: str = ""


def local_date(seller: Seller, at: datetime) -> date:
    """The day it is for the seller."""
    zone = seller.time_zone or ("Asia/Kolkata" if seller.country == _INDIA else "UTC")
    return at.astimezone(ZoneInfo(zone)).date()


def series(seller: Seller, kind: str, on: date) -> str:
    """Numbers begin anew with each fiscal year: `INV-2026-`, or `INV-26-27-` where a year begins within another."""
    prefix = seller.credit_prefix if kind == CREDIT_NOTE else seller.prefix
    first = seller.fiscal_start or (4 if seller.country == _INDIA else 1)
    if first == 1:
        return f"{prefix}-{on.year}-"
    begun = on.year if on.month >= first else on.year - 1
    return f"{prefix}-{begun % 100:02d}-{(begun + 1) % 100:02d}-"


def numbered(series: str, number: int) -> str:
    return f"{series}{number:06d}"


def service_code(seller: Seller) -> str:
    return seller.service_code or ("999293" if seller.country == _INDIA else "")


def as_party(seller: Seller) -> Party:
    return Party(
        name=seller.name,
        address=seller.address,
        country=seller.country,
        region=seller.region,
        tax_id=seller.tax_id,
        email=seller.email,
    )


def taxes(
    seller: Party, customer: Party, *, name: str, rate_bp: int, amount_minor: int, before_minor: int = 0
) -> list[TaxLine]:
    """What the law wants to see: one line, or the two halves of a sale within one state of India. `before_minor`: what
    earlier documents of the same sum had, so that their halves add up to the halves of the whole."""
    if not rate_bp and not amount_minor:
        return []
    if seller.country != _INDIA or name != "GST":
        return [TaxLine(name or "Tax", rate_bp, amount_minor)]
    supplied = _supplied_in(seller, customer)
    return [TaxLine(*half) for half in halves(seller.region, supplied, rate_bp, amount_minor, before_minor)]


def supplied_in(seller: Party, customer: Party) -> str:
    """Place of supply as India's invoices name it; empty elsewhere."""
    if seller.country != _INDIA:
        return ""
    code = _supplied_in(seller, customer)
    return f"{code} {'Outside India' if code == ABROAD else STATES.get(code, '')}".rstrip()


def tax_credited(credited_minor: int, invoice_total_minor: int, invoice_tax_minor: int) -> int:
    """The tax within all credit notes of an invoice together: exactly its own once all of it is credited."""
    return portion(invoice_tax_minor, credited_minor, invoice_total_minor) if invoice_total_minor > 0 else 0


def creditable(amount_minor: int, credited_minor: int, invoice_total_minor: int, kept_minor: int) -> int:
    """How much of money that went back is a credit. `kept_minor`: what we hold for the order after that; where the
    customer had paid twice, giving back the surplus leaves the invoice as it is."""
    left = invoice_total_minor - credited_minor - min(invoice_total_minor, max(0, kept_minor))
    return max(0, min(amount_minor, left))


def _supplied_in(seller: Party, customer: Party) -> str:
    return place_of_supply(seller.region, customer.country, customer.region)
