"""What looks at the provider make of subscriptions in any order, and which orders their payments are for."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx
import msgspec
import pytest
from sqlalchemy import text

from domains.billing.models import OrderRow
from domains.billing.policy import subscriptions as policy
from domains.billing.policy.seen import PaymentSeen, SubscriptionSeen
from domains.billing.providers.port import Quarantine
from domains.billing.service import effects, inbox, subscriptions
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import given, orders_of, put_plan, row_of, told
from factories.shop import OnSale

NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=30)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


# ---- looks in any order


async def placed(db: Database, learner: Learner, plan: OnSale, *, provider: str = "fake") -> OrderRow:
    """An order that was sent to its provider."""
    order = OrderRow(
        id=new_id(),
        user_id=learner.id,
        product_id=plan.product_id,
        price_id=plan.price_id,
        kind="subscription",
        provider=provider,
        state="pending",
        currency="EUR",
        list_minor=900,
        discount_minor=0,
        tax_minor=144,
        total_minor=900,
        tax_name="VAT",
        tax_bp=1900,
        placed_at=NOW,
    )
    async with db.begin() as uow:
        uow.session.add(order)
    return order


def look(order: OrderRow, **fields: object) -> SubscriptionSeen:
    seen = SubscriptionSeen(
        subscription_ref=f"sub_{order.id.hex}",
        status="active",
        order_id=order.id,
        price_id=order.price_id,
        current_period_start=NOW,
        current_period_end=NOW + MONTH,
    )
    return msgspec.structs.replace(seen, **fields)


async def applied(db: Database, seen: SubscriptionSeen, number: int, now: datetime = NOW) -> bool:
    async with db.begin() as uow:
        return await subscriptions.apply(uow, "fake", seen, number, now)


async def test_an_earlier_look_that_comes_later_changes_nothing(ada: Learner, db: Database) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    assert await applied(db, look(order, cancel_at_period_end=True), 7)
    for number in (7, 3):
        assert await applied(db, look(order, status="past_due"), number)
    async with db.begin() as uow:
        fresh = await uow.session.get_one(OrderRow, order.id)
    assert fresh.subscription_id is not None
    row = await row_of(db, fresh.subscription_id)
    assert (row.status, row.cancel_at_period_end, row.seen) == ("active", True, 7)
    assert await given(db, ada.id) == {("courses:*", "subscription"): NOW + MONTH}
    assert await told(db) == ["began", "cancel_scheduled"]


async def test_what_is_not_ours_is_left_alone_and_what_cannot_be_is_set_aside(ada: Learner, db: Database) -> None:
    plan = await put_plan(db, "courses:*")
    order = await placed(db, ada, plan)
    assert not await applied(db, look(order, order_id=None), 1)
    assert not await applied(db, look(order, order_id=new_id()), 1)
    elsewhere = await placed(db, ada, plan, provider="stripe")
    dollars = await put_plan(db, "courses:*", currency="USD")
    assert await applied(db, look(order), 1)
    for seen in (
        look(elsewhere),
        look(order, price_id=new_id()),
        look(order, price_id=dollars.price_id),
        look(order, subscription_ref="sub_second"),
    ):
        with pytest.raises(Quarantine):
            await applied(db, seen, 9)
    assert await told(db) == ["began"]


async def test_two_first_looks_at_once_make_one_subscription(ada: Learner, db: Database) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    await asyncio.gather(*(applied(db, look(order), number) for number in range(1, 7)))
    assert len(await db.fetch("SELECT 1 FROM billing_subscription")) == 1
    assert await told(db) == ["began"]


class Told(NamedTuple):
    """What came of one webhook: under which number the provider was asked, and what it answered."""

    number: int
    seen: SubscriptionSeen
    body: SubscriptionSeen
    """What a naive receiver would have believed: the state that the webhook itself carried."""


def deliveries(chance: random.Random, states: Sequence[SubscriptionSeen]) -> list[Told]:
    """Each change is told three times. A look begins after its change, sees the state a while later, and what it saw
    is applied in any order."""
    looks = []
    for place, state in enumerate(states):
        for _ in range(3):
            begun = place + chance.random() * len(states)
            answered = begun + chance.random() * 2
            looks.append((begun, states[min(int(answered), len(states) - 1)], state))
    looks.sort(key=lambda each: each[0])
    found = [Told(number, seen, body) for number, (_, seen, body) in enumerate(looks, start=1)]
    chance.shuffle(found)
    return found


def changes_of(chance: random.Random, order: OrderRow, plans: Sequence[OnSale]) -> list[SubscriptionSeen]:
    """Five states that a subscription went through, the last of which is the truth."""
    states = []
    for place in range(5):
        status = chance.choice(["trialing", "active", "past_due", "cancelled"])
        end = NOW + MONTH * (1 + place)
        states.append(
            look(
                order,
                status=status,
                price_id=chance.choice(plans).price_id,
                current_period_start=end - MONTH,
                current_period_end=end,
                trial_end=end if status == "trialing" else None,
                cancel_at_period_end=chance.random() < 0.3,
                ended_at=NOW - timedelta(days=1) if status == "cancelled" else None,
            )
        )
    return states


async def test_five_changes_told_three_times_in_any_order_end_in_the_last_one(ada: Learner, db: Database) -> None:
    """Applied one webhook's body after the other, the last to come wins: most of these trials would end wrong."""
    plans = [await put_plan(db, "courses:*", "offline"), await put_plan(db, "offline", "hearts:unlimited")]
    keys = {plans[0].price_id: {"courses:*", "offline"}, plans[1].price_id: {"offline", "hearts:unlimited"}}
    chance = random.Random(7)
    trials, naive = 40, 0
    for trial in range(trials):
        order = await placed(db, ada, plans[0])
        states = changes_of(chance, order, plans)
        found = deliveries(chance, states)
        naive += found[-1].body == states[-1]
        if trial % 2:
            await asyncio.gather(*(applied(db, each.seen, each.number) for each in found))
        else:
            for each in found:
                await applied(db, each.seen, each.number)
        truth = policy.looked_at(None, states[-1], states[-1].price_id or order.price_id, NOW)
        async with db.begin() as uow:
            row = await subscriptions.repository.by_ref(uow.session, "fake", states[-1].subscription_ref)
            assert row is not None
            assert subscriptions.standing_of(row) == truth
            rows = await uow.session.execute(
                text("SELECT key FROM billing_entitlement WHERE source_id = :id AND ends_at > :now"),
                {"id": row.id, "now": NOW},
            )
            until = policy.access_until(truth)
            assert set(rows.scalars()) == (keys[truth.price_id] if until and until > NOW else set())
    assert naive < trials // 2


