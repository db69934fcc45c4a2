"""Razorpay's own page: payment links, by themselves and through the whole house."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from conftest import Crank
from domains.billing import api as billing
from domains.billing.errors import BadSignature, ProviderAway, ProviderRefused
from domains.billing.policy.seen import CheckoutClosed, Lookup, PaymentSeen, RefundSeen, Seen
from domains.billing.providers.port import Buyer, CheckoutWanted, Providers, Quarantine
from domains.billing.providers.razorpay import Razorpay
from domains.billing.service import reconcile
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from doubles.razorpay_account import Account, Webhook
from doubles.razorpay_links import PaymentLinks
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


def wanted(**more: Any) -> CheckoutWanted:
    given = {
        "order_id": uuid4(),
        "buyer": Buyer(uuid4(), "Ada", "ada@example.test"),
        "title": "Spanish from nothing",
        "amount_minor": 49_900,
        "currency": "INR",
        "quantity": 1,
        "success_url": "https://lyceum.test/return",
        "cancel_url": "https://lyceum.test/cancel",
        "expires_at": utc_now() + timedelta(hours=1),
        "hosted": True,
    }
    return CheckoutWanted(**{**given, **more})


async def look(razorpay: Razorpay, db: Database, ref: str, kind: Any = "checkout") -> list[Seen]:
    return list(await razorpay.look_up(db, Lookup(kind=kind, ref=ref)))


def told(server: RazorpayServer, name: str) -> Webhook:
    return next(one for one in server.account.webhooks if one.event == name)


# ---- the page


async def test_a_hosted_checkout_is_a_link_that_leads_back(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    checkout = await razorpay.open_checkout(db, wish)
    link = server.links.one(checkout.ref)
    assert (checkout.url, checkout.data) == (link["short_url"], {})
    assert (link["amount"], link["currency"], link["accept_partial"]) == (49_900, "INR", False)
    assert (link["reference_id"], link["notes"]["order_id"]) == (str(wish.order_id), str(wish.order_id))
    assert (link["callback_url"], link["callback_method"]) == ("https://lyceum.test/return", "get")
    assert link["expire_by"] == int(wish.expires_at.timestamp())
    assert (link["customer"], link["notify"]) == ([], {"sms": False, "email": False})
    assert server.account.all("order") == []


async def test_the_same_order_again_is_the_same_link(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    wish = wanted()
    assert await razorpay.open_checkout(db, wish) == await razorpay.open_checkout(db, wish)
    assert [call.method for call in server.calls] == ["GET", "POST", "GET"]


async def test_a_link_whose_answer_was_lost_is_found_by_its_reference(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    server.faults.append(Fault("lost", path="POST /v1/payment_links"))
    with pytest.raises(ProviderAway):
        await razorpay.open_checkout(db, wish)
    checkout = await razorpay.open_checkout(db, wish)
    assert list(server.links.things) == [checkout.ref]


async def test_eight_at_once_are_given_one_link(razorpay: Razorpay, server: RazorpayServer, db: Database) -> None:
    wish = wanted()
    server.faults += [Fault(status=200, seconds=0.1, path="POST /v1/payment_links") for _ in range(8)]
    found = await asyncio.gather(*(razorpay.open_checkout(db, wish) for _ in range(8)))
    assert {checkout.ref for checkout in found} == set(server.links.things)
    assert len(server.links.things) == 1
    assert sum(call.method == "POST" for call in server.calls) > 1


async def test_a_link_of_another_amount_under_our_reference_is_not_taken(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    reference = str(wish.order_id)
    server.links.create({"amount": 100, "currency": "INR", "reference_id": reference, "notes": {"order_id": reference}})
    with pytest.raises(ProviderRefused, match="already exists"):
        await razorpay.open_checkout(db, wish)


async def test_an_order_that_is_about_to_run_out_has_a_link_all_the_same(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    soon = utc_now() + timedelta(minutes=2)
    link = server.links.one((await razorpay.open_checkout(db, wanted(expires_at=soon))).ref)
    assert timedelta(minutes=15).total_seconds() <= link["expire_by"] - link["created_at"] <= 17 * 60


@pytest.mark.parametrize("before", ["created", "paid", "cancelled", "expired"])
async def test_closing_cancels_a_link_that_is_open_and_is_quiet_about_others(
    razorpay: Razorpay, server: RazorpayServer, db: Database, before: str
) -> None:
    ref = (await razorpay.open_checkout(db, wanted())).ref
    if before == "paid":
        server.links.pay(ref)
    elif before == "expired":
        server.links.expire(ref)
    elif before == "cancelled":
        server.links.cancel(ref)
    await razorpay.close_checkout(db, ref)
    assert server.links.one(ref)["status"] == ("cancelled" if before == "created" else before)
    await razorpay.close_checkout(db, "plink_NoSuchLink")


async def test_what_its_page_brings_back_confirms_nothing(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref = (await razorpay.open_checkout(db, wanted())).ref
    paid = server.links.pay(ref)
    with pytest.raises(BadSignature):
        await razorpay.confirm(db, order_ref=ref, payment_ref=paid["id"], signature="0" * 64)


# ---- what it is now


async def test_a_look_at_a_link_finds_its_payment_and_what_was_given_back(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    ref = (await razorpay.open_checkout(db, wish)).ref
    assert await look(razorpay, db, ref) == []
    server.account.fail(server.links.see(ref)["id"])
    paid = server.links.pay(ref)
    server.account.refund_outside(paid["id"], 900)
    seen = await look(razorpay, db, ref)
    payments = [one for one in seen if isinstance(one, PaymentSeen)]
    assert {(one.status, one.order_id) for one in payments} == {("captured", wish.order_id), ("failed", wish.order_id)}
    assert [one.amount_minor for one in seen if isinstance(one, RefundSeen)] == [900]
    assert [one for one in await look(razorpay, db, paid["id"], "payment") if isinstance(one, PaymentSeen)] == [
        one for one in payments if one.status == "captured"
    ]


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_a_closed_link_closes_its_order_unless_it_was_paid(
    razorpay: Razorpay, server: RazorpayServer, db: Database, how: str
) -> None:
    wish = wanted()
    ref = (await razorpay.open_checkout(db, wish)).ref
    begun = server.links.begin(ref)
    server.links._close(server.links.one(ref), how)
    assert CheckoutClosed(order_id=wish.order_id) in await look(razorpay, db, ref)
    server.links.finish(begun["id"])
    seen = await look(razorpay, db, ref)
    assert [type(one) for one in seen] == [PaymentSeen]


async def test_links_that_are_not_ours_are_nothing_to_us(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    ref = server.links.create({"amount": 100, "currency": "INR", "reference_id": "#425"})["id"]
    paid = server.links.pay(ref)
    assert await look(razorpay, db, ref) == []
    assert await look(razorpay, db, paid["id"], "payment") == []
    [link] = [razorpay.read(one.body) for one in server.account.webhooks if one.event == "payment_link.paid"]
    assert [(one.checkout_ref, one.order_id) for one in link if isinstance(one, PaymentSeen)] == [(ref, None)]
    server.links.expire(server.links.create({"amount": 100, "currency": "INR"})["id"])
    assert razorpay.read(told(server, "payment_link.expired").body) == []


async def test_a_link_of_another_account_or_mode_is_set_aside(razorpay: Razorpay, db: Database) -> None:
    with pytest.raises(Quarantine):
        await look(razorpay, db, "plink_ElsewhereOnly1")


# ---- what it tells


async def test_a_paid_link_names_itself_and_the_order_it_claims(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    wish = wanted()
    ref = (await razorpay.open_checkout(db, wish)).ref
    paid = server.links.pay(ref)
    [seen] = razorpay.read(told(server, "payment_link.paid").body)
    assert isinstance(seen, PaymentSeen)
    assert (seen.payment_ref, seen.status) == (paid["id"], "captured")
    assert (seen.checkout_ref, seen.order_id) == (ref, wish.order_id)
    assert razorpay.read(told(server, "order.paid").body) == [Lookup(kind="payment", ref=paid["id"])]


async def test_a_link_with_a_payment_that_is_not_its_own_is_unreadable(
    razorpay: Razorpay, server: RazorpayServer, db: Database
) -> None:
    server.links.pay((await razorpay.open_checkout(db, wanted())).ref)
    body = json.loads(told(server, "payment_link.paid").body)
    body["payload"]["payment"]["entity"]["order_id"] = "order_OfSomethingElse"
    with pytest.raises(ValueError, match="not the link's"):
        razorpay.read(json.dumps(body).encode())


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_a_link_that_was_closed_says_so(
    razorpay: Razorpay, server: RazorpayServer, db: Database, how: str
) -> None:
    wish = wanted()
    server.links._close(server.links.one((await razorpay.open_checkout(db, wish)).ref), how)
    assert razorpay.read(told(server, f"payment_link.{how}").body) == [CheckoutClosed(order_id=wish.order_id)]


# ---- the whole house


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


async def buy(ada: Learner, course_id: UUID, *, hosted: bool = True) -> Any:
    answer = await ada.post(f"/payments/courses/{course_id}", {"hosted": hosted})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def order_of(ada: Learner, begun: Any) -> Any:
    answer = await ada.get(f"/payments/{begun['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()["order"]


async def money(db: Database) -> tuple[int, int]:
    """Payments, and captures in the books."""
    [row] = await db.fetch(
        "SELECT (SELECT count(*) FROM billing_payment WHERE status = 'captured') AS payments, (SELECT"
        " count(DISTINCT cause) FROM billing_transfer WHERE cause LIKE 'capture:%') AS captures"
    )
    return row["payments"], row["captures"]


async def set_aside(db: Database) -> list[str]:
    rows = await db.fetch("SELECT type, note FROM billing_webhook WHERE state = 'quarantined' ORDER BY type")
    return [f"{row['type']}: {row['note']}" for row in rows]


async def open_for(db: Database, ada: Learner, course_id: UUID) -> bool:
    rows = await db.fetch(
        "SELECT 1 FROM billing_entitlement WHERE user_id = $1 AND key = $2 AND coalesce(ends_at > now(), true)",
        ada.id,
        billing.course_key(course_id),
    )
    return bool(rows)


@pytest.mark.parametrize("seed", range(2))
async def test_all_that_a_paid_link_tells_three_times_and_out_of_order_is_one_payment(
    ada: Learner,
    staff: Learner,
    course_id: UUID,
    server: RazorpayServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    seed: int,
) -> None:
    begun = await buy(ada, course_id)
    ref, url = begun["checkout"]["ref"], begun["checkout"]["url"]
    assert url == server.links.one(ref)["short_url"]
    server.account.fail(server.links.see(ref)["id"])
    paid = server.links.pay(ref)
    server.account.refund_outside(paid["id"], 900)
    dispute = server.account.dispute(paid["id"], 1000)
    server.account.decide(dispute["id"], "won")
    happened = {one.event for one in server.account.webhooks}
    assert {"payment.captured", "order.paid", "payment_link.paid", "refund.processed"} < happened
    assert set(await server.deliver(client, WEBHOOKS, times=3, shuffle=random.Random(seed))) == {200}
    await crank.jobs()
    assert await set_aside(db) == []
    order = await order_of(ada, begun)
    assert (order["state"], order["refunded_minor"]) == ("partially_refunded", 900)
    assert (await money(db), await open_for(db, ada, course_id)) == ((1, 1), True)
    answer = await staff.post(f"/payments/{begun['id']}/refund", {"reason": "as asked"})
    assert answer.status_code == 200, answer.text
    await server.deliver(client, WEBHOOKS, times=3, shuffle=random.Random(seed))
    await crank.jobs()
    assert (await order_of(ada, begun))["state"] == "refunded"
    assert not await open_for(db, ada, course_id)


ALL = ("payment.authorized", "payment.captured", "order.paid", "payment_link.paid")


@pytest.mark.parametrize("order", [*itertools.permutations(ALL)])
async def test_each_order_in_which_a_paid_link_is_told_comes_to_the_same(
    ada: Learner,
    course_id: UUID,
    server: RazorpayServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    order: tuple[str, ...],
) -> None:
    begun = await buy(ada, course_id)
    server.links.pay(begun["checkout"]["ref"])
    for name in order:
        await server.deliver(client, WEBHOOKS, webhooks=[told(server, name)])
        await crank.jobs()
    assert ((await order_of(ada, begun))["state"], await money(db), await set_aside(db)) == ("paid", (1, 1), [])


@pytest.mark.parametrize(
    ("heard", "state"), [("payment_link.paid", "paid"), ("order.paid", "paid"), ("payment.captured", "pending")]
)
async def test_one_of_the_two_that_name_our_order_is_enough(
    ada: Learner,
    course_id: UUID,
    server: RazorpayServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    heard: str,
    state: str,
) -> None:
    begun = await buy(ada, course_id)
    server.links.pay(begun["checkout"]["ref"])
    await server.deliver(client, WEBHOOKS, webhooks=[told(server, heard)])
    await crank.jobs()
    assert ((await order_of(ada, begun))["state"], await set_aside(db)) == (state, [])


async def test_the_page_it_comes_back_to_waits_until_the_webhook_is_there(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    link = server.links.one(begun["checkout"]["ref"])
    paid = server.links.pay(link["id"])
    brought = {
        "razorpay_payment_id": paid["id"],
        "razorpay_payment_link_id": link["id"],
        "razorpay_payment_link_reference_id": link["reference_id"],
        "razorpay_payment_link_status": "paid",
        "razorpay_signature": "0" * 64,
    }
    back = link["callback_url"].removeprefix("http://lyceum.test")
    waiting = await client.get(back, params=brought)
    assert (waiting.status_code, (await order_of(ada, begun))["state"]) == (200, "pending")
    await server.deliver(client, WEBHOOKS)
    await crank.jobs()
    thanks = await client.get(back, params=brought)
    assert (thanks.status_code, (await order_of(ada, begun))["state"]) == (200, "paid")
    assert "You can start learning." in thanks.text
    assert "You can start learning." not in waiting.text


@pytest.mark.parametrize("first", [True, False])
async def test_an_order_that_was_begun_the_other_way_is_replaced_and_the_same_way_again_is_the_same(
    ada: Learner, course_id: UUID, server: RazorpayServer, first: bool
) -> None:
    one = await buy(ada, course_id, hosted=first)
    assert await buy(ada, course_id, hosted=first) == one
    other = await buy(ada, course_id, hosted=not first)
    assert other["id"] != one["id"]
    assert [begun["checkout"]["ref"].partition("_")[0] for begun in (one, other)] == (
        ["plink", "order"] if first else ["order", "plink"]
    )
    assert (await order_of(ada, one))["state"] == "void"
    assert [link["status"] for link in server.links.things.values()] == ["cancelled" if first else "created"]
    assert len(server.account.all("order")) == 1


async def test_both_ways_at_once_leave_one_open_order_with_one_way_to_pay(
    ada: Learner, course_id: UUID, server: RazorpayServer, db: Database
) -> None:
    wishes = [{"hosted": number % 2 == 0} for number in range(8)]
    answers = await asyncio.gather(*(ada.post(f"/payments/courses/{course_id}", wish) for wish in wishes))
    assert {answer.status_code for answer in answers} <= {201, 409}
    rows = await db.fetch("SELECT id, state, hosted, provider_checkout_ref AS ref FROM billing_order")
    assert sum(row["state"] != "void" for row in rows) == 1
    receipts = [one["receipt"] for one in server.account.all("order")]
    linked = {one["reference_id"]: one["status"] for one in server.links.things.values()}
    assert set(receipts) & set(linked) == set()
    assert {str(row["id"]) for row in rows if row["hosted"]} >= set(linked)
    still_open = {str(row["id"]) for row in rows if row["hosted"] and row["state"] != "void"}
    assert {own_id for own_id, status in linked.items() if status == "created"} == still_open


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_a_link_that_was_closed_gives_its_order_up_and_late_money_counts_all_the_same(
    ada: Learner,
    course_id: UUID,
    server: RazorpayServer,
    client: httpx.AsyncClient,
    db: Database,
    crank: Crank,
    how: str,
) -> None:
    begun = await buy(ada, course_id)
    late = server.links.begin(begun["checkout"]["ref"])
    server.links._close(server.links.one(begun["checkout"]["ref"]), how)
    await server.deliver(client, WEBHOOKS, times=2)
    await crank.jobs()
    assert (await order_of(ada, begun))["state"] == "void"
    server.links.finish(late["id"])
    await server.deliver(client, WEBHOOKS, times=2)
    await crank.jobs()
    assert ((await order_of(ada, begun))["state"], await money(db), await set_aside(db)) == ("paid", (1, 1), [])


async def test_giving_an_order_up_cancels_its_link(ada: Learner, course_id: UUID, server: RazorpayServer) -> None:
    begun = await buy(ada, course_id)
    answer = await ada.post(f"/payments/{begun['id']}/cancel", {})
    assert (answer.status_code, answer.json()["order"]["state"]) == (200, "void")
    assert server.links.one(begun["checkout"]["ref"])["status"] == "cancelled"


async def test_links_of_the_test_mode_buy_nothing_though_the_secret_is_the_same(
    ada: Learner, course_id: UUID, server: RazorpayServer, client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    elsewhere = PaymentLinks(Account())
    elsewhere.pay(elsewhere.create(server.links.one(begun["checkout"]["ref"]))["id"])
    await server.deliver(client, WEBHOOKS, webhooks=elsewhere.account.webhooks)
    await crank.jobs()
    assert ((await order_of(ada, begun))["state"], await money(db)) == ("pending", (0, 0))
    assert [line.partition(":")[0] for line in await set_aside(db)] == ["order.paid", "payment_link.paid"]


async def test_what_links_never_told_is_found_by_comparing(
    ada: Learner, course_id: UUID, server: RazorpayServer, db: Database
) -> None:
    begun = await buy(ada, course_id)
    other = new_id()
    await put_on_sale(db, billing.course_key(other), amount_minor=900, currency="INR")
    unpaid = await buy(ada, other)
    paid = server.links.pay(begun["checkout"]["ref"])
    server.account.refund_outside(paid["id"], 900)
    server.links.expire(unpaid["checkout"]["ref"])
    now = utc_now()
    first = await reconcile.run(db, "razorpay", now - timedelta(hours=1), now + timedelta(hours=1))
    assert sorted((one.what, one.kind) for one in first.differences) == [
        ("repaired", "checkout_closed"),
        ("repaired", "payment"),
        ("repaired", "refund"),
    ]
    second = await reconcile.run(db, "razorpay", now - timedelta(hours=1), now + timedelta(hours=1))
    assert second.differences == []
    assert (await order_of(ada, begun))["state"] == "partially_refunded"
    assert ((await order_of(ada, unpaid))["state"], await money(db)) == ("void", (1, 1))


async def test_what_is_wanted_without_a_page_is_paid_with_the_client_library(
    ada: Learner, course_id: UUID, server: RazorpayServer
) -> None:
    begun = (await ada.post(f"/payments/courses/{course_id}", {})).json()
    assert (begun["checkout"]["url"], server.links.things) == (None, {})
    assert begun["checkout"]["data"]["order_id"] == begun["checkout"]["ref"]
