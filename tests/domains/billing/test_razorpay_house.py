"""Razorpay and the whole house: real HTTP outwards, real webhooks inwards, and what people see of it."""

import hashlib
import hmac
import itertools
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from conftest import Crank
from domains.billing import api as billing
from domains.billing.providers.port import Providers
from domains.billing.providers.razorpay import Razorpay
from domains.billing.service import reconcile
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.razorpay_account import Account
from doubles.razorpay_server import Fault, RazorpayServer
from factories.people import Learner, register
from factories.shop import put_on_sale

WEBHOOKS = "/api/v1/webhooks/razorpay"


@pytest.fixture(scope="module")
def listening() -> Iterator[RazorpayServer]:
    with RazorpayServer() as found:
        yield found


@pytest.fixture
def server(listening: RazorpayServer) -> RazorpayServer:
    listening.reset()
    return listening


@pytest.fixture(autouse=True)
async def razorpay(server: RazorpayServer, db: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Razorpay]:
    found = Razorpay(server.key_id, server.key_secret, server.secrets, api_base=server.url)
    monkeypatch.setitem(db._ports, Providers, Providers([found], public_url="http://lyceum.test"))
    yield found
    await found.aclose()


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def staff(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Grace")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", found.id)
    return found


@pytest.fixture
async def course_id(db: Database) -> UUID:
    found = new_id()
    await put_on_sale(db, billing.course_key(found), amount_minor=49_900, currency="INR")
    return found