# ---- orders of payments


def paid(order: OrderRow, invoice_ref: str, **fields: object) -> PaymentSeen:
    seen = PaymentSeen(
        payment_ref=f"pay_{invoice_ref}",
        status="captured",
        amount_minor=900,
        currency="EUR",
        subscription_ref=f"sub_{order.id.hex}",
        invoice_ref=invoice_ref,
        period_start=NOW + MONTH,
        period_end=NOW + 2 * MONTH,
    )
    return msgspec.structs.replace(seen, **fields)


async def order_of(db: Database, seen: PaymentSeen) -> OrderRow | None:
    async with db.begin() as uow:
        return await subscriptions.order_for(uow, "fake", seen, NOW)


async def test_an_invoice_has_one_order_however_often_it_is_told(ada: Learner, db: Database) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    seen = paid(order, "in_2")
    assert await order_of(db, seen) is None
    await applied(db, look(order), 1)
    found = await asyncio.gather(*(order_of(db, seen) for _ in range(6)))
    assert len({made.id for made in found if made is not None}) == 1
    made = found[0]
    assert made is not None
    assert (made.kind, made.total_minor, made.tax_minor, made.list_minor, made.discount_minor) == (
        "renewal",
        900,
        144,
        900,
        0,
    )
    assert (made.tax_name, made.tax_bp, made.subscription_id) == ("VAT", 1900, (await row(db, order)).id)


async def row(db: Database, order: OrderRow) -> subscriptions.SubscriptionRow:
    async with db.begin() as uow:
        found = await subscriptions.repository.by_ref(uow.session, "fake", f"sub_{order.id.hex}")
    assert found is not None
    return found


