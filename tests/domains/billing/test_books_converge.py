"""Facts about one order in each order in which they can be heard, each heard twice: the same books every time."""

from collections.abc import Awaitable, Callable
from itertools import permutations

import pytest

from domains.billing.models import OrderRow
from domains.billing.service import effects, ledger
from domains.kernel.uow import Database
from factories.paid import NOON, Paid, paid_order, payment_of

Tell = Callable[[Paid], Awaitable[None]]


async def payment(paid: Paid) -> None:
    async with paid.db.begin() as uow:
        order = await uow.session.get_one(OrderRow, paid.order_id)
        uow.session.add(payment_of(order, paid.payment_ref))


async def refund(paid: Paid) -> None:
    await paid.refund(999)


async def chargeback(paid: Paid) -> None:
    await paid.dispute(1000, "lost")


async def won_dispute(paid: Paid) -> None:
    await paid.dispute(1999, "won")


@pytest.mark.parametrize("told", [*permutations((payment, refund, chargeback, won_dispute))])
async def test_any_order_of_facts_leads_to_the_same_books(db: Database, told: tuple[Tell, ...]) -> None:
    paid = await paid_order(db, captured=False, state="pending", paid_at=None)
    for tell in told:
        await tell(paid)
        for _ in range(2):
            async with db.begin() as uow:
                await effects.refold(uow, paid.order_id, NOON)
        assert (await ledger.check(db)).differences == []
    assert await paid.balances() == {}
    found = await db.fetch(
        "SELECT kind, sum((content ->> 'total_minor')::bigint)::bigint AS total,"
        " sum((content ->> 'tax_minor')::bigint)::bigint AS tax FROM billing_invoice GROUP BY kind ORDER BY kind DESC"
    )
    assert [tuple(row) for row in found] == [("invoice", 1999, 319), ("credit_note", 1999, 319)]
    # A way through a loss has more legs; what moved the money is the same.
    causes = await db.fetch("SELECT DISTINCT split_part(cause, ':', 1) AS what, cause FROM billing_transfer ORDER BY 1")
    assert [row["what"] for row in causes] == ["capture", "dispute", "dispute", "dispute_won", "refund"]
