"""The whole life of a subscription at the fake provider, through REST and the pay pages: what a fresh clone can do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from conftest import Crank
from domains.billing.models import PriceRow
from domains.billing.service import till
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import PASSWORD, Learner, publish, register, small_course
from factories.shop import put_on_sale

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Subscriber:
    """Somebody who presses the buttons; what providers and jobs do follows each press."""

    def __init__(self, learner: Learner, email: str, db: Database, crank: Crank, clock: time_machine.Traveller) -> None:
        self.learner = learner
        self._email = email
        self._db = db
        self._crank = crank
        self._clock = clock

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.learner.http.request(method, f"/api/v1{path}", json=body, headers=self.learner.headers)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        await self.all_is_told()
        return answer.json()

    async def use(self, url: str, card: str) -> str:
        """Where the page with this address leads to with that card."""
        answer = await self.learner.http.post(httpx.URL(url).path, content=f"card={card}", headers=FORM)
        assert answer.status_code == 303
        await self._crank.jobs()
        return answer.headers["location"]

    async def later(self, **delta: float) -> None:
        """Time passes, and whoever comes back logs in again."""
        self._clock.shift(timedelta(**delta))
        body = {"email": self._email, "password": PASSWORD}
        answer = await self.learner.http.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self.learner = replace(self.learner, token=answer.json()["access_token"])
        await self.all_is_told()

    async def all_is_told(self) -> None:
        await till.tick(self._db, utc_now())
        await self._crank.jobs()

    async def subscription(self) -> Any:
        [found] = (await self.learner.get("/subscriptions")).json()
        return found

    async def orders(self) -> list[tuple[str, str, int]]:
        """Kind, state and total, the first one first."""
        items = (await self.learner.get("/payments")).json()["items"]
        return [(order["kind"], order["state"], order["total_minor"]) for order in reversed(items)]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(utc_now(), tick=True) as found:
        yield found


@pytest.fixture
async def ada(client: httpx.AsyncClient, db: Database, crank: Crank, clock: time_machine.Traveller) -> Subscriber:
    email = "ada@example.org"
    return Subscriber(await register(client, email=email), email, db, crank, clock)


async def dearer_price(db: Database, product_id: UUID, amount_minor: int, interval: str) -> UUID:
    price = PriceRow(id=new_id(), product_id=product_id, currency="EUR", amount_minor=amount_minor, interval=interval)
    async with db.begin() as uow:
        uow.session.add(price)
    return price.id


async def test_a_course_is_bought_with_the_second_card_and_opens(
    ada: Subscriber, db: Database, client: httpx.AsyncClient
) -> None:
    course = await publish(db, small_course())
    lessons = (await client.get(f"/api/v1/courses/{course.course_id}/lessons")).json()["items"]
    await put_on_sale(db, f"course:{course.course_id}")
    refused = await ada.learner.post(f"/lessons/{lessons[0]['id']}/sessions", {})
    assert (refused.status_code, refused.json()["code"]) == (402, "billing.access_required")
    bought = await ada.call("POST", f"/payments/courses/{course.course_id}")
    assert (bought["state"], bought["total_minor"], bought["checkout"]["provider"]) == ("pending", 1999, "fake")
    assert (await ada.use(bought["checkout"]["url"], "declined")).endswith("declined=true")
    assert await ada.use(bought["checkout"]["url"], "good") == f"/pay/return/{bought['id']}"
    assert await ada.orders() == [("purchase", "paid", 1999)]
    await ada.learner.begin(lessons[0]["id"])


async def test_a_subscription_from_its_trial_to_its_end(ada: Subscriber, db: Database) -> None:
    plan = await put_on_sale(db, "courses:*", kind="plan", interval="month", amount_minor=1000, trial_days=7)
    yearly = await dearer_price(db, plan.product_id, 10_000, "year")
    begun = await ada.call("POST", "/subscriptions", {"price_id": str(plan.price_id)})
    assert begun["total_minor"] == 0
    await ada.use(begun["checkout"]["url"], "good")
    found = await ada.subscription()
    own = f"/subscriptions/{found['id']}"
    assert found["status"] == "trialing"

    await ada.later(days=7, seconds=5)
    found = await ada.subscription()
    assert (found["status"], await ada.orders()) == (
        "active",
        [("subscription", "paid", 0), ("renewal", "paid", 1000)],
    )

    await ada.call("DELETE", own)
    assert (await ada.subscription())["cancel_at_period_end"]
    await ada.call("POST", f"{own}/resume")
    await ada.call("POST", f"{own}/pause")
    assert (await ada.subscription())["status"] == "paused"
    await ada.later(days=60)
    assert len(await ada.orders()) == 2, "a pause costs nothing"
    await ada.call("POST", f"{own}/resume")
    assert (await ada.subscription())["status"] == "active"
    assert (await ada.orders())[2:] == [("renewal", "paid", 1000)], "the paused period is over: a new one has begun"

    preview = await ada.call("POST", f"{own}/change/preview", {"price_id": str(yearly)})
    change = {"price_id": str(yearly), "proration_at": preview["proration_at"]}
    await ada.call("POST", f"{own}/change", change)
    found = await ada.subscription()
    assert (found["price_id"], found["interval"]) == (str(yearly), "year")
    assert (await ada.orders())[-1][1:] == ("paid", preview["due_minor"])

    page = await ada.call("POST", f"{own}/payment-method")
    assert await ada.use(page["url"], "fails_later") == f"/payments{own}"
    await ada.later(days=400)
    assert (await ada.subscription())["status"] == "past_due"
    assert (await ada.orders())[-1] == ("renewal", "pending", 10_000)
    page = await ada.call("POST", f"{own}/payment-method")
    await ada.use(page["url"], "good")
    assert ((await ada.subscription())["status"], (await ada.orders())[-1]) == ("active", ("renewal", "paid", 10_000))

    await ada.call("DELETE", f"{own}?now=true")
    await ada.later(days=4000)
    assert (await ada.subscription())["status"] == "cancelled"
    assert [total for _, _, total in await ada.orders()] == [0, 1000, 1000, preview["due_minor"], 10_000]
    [balance] = await db.fetch("SELECT sum(amount_minor) AS paid FROM billing_payment WHERE status = 'captured'")
    assert balance["paid"] == sum(total for _, _, total in await ada.orders())


async def test_an_upgrade_costs_what_its_preview_said_and_the_next_period_is_charged_whole(
    ada: Subscriber, db: Database
) -> None:
    plan = await put_on_sale(db, "offline", kind="plan", interval="month", amount_minor=1000)
    more = await put_on_sale(db, "courses:*", kind="plan", interval="month", amount_minor=3000)
    begun = await ada.call("POST", "/subscriptions", {"product_id": str(plan.product_id)})
    await ada.use(begun["checkout"]["url"], "good")
    own = f"/subscriptions/{(await ada.subscription())['id']}"
    await ada.later(days=10)
    preview = await ada.call("POST", f"{own}/change/preview", {"price_id": str(more.price_id)})
    assert 1250 < preview["due_minor"] < 1400
    change = {"price_id": str(more.price_id), "proration_at": preview["proration_at"]}
    for _ in range(2):
        await ada.call("POST", f"{own}/change", change)
    await ada.later(days=22)
    assert await ada.orders() == [
        ("subscription", "paid", 1000),
        ("plan_change", "paid", preview["due_minor"]),
        ("renewal", "paid", 3000),
    ]
    keys = {entitlement["key"] for entitlement in (await ada.learner.get("/entitlements")).json()}
    assert keys == {"courses:*"}


async def test_a_downgrade_is_a_credit_that_the_next_period_uses(ada: Subscriber, db: Database) -> None:
    plan = await put_on_sale(db, "courses:*", kind="plan", interval="month", amount_minor=3000)
    cheap = await put_on_sale(db, "offline", kind="plan", interval="month", amount_minor=1000)
    begun = await ada.call("POST", "/subscriptions", {"product_id": str(plan.product_id)})
    await ada.use(begun["checkout"]["url"], "good")
    own = f"/subscriptions/{(await ada.subscription())['id']}"
    preview = await ada.call("POST", f"{own}/change/preview", {"price_id": str(cheap.price_id)})
    assert -2000 <= preview["due_minor"] < -1990
    await ada.call("POST", f"{own}/change", {"price_id": str(cheap.price_id), "proration_at": preview["proration_at"]})
    for _ in range(3):
        await ada.later(days=31)
    totals = [total for _, state, total in await ada.orders() if state == "paid"]
    assert sum(totals) == 3000 + 3 * 1000 + preview["due_minor"]
    assert (await ada.subscription())["product_id"] == str(cheap.product_id)
