"""Work by the clock, at any clock: failed payments, ends that are near, orders that nobody paid."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from app import registry
from conftest import Crank
from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.models import CouponRow, OrderRow, SubscriptionRow
from domains.billing.policy import dunning as policy
from domains.billing.providers.fake import FakeProvider
from domains.billing.service import dunning
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import move_on, orders_of, pay, put_plan, row_of, subscribe, told
from factories.shop import OnSale, put_on_sale

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def away(*_: object, **__: object) -> Any:
    raise ProviderAway


async def refused(*_: object, **__: object) -> Any:
    raise ProviderRefused("no")


async def reminders(db: Database) -> list[tuple[str, int]]:
    async with db.begin() as uow:
        found = await uow.session.execute(
            text("SELECT payload FROM kernel_outbox WHERE type = 'billing.subscription_reminded.v1' ORDER BY id")
        )
        facts = [msgspec.json.decode(payload) for payload in found.scalars()]
    return [(fact["reminder"], fact["step"]) for fact in facts]


async def past_due(ada: Learner, db: Database, crank: Crank) -> SubscriptionRow:
    """A subscription whose renewal failed just now."""
    shown = await subscribe(ada, await put_plan(db, "courses:*"), crank, "fails_later")
    await move_on(db, crank, datetime.fromisoformat(shown["current_period_end"]) + MINUTE)
    row = await row_of(db, shown["id"])
    assert row.status == "past_due"
    return row


async def use_card(db: Database, card: str) -> None:
    """Of all subscriptions at the fake provider, which does not say so."""
    await db.fetch(
        """
        UPDATE billing_fake_object SET data = data || jsonb_build_object('card', $1::text)
        WHERE kind = 'subscription'
        """,
        card,
    )


# ---- failed payments


async def test_four_reminders_each_with_another_try_and_then_the_end(ada: Learner, db: Database, crank: Crank) -> None:
    row = await past_due(ada, db, crank)
    assert row.past_due_since is not None
    for hours in range(0, 22 * 24, 12):
        await dunning.chase_payments(db, row.past_due_since + timedelta(hours=hours))
    assert (await row_of(db, row.id)).status == "past_due"
    assert await reminders(db) == [("payment_failed", step) for step in (1, 2, 3, 4)]
    await move_on(db, crank, utc_now())
    tries = await db.fetch("SELECT status FROM billing_payment WHERE order_id <> $1", row.order_id)
    assert [each["status"] for each in tries] == ["failed"] * 5

    last = row.past_due_since + policy.REMINDER_DAYS[-1] * DAY + policy.LAST_CHANCE
    await dunning.chase_payments(db, last - MINUTE)
    assert (await row_of(db, row.id)).status == "past_due"
    for _ in range(2):
        await dunning.chase_payments(db, last)
    assert (await row_of(db, row.id)).status == "cancelled"
    await dunning.give_up_orders(db, last)
    assert [order.state for order in await orders_of(db, str(row.id))] == ["paid", "void"]
    assert len(await reminders(db)) == 4
    await crank.jobs()
    assert await told(db) == ["began", "past_due", "cancelled"]


async def test_nobody_is_reminded_of_what_the_new_try_has_paid(ada: Learner, db: Database, crank: Crank) -> None:
    row = await past_due(ada, db, crank)
    assert row.past_due_since is not None
    await use_card(db, "good")
    await dunning.chase_payments(db, row.past_due_since + 2 * DAY)
    fresh = await row_of(db, row.id)
    assert (fresh.status, fresh.past_due_since, fresh.dunning_step) == ("active", None, 0)
    assert await reminders(db) == []


async def test_a_failure_after_a_recovery_is_reminded_of_from_the_beginning(
    ada: Learner, db: Database, crank: Crank
) -> None:
    row = await past_due(ada, db, crank)
    assert row.past_due_since is not None
    await dunning.chase_payments(db, row.past_due_since + 8 * DAY)
    page = (await ada.post(f"/subscriptions/{row.id}/payment-method")).json()["url"]
    await pay(ada, {"checkout": {"ref": page.rsplit("/", 1)[1]}}, crank, "fails_later")
    assert (await row_of(db, row.id)).status == "past_due"
    page = (await ada.post(f"/subscriptions/{row.id}/payment-method")).json()["url"]
    await pay(ada, {"checkout": {"ref": page.rsplit("/", 1)[1]}}, crank)
    well = await row_of(db, row.id)
    assert (well.status, well.dunning_step) == ("active", 0)
    assert well.current_period_end is not None
    await use_card(db, "fails_later")
    await move_on(db, crank, well.current_period_end + MINUTE)
    again = await row_of(db, row.id)
    assert again.past_due_since is not None
    await dunning.chase_payments(db, again.past_due_since + 2 * DAY)
    assert await reminders(db) == [("payment_failed", 2), ("payment_failed", 1)]


async def test_a_provider_that_is_away_only_delays(
    ada: Learner, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await past_due(ada, db, crank)
    assert row.past_due_since is not None
    with monkeypatch.context() as patched:
        patched.setattr(FakeProvider, "retry_payment", away)
        await dunning.chase_payments(db, row.past_due_since + 2 * DAY)
        assert await reminders(db) == []
    await dunning.chase_payments(db, row.past_due_since + 3 * DAY)
    assert await reminders(db) == [("payment_failed", 1)]
    monkeypatch.setattr(FakeProvider, "retry_payment", refused)
    await dunning.chase_payments(db, row.past_due_since + 7 * DAY)
    assert await reminders(db) == [("payment_failed", 1), ("payment_failed", 2)]


async def test_one_that_cannot_be_handled_leaves_the_others_alone(
    ada: Learner, client: httpx.AsyncClient, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await register(client, "Bob")
    rows = [await past_due(learner, db, crank) for learner in (ada, bob)]
    monkeypatch.setattr(dunning, "AT_ONCE", 1)
    real = FakeProvider.retry_payment

    async def broken(self: FakeProvider, db: Database, subscription_ref: str, *, key: str) -> bool:
        if subscription_ref == rows[0].subscription_ref:
            raise ValueError("a bug")
        return await real(self, db, subscription_ref, key=key)

    monkeypatch.setattr(FakeProvider, "retry_payment", broken)
    await dunning.chase_payments(db, utc_now() + 3 * DAY)
    assert [(await row_of(db, row.id)).dunning_step for row in rows] == [0, 1]


# ---- ends that are near


async def test_the_end_of_a_trial_is_announced_once_and_not_when_nothing_will_be_charged(
    ada: Learner, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    plan = await put_plan(db, "courses:*", trial_days=14)
    shown = await subscribe(ada, plan, crank)
    leaves = await subscribe(await register(client, "Bob"), plan, crank)
    await db.fetch("UPDATE billing_subscription SET cancel_at_period_end = true WHERE id = $1", UUID(leaves["id"]))
    end = datetime.fromisoformat(shown["trial_end"])
    for ahead in (4 * DAY, 3 * DAY, 2 * DAY, DAY):
        await dunning.announce_ends(db, end - ahead)
    assert await reminders(db) == [("trial_ends", 0)]


async def test_the_end_of_a_year_is_announced_once_a_year_and_that_of_a_month_never(
    ada: Learner, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    shown = await subscribe(ada, await put_plan(db, "courses:*", interval="year"), crank)
    await subscribe(await register(client, "Bob"), await put_plan(db, "courses:*"), crank)
    end = datetime.fromisoformat(shown["current_period_end"])
    for day in range(-366, 366):
        if day == 1:
            await move_on(db, crank, end + MINUTE)
        if day % 5 == 0:
            await dunning.announce_ends(db, end + day * DAY)
    assert await reminders(db) == [("period_ends", 0), ("period_ends", 0)]


# ---- orders that nobody paid


async def coupon(db: Database, code: str) -> UUID:
    row = CouponRow(id=new_id(), code=code, percent_bp=5000, most_uses=1)
    async with db.begin() as uow:
        uow.session.add(row)
    return row.id


async def state_of(db: Database, order_id: str) -> str:
    async with db.begin() as uow:
        return (await uow.session.get_one(OrderRow, UUID(order_id))).state


async def buy(learner: Learner, product: OnSale, code: str | None = None) -> dict[str, Any]:
    answer = await learner.post(f"/payments/products/{product.product_id}", {"coupon": code} if code else {})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_order_that_nobody_paid_is_given_up_its_page_closed_and_its_coupon_free(
    ada: Learner, client: httpx.AsyncClient, db: Database
) -> None:
    course = await put_on_sale(db, f"course:{new_id()}")
    await coupon(db, "HALF")
    order = await buy(ada, course, "HALF")
    await dunning.give_up_orders(db, utc_now() + 59 * MINUTE)
    assert await state_of(db, order["id"]) == "pending"
    for _ in range(2):
        await dunning.give_up_orders(db, utc_now() + 61 * MINUTE)
    assert await state_of(db, order["id"]) == "void"
    assert [use["state"] for use in await db.fetch("SELECT state FROM billing_coupon_use")] == ["released"]
    page = await client.get(f"/pay/{order['checkout']['ref']}")
    assert 'type="radio"' not in page.text
    assert (await buy(await register(client, "Bob"), course, "HALF"))["total_minor"] == order["total_minor"]


async def test_a_paid_order_is_never_given_up(ada: Learner, db: Database, crank: Crank) -> None:
    order = await buy(ada, await put_on_sale(db, f"course:{new_id()}"))
    await pay(ada, order, crank)
    await dunning.give_up_orders(db, utc_now() + 61 * MINUTE)
    assert await state_of(db, order["id"]) == "paid"


async def test_an_order_waits_for_its_page_to_be_closed_but_not_for_a_provider_that_is_no_more(
    ada: Learner, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await buy(ada, await put_on_sale(db, f"course:{new_id()}"))
    gone = await buy(ada, await put_on_sale(db, f"course:{new_id()}"))
    await db.fetch("UPDATE billing_order SET provider = 'gone' WHERE id = $1", UUID(gone["id"]))
    later = utc_now() + 61 * MINUTE
    with monkeypatch.context() as patched:
        patched.setattr(FakeProvider, "close_checkout", away)
        await dunning.give_up_orders(db, later)
    assert [await state_of(db, order["id"]) for order in (here, gone)] == ["pending", "void"]
    monkeypatch.setattr(FakeProvider, "close_checkout", refused)
    await dunning.give_up_orders(db, later)
    assert await state_of(db, here["id"]) == "void"


async def test_the_jobs_of_billing_run_on_an_empty_house(db: Database) -> None:
    names = {job.name for job in registry.jobs()}
    assert names >= {
        "billing.chase_payments",
        "billing.end_refused_trials",
        "billing.announce_ends",
        "billing.give_up_orders",
    }
    for job in registry.jobs():
        if job.name.startswith("billing."):
            await job.run(db)


async def test_an_order_whose_payment_is_under_way_is_not_given_up(ada: Learner, db: Database) -> None:
    on_sale = await put_on_sale(db, "offline")
    begun = await ada.post(f"/payments/products/{on_sale.product_id}", {})
    order_id = UUID(begun.json()["id"])
    await db.fetch(
        "INSERT INTO billing_payment (id, order_id, provider, payment_ref, status, amount_minor, currency)"
        " VALUES ($1, $2, 'fake', 'pay_slow', 'authorised', 1999, 'EUR')",
        new_id(),
        order_id,
    )
    for days, state in ((1, "pending"), (13, "pending"), (15, "void")):
        await dunning.give_up_orders(db, utc_now() + timedelta(days=days))
        [row] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
        assert row["state"] == state, days
