"""Subscriptions end to end on the fake provider."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from conftest import Crank
from domains.billing.errors import ProviderAway, ProviderRefused
from domains.billing.policy import subscriptions as policy
from domains.billing.providers.fake import FakeProvider
from domains.billing.service import entitlements
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.plans import begin, given, move_on, orders_of, pay, put_plan, row_of, subscribe, told

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
