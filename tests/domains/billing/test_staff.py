"""What staff do about access by hand, and what they may not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.billing import api as billing
from domains.billing.policy.keys import ALL_COURSES, course_key
from domains.billing.service import entitlements
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register

KEY = course_key(new_id())


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


@pytest.fixture
async def sam(client: httpx.AsyncClient, db: Database) -> Learner:
    """Of the support."""
    found = await register(client, "Sam")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'support')", found.id)
    return found


async def delete(staff: Learner, path: str) -> int:
    return (await staff.http.delete(f"/api/v1/admin{path}", headers=staff.headers)).status_code


async def put(staff: Learner, path: str) -> int:
    return (await staff.http.put(f"/api/v1/admin{path}", headers=staff.headers)).status_code


async def granted(staff: Learner, to: UUID, **fields: Any) -> httpx.Response:
    return await staff.post("/admin/entitlements", {"user_id": str(to), "key": KEY, "reason": "sorry"} | fields)


async def rows_of(staff: Learner, learner: Learner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await staff.get(f"/admin/users/{learner.id}/entitlements")).json()
    return found


async def test_a_grant_opens_and_is_taken_back_and_tells_who_did_it_and_why(
    db: Database, ada: Learner, sam: Learner
) -> None:
    assert await put(sam, f"/gates/{KEY}") == 204
    assert not await billing.entitled(db, ada.id, KEY)
    grant = await granted(sam, ada.id)
    assert grant.status_code == 201, grant.text
    assert await billing.entitled(db, ada.id, KEY)
    [row] = await rows_of(sam, ada)
    assert row == grant.json()
    assert (row["source"], row["reason"], row["granted_by"], row["open"]) == ("grant", "sorry", str(sam.id), True)
    for _ in range(2):
        assert await delete(sam, f"/entitlements/{row['id']}?reason=a%20mistake") == 204
    assert not await billing.entitled(db, ada.id, KEY)
    [row] = await rows_of(sam, ada)
    assert (row["open"], row["ended_by"], row["end_reason"]) == (False, str(sam.id), "a mistake")


async def test_a_grant_can_have_an_end_that_has_not_passed(ada: Learner, sam: Learner) -> None:
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    assert datetime.fromisoformat((await granted(sam, ada.id, ends_at=until)).json()["ends_at"]) == (
        datetime.fromisoformat(until)
    )
    assert (await granted(sam, ada.id, ends_at="2020-01-01T00:00:00Z")).status_code == 400
    assert (await granted(sam, ada.id, ends_at="2099-01-01T00:00:00")).status_code == 400


async def test_two_grants_of_one_key_are_two(db: Database, ada: Learner, sam: Learner) -> None:
    first, second = (await granted(sam, ada.id)).json(), (await granted(sam, ada.id)).json()
    await put(sam, f"/gates/{KEY}")
    await delete(sam, f"/entitlements/{first['id']}")
    assert await billing.entitled(db, ada.id, KEY)
    await delete(sam, f"/entitlements/{second['id']}")
    assert not await billing.entitled(db, ada.id, KEY)


async def test_a_repeated_grant_with_its_key_is_one(ada: Learner, sam: Learner) -> None:
    body = {"user_id": str(ada.id), "key": KEY, "reason": "sorry"}
    first, second = [await sam.post("/admin/entitlements", body, key="k") for _ in range(2)]
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    assert len(await rows_of(sam, ada)) == 1


async def test_what_was_bought_is_not_taken_back_by_hand(db: Database, ada: Learner, sam: Learner) -> None:
    async with db.begin() as uow:
        await entitlements.grant(
            uow,
            user_id=ada.id,
            keys=[KEY],
            source="purchase",
            source_id=new_id(),
            starts_at=datetime.now(UTC),
            ends_at=None,
        )
    [row] = await rows_of(sam, ada)
    assert await delete(sam, f"/entitlements/{row['id']}") == 409
    assert (await rows_of(sam, ada))[0]["open"]
    assert await delete(sam, f"/entitlements/{new_id()}") == 404


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": ""}, "http.validation"),
        ({"reason": " \n"}, "http.validation"),
        ({"key": "Course of mine"}, "billing.bad_key"),
        ({"key": "course:7"}, "billing.bad_key"),
        ({"user_id": str(UUID(int=7))}, "billing.person_not_found"),
        ({"ends": "never"}, "http.validation"),
    ],
)
async def test_a_grant_needs_a_person_a_key_and_a_reason(
    ada: Learner, sam: Learner, fields: dict[str, str], code: str
) -> None:
    answer = await granted(sam, ada.id, **fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_gates_are_closed_and_opened_for_everybody(db: Database, ada: Learner, sam: Learner) -> None:
    for _ in range(2):
        assert await put(sam, f"/gates/{KEY}") == 204
    assert await put(sam, f"/gates/{ALL_COURSES}") == 204
    assert await put(sam, "/gates/UPPER") == 400
    assert [gate["key"] for gate in (await sam.get("/admin/gates")).json()] == sorted([KEY, ALL_COURSES])
    assert await billing.gated(db, KEY)
    assert not await billing.entitled(db, ada.id, KEY)
    for _ in range(2):
        assert await delete(sam, f"/gates/{KEY}") == 204
    assert await billing.entitled(db, ada.id, KEY)
    assert not await billing.gated(db, KEY)


async def test_learners_are_no_staff(ada: Learner) -> None:
    answers = [
        (await granted(ada, ada.id)).status_code,
        (await ada.get(f"/admin/users/{ada.id}/entitlements")).status_code,
        (await ada.get("/admin/gates")).status_code,
        await put(ada, f"/gates/{KEY}"),
        await delete(ada, f"/gates/{KEY}"),
        await delete(ada, f"/entitlements/{new_id()}"),
    ]
    assert answers == [403] * 6
