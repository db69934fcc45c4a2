"""The till of the fake provider and the pages to come back to, as a browser without a script sees them."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from conftest import Crank
from domains.billing.controllers import pages
from domains.billing.models import OrderRow
from domains.billing.policy.fake import FakeCheckout
from domains.billing.providers import fake
from domains.billing.providers.fake import FakeProvider
from domains.billing.providers.port import Buyer, Charge, Checkout, CheckoutWanted, Providers
from domains.billing.service import till
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import OnSale, put_on_sale

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def provider(db: Database) -> FakeProvider:
    found = db.port(Providers).chosen("fake")
    assert isinstance(found, FakeProvider)
    return found


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def placed(db: Database, ada: Learner, on_sale: OnSale, **fields: object) -> OrderRow:
    values: dict[str, object] = {
        "kind": "purchase",
        "provider": "fake",
        "state": "pending",
        "currency": "EUR",
        "list_minor": 1999,
        "discount_minor": 0,
        "tax_minor": 0,
        "total_minor": 1999,
        "placed_at": datetime.now(UTC),
    }
    order = OrderRow(
        id=new_id(), user_id=ada.id, product_id=on_sale.product_id, price_id=on_sale.price_id, **(values | fields)
    )
    async with db.begin() as uow:
        uow.session.add(order)
    return order


async def opened(db: Database, provider: FakeProvider, order: OrderRow, **fields: object) -> Checkout:
    own = f"{db.port(Providers).public_url}/pay"
    wanted = CheckoutWanted(
        order_id=order.id,
        buyer=Buyer(order.user_id, "Ada", "ada@example.org"),
        title="Spanish <for> all",
        amount_minor=order.total_minor,
        currency="EUR",
        quantity=1,
        success_url=f"{own}/return/{order.id}",
        cancel_url=f"{own}/cancelled/{order.id}",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )
    return await provider.open_checkout(db, wanted._replace(**fields))


async def press(client: httpx.AsyncClient, ref: str, card: str = "good", **headers: str) -> httpx.Response:
    return await client.post(f"/pay/{ref}", content=f"card={card}", headers=FORM | headers)


async def inbox(db: Database) -> list[str]:
    rows = await db.fetch("SELECT type FROM billing_webhook ORDER BY received_at, event_ref")
    return [row["type"] for row in rows]


def words(answer: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


# ---- the pay page


async def test_a_pay_page_says_what_is_paid_and_that_no_money_moves(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    answer = await client.get(f"/pay/{checkout.ref}")
    assert answer.status_code == 200
    assert "Test payment: no money moves." in words(answer)
    assert "Pay EUR 19.99" in words(answer)
    assert "Spanish &lt;for&gt; all" in answer.text, "a title is text and nothing else"
    assert "Ada" not in answer.text
    assert "example.org" not in answer.text


async def test_a_pay_page_needs_no_script_and_can_be_used_by_everybody(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    answer = await client.get(f"/pay/{(await opened(db, provider, order)).ref}")
    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert "script" not in rules
    assert not re.search(r"<script|<style|\son\w+=|\sstyle=", answer.text)
    assert '<html lang="en">' in answer.text
    for found in re.findall(r'<input[^>]* id="([^"]+)"', answer.text):
        assert f'<label for="{found}">' in answer.text
    assert "<legend>" in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_paying_tells_the_inbox_and_goes_to_the_return_page(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    answer = await press(client, checkout.ref)
    # Without a host: who came as localhost stays there.
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/return/{order.id}")
    assert await inbox(db) == ["payment.captured"]
    page = await client.get(f"/pay/{checkout.ref}")
    assert "This page has been used." in words(page)


async def test_whoever_presses_pay_many_times_at_once_pays_once(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    answers = await asyncio.gather(*(press(client, checkout.ref) for _ in range(6)))
    answers.append(await press(client, checkout.ref))
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, f"/pay/return/{order.id}")
    }
    assert await inbox(db) == ["payment.captured"]


async def test_a_declined_card_is_told_and_another_one_can_be_used(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    for _ in range(2):
        answer = await press(client, checkout.ref, "declined")
        assert answer.status_code == 303
        page = await client.get(answer.headers["location"])
        assert 'role="alert"' in page.text
        assert pages.DECLINED in words(page)
    await press(client, checkout.ref)
    assert await inbox(db) == ["payment.failed", "payment.failed", "payment.captured"]


async def test_without_a_card_nothing_happens(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    for body in (b"", b"card=", b"card=platinum", b"other=1", b"%ff=%00"):
        answer = await client.post(f"/pay/{checkout.ref}", content=body, headers=FORM)
        assert answer.status_code == 303, body
        assert pages.CHOOSE in words(await client.get(answer.headers["location"]))
    assert await inbox(db) == []


async def test_an_unknown_checkout_and_one_whose_time_is_over_have_a_page_that_says_so(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    for answer in (await client.get("/pay/co_nobody"), await press(client, "co_nobody")):
        assert answer.status_code == 404
        assert "nothing to pay" in words(answer)
    order = await placed(db, ada, await put_on_sale(db))
    late = await opened(db, provider, order, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    for answer in (await client.get(f"/pay/{late.ref}"), await press(client, late.ref)):
        assert answer.status_code == 410
        assert "Nothing was taken." in words(answer)
    assert await inbox(db) == []


async def test_another_site_cannot_press_the_button(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    for strange in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await press(client, checkout.ref, **strange)
        assert answer.status_code == 403
    assert await inbox(db) == []
    own = {"Origin": "http://lyceum.test", "Sec-Fetch-Site": "same-origin"}
    assert (await press(client, checkout.ref, **own)).status_code == 303


async def test_forms_are_taken_by_pay_pages_only(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/auth/login", content="email=a", headers=FORM)
    assert (answer.status_code, answer.json()["code"]) == (415, "http.unsupported_media_type")


async def test_the_fake_provider_takes_nothing_over_http(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/webhooks/fake", json={"id": "evt_1", "type": "payment.captured", "data": {}})
    assert answer.status_code == 404


async def test_where_the_fake_provider_is_not_set_up_its_pages_are_not_there(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    monkeypatch.setitem(db._ports, Providers, Providers([], public_url="http://lyceum.test"))
    assert (await client.get(f"/pay/{checkout.ref}")).status_code == 404
    assert (await press(client, checkout.ref)).status_code == 404
    await till.fake_clock(db)
    assert await inbox(db) == []
    course_id = new_id()
    await put_on_sale(db, f"course:{course_id}")
    answer = await ada.post(f"/payments/courses/{course_id}")
    assert (answer.status_code, answer.json()["code"]) == (400, "billing.provider_unknown")


# ---- the return pages


@pytest.mark.parametrize(
    ("state", "kind", "total_minor", "said"),
    [
        ("pending", "purchase", 1999, "One moment"),
        ("paid", "purchase", 1999, "is paid. You can start learning."),
        ("paid", "purchase", 0, "is yours. You can start learning."),
        ("paid", "gift", 1999, "The code of your gift waits"),
        ("paid", "seats", 1999, "The code for your seats waits"),
        ("paid", "subscription", 1999, "is paid. Your subscription has begun."),
        ("paid", "subscription", 0, "Your free trial of"),
        ("partially_refunded", "purchase", 1999, "You can start learning."),
        ("void", "purchase", 1999, "nothing was taken"),
        ("refunded", "purchase", 1999, "was given back"),
    ],
)
async def test_the_return_page_says_what_has_become_of_the_order(
    client: httpx.AsyncClient, db: Database, ada: Learner, state: str, kind: str, total_minor: int, said: str
) -> None:
    trial = 14 if kind == "subscription" and not total_minor else 0
    order = await placed(
        db, ada, await put_on_sale(db), state=state, kind=kind, total_minor=total_minor, trial_days=trial
    )
    answer = await client.get(f"/pay/return/{order.id}")
    assert answer.status_code == 200
    assert said in words(answer)
    assert total_minor or "is paid" not in words(answer)
    assert (f'href="/payments/{order.id}"' in answer.text) == (kind in {"gift", "seats"})
    assert ("refresh" in answer.headers) == (state == "pending")
    assert "Ada" not in answer.text


async def test_the_return_page_looks_again_ever_less_often_and_then_lets_it_be(
    client: httpx.AsyncClient, db: Database, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    address, waits = f"/pay/return/{order.id}", []
    while (answer := await client.get(address)).headers.get("refresh"):
        seconds, _, query = answer.headers["refresh"].partition("; url=")
        waits.append(int(seconds))
        address = f"/pay/return/{order.id}{query}"
    assert waits == sorted(waits)
    assert 45 < sum(waits) < 120
    assert "Nothing is lost" in words(answer)


@pytest.mark.parametrize(
    ("state", "said"), [("pending", "can still be paid"), ("void", "Nothing was taken"), ("paid", "had gone through")]
)
async def test_the_cancelled_page_says_whether_it_can_still_be_paid(
    client: httpx.AsyncClient, db: Database, ada: Learner, state: str, said: str
) -> None:
    page = {"ref": "co_1", "url": "https://pay.example/co_1", "data": {}}
    order = await placed(db, ada, await put_on_sale(db), state=state, checkout=page)
    answer = await client.get(f"/pay/cancelled/{order.id}")
    assert said in words(answer)
    assert ("https://pay.example/co_1" in answer.text) == (state == "pending")


async def test_an_order_that_nobody_knows_has_a_page_that_says_so(client: httpx.AsyncClient) -> None:
    for page in ("return", "cancelled"):
        assert (await client.get(f"/pay/{page}/{new_id()}")).status_code == 404


# ---- the whole way


async def test_what_is_paid_at_the_till_is_paid(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner, crank: Crank
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    await press(client, checkout.ref, "declined")
    await press(client, checkout.ref)
    await crank.jobs()
    assert "You can start learning." in words(await client.get(f"/pay/return/{order.id}"))
    assert await order_state(db, order.id) == "paid"


async def test_a_checkout_that_nobody_pays_expires_and_the_order_with_it(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner, crank: Crank
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    await opened(db, provider, order)
    for hours in (0, 2, 2):
        await till.tick(db, datetime.now(UTC) + timedelta(hours=hours))
    assert await inbox(db) == ["checkout.expired"]
    await crank.jobs()
    assert await order_state(db, order.id) == "void"
    assert "nothing was taken" in words(await client.get(f"/pay/return/{order.id}"))


async def test_a_subscription_lives_by_the_clock(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner, crank: Crank
) -> None:
    on_sale = await put_on_sale(db, kind="plan", interval="month", amount_minor=1000)
    order = await placed(db, ada, on_sale, kind="subscription", list_minor=1000, total_minor=1000)
    charge = Charge(on_sale.price_id, on_sale.product_id, "All courses", 1000, "EUR", "month")
    checkout = await opened(db, provider, order, charge=charge)
    now = datetime.now(UTC)
    await press(client, checkout.ref, "fails_later")
    await crank.jobs()
    assert await order_state(db, order.id) == "paid"
    assert await subscription(db) == ("active", 1)
    for _ in range(2):
        await till.tick(db, now + timedelta(days=32))
    await crank.jobs()
    assert await subscription(db) == ("past_due", 1)
    ref = f"sub_{order.id.hex}"
    page = await provider.payment_method_url(db, ref, f"{db.port(Providers).public_url}/")
    path = httpx.URL(page).path
    assert "Another card" in words(await client.get(path))
    answer = await client.post(path, content="card=declined", headers=FORM)
    assert pages.DECLINED in words(await client.get(answer.headers["location"]))
    for _ in range(2):
        answer = await client.post(path, content="card=good", headers=FORM)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    await crank.jobs()
    assert await subscription(db) == ("active", 2)
    await till.tick(db, now + timedelta(days=100))
    await crank.jobs()
    assert await subscription(db) == ("active", 4), "also what fell due while nobody looked"


async def test_a_trial_costs_nothing_and_ends_with_the_first_payment(
    client: httpx.AsyncClient, db: Database, provider: FakeProvider, ada: Learner, crank: Crank
) -> None:
    on_sale = await put_on_sale(db, kind="plan", interval="month", amount_minor=1000, trial_days=14)
    order = await placed(db, ada, on_sale, kind="subscription", list_minor=0, total_minor=0, trial_days=14)
    charge = Charge(on_sale.price_id, on_sale.product_id, "All courses", 1000, "EUR", "month")
    checkout = await opened(db, provider, order, charge=charge, trial_days=14, amount_minor=0)
    assert "14 days free, then EUR 10.00 per month" in words(await client.get(f"/pay/{checkout.ref}"))
    await press(client, checkout.ref, "declined")
    assert await inbox(db) == []
    await press(client, checkout.ref)
    await crank.jobs()
    assert (await subscription(db), await order_state(db, order.id)) == (("trialing", 0), "paid")
    await till.tick(db, datetime.now(UTC) + timedelta(days=14, seconds=1))
    await crank.jobs()
    assert await subscription(db) == ("active", 1)


async def test_what_happens_and_what_is_told_of_it_commit_together(
    db: Database, provider: FakeProvider, ada: Learner
) -> None:
    order = await placed(db, ada, await put_on_sale(db))
    checkout = await opened(db, provider, order)
    with pytest.raises(RuntimeError):
        async with db.begin() as uow:
            await till.pay(uow, checkout.ref, "good", datetime.now(UTC))
            raise RuntimeError
    assert await inbox(db) == []
    async with db.begin() as uow:
        found = await fake.load(uow.session, checkout.ref, "checkout", FakeCheckout)
    assert found is not None
    assert found.state == "open"


async def order_state(db: Database, order_id: UUID) -> str:
    [row] = await db.fetch("SELECT state FROM billing_order WHERE id = $1", order_id)
    state: str = row["state"]
    return state


async def subscription(db: Database) -> tuple[str, int]:
    """Its state as we know it, and how many payments were captured."""
    async with db.engine.connect() as connection:
        status = (await connection.execute(text("SELECT status FROM billing_subscription"))).scalar_one()
        captured = "SELECT count(*) FROM billing_payment WHERE status = 'captured'"
        return status, (await connection.execute(text(captured))).scalar_one()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "EUR 10.00 per month"),
        ({"interval": "year"}, "EUR 10.00 per year"),
        ({"trial_days": 1}, "1 day free, then EUR 10.00 per month"),
        ({"discount_minor": 250}, "EUR 7.50 per month"),
        ({"discount_minor": 2500, "discount_cycles": 1}, "EUR 0.00 for the first month, then EUR 10.00 per month"),
        (
            {"discount_minor": 250, "discount_cycles": 3, "trial_days": 7},
            "7 days free, then EUR 7.50 for each of the first 3 months, then EUR 10.00 per month",
        ),
    ],
)
def test_the_price_of_a_subscription_is_said_in_full(fields: dict[str, object], said: str) -> None:
    checkout = FakeCheckout(
        ref="co_1",
        order_id=new_id(),
        title="All courses",
        amount_minor=1000,
        currency="EUR",
        quantity=1,
        success_url="",
        cancel_url="",
        expires_at=datetime.now(UTC),
        price_id=new_id(),
        unit_minor=1000,
        **fields,  # type: ignore[arg-type]
    )
    assert pages.price(checkout) == said
