"""Buyers with orders that wait for their money, by SQL in bulk; and what became of them.

Invariant: what is counted is counted in the tables, not in what the servers say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from domains.kernel.ids import new_id

AMOUNT = 1999


@dataclass(frozen=True, slots=True)
class Product:
    id: UUID
    price_id: UUID
    key: str
    currency: str
    kind: str = "purchase"
    """Of its orders."""


@dataclass(frozen=True, slots=True)
class Ordered:
    id: UUID
    user_id: UUID
    currency: str

    @property
    def hex(self) -> str:
        """For names at the provider."""
        return self.id.hex


async def on_sale(sql: asyncpg.Connection, currency: str, *, plan: bool = False, amount: int = AMOUNT) -> Product:
    """A course that is bought once, or a plan that is paid each month."""
    product, price = new_id(), new_id()
    key = "courses:*" if plan else f"course:{new_id()}"
    await sql.execute(
        "INSERT INTO billing_product (id, slug, kind, name, keys) VALUES ($1, $2, $3, $4, $5)",
        *(product, product.hex, "plan" if plan else "course", "Spanish", [key]),
    )
    await sql.execute(
        "INSERT INTO billing_price (id, product_id, currency, amount_minor, interval) VALUES ($1, $2, $3, $4, $5)",
        *(price, product, currency, amount, "month" if plan else None),
    )
    await sql.execute("INSERT INTO billing_gate (key) VALUES ($1) ON CONFLICT DO NOTHING", key)
    return Product(product, price, key, currency, "subscription" if plan else "purchase")


async def people(sql: asyncpg.Connection, count: int) -> list[UUID]:
    users = [new_id() for _ in range(count)]
    await sql.copy_records_to_table(
        "identity_user",
        columns=["id", "email", "name"],
        records=[(user, f"{user.hex}@bench.invalid", f"Buyer {n}") for n, user in enumerate(users)],
    )
    return users


async def orders(sql: asyncpg.Connection, count: int) -> list[Ordered]:
    """Each of a buyer of its own, who was sent to Stripe's pay page."""
    product = await on_sale(sql, "EUR")
    users = await people(sql, count)
    now = datetime.now(UTC)
    made = [Ordered(new_id(), user, product.currency) for user in users]
    columns = [
        *("id", "user_id", "product_id", "price_id", "kind", "provider", "state", "currency"),
        *("list_minor", "discount_minor", "tax_minor", "total_minor", "placed_at", "expires_at"),
    ]
    await sql.copy_records_to_table(
        "billing_order",
        columns=columns,
        records=[
            (
                *(one.id, one.user_id, product.id, product.price_id, product.kind, "stripe", "pending"),
                *(one.currency, AMOUNT, 0, 0, AMOUNT, now, now + timedelta(days=2)),
            )
            for one in made
        ],
    )
    return made


@dataclass(frozen=True, slots=True)
class Grants:
    """What `orders` ended in. Each number would be the number of orders if all went right, the faults zero."""

    orders: int
    right: int
    """Paid once, granted once, booked once, one invoice, told once."""
    paid: int
    lost: int
    """Without a grant."""
    double: int
    """With more than one grant, booking, payment, invoice, or word about it."""
    invoice_gaps: int
    unapplied: int
    """Webhooks that are stored and neither applied nor ignored."""
    dead: int
    """Jobs that nobody will try again."""

    @property
    def all_right(self) -> bool:
        wrong = self.lost + self.double + self.invoice_gaps + self.unapplied + self.dead
        return self.right == self.paid == self.orders and wrong == 0


async def grants(sql: asyncpg.Connection, of: Sequence[Ordered]) -> Grants:
    # The words by order, once: a search per order would read the whole outbox each time.
    told = await sql.fetch(
        "SELECT payload::jsonb ->> 'source_id' AS source, count(*) AS count FROM kernel_outbox"
        " WHERE type = 'billing.course_access_granted.v1' GROUP BY 1"
    )
    words = {row["source"]: row["count"] for row in told}
    rows = await sql.fetch(
        """
        SELECT o.id, o.state,
            (SELECT count(*) FROM billing_entitlement e
                WHERE e.source = 'purchase' AND e.source_id = o.id AND e.ends_at IS NULL) AS grants,
            (SELECT count(*) FROM billing_payment p
                WHERE p.order_id = o.id AND p.status = 'captured') AS payments,
            (SELECT coalesce(sum(t.amount_minor), 0) FROM billing_transfer t
                WHERE t.order_id = o.id AND t.cause LIKE 'capture:%') AS booked,
            (SELECT count(*) FROM billing_invoice i WHERE i.order_id = o.id AND i.kind = 'invoice') AS invoices
        FROM billing_order o WHERE o.id = ANY($1::uuid[])
        """,
        [one.id for one in of],
    )
    right = lost = double = 0
    for row in rows:
        counts = (row["grants"], row["payments"], row["invoices"], words.get(str(row["id"]), 0))
        right += counts == (1, 1, 1, 1) and row["booked"] == AMOUNT and row["state"] == "paid"
        lost += row["grants"] == 0
        double += max(counts) > 1 or row["booked"] > AMOUNT
    return Grants(
        orders=len(of),
        right=right,
        paid=sum(row["state"] == "paid" for row in rows),
        lost=lost,
        double=double,
        invoice_gaps=await _gaps(sql),
        unapplied=await sql.fetchval("SELECT count(*) FROM billing_webhook WHERE state IN ('received', 'quarantined')"),
        dead=await sql.fetchval("SELECT count(*) FROM kernel_delivery WHERE state = 'dead'"),
    )


async def _gaps(sql: asyncpg.Connection) -> int:
    """Numbers that are missing within a series, which is everything before the last run of digits."""
    found: dict[str, set[int]] = {}
    for row in await sql.fetch("SELECT number FROM billing_invoice"):
        text = row["number"]
        digits = len(text) - len(text.rstrip("0123456789"))
        found.setdefault(text[: len(text) - digits], set()).add(int(text[-digits:]))
    return sum(max(numbers) - len(numbers) for numbers in found.values())


async def waiting(sql: asyncpg.Connection) -> int:
    """Webhooks not yet applied, facts not yet told, and work not yet done."""
    count: int = await sql.fetchval(
        """
        SELECT (SELECT count(*) FROM billing_webhook WHERE state = 'received')
             + (SELECT count(*) FROM kernel_delivery WHERE state = 'pending')
        """
    )
    return count
