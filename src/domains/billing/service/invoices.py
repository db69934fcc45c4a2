"""Documents with numbers. Invariants: one per kind and cause; numbers of a series follow each other without a gap, as
each is taken in the transaction that writes its document; what was issued is never changed."""

from datetime import datetime
from uuid import UUID

import msgspec

from domains.billing.events import InvoiceIssued
from domains.billing.models import InvoiceRow, OrderRow, PaymentRow
from domains.billing.policy import documents as policy
from domains.billing.policy.documents import CREDIT_NOTE, INVOICE, Document, Line, Movement, Party, Seller
from domains.billing.repository import books as repository
from domains.billing.repository import customers, orders
from domains.identity import api as identity
from domains.kernel.ids import new_id
from domains.kernel.uow import UnitOfWork


async def issue(uow: UnitOfWork, order: OrderRow, now: datetime) -> InvoiceRow:
    """The invoice of a paid order, also where nothing was due; the one that is there, if there is one."""
    await repository.lock_order(uow.session, order.id)
    found = await repository.document_of(uow.session, INVOICE, order.id)
    if found is not None:
        return found
    seller = await seller_now(uow)
    content = await content_of(uow, order, seller, INVOICE, now)
    payments = await repository.payments_of(uow.session, order.id)
    movements = [paid(seller, payment) for payment in payments if payment.status == "captured"]
    return await _write(uow, order, order.id, now, seller, msgspec.structs.replace(content, movements=movements))


async def issue_credit_note(
    uow: UnitOfWork, order: OrderRow, cause_id: UUID, amount_minor: int, now: datetime
) -> InvoiceRow | None:
    """For money that went back. `cause_id` is the refund or the dispute. None where nothing of an invoice is left to
    be credited: the customer had paid twice, or it was credited before."""
    await repository.lock_order(uow.session, order.id)
    issued = await repository.documents_of(uow.session, order.id)
    invoice: InvoiceRow | None = None
    credited = 0
    for row in issued:
        if row.cause_id == cause_id and row.kind == CREDIT_NOTE:
            return row
        if row.kind == INVOICE:
            invoice = row
        else:
            credited += row.content["total_minor"]
    if invoice is None:
        return None
    moved = await repository.moved(uow.session, order.id)
    about = msgspec.convert(invoice.content, Document)
    amount = policy.creditable(amount_minor, credited, about.total_minor, moved.captured_minor - moved.out_minor)
    if amount == 0:
        return None
    seller = await seller_now(uow)
    return await _write(uow, order, cause_id, now, seller, _credit(order, about, seller, amount, credited, now))


async def seller_now(uow: UnitOfWork) -> Seller:
    return msgspec.convert(await customers.seller(uow.session), Seller)


async def content_of(uow: UnitOfWork, order: OrderRow, seller: Seller, kind: str, now: datetime) -> Document:
    """What the order says, without a number and without movements of money."""
    product = await orders.product(uow.session, order.product_id)
    sold_by, sold_to = policy.as_party(seller), await _customer(uow, order.user_id)
    inclusive = order.tax_minor > 0 and order.total_minor == order.list_minor - order.discount_minor
    line = Line(
        description=product.name,
        quantity=order.quantity,
        list_minor=order.list_minor,
        discount_minor=order.discount_minor,
        net_minor=order.total_minor - order.tax_minor,
        service_code=policy.service_code(seller),
    )
    return Document(
        kind=kind,
        number="",
        issued_on=policy.local_date(seller, now),
        order_id=str(order.id),
        currency=order.currency,
        seller=sold_by,
        customer=sold_to,
        lines=[line],
        net_minor=line.net_minor,
        taxes=policy.taxes(sold_by, sold_to, name=order.tax_name, rate_bp=order.tax_bp, amount_minor=order.tax_minor),
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        tax_inclusive=inclusive,
        place_of_supply=policy.supplied_in(sold_by, sold_to),
        period_start=policy.local_date(seller, order.period_start) if order.period_start else None,
        period_end=policy.local_date(seller, order.period_end) if order.period_end else None,
        notes=[policy.REVERSE_CHARGE] if order.tax_name == policy.REVERSE_CHARGE else [],
        footer=seller.footer,
    )


async def _customer(uow: UnitOfWork, user_id: UUID) -> Party:
    """As they want to be named on documents, or else what their account says."""
    row = await customers.customer(uow.session, user_id)
    if row is not None and row.name:
        return Party(
            name=row.name,
            address=row.address,
            country=row.country,
            region=row.region,
            tax_id=row.tax_id,
            email=row.email,
        )
    contact = await identity.contact(uow, user_id)
    if contact is None:
        return Party(name="")
    country, region = (row.country, row.region) if row is not None else ("", "")
    return Party(name=contact.name, email=contact.email, country=country, region=region)


def paid(seller: Seller, payment: PaymentRow) -> Movement:
    return Movement(
        kind="payment",
        on=policy.local_date(seller, payment.captured_at) if payment.captured_at else None,
        provider=payment.provider,
        method=payment.method,
        ref=payment.payment_ref,
        amount_minor=payment.amount_minor,
        state=payment.status,
    )


def _credit(
    order: OrderRow, about: Document, seller: Seller, amount_minor: int, credited_minor: int, now: datetime
) -> Document:
    """Parties, tax and place are the invoice's."""
    before = policy.tax_credited(credited_minor, about.total_minor, about.tax_minor)
    tax = policy.tax_credited(credited_minor + amount_minor, about.total_minor, about.tax_minor) - before
    lines = [
        Line(
            description=about.lines[0].description,
            quantity=1,
            list_minor=amount_minor,
            discount_minor=0,
            net_minor=amount_minor - tax,
            service_code=about.lines[0].service_code,
        )
    ]
    return msgspec.structs.replace(
        about,
        kind=CREDIT_NOTE,
        number="",
        issued_on=policy.local_date(seller, now),
        lines=lines,
        net_minor=amount_minor - tax,
        taxes=policy.taxes(about.seller, about.customer, name=order.tax_name, rate_bp=order.tax_bp, amount_minor=tax),
        tax_minor=tax,
        total_minor=amount_minor,
        tax_inclusive=tax > 0,
        movements=[],
        refers_to=about.number,
        refers_to_on=about.issued_on,
    )


async def _write(
    uow: UnitOfWork, order: OrderRow, cause_id: UUID, now: datetime, seller: Seller, content: Document
) -> InvoiceRow:
    series = policy.series(seller, content.kind, content.issued_on)
    number = policy.numbered(series, await repository.next_number(uow.session, series))
    row = InvoiceRow(
        id=new_id(),
        order_id=order.id,
        kind=content.kind,
        cause_id=cause_id,
        number=number,
        issued_at=now,
        content=msgspec.to_builtins(msgspec.structs.replace(content, number=number)),
    )
    uow.session.add(row)
    await uow.session.flush()
    uow.record(
        InvoiceIssued(user_id=order.user_id, order_id=order.id, invoice_id=row.id, kind=content.kind, number=number)
    )
    return row
