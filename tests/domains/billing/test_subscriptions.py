"""Subscriptions end to end on the fake provider, and what looks at the provider make of them in any order."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import text

from conftest import Crank
from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.models import OrderRow
from domains.billing.policy import subscriptions as policy
from domains.billing.policy.seen import PaymentSeen, SubscriptionSeen
from domains.billing.providers.fake import FakeProvider
from domains.billing.providers.port import Quarantine
from domains.billing.service import effects, entitlements, inbox, subscriptions
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import begin, given, move_on, orders_of, pay, put_plan, row_of, subscribe, told
from factories.shop import OnSale

NOW = datetime.now(UTC).replace(microsecond=0)
MONTH = timedelta(days=30)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


# ---- subscribing


async def test_a_plan_is_subscribed_to_and_opens_its_keys(ada: Learner, db: Database, crank: Crank) -> None:
    plan = await put_plan(db, "courses:*", "offline")
    begun = await begin(ada, plan)
    assert begun["state"] == "pending"
    assert (begun["total_minor"], begun["currency"]) == (900, "EUR")
    await pay(ada, begun, crank)
    [shown] = (await ada.get("/subscriptions")).json()
    assert shown["status"] == "active"
    assert shown == (await ada.get(f"/subscriptions/{shown['id']}")).json()
    end = datetime.fromisoformat(shown["current_period_end"])
    assert await given(db, ada.id) == {
        ("courses:*", "subscription"): end + policy.LATE_RENEWAL,
        ("offline", "subscription"): end + policy.LATE_RENEWAL,
    }
    [order] = await orders_of(db, shown["id"])
    assert (order.id, order.kind, order.state) == (UUID(begun["id"]), "subscription", "paid")
    assert await told(db) == ["began"]


async def test_the_same_wish_again_gets_the_same_order_and_a_subscriber_gets_none(
    ada: Learner, db: Database, crank: Crank
) -> None:
    plan = await put_plan(db, "courses:*")
    begun = await begin(ada, plan)
    assert await begin(ada, plan) == begun
    await pay(ada, begun, crank)
    answer = await ada.post("/subscriptions", {"product_id": str(plan.product_id)})
    assert (answer.status_code, answer.json()["code"]) == (409, "billing.already_owned")


async def test_a_price_names_the_plan_and_only_one_that_is_offered_can_be_named(ada: Learner, db: Database) -> None:
    plan = await put_plan(db, "courses:*")
    begun = await ada.post("/subscriptions", {"price_id": str(plan.price_id)})
    assert begun.status_code == 201
    async with db.begin() as uow:
        await uow.session.execute(text("UPDATE billing_price SET country = 'IN'"))
    refused = await ada.post("/subscriptions", {"price_id": str(plan.price_id)})
    assert (refused.status_code, refused.json()["code"]) == (404, "billing.price_not_found")
    nothing = await ada.post("/subscriptions", {})
    assert (nothing.status_code, nothing.json()["code"]) == (400, "billing.not_offered")


async def test_a_renewal_gets_an_order_of_its_own_once(ada: Learner, db: Database, crank: Crank) -> None:
    plan = await put_plan(db, "courses:*", tax_inclusive=True)
    shown = await subscribe(ada, plan, crank)
    end = datetime.fromisoformat(shown["current_period_end"])
    for _ in range(2):
        await move_on(db, crank, end + timedelta(minutes=1))
    first, renewal = await orders_of(db, shown["id"])
    assert (first.kind, renewal.kind, renewal.state, renewal.total_minor) == ("subscription", "renewal", "paid", 900)
    assert (renewal.period_start, renewal.period_end) == (end, (await row_of(db, shown["id"])).current_period_end)
    assert await told(db) == ["began", "renewed"]


async def test_a_trial_costs_nothing_and_its_first_payment_is_a_renewal(
    ada: Learner, db: Database, crank: Crank
) -> None:
    plan = await put_plan(db, "courses:*", trial_days=14)
    begun = await begin(ada, plan)
    assert begun["total_minor"] == 0
    await pay(ada, begun, crank)
    [shown] = (await ada.get("/subscriptions")).json()
    assert shown["status"] == "trialing"
    trial_end = datetime.fromisoformat(shown["trial_end"])
    assert await given(db, ada.id) == {("courses:*", "subscription"): trial_end + policy.LATE_RENEWAL}
    await move_on(db, crank, trial_end + timedelta(minutes=1))
    first, renewal = await orders_of(db, shown["id"])
    assert (first.state, first.total_minor) == ("paid", 0)
    assert (renewal.kind, renewal.state, renewal.total_minor) == ("renewal", "paid", 900)
    assert await told(db) == ["began", "renewed"]


# ---- failing and recovering


async def test_a_failed_renewal_keeps_access_for_a_week_and_another_card_mends_it(
    ada: Learner, db: Database, crank: Crank
) -> None:
    plan = await put_plan(db, "courses:*")
    shown = await subscribe(ada, plan, crank, "fails_later")
    end = datetime.fromisoformat(shown["current_period_end"])
    await move_on(db, crank, end + timedelta(minutes=1))
    row = await row_of(db, shown["id"])
    assert row.status == "past_due"
    assert row.past_due_since is not None
    assert await given(db, ada.id) == {("courses:*", "subscription"): row.past_due_since + policy.PAST_DUE_ACCESS}
    _, renewal = await orders_of(db, shown["id"])
    assert renewal.state == "pending"

    page = (await ada.post(f"/subscriptions/{shown['id']}/payment-method")).json()["url"]
    ref = page.rsplit("/", 1)[1]
    await pay(ada, {"checkout": {"ref": ref}}, crank)
    row = await row_of(db, shown["id"])
    assert (row.status, row.past_due_since) == ("active", None)
    _, renewal = await orders_of(db, shown["id"])
    assert renewal.state == "paid"
    assert await told(db) == ["began", "past_due", "recovered"]


async def test_what_a_subscription_loses_another_source_keeps(ada: Learner, db: Database, crank: Crank) -> None:
    plan = await put_plan(db, "courses:*", "offline")
    bought = new_id()
    async with db.begin() as uow:
        await entitlements.grant(
            uow,
            user_id=ada.id,
            keys=["offline"],
            source="purchase",
            source_id=bought,
            starts_at=NOW,
            ends_at=None,
        )
    shown = await subscribe(ada, plan, crank)
    gone = await ada.http.delete(f"/api/v1/subscriptions/{shown['id']}?now=true", headers=ada.headers)
    assert gone.json()["status"] == "cancelled"
    ends = await given(db, ada.id)
    assert ends.pop(("offline", "purchase")) is None
    assert all(end is not None and end <= datetime.now(UTC) for end in ends.values())


# ---- commands


async def test_cancelling_is_shown_at_once_can_be_withdrawn_and_ends_with_the_period(
    ada: Learner, db: Database, crank: Crank
) -> None:
    plan = await put_plan(db, "courses:*")
    shown = await subscribe(ada, plan, crank)
    path = f"/api/v1/subscriptions/{shown['id']}"
    end = datetime.fromisoformat(shown["current_period_end"])
    for _ in range(2):
        cancelled = (await ada.http.delete(path, headers=ada.headers)).json()
        assert (cancelled["status"], cancelled["cancel_at_period_end"]) == ("active", True)
        assert datetime.fromisoformat(cancelled["access_until"]) == end
    refused = await ada.post(f"/subscriptions/{shown['id']}/pause")
    assert (refused.status_code, refused.json()["code"]) == (409, "billing.state_forbids")
    withdrawn = (await ada.post(f"/subscriptions/{shown['id']}/resume")).json()
    assert withdrawn["cancel_at_period_end"] is False
    await ada.http.delete(path, headers=ada.headers)
    await move_on(db, crank, end + timedelta(minutes=1))
    row = await row_of(db, shown["id"])
    assert (row.status, row.ended_at) == ("cancelled", end)
    assert (await given(db, ada.id))[("courses:*", "subscription")] == end
    await crank.jobs()
    assert await told(db) == ["began", "cancel_scheduled", "cancel_withdrawn", "cancel_scheduled", "cancelled"]
    over = await ada.post(f"/subscriptions/{shown['id']}/resume")
    assert (over.status_code, over.json()["code"]) == (409, "billing.state_forbids")


async def test_a_pause_keeps_what_was_paid_and_ends_when_it_is_resumed(
    ada: Learner, db: Database, crank: Crank
) -> None:
    plan = await put_plan(db, "courses:*")
    shown = await subscribe(ada, plan, crank)
    paused = (await ada.post(f"/subscriptions/{shown['id']}/pause")).json()
    assert (paused["status"], paused["access_until"]) == ("paused", shown["current_period_end"])
    assert (await ada.post(f"/subscriptions/{shown['id']}/pause")).status_code == 200
    resumed = (await ada.post(f"/subscriptions/{shown['id']}/resume")).json()
    assert resumed["status"] == "active"
    await crank.jobs()
    assert await told(db) == ["began", "paused", "resumed"]


async def test_a_change_of_plan_costs_what_its_preview_said_and_moves_the_keys(
    ada: Learner, db: Database, crank: Crank
) -> None:
    small, large = await put_plan(db, "offline"), await put_plan(db, "courses:*", "offline", amount_minor=2900)
    shown = await subscribe(ada, small, crank)
    wish = {"price_id": str(large.price_id)}
    preview = (await ada.post(f"/subscriptions/{shown['id']}/change/preview", wish)).json()
    assert (preview["period_minor"], preview["currency"]) == (2900, "EUR")
    assert 0 < preview["due_minor"] <= 2000
    wish["proration_at"] = preview["proration_at"]
    for _ in range(2):
        changed = await ada.post(f"/subscriptions/{shown['id']}/change", wish)
        assert changed.status_code == 200, changed.text
        assert changed.json()["price_id"] == str(large.price_id)
    await move_on(db, crank, datetime.now(UTC))
    assert (await ada.get(f"/subscriptions/{shown['id']}")).json()["product_id"] == str(large.product_id)
    _, change = await orders_of(db, shown["id"])
    assert (change.kind, change.total_minor, change.state) == ("plan_change", preview["due_minor"], "paid")
    assert change.product_id == large.product_id
    ends = await given(db, ada.id)
    assert ends[("courses:*", "subscription")] == ends[("offline", "subscription")]
    assert await told(db) == ["began", "plan_changed"]

    back = {"price_id": str(small.price_id)}
    back["proration_at"] = (await ada.post(f"/subscriptions/{shown['id']}/change/preview", back)).json()["proration_at"]
    await ada.post(f"/subscriptions/{shown['id']}/change", back)
    ends = await given(db, ada.id)
    lost, kept = ends[("courses:*", "subscription")], ends[("offline", "subscription")]
    assert lost is not None
    assert kept is not None
    assert lost <= datetime.now(UTC) < kept


async def test_a_preview_holds_for_an_hour_and_a_change_wants_a_price_that_is_for_sale_to_the_subscriber(
    ada: Learner, db: Database, crank: Crank
) -> None:
    plan, dear = await put_plan(db, "offline"), await put_plan(db, "courses:*", amount_minor=2900)
    abroad = await put_plan(db, "courses:*", currency="USD")
    shown = await subscribe(ada, plan, crank)
    path = f"/subscriptions/{shown['id']}/change"
    for at in (datetime.now(UTC) - timedelta(minutes=61), datetime.now(UTC) + timedelta(minutes=5)):
        old = await ada.post(path, {"price_id": str(dear.price_id), "proration_at": at.isoformat()})
        assert (old.status_code, old.json()["code"]) == (409, "billing.state_forbids")
    for price_id in (abroad.price_id, new_id()):
        refused = await ada.post(f"{path}/preview", {"price_id": str(price_id)})
        assert (refused.status_code, refused.json()["code"]) == (404, "billing.price_not_found")
    same = await ada.post(f"{path}/preview", {"price_id": str(plan.price_id)})
    assert (same.status_code, same.json()["code"]) == (409, "billing.state_forbids")


async def test_somebody_elses_subscription_is_none(
    ada: Learner, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    shown = await subscribe(ada, await put_plan(db, "offline"), crank)
    eve = await register(client, "Eve")
    body = {"price_id": str(new_id()), "proration_at": datetime.now(UTC).isoformat()}
    path = f"/subscriptions/{shown['id']}"
    answers = [
        await eve.get(path),
        await client.delete(f"/api/v1{path}", headers=eve.headers),
        await eve.post(f"{path}/pause"),
        await eve.post(f"{path}/resume"),
        await eve.post(f"{path}/payment-method"),
        await eve.post(f"{path}/change", body),
        await eve.post(f"{path}/change/preview", {"price_id": body["price_id"]}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "billing.subscription_not_found")
    }
    assert (await eve.get("/subscriptions")).json() == []
    assert (await row_of(db, shown["id"])).status == "active"


async def test_what_was_done_at_the_provider_already_is_no_error_and_what_it_refuses_is_one(
    ada: Learner, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The subscriber paused on the provider's own page, and its webhook has not come."""
    shown = await subscribe(ada, await put_plan(db, "offline"), crank)
    row = await row_of(db, shown["id"])
    fake_pause = FakeProvider.pause

    async def paused_before(self: FakeProvider, db: Database, subscription_ref: str) -> None:
        await fake_pause(self, db, subscription_ref)
        raise ProviderRefused("it is paused")

    async def refused(self: FakeProvider, db: Database, subscription_ref: str) -> None:
        raise ProviderRefused("the card said no")

    monkeypatch.setattr(FakeProvider, "resume", refused)
    monkeypatch.setattr(FakeProvider, "pause", paused_before)
    paused = await ada.post(f"/subscriptions/{row.id}/pause")
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    no = await ada.post(f"/subscriptions/{row.id}/resume")
    assert (no.status_code, no.json()["code"]) == (409, "billing.provider_refused")


async def test_while_the_provider_is_away_nothing_changes(
    ada: Learner, db: Database, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = await subscribe(ada, await put_plan(db, "offline"), crank)

    async def away(*_: object, **__: object) -> None:
        raise ProviderAway

    monkeypatch.setattr(FakeProvider, "cancel", away)
    answer = await ada.http.delete(f"/api/v1/subscriptions/{shown['id']}", headers=ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "billing.provider_away")
    assert (await ada.get(f"/subscriptions/{shown['id']}")).json() == shown


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
