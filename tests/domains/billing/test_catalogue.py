"""What admins put on sale, and what everybody sees of it."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.billing import api as billing
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register
from factories.shop import put_on_sale


@pytest.fixture
async def admin(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Grace")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", found.id)
    return found


async def patch(person: Learner, path: str, body: object) -> httpx.Response:
    return await person.http.patch(f"/api/v1{path}", json=body, headers=person.headers)


def a_course(course_id: UUID | None = None, **fields: object) -> dict[str, Any]:
    key = f"course:{course_id or new_id()}"
    return {"slug": "spanish", "kind": "course", "name": "Spanish", "keys": [key]} | fields


async def create(admin: Learner, **fields: object) -> dict[str, Any]:
    answer = await admin.post("/admin/products", a_course(**fields))  # type: ignore[arg-type]
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def price(admin: Learner, product: dict[str, Any], amount: int, **fields: object) -> dict[str, Any]:
    body = {"currency": "EUR", "amount_minor": amount} | fields
    answer = await admin.post(f"/admin/products/{product['id']}/prices", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def on_sale(client: httpx.AsyncClient, **query: str) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/products", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


# ---- admins


async def test_only_admins_get_in_and_the_role_is_read_for_every_request(
    client: httpx.AsyncClient, db: Database, admin: Learner
) -> None:
    ada = await register(client)
    for person, status in ((ada, 403), (admin, 200)):
        for path in ("/admin/products", "/admin/coupons"):
            assert (await person.get(path)).status_code == status
    assert (await ada.post("/admin/products", a_course())).status_code == 403
    assert (await patch(ada, f"/admin/prices/{new_id()}", {"active": False})).status_code == 403
    await db.fetch("DELETE FROM identity_user_role WHERE user_id = $1", admin.id)
    assert (await admin.get("/admin/products")).status_code == 403


async def test_a_course_that_is_put_on_sale_needs_a_purchase_from_then_on(
    db: Database, admin: Learner, client: httpx.AsyncClient
) -> None:
    course_id = new_id()
    ada = await register(client)
    assert await billing.entitled(db, ada.id, f"course:{course_id}")
    product = await create(admin, course_id=course_id)
    assert not await billing.entitled(db, ada.id, f"course:{course_id}")
    # Taken from sale it still does: somebody paid for it.
    assert not (await patch(admin, f"/admin/products/{product['id']}", {"active": False})).json()["active"]
    assert await billing.gated(db, f"course:{course_id}")


async def test_what_is_only_prepared_or_opens_all_courses_gates_nothing(db: Database, admin: Learner) -> None:
    course_id = new_id()
    product = await create(admin, course_id=course_id, active=False)
    plan = {"slug": "all", "kind": "plan", "name": "All", "keys": ["courses:*", "hearts:unlimited"], "trial_days": 7}
    assert (await admin.post("/admin/products", plan)).status_code == 201
    assert await db.fetch("SELECT key FROM billing_gate") == []
    await patch(admin, f"/admin/products/{product['id']}", {"active": True})
    assert [row["key"] for row in await db.fetch("SELECT key FROM billing_gate")] == [f"course:{course_id}"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("slug", {"slug": "Spanish!"}),
        ("kind", {"kind": "bundle"}),
        ("name", {"name": ""}),
        ("keys", {"keys": []}),
        ("keys", {"keys": ["course:spanish"]}),
        ("keys", {"keys": ["Hearts"]}),
        ("trial_days", {"trial_days": 7}),
        ("duration_days", {"duration_days": 0}),
        ("duration_days", {"kind": "plan", "keys": ["offline"], "duration_days": 30}),
        ("trial_days", {"kind": "plan", "keys": ["offline"], "trial_days": 400}),
    ],
)
async def test_a_product_that_cannot_be_is_refused_by_field(
    admin: Learner, field: str, fields: dict[str, object]
) -> None:
    answer = await admin.post("/admin/products", a_course() | fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "billing.bad_field"), answer.text
    assert answer.json()["field"] == field


async def test_a_slug_is_taken_once_also_when_two_ask_at_once(admin: Learner) -> None:
    answers = await asyncio.gather(*(admin.post("/admin/products", a_course()) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "billing.already_there"}


async def test_a_patch_changes_what_it_names_and_slug_and_kind_stay(admin: Learner) -> None:
    product = await create(admin, description="First steps", duration_days=365)
    changed = (
        await patch(admin, f"/admin/products/{product['id']}", {"name": "Español", "duration_days": None})
    ).json()
    assert (changed["name"], changed["description"], changed["duration_days"]) == ("Español", "First steps", None)
    assert (await patch(admin, f"/admin/products/{product['id']}", {"slug": "x"})).status_code == 400
    assert (await patch(admin, f"/admin/products/{new_id()}", {"name": "x"})).status_code == 404
    assert (await admin.get(f"/admin/products/{product['id']}")).json()["name"] == "Español"
    assert (await admin.get(f"/admin/products/{new_id()}")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "field", "fields"),
    [
        ("course", "currency", {"currency": "EUE"}),
        ("course", "country", {"country": "XX"}),
        ("course", "amount_minor", {"amount_minor": -1}),
        ("course", "amount_minor", {"amount_minor": 10**12}),
        ("course", "amount_minor", {"amount_minor": 1999, "currency": "KWD"}),
        ("course", "interval", {"interval": "month"}),
        ("plan", "interval", {}),
        ("plan", "interval", {"interval": "week"}),
    ],
)
async def test_a_price_that_cannot_be_is_refused_by_field(
    admin: Learner, kind: str, field: str, fields: dict[str, object]
) -> None:
    product = await create(admin, kind=kind, keys=["offline"])
    answer = await admin.post(
        f"/admin/products/{product['id']}/prices", {"currency": "EUR", "amount_minor": 1999} | fields
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "billing.bad_field"), answer.text
    assert answer.json()["field"] == field


async def test_a_price_never_changes_another_takes_its_place(admin: Learner, client: httpx.AsyncClient) -> None:
    product = await create(admin)
    old = await price(admin, product, 1999)
    new = (await patch(admin, f"/admin/prices/{old['id']}", {"amount_minor": 2499})).json()
    assert new["id"] != old["id"]
    kept = {found["id"]: found for found in (await admin.get(f"/admin/products/{product['id']}")).json()["prices"]}
    assert (kept[old["id"]]["amount_minor"], kept[old["id"]]["active"]) == (1999, False)
    assert (kept[new["id"]]["amount_minor"], kept[new["id"]]["active"]) == (2499, True)
    assert [found["amount_minor"] for found in (await on_sale(client))[0]["prices"]] == [2499]
    same = (await patch(admin, f"/admin/prices/{new['id']}", {"amount_minor": 2499})).json()
    assert same["id"] == new["id"]
    assert (await patch(admin, f"/admin/prices/{old['id']}", {"active": True})).status_code == 409
    assert (await patch(admin, f"/admin/prices/{old['id']}", {"amount_minor": 1})).status_code == 409
    assert not (await patch(admin, f"/admin/prices/{new['id']}", {"active": False})).json()["active"]
    assert (await patch(admin, f"/admin/prices/{old['id']}", {"active": True})).json()["active"]
    assert (await patch(admin, f"/admin/prices/{new_id()}", {"active": True})).status_code == 404


async def test_a_second_active_price_for_the_same_is_409_also_at_once(admin: Learner) -> None:
    product = await create(admin)
    body = {"currency": "EUR", "amount_minor": 1999}
    path = f"/admin/products/{product['id']}/prices"
    answers = await asyncio.gather(*(admin.post(path, body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    for fields in ({"country": "IN"}, {"currency": "INR"}):
        assert (await admin.post(path, body | fields)).status_code == 201
    assert (await admin.post(f"/admin/products/{new_id()}/prices", body)).status_code == 404


async def test_lists_are_paged_and_filtered(admin: Learner) -> None:
    for number in range(5):
        await create(admin, slug=f"p{number}", active=number != 2)
    slugs, cursor = [], ""
    while True:
        found = (await admin.get(f"/admin/products?limit=2{cursor}")).json()
        slugs += [product["slug"] for product in found["items"]]
        if found["next_cursor"] is None:
            break
        cursor = f"&cursor={found['next_cursor']}"
    assert slugs == ["p4", "p3", "p2", "p1", "p0"]
    off = (await admin.get("/admin/products?active=false")).json()["items"]
    assert [product["slug"] for product in off] == ["p2"]


# ---- coupons


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("code", {"code": "a b"}),
        ("percent_bp", {"percent_bp": None}),
        ("percent_bp", {"amount_minor": 100, "currency": "EUR"}),
        ("percent_bp", {"percent_bp": 10_001}),
        ("percent_bp", {"percent_bp": 0}),
        ("currency", {"currency": "EUR"}),
        ("currency", {"percent_bp": None, "amount_minor": 100}),
        ("amount_minor", {"percent_bp": None, "amount_minor": 0, "currency": "EUR"}),
        ("amount_minor", {"percent_bp": None, "amount_minor": 101, "currency": "KWD"}),
        ("duration", {"duration": "twice"}),
        ("cycles", {"duration": "repeating"}),
        ("cycles", {"cycles": 3}),
        ("most_uses", {"most_uses": 0}),
        ("ends_at", {"starts_at": "2026-02-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}),
        ("starts_at", {"starts_at": "2026-02-01T00:00:00"}),
        ("product_ids", {"product_ids": []}),
        ("product_ids", {"product_ids": ["0198c5c0-0000-7000-8000-000000000000"]}),
    ],
)
async def test_a_coupon_that_cannot_be_is_refused_by_field(
    admin: Learner, field: str, fields: dict[str, object]
) -> None:
    answer = await admin.post("/admin/coupons", {"code": "SAVE", "percent_bp": 1000} | fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "billing.bad_field"), answer.text
    assert answer.json()["field"] == field


async def test_a_coupons_limits_may_change_and_its_worth_may_not(db: Database, admin: Learner) -> None:
    sale = await put_on_sale(db, "offline")
    body = {"code": "save", "percent_bp": 1000, "duration": "repeating", "cycles": 3}
    created = await admin.post("/admin/coupons", body)
    assert created.status_code == 201, created.text
    coupon = created.json()
    assert (coupon["code"], coupon["most_uses_per_person"], coupon["uses"]) == ("SAVE", 1, 0)
    assert (await admin.post("/admin/coupons", body)).status_code == 409
    path = f"/admin/coupons/{coupon['id']}"
    changed = (await patch(admin, path, {"most_uses": 5, "product_ids": [str(sale.product_id)]})).json()
    assert (changed["most_uses"], changed["product_ids"]) == (5, [str(sale.product_id)])
    assert (await patch(admin, path, {"product_ids": None})).json()["product_ids"] is None
    assert (await patch(admin, path, {"percent_bp": 5000})).status_code == 400
    assert not (await patch(admin, path, {"active": False})).json()["active"]
    assert (await patch(admin, f"/admin/coupons/{new_id()}", {"active": False})).status_code == 404
    assert [found["code"] for found in (await admin.get("/admin/coupons?active=false")).json()["items"]] == ["SAVE"]


# ---- the shop


async def test_everybody_sees_what_has_a_price(admin: Learner, client: httpx.AsyncClient) -> None:
    product = await create(admin)
    await create(admin, slug="without-a-price")
    await price(admin, await create(admin, slug="off", active=False), 100)
    assert await on_sale(client) == []
    made = await price(admin, product, 1999)
    found = await on_sale(client)
    assert [item["slug"] for item in found] == ["spanish"]
    assert found[0]["prices"] == [
        {
            "id": made["id"],
            "currency": "EUR",
            "amount_minor": 1999,
            "tax_inclusive": True,
            "country": None,
            "interval": None,
        }
    ]
    assert found[0]["keys"] == product["keys"]


async def test_a_country_sees_the_prices_that_hold_there(admin: Learner, client: httpx.AsyncClient) -> None:
    product = await create(admin, kind="plan", keys=["courses:*"])
    for amount, fields in (
        (999, {"interval": "month"}),
        (9900, {"interval": "year"}),
        (299, {"interval": "month", "country": "IN"}),
        (24900, {"interval": "month", "country": "IN", "currency": "INR"}),
        (799, {"interval": "month", "country": "PL"}),
    ):
        await price(admin, product, amount, **fields)

    async def amounts(**query: str) -> list[int]:
        return [found["amount_minor"] for item in await on_sale(client, **query) for found in item["prices"]]

    assert await amounts() == [999, 9900, 299, 24900, 799]
    assert await amounts(country="IN") == [9900, 299, 24900]
    assert await amounts(country="IN", currency="EUR") == [9900, 299]
    assert await amounts(country="FR") == [999, 9900]
    assert await amounts(currency="INR") == [24900]
    assert await amounts(country="FR", currency="INR") == []


async def test_a_key_finds_all_that_gives_it(admin: Learner, client: httpx.AsyncClient) -> None:
    course_id = new_id()
    for slug, keys in (
        ("one", [f"course:{course_id}"]),
        ("another", [f"course:{new_id()}"]),
        ("two", ["offline", f"course:{course_id}"]),
    ):
        await price(admin, await create(admin, slug=slug, keys=keys), 100)
    plan = await create(admin, slug="every", kind="plan", keys=["courses:*"])
    await price(admin, plan, 100, interval="month")
    found = await on_sale(client, key=f"course:{course_id}")
    assert [item["slug"] for item in found] == ["every", "one", "two"]
    assert [item["slug"] for item in await on_sale(client, key="offline")] == ["two"]
    assert (await client.get("/api/v1/products?key=%00")).status_code == 400


async def test_who_has_the_answer_gets_no_body_until_it_changes(admin: Learner, client: httpx.AsyncClient) -> None:
    product = await create(admin)
    made = await price(admin, product, 1999)
    first = await client.get("/api/v1/products")
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "public, no-cache"
    again = await client.get("/api/v1/products", headers={"If-None-Match": f'"x", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    await patch(admin, f"/admin/prices/{made['id']}", {"amount_minor": 1499})
    assert (await client.get("/api/v1/products", headers={"If-None-Match": etag})).status_code == 200


async def test_the_shop_is_paged_by_slug(db: Database, client: httpx.AsyncClient) -> None:
    for _ in range(5):
        await put_on_sale(db, "offline")
    slugs: list[str] = []
    query = {"limit": "2"}
    while True:
        page = (await client.get("/api/v1/products", params=query)).json()
        slugs += [item["slug"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert len(set(slugs)) == 5
    assert slugs == sorted(slugs)
