"""Orders with their facts as rows, without a provider."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domains.billing.models import CustomerRow, DisputeRow, OrderRow, PaymentRow, RefundRow, SellerRow
from domains.billing.service import books, invoices
from domains.identity import api as identity
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.shop import put_on_sale

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Paid:
    """An order of 1,999 minor units, 319 of them tax, with one captured payment; the ledger is the test's business."""

    db: Database
    order_id: UUID
    payment_ref: str
    user_id: UUID

    async def refund(self, amount_minor: int, **fields: Any) -> UUID:
        row = RefundRow(
            id=new_id(),
            provider="fake",
            payment_ref=self.payment_ref,
            refund_ref=new_id().hex,
            status="succeeded",
            amount_minor=amount_minor,
            **{"currency": "EUR"} | fields,
        )
        async with self.db.begin() as uow:
            uow.session.add(row)
        return row.id

    async def dispute(self, amount_minor: int, status: str = "open") -> UUID:
        row = DisputeRow(
            id=new_id(),
            provider="fake",
            payment_ref=self.payment_ref,
            dispute_ref=new_id().hex,
            status=status,
            amount_minor=amount_minor,
            currency="EUR",
        )
        async with self.db.begin() as uow:
            uow.session.add(row)
        return row.id

    async def book(self, *, again: int = 1) -> None:
        """Books capture, refunds and disputes as they stand, in the order of their ids, so many times."""
        for _ in range(again):
            async with self.db.begin() as uow:
                order = await uow.session.get_one(OrderRow, self.order_id)
                payments = await books.repository.payments_of(uow.session, self.order_id)
                for payment in payments:
                    await books.record_capture(uow, order, payment)
                for payment in payments:
                    for refund in await books.repository.refunds_of(uow.session, payment):
                        await books.record_refund(uow, order, refund, refund.amount_minor)
                    for dispute in await books.repository.disputes_of(uow.session, payment):
                        await books.record_dispute(uow, order, dispute, dispute.amount_minor)
                        if dispute.status == "won":
                            await books.record_dispute_won(uow, order, dispute, dispute.amount_minor)

    async def invoice(self, now: datetime = NOON) -> UUID:
        async with self.db.begin() as uow:
            order = await uow.session.get_one(OrderRow, self.order_id)
            return (await invoices.issue(uow, order, now)).id

    async def credit(self, refund_id: UUID, amount_minor: int, now: datetime = NOON) -> UUID | None:
        async with self.db.begin() as uow:
            order = await uow.session.get_one(OrderRow, self.order_id)
            row = await invoices.issue_credit_note(uow, order, refund_id, amount_minor, now)
            return row.id if row else None

    async def balances(self) -> dict[str, int]:
        """Debits less credits of each account that is not at nothing."""
        found = await self.db.fetch(
            "SELECT account, sum(amount)::bigint AS balance FROM billing_transfer,"
            " LATERAL (VALUES (debit, amount_minor), (credit, -amount_minor)) AS side (account, amount)"
            " WHERE order_id = $1 GROUP BY account HAVING sum(amount) <> 0",
            self.order_id,
        )
        return {row["account"]: row["balance"] for row in found}


async def buyer(db: Database, name: str = "Ada") -> UUID:
    async with db.begin() as uow:
        created: Any = await identity.create_user(
            uow, email=f"{new_id().hex}@example.org", name=name, password="a long enough secret 42", roles=("learner",)
        )
    return UUID(str(getattr(created, "id", created)))


async def paid_order(db: Database, user_id: UUID | None = None, *, captured: bool = True, **fields: Any) -> Paid:
    """`fields` are columns of the order."""
    user_id = user_id or await buyer(db)
    sale = await put_on_sale(db, currency=fields.get("currency", "EUR"))
    order = OrderRow(
        id=new_id(),
        user_id=user_id,
        product_id=sale.product_id,
        price_id=sale.price_id,
        **{
            "kind": "purchase",
            "provider": "fake",
            "state": "paid",
            "currency": "EUR",
            "list_minor": 1999,
            "discount_minor": 0,
            "tax_minor": 319,
            "total_minor": 1999,
            "tax_name": "VAT",
            "tax_bp": 1900,
            "placed_at": NOON,
            "paid_at": NOON,
        }
        | fields,
    )
    payment_ref = new_id().hex
    async with db.begin() as uow:
        uow.session.add(order)
        await uow.session.flush()
        if captured and order.total_minor > 0:
            uow.session.add(payment_of(order, payment_ref))
    return Paid(db, order.id, payment_ref, user_id)


def payment_of(order: OrderRow, payment_ref: str, **fields: Any) -> PaymentRow:
    values = {
        "status": "captured",
        "amount_minor": order.total_minor,
        "currency": order.currency,
        "method": "card",
        "captured_at": NOON,
    }
    return PaymentRow(
        id=new_id(), order_id=order.id, provider=order.provider, payment_ref=payment_ref, **values | fields
    )


async def seller(db: Database, **content: Any) -> None:
    async with db.begin() as uow:
        await uow.session.merge(SellerRow(id=1, content=content))


async def customer(db: Database, user_id: UUID, **fields: str) -> None:
    async with db.begin() as uow:
        await uow.session.merge(CustomerRow(user_id=user_id, **{"name": "Ada Lovelace"} | fields))
