"""Gifts and seats from the shop to the lesson: bought, paid, given away, learned with, and given back."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event

from conftest import Crank
from domains.billing import api as billing
from domains.billing.service import effects, till
from domains.catalog.api import RevisionContent
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, small_course
from factories.shop import put_on_sale


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    """Who buys."""
    return await register(client)


@pytest.fixture
async def bob(client: httpx.AsyncClient) -> Learner:
    return await register(client, "Bob", email="bob@example.org")


@pytest.fixture
async def staff(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Grace")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", found.id)
    return found


@pytest.fixture
async def course(db: Database) -> RevisionContent:
    return await publish(db, small_course())


async def paid(db: Database, crank: Crank, buyer: Learner, path: str, wish: dict[str, Any]) -> UUID:
    """The order, after its money has come."""
    begun = await buyer.post(f"/payments/{path}", wish)
    assert begun.status_code == 201, begun.text
    async with db.begin() as uow:
        assert await till.pay(uow, begun.json()["checkout"]["ref"], "good", utc_now()) is not None
    await crank.jobs()
    return UUID(begun.json()["id"])


async def titles(learner: Learner) -> set[str]:
    return {item["title"] for item in (await learner.get("/notifications")).json()["items"]}


async def may_begin(learner: Learner, course: RevisionContent) -> bool:
    answer = await learner.post(f"/lessons/{next(iter(course.lessons))}/sessions", {})
    assert answer.status_code in {201, 402}, answer.text
    return answer.status_code == 201


async def test_a_gift_from_the_shop_to_the_lesson_and_back(
    db: Database, crank: Crank, ada: Learner, bob: Learner, staff: Learner, course: RevisionContent
) -> None:
    await put_on_sale(db, billing.course_key(course.course_id))
    order_id = await paid(db, crank, ada, f"courses/{course.course_id}", {"gift": True})
    code = (await ada.get(f"/payments/{order_id}/code")).json()["code"]
    assert not await may_begin(bob, course)
    assert (await bob.post("/codes/redeem", {"code": code})).status_code == 200
    await crank.jobs()
    assert [await may_begin(bob, course), await may_begin(ada, course)] == [True, False]
    assert [mine["course_id"] for mine in (await bob.get("/progress")).json()] == [str(course.course_id)]
    assert "Your gift is here" in await titles(bob)
    assert (await staff.post(f"/payments/{order_id}/refund", {"reason": "not liked"})).status_code == 200
    await crank.jobs()
    assert not await may_begin(bob, course)
    assert "Your money is on its way back" in await titles(ada)
    assert "Your money is on its way back" not in await titles(bob)


async def test_seats_from_the_shop_to_the_lesson_and_back(
    db: Database, crank: Crank, ada: Learner, bob: Learner, staff: Learner, course: RevisionContent
) -> None:
    sold = await put_on_sale(db, billing.course_key(course.course_id), kind="seats")
    order_id = await paid(db, crank, ada, f"products/{sold.product_id}", {"quantity": 2})
    assert (await ada.post(f"/payments/{order_id}/seats", {"email": "bob@example.org"})).json()["taken"] == 1
    await crank.jobs()
    assert [await may_begin(bob, course), await may_begin(ada, course)] == [True, False]
    assert "You have a seat" in await titles(bob)
    assert (await staff.post(f"/payments/{order_id}/refund", {"reason": "no class"})).status_code == 200
    await crank.jobs()
    assert not await may_begin(bob, course)
    assert (await ada.get(f"/payments/{order_id}/seats")).json()["closed"] is True


async def test_what_is_heard_of_a_full_class_takes_as_few_statements_as_of_a_small_one(
    db: Database, crank: Crank, client: httpx.AsyncClient, ada: Learner
) -> None:
    sold = await put_on_sale(db, "offline", kind="seats")
    order_id = await paid(db, crank, ada, f"products/{sold.product_id}", {"quantity": 5})
    code = (await ada.get(f"/payments/{order_id}/code")).json()["code"]
    counted = []
    for name in ("Bob", "Eve", "Dan"):
        pupil = await register(client, name)
        assert (await pupil.post("/codes/redeem", {"code": code})).status_code == 200
        statements: list[str] = []

        def count(
            _connection: object, _cursor: object, statement: str, *_: object, into: list[str] = statements
        ) -> None:
            into.append(statement)

        event.listen(db.engine.sync_engine, "before_cursor_execute", count)
        try:
            async with db.begin() as uow:
                await effects.refold(uow, order_id, utc_now())
        finally:
            event.remove(db.engine.sync_engine, "before_cursor_execute", count)
        counted.append(len(statements))
    assert counted[0] > 0
    assert len(set(counted)) == 1