async def test_a_payment_within_a_period_is_a_change_of_plan_and_less_than_the_price_a_discount(
    ada: Learner, db: Database
) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    await applied(db, look(order), 1)
    half = {"period_start": NOW + MONTH / 2, "period_end": NOW + MONTH}
    change = await order_of(db, paid(order, "in_2", amount_minor=350, **half))
    renewal = await order_of(db, paid(order, "in_3", amount_minor=700))
    assert change is not None
    assert renewal is not None
    assert (change.kind, change.list_minor, change.discount_minor, change.total_minor) == ("plan_change", 350, 0, 350)
    assert (renewal.kind, renewal.list_minor, renewal.discount_minor) == ("renewal", 900, 200)


async def test_tax_on_top_of_the_price_is_part_of_what_was_paid(ada: Learner, db: Database) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*", tax_inclusive=False))
    await applied(db, look(order), 1)
    made = await order_of(db, paid(order, "in_2", amount_minor=1071))
    assert made is not None
    assert (made.list_minor, made.discount_minor, made.tax_minor, made.total_minor) == (900, 0, 171, 1071)


async def test_an_open_invoice_may_come_to_ask_for_something_else_and_a_paid_one_may_not(
    ada: Learner, db: Database
) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    await applied(db, look(order), 1)
    failed = paid(order, "in_2", status="failed")
    made = await order_of(db, failed)
    assert made is not None
    less = await order_of(db, paid(order, "in_2", payment_ref="pay_again", amount_minor=600))
    assert less is not None
    assert (less.id, less.total_minor) == (made.id, 600)
    async with db.begin() as uow:
        await uow.session.execute(text("UPDATE billing_order SET paid_at = now()"))
    after = await order_of(db, failed)
    assert after is not None
    assert after.total_minor == 600


async def test_money_in_another_currency_is_set_aside(ada: Learner, db: Database) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    await applied(db, look(order), 1)
    with pytest.raises(Quarantine):
        await order_of(db, paid(order, "in_2", currency="USD"))


async def test_when_a_subscription_ends_its_unpaid_orders_are_given_up_and_late_money_still_counts(
    ada: Learner, db: Database
) -> None:
    order = await placed(db, ada, await put_plan(db, "courses:*"))
    await applied(db, look(order), 1)
    made = await order_of(db, paid(order, "in_2", status="failed"))
    assert made is not None
    await applied(db, look(order, status="cancelled", ended_at=NOW), 2)
    [due] = await db.fetch("SELECT expires_at FROM billing_order WHERE id = $1", made.id)
    assert due["expires_at"] == NOW
    async with db.begin() as uow:
        await effects.give_up(uow, made.id, NOW)
    assert (await order_of(db, paid(order, "in_2"))).id == made.id  # type: ignore[union-attr]


async def test_everything_about_a_subscription_at_once_ends_alike(ada: Learner, db: Database) -> None:
    """Looks, failed and successful payments of two invoices, each in a job of its own."""
    plan = await put_plan(db, "courses:*")
    for _ in range(6):
        order = await placed(db, ada, plan)
        first = {"order_id": order.id, "period_start": NOW, "period_end": NOW + MONTH}
        facts = [
            look(order),
            paid(order, "in_1", payment_ref=f"pay_{order.id}_1", status="failed", **first),
            paid(order, "in_1", payment_ref=f"pay_{order.id}_2", **first),
            paid(order, f"in_{order.id}", payment_ref=f"pay_{order.id}_3", status="failed"),
            paid(order, f"in_{order.id}", payment_ref=f"pay_{order.id}_4"),
        ]

        async def tell(place: int, fact: SubscriptionSeen | PaymentSeen, order: OrderRow = order) -> None:
            async with db.begin() as uow:
                await inbox.apply(uow, [fact], "fake", place, NOW)

        await tell(1, facts[0])
        await asyncio.gather(*(tell(place, fact) for place, fact in enumerate(facts * 2, start=2)))
        found = await orders_of(db, str((await row(db, order)).id))
        assert [(each.kind, each.state) for each in found] == [("subscription", "paid"), ("renewal", "paid")]
