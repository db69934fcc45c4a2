"""Buying a course: money once, access right, whatever is done twice or in another order."""

import json
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text

from conftest import Crank
from domains.billing import api as billing
from domains.billing.models import OrderRow, TransferRow
from domains.billing.service import till
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import put_on_sale


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


async def pay(db: Database, ref: str, card: str = "good") -> None:
    async with db.begin() as uow:
        paid = await till.pay(uow, ref, card, utc_now())  # type: ignore[arg-type]
    assert paid is not None


async def buy(ada: Learner, course_id: UUID, **wish: object) -> dict:  # type: ignore[type-arg]
    answer = await ada.post(f"/payments/courses/{course_id}", wish)
    assert answer.status_code == 201, answer.text
    found: dict = answer.json()  # type: ignore[type-arg]
    return found


async def shown(ada: Learner, order_id: str) -> dict:  # type: ignore[type-arg]
    answer = await ada.get(f"/payments/{order_id}")
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()  # type: ignore[type-arg]
    return found


async def test_a_course_that_is_paid_may_be_used(ada: Learner, course_id: UUID, db: Database, crank: Crank) -> None:
    key = billing.course_key(course_id)
    begun = await buy(ada, course_id)
    assert (begun["state"], begun["total_minor"], begun["currency"]) == ("pending", 1999, "EUR")
    assert not await billing.entitled(db, ada.id, key)
    await pay(db, begun["checkout"]["ref"])
    await crank.jobs()
    found = await shown(ada, begun["id"])
    assert (found["order"]["state"], found["user_id"]) == ("paid", str(ada.id))
    assert [payment["state"] for payment in found["payments"]] == ["captured"]
    assert found["checkout"] is None
    async with db.begin() as uow:
        opened = await uow.session.execute(
            text("SELECT source, ends_at FROM billing_entitlement WHERE key = :k"), {"k": key}
        )
        assert opened.all() == [("purchase", None)]


async def test_two_clicks_are_one_order_and_one_page(ada: Learner, course_id: UUID) -> None:
    first, second = await buy(ada, course_id), await buy(ada, course_id)
    assert first == second


async def test_another_wish_for_the_same_thing_closes_the_page_before(ada: Learner, db: Database, crank: Crank) -> None:
    seats = await put_on_sale(db, "offline", kind="seats")
    path = f"/payments/products/{seats.product_id}"
    two, three = [(await ada.post(path, {"quantity": number})).json() for number in (2, 3)]
    assert (two["total_minor"], three["total_minor"]) == (2 * 1999, 3 * 1999)
    assert (await shown(ada, two["id"]))["order"]["state"] == "void"
    async with db.begin() as uow:
        closed = await till.pay(uow, two["checkout"]["ref"], "good", utc_now())
    assert closed is not None
    assert closed.page.state == "expired"
    await pay(db, three["checkout"]["ref"])
    await crank.jobs()
    assert (await shown(ada, three["id"]))["order"]["state"] == "paid"
    assert (await shown(ada, two["id"]))["order"]["state"] == "void"


