"""Stripe and the whole house: real HTTP outwards, real signed webhooks inwards, and what people see of it."""

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from conftest import Crank
from domains.billing import api as billing
from domains.billing.providers.port import Providers
from domains.billing.providers.stripe import StripeProvider
from domains.billing.service import reconcile
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.stripe_server import StripeServer
from factories.people import Learner, register
from factories.shop import OnSale, put_on_sale

WEBHOOKS = "/api/v1/webhooks/stripe"


@pytest.fixture
def server() -> Iterator[StripeServer]:
    with StripeServer() as found:
        yield found


@pytest.fixture(autouse=True)
async def provider(
    server: StripeServer, db: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[StripeProvider]:
    found = StripeProvider(server.key, ["whsec_next", server.secret], server.url, limit_s=5)
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
    await put_on_sale(db, billing.course_key(found))
    return found


@pytest.fixture
async def plan(db: Database) -> OnSale:
    return await put_on_sale(db, "courses:*", kind="plan", amount_minor=999, interval="month")


async def buy(ada: Learner, course_id: UUID) -> Any:
    answer = await ada.post(f"/payments/courses/{course_id}", {})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def subscribe(ada: Learner, plan: OnSale) -> Any:
    answer = await ada.post("/subscriptions", {"product_id": str(plan.product_id)})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def order(ada: Learner, order_id: str) -> Any:
    answer = await ada.get(f"/payments/{order_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["order"]


async def opens(db: Database, ada: Learner, key: str) -> bool:
    return bool(
        await db.fetch(
            "SELECT 1 FROM billing_entitlement WHERE user_id = $1 AND key = $2 AND coalesce(ends_at > now(), true)",
            ada.id,
            key,
        )
    )


async def captures(db: Database) -> int:
    rows = await db.fetch("SELECT count(DISTINCT cause) AS n FROM billing_transfer WHERE cause LIKE 'capture:%'")
    number: int = rows[0]["n"]
    return number


async def test_a_course_is_bought_given_back_in_part_and_then_in_full(
    ada: Learner,
    staff: Learner,
    course_id: UUID,
    server: StripeServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
) -> None:
    key = billing.course_key(course_id)
    begun = await buy(ada, course_id)
    paid = server.pay(begun["checkout"]["ref"])
    sent = await server.deliver(WEBHOOKS, client, copies=3, shuffle=True)
    assert {one.status for one in sent} == {200}
    await crank.jobs()
    assert (await order(ada, begun["id"]))["state"] == "paid"
    assert await opens(db, ada, key)

    answer = await staff.post(f"/payments/{begun['id']}/refund", {"amount_minor": 500, "reason": "late"})
    assert answer.status_code == 200, answer.text
    await server.deliver(WEBHOOKS, client, copies=3, shuffle=True)
    await crank.jobs()
    assert (await order(ada, begun["id"]))["state"] == "partially_refunded"
    assert await opens(db, ada, key)

    server.refund(paid["id"], 1499)
    await server.deliver(WEBHOOKS, client, copies=3, shuffle=True)
    await crank.jobs()
    found = await order(ada, begun["id"])
    assert (found["state"], found["refunded_minor"]) == ("refunded", 1999)
    assert not await opens(db, ada, key)
    assert await captures(db) == 1


@pytest.mark.parametrize("permutation", [*itertools.permutations(["paid", "refunded", "disputed", "won"])][::4])
async def test_payment_refund_dispute_and_its_end_come_to_the_same_in_any_order(
    ada: Learner,
    course_id: UUID,
    server: StripeServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    permutation: tuple[str, ...],
) -> None:
    begun = await buy(ada, course_id)
    told: dict[str, set[str]] = {}

    def since(name: str, before: int) -> int:
        told[name] = {event["id"] for event in server.events[before:]}
        return len(server.events)

    paid = server.pay(begun["checkout"]["ref"])
    at = since("paid", 0)
    server.refund(paid["id"], 900)
    at = since("refunded", at)
    dispute = server.open_dispute(paid["id"], 1099)
    at = since("disputed", at)
    server.move_dispute(dispute["id"], "won")
    since("won", at)
    for name in permutation:
        ids = told[name]
        await server.deliver(WEBHOOKS, client, only=lambda event, ids=ids: event["id"] in ids)  # type: ignore[misc]
        await crank.jobs()
    found = await order(ada, begun["id"])
    assert (found["state"], found["refunded_minor"]) == ("partially_refunded", 900)
    assert await opens(db, ada, billing.course_key(course_id))


async def test_a_course_opens_while_stripes_own_api_is_down(
    ada: Learner, course_id: UUID, server: StripeServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    server.pay(begun["checkout"]["ref"])
    server.hang()
    try:
        assert {one.status for one in await server.deliver(WEBHOOKS, client)} == {200}
        await crank.jobs()
        assert (await order(ada, begun["id"]))["state"] == "paid"
    finally:
        server.hang(False)


async def test_a_page_that_ran_out_gives_the_order_up_and_money_that_comes_all_the_same_counts(
    ada: Learner, course_id: UUID, server: StripeServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    server.expire(begun["checkout"]["ref"])
    await server.deliver(WEBHOOKS, client)
    await crank.jobs()
    assert (await order(ada, begun["id"]))["state"] == "void"
    again = await buy(ada, course_id)
    assert again["id"] != begun["id"]
    server.pay(again["checkout"]["ref"])
    await server.deliver(WEBHOOKS, client)
    await crank.jobs()
    assert (await order(ada, again["id"]))["state"] == "paid"


async def test_an_amount_that_nobody_asked_for_is_set_aside(
    ada: Learner, course_id: UUID, server: StripeServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    server.book.things[begun["checkout"]["ref"]]["amount_total"] = 100
    server.pay(begun["checkout"]["ref"])
    await server.deliver(WEBHOOKS, client)
    await crank.jobs()
    assert (await order(ada, begun["id"]))["state"] == "pending"
    rows = await db.fetch("SELECT type FROM billing_webhook WHERE state = 'quarantined'")
    assert {row["type"] for row in rows} == {"payment_intent.succeeded", "checkout.session.completed"}


async def test_what_is_not_signed_or_cannot_be_read_is_refused_and_not_kept(
    server: StripeServer, client: httpx.AsyncClient, db: Database
) -> None:
    headers = {"content-type": "application/json", "stripe-signature": "t=1,v1=" + "0" * 64}
    unsigned = await client.post(WEBHOOKS, content=b"{}", headers=headers)
    assert (unsigned.status_code, unsigned.json()["code"]) == (400, "billing.bad_signature")
    for body in (b"{}", b"[" * 50_000, b"\xff", b"null"):
        headers["stripe-signature"] = server.signature(body)
        unreadable = await client.post(WEBHOOKS, content=body, headers=headers)
        assert (unreadable.status_code, unreadable.json()["code"]) == (400, "billing.webhook_unreadable")
    assert await db.fetch("SELECT 1 FROM billing_webhook") == []


async def test_everything_whose_webhooks_were_lost_is_found_by_comparing(
    ada: Learner, course_id: UUID, plan: OnSale, server: StripeServer, db: Database
) -> None:
    begun = await buy(ada, course_id)
    paid = server.pay(begun["checkout"]["ref"])
    server.refund(paid["id"], 900)
    subscribed = await subscribe(ada, plan)
    server.renew(server.pay(subscribed["checkout"]["ref"])["id"])
    now = utc_now()
    first = await reconcile.run(db, "stripe", now - timedelta(hours=1), now + timedelta(hours=1))
    assert {one.what for one in first.differences} == {"repaired"}
    assert {one.kind for one in first.differences} >= {"payment", "refund", "subscription"}
    second = await reconcile.run(db, "stripe", now - timedelta(hours=1), now + timedelta(hours=1))
    assert second.differences == []
    assert (await order(ada, begun["id"]))["state"] == "partially_refunded"
    assert (await order(ada, subscribed["id"]))["state"] == "paid"
    assert await captures(db) == 3


@pytest.mark.parametrize("seed", range(2))
async def test_the_life_of_a_subscription_with_every_webhook_three_times_and_out_of_order(
    ada: Learner,
    plan: OnSale,
    server: StripeServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    seed: int,
) -> None:
    better = await put_on_sale(db, "courses:*", "offline", kind="plan", amount_minor=2999, interval="month")
    begun = await subscribe(ada, plan)

    async def told() -> Any:
        sent = await server.deliver(WEBHOOKS, client, copies=3, shuffle=True, seed=seed)
        assert {one.status for one in sent} <= {200}
        await crank.jobs()
        [found] = (await ada.get("/subscriptions")).json()
        return found

    ref = server.pay(begun["checkout"]["ref"])["id"]
    found = await told()
    assert (found["status"], found["amount_minor"]) == ("active", 999)
    assert await opens(db, ada, "courses:*")
    assert not await opens(db, ada, "offline")

    mine = f"/subscriptions/{found['id']}"
    preview = (await ada.post(f"{mine}/change/preview", {"price_id": str(better.price_id)})).json()
    assert preview["due_minor"] == 2000
    wanted = {"price_id": str(better.price_id), "proration_at": preview["proration_at"]}
    answer = await ada.post(f"{mine}/change", wanted)
    assert answer.status_code == 200, answer.text
    found = await told()
    assert (found["status"], found["amount_minor"]) == ("active", 2999)
    assert await opens(db, ada, "offline")

    customer = server.book.things[ref]["customer"]
    server.decline(customer)
    invoice = server.renew(ref)
    assert invoice is not None
    assert (await told())["status"] == "past_due"
    page = await ada.post(f"{mine}/payment-method")
    assert page.json()["url"].startswith("https://billing.stripe.test/"), page.text
    server.change_card(customer)
    server.retry(invoice["id"])
    assert (await told())["status"] == "active"

    answer = await ada.http.delete(f"/api/v1{mine}", headers=ada.headers)
    assert answer.status_code == 200, answer.text
    found = await told()
    assert (found["status"], found["cancel_at_period_end"]) == ("active", True)
    server.renew(ref)
    found = await told()
    assert found["status"] == "cancelled"
    rows = await db.fetch("SELECT kind, state, total_minor FROM billing_order ORDER BY created_at, id")
    assert sorted(tuple(row) for row in rows) == [
        ("plan_change", "paid", 2000),
        ("renewal", "paid", 2999),
        ("subscription", "paid", 999),
    ]
    assert await captures(db) == 3


async def test_a_trial_gives_access_at_once_and_is_charged_when_it_ends(
    ada: Learner, server: StripeServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    plan = await put_on_sale(db, "courses:*", kind="plan", amount_minor=999, interval="month", trial_days=14)
    begun = await subscribe(ada, plan)
    ref = server.pay(begun["checkout"]["ref"])["id"]
    await server.deliver(WEBHOOKS, client, copies=2, shuffle=True)
    await crank.jobs()
    [found] = (await ada.get("/subscriptions")).json()
    assert (found["status"], await opens(db, ada, "courses:*"), await captures(db)) == ("trialing", True, 0)
    server.renew(ref)
    await server.deliver(WEBHOOKS, client, copies=2, shuffle=True)
    await crank.jobs()
    [found] = (await ada.get("/subscriptions")).json()
    assert (found["status"], await captures(db)) == ("active", 1)