async def buy(ada: Learner, course_id: UUID) -> Any:
    answer = await ada.post(f"/payments/courses/{course_id}", {"provider": "razorpay"})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def shown(ada: Learner, order_id: str) -> Any:
    answer = await ada.get(f"/payments/{order_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def captures(db: Database) -> int:
    rows = await db.fetch("SELECT count(DISTINCT cause) AS n FROM billing_transfer WHERE cause LIKE 'capture:%'")
    number: int = rows[0]["n"]
    return number


async def open_for(db: Database, ada: Learner, key: str) -> bool:
    rows = await db.fetch(
        "SELECT 1 FROM billing_entitlement WHERE user_id = $1 AND key = $2 AND coalesce(ends_at > now(), true)",
        ada.id,
        key,
    )
    return bool(rows)


async def test_a_course_is_bought_part_given_back_and_then_all(
    ada: Learner,
    staff: Learner,
    course_id: UUID,
    server: RazorpayServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
) -> None:
    key = billing.course_key(course_id)
    begun = await buy(ada, course_id)
    assert begun["checkout"]["data"]["order_id"] == begun["checkout"]["ref"]
    paid = server.account.pay(begun["checkout"]["ref"], method="upi")
    statuses = await server.deliver(client, WEBHOOKS, times=3, shuffle=random.Random(1))
    assert set(statuses) == {200}
    await crank.jobs()
    found = await shown(ada, begun["id"])
    assert (found["order"]["state"], [one["method"] for one in found["payments"]]) == ("paid", ["upi"])
    assert await open_for(db, ada, key)
    answer = await staff.post(f"/payments/{begun['id']}/refund", {"amount_minor": 10_000, "reason": "late"})
    assert answer.status_code == 200, answer.text
    await server.deliver(client, WEBHOOKS, times=2)
    await crank.jobs()
    assert (await shown(ada, begun["id"]))["order"]["state"] == "partially_refunded"
    assert await open_for(db, ada, key)
    server.account.refund_outside(paid["id"])
    await server.deliver(client, WEBHOOKS)
    await crank.jobs()
    order = (await shown(ada, begun["id"]))["order"]
    assert (order["state"], order["refunded_minor"]) == ("refunded", 49_900)
    assert not await open_for(db, ada, key)
    assert await captures(db) == 1


async def test_one_body_under_a_hundred_event_ids_has_one_effect(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    server.account.pay((await buy(ada, course_id))["checkout"]["ref"])
    [body] = [one for one in server.taken() if one.event == "order.paid"]
    assert set(await server.deliver(client, WEBHOOKS, webhooks=[body], ids=100)) == {200}
    await crank.jobs()
    rows = await db.fetch(
        "SELECT (SELECT count(*) FROM billing_webhook) AS w, (SELECT count(*) FROM billing_payment) AS p"
    )
    assert (rows[0]["w"], rows[0]["p"], await captures(db)) == (1, 1, 1)


@pytest.mark.parametrize("order", [*itertools.permutations(["payment", "refund", "dispute", "won"])][::4])
async def test_payment_refund_dispute_and_its_end_come_to_the_same_in_another_order(
    ada: Learner,
    course_id: UUID,
    server: RazorpayServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    order: tuple[str, ...],
) -> None:
    begun = await buy(ada, course_id)
    paid = server.account.pay(begun["checkout"]["ref"])
    taken = {"payment": server.taken()}
    server.account.refund_outside(paid["id"], 900)
    taken["refund"] = server.taken()
    dispute = server.account.dispute(paid["id"])
    taken["dispute"] = server.taken()
    server.account.decide(dispute["id"], "won")
    taken["won"] = server.taken()
    for name in order:
        await server.deliver(client, WEBHOOKS, webhooks=taken[name])
        await crank.jobs()
    found = (await shown(ada, begun["id"]))["order"]
    assert (found["state"], found["refunded_minor"]) == ("partially_refunded", 900)
    assert await open_for(db, ada, billing.course_key(course_id))


async def test_what_the_browser_brings_opens_the_course_before_any_webhook(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    ref: str = begun["checkout"]["ref"]
    paid: str = server.account.pay(ref)["id"]
    right = hmac.new(server.key_secret.encode(), f"{ref}|{paid}".encode(), hashlib.sha256).hexdigest()
    body = {"order_ref": ref, "payment_ref": paid, "signature": right}
    wrong = await ada.post(f"/payments/{begun['id']}/confirm", {**body, "signature": "0" * 64})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "billing.bad_signature")
    answer = await ada.post(f"/payments/{begun['id']}/confirm", body)
    assert (answer.status_code, answer.json()["order"]["state"]) == (200, "paid")
    await server.deliver(client, WEBHOOKS)
    await crank.jobs()
    assert await captures(db) == 1


async def test_webhooks_are_taken_while_razorpay_is_down_and_applied_when_it_is_back(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    server.account.pay(begun["checkout"]["ref"])
    captured = [one for one in server.taken() if one.event == "payment.captured"]
    server.down = True
    assert await server.deliver(client, WEBHOOKS, webhooks=captured) == [200]
    await crank.outbox()
    assert (await shown(ada, begun["id"]))["order"]["state"] == "pending"
    server.down = False
    await crank.jobs()
    assert (await shown(ada, begun["id"]))["order"]["state"] == "paid"


async def test_an_amount_that_nobody_asked_for_is_set_aside(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    server.account.one(begun["checkout"]["ref"])["amount"] = 100
    server.account.pay(begun["checkout"]["ref"])
    await server.deliver(client, WEBHOOKS)
    await crank.jobs()
    assert (await shown(ada, begun["id"]))["order"]["state"] == "pending"
    rows = await db.fetch("SELECT state, note FROM billing_webhook WHERE type = 'order.paid'")
    assert rows[0]["state"] == "quarantined"


async def test_money_of_the_test_mode_buys_nothing_though_the_secret_is_the_same(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    elsewhere = Account()
    wanted = server.account.one(begun["checkout"]["ref"])
    elsewhere.pay(elsewhere.create_order(wanted)["id"])
    await server.deliver(client, WEBHOOKS, webhooks=elsewhere.webhooks)
    await crank.jobs()
    assert (await shown(ada, begun["id"]))["order"]["state"] == "pending"
    rows = await db.fetch("SELECT type, state FROM billing_webhook WHERE type = 'order.paid' OR state = 'applied'")
    assert [tuple(row) for row in rows] == [("order.paid", "quarantined")]


async def test_what_is_not_signed_is_not_kept(client: httpx.AsyncClient, db: Database) -> None:
    headers = {"content-type": "application/json", "x-razorpay-signature": "0" * 64}
    answer = await client.post(WEBHOOKS, content=b'{"event":"order.paid"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "billing.bad_signature")
    assert await db.fetch("SELECT 1 FROM billing_webhook") == []


async def test_a_purchase_whose_answer_was_lost_is_one_order_at_razorpay(
    ada: Learner, course_id: UUID, server: RazorpayServer
) -> None:
    server.faults.append(Fault("lost", path="POST /v1/orders"))
    answer = await ada.post(f"/payments/courses/{course_id}", {})
    assert (answer.status_code, answer.json()["code"]) == (503, "billing.provider_away")
    begun = await buy(ada, course_id)
    assert [one["id"] for one in server.account.all("order")] == [begun["checkout"]["ref"]]


async def test_everything_whose_webhooks_were_lost_is_found_by_comparing(
    ada: Learner, staff: Learner, course_id: UUID, server: RazorpayServer, db: Database
) -> None:
    plan = await put_on_sale(db, "courses:*", kind="plan", amount_minor=99_900, currency="INR", interval="month")
    begun = await buy(ada, course_id)
    paid = server.account.pay(begun["checkout"]["ref"])
    server.account.refund_outside(paid["id"], 900)
    subscribed = (await ada.post("/subscriptions", {"product_id": str(plan.product_id)})).json()
    server.account.begin(subscribed["checkout"]["ref"])
    server.account.charge(subscribed["checkout"]["ref"])
    now = utc_now()
    first = await reconcile.run(db, "razorpay", now - timedelta(hours=1), now + timedelta(hours=1))
    assert {(one.what, one.kind) for one in first.differences} == {
        ("repaired", "payment"),
        ("repaired", "refund"),
        ("repaired", "subscription"),
    }
    second = await reconcile.run(db, "razorpay", now - timedelta(hours=1), now + timedelta(hours=1))
    assert (second.differences, second.compared) == ([], first.compared)
    assert (await shown(ada, begun["id"]))["order"]["state"] == "partially_refunded"
    assert (await shown(ada, subscribed["id"]))["order"]["state"] == "paid"
    assert await captures(db) == 3


@pytest.mark.parametrize("seed", range(2))
async def test_the_life_of_a_subscription_with_every_webhook_three_times_and_out_of_order(
    ada: Learner, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank, seed: int
) -> None:
    plan = await put_on_sale(db, "courses:*", kind="plan", amount_minor=99_900, currency="INR", interval="month")
    begun = (await ada.post("/subscriptions", {"product_id": str(plan.product_id)})).json()
    ref = begun["checkout"]["ref"]
    assert begun["checkout"]["url"] == server.account.one(ref)["short_url"]

    async def told() -> Any:
        await server.deliver(client, WEBHOOKS, times=3, shuffle=random.Random(seed))
        await crank.jobs()
        return (await ada.get("/subscriptions")).json()

    server.account.begin(ref, method="upi")
    [found] = await told()
    assert (found["status"], await open_for(db, ada, "courses:*")) == ("active", True)
    server.account.fail_charge(ref)
    [found] = await told()
    assert found["status"] == "past_due"
    server.account.recover(ref)
    [found] = await told()
    assert found["status"] == "active"
    answer = await ada.http.delete(f"/api/v1/subscriptions/{found['id']}", headers=ada.headers)
    assert answer.status_code == 200, answer.text
    [found] = await told()
    assert (found["status"], found["cancel_at_period_end"]) == ("active", True)
    server.account.end_period(ref)
    [found] = await told()
    assert (found["status"], await open_for(db, ada, "courses:*")) == ("cancelled", False)
    orders = (await ada.get("/payments")).json()["items"]
    assert sorted((one["kind"], one["state"]) for one in orders) == [("renewal", "paid"), ("subscription", "paid")]
    assert await captures(db) == 2