async def test_what_is_owned_cannot_be_bought_again(ada: Learner, course_id: UUID, db: Database, crank: Crank) -> None:
    begun = await buy(ada, course_id)
    await pay(db, begun["checkout"]["ref"])
    await crank.jobs()
    again = await ada.post(f"/payments/courses/{course_id}", {})
    assert (again.status_code, again.json()["code"]) == (409, "billing.already_owned")
    cancelled = await ada.post(f"/payments/{begun['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["detail"]) == (409, "it is paid")


async def test_a_refund_takes_the_access_and_only_once(
    ada: Learner, staff: Learner, course_id: UUID, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    await pay(db, begun["checkout"]["ref"])
    await crank.jobs()
    path = f"/payments/{begun['id']}/refund"
    part = await staff.post(path, {"amount_minor": 500, "reason": "late"}, key="k1")
    assert part.status_code == 200, part.text
    again = await staff.post(path, {"amount_minor": 500, "reason": "late"}, key="k1")
    assert again.json() == part.json()
    await crank.jobs()
    found = await shown(ada, begun["id"])
    assert (found["order"]["state"], found["order"]["refunded_minor"]) == ("partially_refunded", 500)
    too_much = await staff.post(path, {"amount_minor": 1500, "reason": "more"})
    assert (too_much.status_code, too_much.json()["code"]) == (400, "billing.refund_too_large")
    rest = await staff.post(path, {"reason": "all of it"})
    assert [refund["amount_minor"] for refund in rest.json()] == [1499]
    await crank.jobs()
    found = await shown(ada, begun["id"])
    assert (found["order"]["state"], found["order"]["refunded_minor"]) == ("refunded", 1999)
    audit = "SELECT actor_id, user_id, detail FROM identity_audit WHERE action = 'refund_begun' ORDER BY at, id"
    logged = [(row["actor_id"], row["user_id"], json.loads(row["detail"])) for row in await db.fetch(audit)]
    assert [(actor, buyer, told["amount_minor"], told["reason"]) for actor, buyer, told in logged] == [
        (staff.id, ada.id, 500, "late"),
        (staff.id, ada.id, 1499, "all of it"),
    ]
    async with db.begin() as uow:
        rows = await uow.session.execute(text("SELECT ends_at <= now() FROM billing_entitlement"))
        assert rows.scalars().all() == [True]
        cash = select(func.sum(TransferRow.amount_minor))
        clearing = TransferRow.debit.like("%fake%"), TransferRow.credit.like("%fake%")
        assert await uow.session.scalar(cash.where(clearing[0])) == await uow.session.scalar(cash.where(clearing[1]))


async def test_refunds_are_for_staff_and_orders_for_their_owner(
    ada: Learner, client: httpx.AsyncClient, course_id: UUID
) -> None:
    begun = await buy(ada, course_id)
    ben = await register(client, "Ben")
    assert (await ben.get(f"/payments/{begun['id']}")).status_code == 404
    assert (await ben.post(f"/payments/{begun['id']}/cancel")).status_code == 404
    refused = await ada.post(f"/payments/{begun['id']}/refund", {"reason": "I say so"})
    assert refused.status_code == 403
    assert (await ben.get("/payments")).json() == {"items": [], "next_cursor": None}


async def test_support_finds_what_somebody_bought(
    ada: Learner, staff: Learner, course_id: UUID, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    await pay(db, begun["checkout"]["ref"])
    await crank.jobs()
    assert (await staff.get(f"/admin/users/{ada.id}/payments")).json() == (await ada.get("/payments")).json()
    assert (await staff.get(f"/admin/payments/{begun['id']}")).json() == await shown(ada, begun["id"])
    assert (await staff.get(f"/admin/payments/{new_id()}")).status_code == 404
    [placed] = (await staff.get("/admin/payments?state=paid")).json()["items"]
    assert placed == {"user_id": str(ada.id), "order": (await ada.get("/payments")).json()["items"][0]}
    assert (await staff.get("/admin/payments?state=void")).json()["items"] == []
    for path in (f"/admin/users/{ada.id}/payments", f"/admin/payments/{begun['id']}", "/admin/payments"):
        assert (await ada.get(path)).status_code == 403


async def test_an_order_that_is_given_up_counts_again_when_it_is_paid_after_all(
    ada: Learner, course_id: UUID, db: Database, crank: Crank
) -> None:
    begun = await buy(ada, course_id)
    ref = begun["checkout"]["ref"]
    async with db.begin() as uow:
        await uow.session.execute(
            text("UPDATE billing_order SET given_up_at = now(), state = 'void' WHERE id = :id"), {"id": begun["id"]}
        )
    await pay(db, ref)
    await crank.jobs()
    assert (await shown(ada, begun["id"]))["order"]["state"] == "paid"


async def test_giving_up_closes_the_page(ada: Learner, course_id: UUID, db: Database, crank: Crank) -> None:
    begun = await buy(ada, course_id)
    given_up = await ada.post(f"/payments/{begun['id']}/cancel")
    assert given_up.json()["order"]["state"] == "void"
    async with db.begin() as uow:
        outcome = await till.pay(uow, begun["checkout"]["ref"], "good", utc_now())
    assert outcome is not None
    assert outcome.page.state == "expired"
    anew = await buy(ada, course_id)
    assert anew["id"] != begun["id"]


async def test_the_list_shows_the_newest_first_page_by_page(ada: Learner, db: Database) -> None:
    for _ in range(3):
        course_id = new_id()
        await put_on_sale(db, billing.course_key(course_id))
        await buy(ada, course_id)
    first = (await ada.get("/payments?limit=2")).json()
    rest = (await ada.get(f"/payments?limit=2&cursor={first['next_cursor']}")).json()
    ids = [item["id"] for item in first["items"] + rest["items"]]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert rest["next_cursor"] is None


async def test_what_is_not_for_sale_cannot_be_bought(ada: Learner, db: Database) -> None:
    nothing = await ada.post(f"/payments/courses/{new_id()}", {})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "billing.product_not_found")
    course_id = new_id()
    await put_on_sale(db, billing.course_key(course_id))
    unknown = await ada.post(f"/payments/courses/{course_id}", {"provider": "paypal"})
    assert (unknown.status_code, unknown.json()["code"]) == (400, "billing.provider_unknown")
    priced = await ada.post(f"/payments/courses/{course_id}", {"amount_minor": 1})
    assert priced.status_code == 400
    plan = await put_on_sale(db, "courses:*", kind="plan", interval="month")
    once = await ada.post(f"/payments/products/{plan.product_id}", {})
    assert (once.status_code, once.json()["code"]) == (400, "billing.not_offered")


async def test_what_costs_nothing_is_bought_without_a_page(ada: Learner, db: Database, crank: Crank) -> None:
    course_id = new_id()
    await put_on_sale(db, billing.course_key(course_id), amount_minor=0)
    begun = await buy(ada, course_id)
    assert (begun["state"], begun["checkout"]) == ("paid", None)
    assert await billing.entitled(db, ada.id, billing.course_key(course_id))


async def test_webhooks_have_no_door_while_no_secret_is_set(client: httpx.AsyncClient) -> None:
    for provider in ("stripe", "razorpay", "fake", "nobody"):
        answer = await client.post(f"/api/v1/webhooks/{provider}", json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "billing.webhooks_closed"), provider


async def test_an_order_can_be_paid_for_an_hour(ada: Learner, course_id: UUID, db: Database) -> None:
    begun = await buy(ada, course_id)
    async with db.begin() as uow:
        order = await uow.session.get_one(OrderRow, UUID(begun["id"]))
    assert order.expires_at is not None
    assert timedelta(minutes=59) < order.expires_at - utc_now() <= timedelta(hours=1)
