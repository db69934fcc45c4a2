"""What a provider did and we never heard of is found, and applied as if its webhook had come."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from conftest import Crank
from domains.billing import api as billing
from domains.billing.policy.seen import PaymentSeen
from domains.billing.service import checkout, inbox, reconcile, refunds, till
from domains.billing.service.checkout import Wish
from domains.billing.service.reconcile import Report
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import register
from factories.shop import put_on_sale


@pytest.fixture
async def user_id(client: httpx.AsyncClient) -> UUID:
    return (await register(client)).id


async def paid_in_silence(db: Database, user_id: UUID) -> UUID:
    """An order that was paid, of which no webhook ever came."""
    on_sale = await put_on_sale(db, billing.course_key(new_id()))
    begun = await checkout.begin(db, Wish(user_id=user_id, product_id=on_sale.product_id, kind="purchase"), utc_now())
    assert begun.checkout is not None
    async with db.begin() as uow:
        await till.pay(uow, begun.checkout.ref, "good", utc_now())
    await lose_webhooks(db)
    return begun.order.id


async def lose_webhooks(db: Database) -> None:
    await db.fetch("DELETE FROM billing_webhook")
    await db.fetch("DELETE FROM kernel_outbox WHERE type = 'billing.webhook_received.v1'")


async def compared(db: Database, *, dry_run: bool = False) -> Report:
    now = utc_now()
    return await reconcile.run(db, "fake", now - timedelta(days=2), now + timedelta(minutes=1), dry_run=dry_run)


async def state(db: Database, order_id: UUID) -> str:
    [row] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
    found: str = row["state"]
    return found


async def test_a_payment_whose_webhook_never_came_is_repaired_once(db: Database, user_id: UUID, crank: Crank) -> None:
    order_id = await paid_in_silence(db, user_id)
    await crank.jobs()
    assert await state(db, order_id) == "pending"
    tried = await compared(db, dry_run=True)
    assert [(found.what, found.kind) for found in tried.differences] == [("repaired", "payment")]
    assert await state(db, order_id) == "pending"
    done = await compared(db)
    assert [found.before for found in done.differences] == ["unknown"]
    assert await state(db, order_id) == "paid"
    assert (await compared(db)).differences == []


async def test_a_refund_whose_webhook_never_came_is_repaired(db: Database, user_id: UUID, crank: Crank) -> None:
    order_id = await paid_in_silence(db, user_id)
    await compared(db)
    await refunds.refund(db, order_id, amount_minor=None, reason="", by=user_id, key=None, now=utc_now())
    await db.fetch("UPDATE billing_refund SET status = 'pending', settled_at = NULL")
    await db.fetch("DELETE FROM billing_transfer WHERE cause LIKE 'refund:%'")
    await db.fetch("DELETE FROM billing_invoice WHERE kind = 'credit_note'")
    await lose_webhooks(db)
    found = await compared(db)
    assert "refund" in [difference.kind for difference in found.differences]
    assert found.unresolved == 0
    assert await state(db, order_id) == "refunded"


async def test_what_only_we_have_is_reported_and_left_alone(db: Database, user_id: UUID) -> None:
    on_sale = await put_on_sale(db, billing.course_key(new_id()))
    begun = await checkout.begin(db, Wish(user_id=user_id, product_id=on_sale.product_id, kind="purchase"), utc_now())
    payment = PaymentSeen(
        payment_ref="pay_invented", status="captured", amount_minor=1999, currency="EUR", order_id=begun.order.id
    )
    async with db.begin() as uow:
        await inbox.apply(uow, [payment], "fake", 0, utc_now())
    found = await compared(db)
    assert [(one.what, one.ref) for one in found.differences] == [("unknown_to_provider", "pay_invented")]
    assert found.unresolved == 1
    assert await state(db, begun.order.id) == "paid"


async def test_it_runs_by_itself_once_a_day(db: Database, user_id: UUID) -> None:
    order_id = await paid_in_silence(db, user_id)
    now = utc_now()
    await reconcile.run_if_due(db, now)
    assert await state(db, order_id) == "paid"
    other = await paid_in_silence(db, user_id)
    await reconcile.run_if_due(db, now + timedelta(hours=23))
    assert await state(db, other) == "pending"
    await reconcile.run_if_due(db, now + timedelta(hours=25))
    assert await state(db, other) == "paid"


async def test_refunds_that_never_reached_the_provider_are_sent(db: Database, user_id: UUID) -> None:
    order_id = await paid_in_silence(db, user_id)
    await compared(db)
    [payment] = await db.fetch("SELECT payment_ref FROM billing_payment")
    await db.fetch(
        "INSERT INTO billing_refund (id, provider, payment_ref, status, amount_minor, currency, created_at)"
        " VALUES ($1, 'fake', $2, 'requested', 700, 'EUR', now() - interval '1 minute')",
        new_id(),
        payment["payment_ref"],
    )
    await refunds.send_waiting(db, utc_now())
    assert await state(db, order_id) == "partially_refunded"
    await refunds.send_waiting(db, utc_now())
    assert [row["amount_minor"] for row in await db.fetch("SELECT amount_minor FROM billing_refund")] == [700]
