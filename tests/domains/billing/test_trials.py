"""One trial per product and person, and none used up by an order that came to nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest

from conftest import Crank
from domains.billing.models import OrderRow
from domains.billing.policy.seen import SubscriptionSeen
from domains.billing.repository import subscriptions as repository
from domains.billing.service import dunning, effects, subscriptions, trials
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import begin, move_on, pay, put_plan, row_of, subscribe, told
from factories.shop import OnSale

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def eve(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Eve")


@pytest.fixture
async def plan(db: Database) -> OnSale:
    return await put_plan(db, "courses:*", trial_days=14)


async def placed(db: Database, learner: Learner, plan: OnSale) -> UUID:
    order = OrderRow(
        id=new_id(),
        user_id=learner.id,
        product_id=plan.product_id,
        price_id=plan.price_id,
        kind="subscription",
        provider="fake",
        state="pending",
        currency="EUR",
        list_minor=0,
        discount_minor=0,
        tax_minor=0,
        total_minor=0,
        placed_at=NOW,
    )
    async with db.begin() as uow:
        uow.session.add(order)
    return order.id


async def claim(db: Database, learner: Learner, plan: OnSale, order_id: UUID, email: str = "ada@example.org") -> int:
    async with db.begin() as uow:
        return await trials.claim(
            uow, user_id=learner.id, email=email, product_id=plan.product_id, days=14, order_id=order_id
        )


async def start(db: Database, order_id: UUID, fingerprint: str = "") -> None:
    """The subscription of this order begins with its trial."""
    seen = SubscriptionSeen(
        subscription_ref=f"sub_{order_id.hex}",
        status="trialing",
        order_id=order_id,
        price_id=None,
        current_period_start=NOW,
        current_period_end=NOW + timedelta(days=14),
        trial_end=NOW + timedelta(days=14),
        fingerprint=fingerprint,
    )
    async with db.begin() as uow:
        assert await subscriptions.apply(uow, "fake", seen, 1, NOW)


async def note(db: Database, order_id: UUID, fingerprint: str) -> bool:
    async with db.begin() as uow:
        return await trials.note_fingerprint(uow, order_id, fingerprint)


async def test_a_trial_is_had_once(ada: Learner, plan: OnSale, db: Database) -> None:
    first, second = await placed(db, ada, plan), await placed(db, ada, plan)
    assert await claim(db, ada, plan, first) == 14
    await start(db, first)
    assert await claim(db, ada, plan, second) == 0
    assert await claim(db, ada, plan, first) == 14
    other = await put_plan(db, "offline", trial_days=14)
    assert await claim(db, ada, other, await placed(db, ada, other)) == 14


@pytest.mark.parametrize("email", ["ADA@example.org", "ada+second@example.org"])
async def test_another_account_with_the_same_mailbox_has_none(
    ada: Learner, eve: Learner, plan: OnSale, db: Database, email: str
) -> None:
    order = await placed(db, ada, plan)
    await claim(db, ada, plan, order)
    await db.fetch("UPDATE identity_user SET email = 'ada@example.org' WHERE id = $1", ada.id)
    await start(db, order)
    assert await claim(db, eve, plan, await placed(db, eve, plan), email) == 0
    assert await claim(db, eve, plan, await placed(db, eve, plan), "eve@example.org") == 14


async def test_of_two_accounts_with_one_mailbox_at_once_one_gets_the_trial(
    ada: Learner, eve: Learner, plan: OnSale, db: Database
) -> None:
    for _ in range(5):
        mailbox = f"{new_id().hex}@example.org"
        one, other = await placed(db, ada, plan), await placed(db, eve, plan)
        days = await asyncio.gather(claim(db, ada, plan, one, mailbox), claim(db, eve, plan, other, mailbox))
        assert sorted(days) == [0, 14]
        await db.fetch("DELETE FROM billing_trial_use")


async def test_an_order_that_came_to_nothing_uses_nothing_up(
    ada: Learner, eve: Learner, plan: OnSale, db: Database
) -> None:
    first, second, third = await placed(db, ada, plan), await placed(db, ada, plan), await placed(db, eve, plan)
    assert await claim(db, ada, plan, first) == 14
    # She opens the page again before the first is given up.
    assert await claim(db, ada, plan, second) == 14
    assert await claim(db, eve, plan, third) == 0
    async with db.begin() as uow:
        await effects.give_up(uow, second, NOW)
    assert await claim(db, eve, plan, third) == 14


async def test_of_two_open_pages_the_one_that_is_used_counts(ada: Learner, plan: OnSale, db: Database) -> None:
    """Otherwise the mark would stay with a page that nobody used, and be free again and again."""
    used, left = await placed(db, ada, plan), await placed(db, ada, plan)
    assert await claim(db, ada, plan, used) == 14
    assert await claim(db, ada, plan, left) == 14
    await start(db, used)
    async with db.begin() as uow:
        await effects.give_up(uow, left, NOW)
    assert await claim(db, ada, plan, await placed(db, ada, plan)) == 0


async def test_without_days_nothing_is_claimed(ada: Learner, plan: OnSale, db: Database) -> None:
    async with db.begin() as uow:
        days = await trials.claim(
            uow,
            user_id=ada.id,
            email="",
            product_id=plan.product_id,
            days=0,
            order_id=await placed(db, ada, plan),
        )
    assert days == 0
    assert await db.fetch("SELECT 1 FROM billing_trial_use") == []


async def test_who_had_a_trial_subscribes_again_with_the_first_payment(
    ada: Learner, plan: OnSale, db: Database, crank: Crank
) -> None:
    shown = await subscribe(ada, plan, crank)
    assert shown["status"] == "trialing"
    await ada.http.delete(f"/api/v1/subscriptions/{shown['id']}?now=true", headers=ada.headers)
    again = await begin(ada, plan)
    assert again["total_minor"] == 900
    await pay(ada, again, crank)
    assert {each["status"] for each in (await ada.get("/subscriptions")).json()} == {"active", "cancelled"}


async def test_a_card_that_had_a_trial_ends_another_one(
    ada: Learner, eve: Learner, plan: OnSale, db: Database, crank: Crank
) -> None:
    first, second = await subscribe(ada, plan, crank), await subscribe(eve, plan, crank)
    one, other = await row_of(db, first["id"]), await row_of(db, second["id"])
    assert (one.status, other.status) == ("trialing", "trialing")
    assert await note(db, one.order_id, "card_1")
    assert await note(db, one.order_id, "card_1")
    assert not await note(db, other.order_id, "card_1")
    await dunning.end_refused_trials(db, datetime.now(UTC))
    assert (await row_of(db, one.id)).status == "trialing"
    assert (await row_of(db, other.id)).status == "cancelled"
    await crank.jobs()
    assert await told(db) == ["began", "began", "cancelled"]
    notices = (await eve.get("/notifications")).json()["items"]
    assert "trial_refused" in {notice["kind"] for notice in notices}
    assert (await begin(eve, plan))["total_minor"] == 900


async def test_a_card_that_is_told_with_the_trial_is_recognised_at_once(
    ada: Learner, eve: Learner, plan: OnSale, db: Database
) -> None:
    first, second, third = await placed(db, ada, plan), await placed(db, eve, plan), await placed(db, eve, plan)
    for learner, order, email in ((ada, first, "ada@example.org"), (eve, second, "eve@example.org")):
        assert await claim(db, learner, plan, order, email) == 14
    await start(db, first, "card_1")
    await start(db, second, "card_1")
    refused = await repository.refused_trials(db, "fake", after=UUID(int=0), most=9)
    assert [due.subscription_ref for due in refused] == [f"sub_{second.hex}"]
    assert await claim(db, eve, plan, third, "eve@example.org") == 0


async def test_once_something_was_paid_a_card_is_only_remembered(
    ada: Learner, eve: Learner, plan: OnSale, db: Database, crank: Crank
) -> None:
    first, second = await subscribe(ada, plan, crank), await subscribe(eve, plan, crank)
    await move_on(db, crank, datetime.now(UTC) + timedelta(days=15))
    orders = await db.fetch("SELECT id, user_id FROM billing_order WHERE kind = 'renewal' ORDER BY user_id")
    assert [row["user_id"] for row in orders] == sorted([ada.id, eve.id])
    assert [await note(db, row["id"], "card_1") for row in orders] == [True, False]
    await dunning.end_refused_trials(db, datetime.now(UTC))
    for shown in (first, second):
        assert (await row_of(db, shown["id"])).status == "active"


async def test_a_card_of_an_order_without_a_trial_says_nothing(ada: Learner, plan: OnSale, db: Database) -> None:
    order = await placed(db, ada, plan)
    assert await note(db, order, "card_1")
    assert await note(db, new_id(), "card_1")
    assert await db.fetch("SELECT 1 FROM billing_trial_use") == []
