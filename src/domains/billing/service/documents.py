"""Documents for those who may see them: the owner of the order, or staff. To anybody else there is none."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from domains.billing.errors import DocumentNotFound, OrderNotFound
from domains.billing.models import InvoiceRow, OrderRow, PaymentRow
from domains.billing.policy import documents as policy
from domains.billing.policy.documents import INVOICE, RECEIPT, Document, Movement, Seller
from domains.billing.repository import books as repository
from domains.billing.repository import orders
from domains.billing.schemas.documents import DocumentOut
from domains.billing.service import invoices
from domains.kernel.uow import UnitOfWork


class Named(NamedTuple):
    """A document and what its file is called."""

    document: Document
    filename: str


async def of_order(uow: UnitOfWork, order_id: UUID, *, owner_id: UUID | None) -> list[DocumentOut]:
    """The oldest first. `owner_id` None is for staff. Raises OrderNotFound."""
    order = await _order(uow, order_id, owner_id)
    return [_shown(row) for row in await repository.documents_of(uow.session, order.id)]


async def one(uow: UnitOfWork, document_id: UUID, *, owner_id: UUID | None) -> Named:
    """Raises DocumentNotFound."""
    row = await repository.document(uow.session, document_id)
    if row is None:
        raise DocumentNotFound
    order = await orders.order(uow.session, row.order_id)
    if order is None or owner_id not in (None, order.user_id):
        raise DocumentNotFound
    return _issued(row)


async def invoice(uow: UnitOfWork, order_id: UUID, *, owner_id: UUID | None) -> Named:
    """Raises OrderNotFound, and DocumentNotFound while it is not paid."""
    order = await _order(uow, order_id, owner_id)
    row = await repository.document_of(uow.session, INVOICE, order.id)
    if row is None:
        raise DocumentNotFound("an invoice is issued when the order is paid")
    return _issued(row)


async def receipt(uow: UnitOfWork, order_id: UUID, now: datetime, *, owner_id: UUID | None) -> Named:
    """What was paid and what was given back until now. Raises OrderNotFound, and DocumentNotFound while it is not
    paid."""
    order = await _order(uow, order_id, owner_id)
    if order.paid_at is None:
        raise DocumentNotFound("a receipt is there when the order is paid")
    seller = await invoices.seller_now(uow)
    row = await repository.document_of(uow.session, INVOICE, order.id)
    if row is None:
        said = await invoices.content_of(uow, order, seller, RECEIPT, now)
    else:
        # Parties and sums as the invoice has them: the two go together.
        issued = msgspec.convert(row.content, Document)
        said = msgspec.structs.replace(issued, refers_to=issued.number, refers_to_on=issued.issued_on)
    found = msgspec.structs.replace(
        said,
        kind=RECEIPT,
        number="",
        issued_on=policy.local_date(seller, now),
        state=order.state,
        movements=await _movements(uow, order, seller),
    )
    return Named(found, _filename("receipt", found.refers_to or found.order_id))


async def _order(uow: UnitOfWork, order_id: UUID, owner_id: UUID | None) -> OrderRow:
    order = await orders.order(uow.session, order_id)
    if order is None or owner_id not in (None, order.user_id):
        raise OrderNotFound
    return order


async def _movements(uow: UnitOfWork, order: OrderRow, seller: Seller) -> list[Movement]:
    """Oldest first."""
    found: list[tuple[datetime, Movement]] = []
    for payment in await repository.payments_of(uow.session, order.id):
        if payment.status == "captured":
            found.append((payment.captured_at or payment.created_at, invoices.paid(seller, payment)))
            found += await _returns(uow, payment, seller)
    return [movement for _, movement in sorted(found, key=lambda pair: pair[0])]


async def _returns(uow: UnitOfWork, payment: PaymentRow, seller: Seller) -> list[tuple[datetime, Movement]]:
    """Refunds that were made, and disputes that took money."""

    def movement(kind: str, at: datetime, ref: str, amount_minor: int, state: str) -> tuple[datetime, Movement]:
        return at, Movement(
            kind=kind,
            on=policy.local_date(seller, at),
            provider=payment.provider,
            method=payment.method,
            ref=ref,
            amount_minor=-amount_minor,
            state=state,
        )

    return [
        movement("refund", row.settled_at or row.created_at, row.refund_ref or "", row.amount_minor, row.status)
        for row in await repository.refunds_of(uow.session, payment)
        if row.status == "succeeded"
    ] + [
        movement("dispute", row.created_at, row.dispute_ref, row.amount_minor, row.status)
        for row in await repository.disputes_of(uow.session, payment)
        if row.status != "won"
    ]


def _issued(row: InvoiceRow) -> Named:
    return Named(msgspec.convert(row.content, Document), _filename(row.kind.replace("_", "-"), row.number))


def _shown(row: InvoiceRow) -> DocumentOut:
    return DocumentOut(
        id=row.id,
        order_id=row.order_id,
        kind=row.kind,
        number=row.number,
        issued_at=row.issued_at,
        currency=row.content["currency"],
        total_minor=row.content["total_minor"],
        tax_minor=row.content["tax_minor"],
    )


def _filename(kind: str, name: str) -> str:
    """In plain letters, whatever the seller put before the number."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)
    return f"{kind}-{plain}.pdf"
