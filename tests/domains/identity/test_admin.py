"""What staff do to accounts: look people up, change roles, close and open; and what is written down of it."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.asgi import Parts
from conftest import Crank
from domains.identity.errors import LastAdmin, SessionEnded
from domains.identity.policy.actions import Action
from domains.identity.service.roles import change_roles
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import PASSWORD, Learner, register

WHY = "a ticket of today"


async def staff(client: httpx.AsyncClient, db: Database, role: str = "admin") -> Learner:
    who = await register(client, role.title())
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", who.id, role)
    return who


async def put(who: Learner, path: str, body: dict[str, Any]) -> httpx.Response:
    return await who.http.put(f"/api/v1{path}", json=body, headers=who.headers)


async def delete(who: Learner, path: str) -> httpx.Response:
    return await who.http.delete(f"/api/v1{path}", headers=who.headers)


async def search(who: Learner, query: str, **more: Any) -> httpx.Response:
    return await who.post("/admin/users/search", {"query": query, "purpose": WHY, **more})


async def told(db: Database, action: Action) -> list[Any]:
    return await db.fetch(
        "SELECT user_id, actor_id, detail::json ->> 'purpose' AS purpose, detail::text AS detail "
        "FROM identity_audit WHERE action = $1 ORDER BY id",
        action,
    )


async def test_staff_find_people_by_address_name_user_name_and_id(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client, "Ada Lovelace", email="Ada@Example.org", username="countess")
    await register(client, "Eve", email="eve@example.org")
    helper = await staff(client, db, "support")
    for query in ("ada@ex", "ADA@EXAMPLE.ORG", "ada love", "Countess", str(ada.id)):
        items = (await search(helper, query)).json()["items"]
        assert [item["id"] for item in items] == [str(ada.id)], query
    assert set(items[0]) >= {"email", "roles", "banned_at", "ban_reason", "last_seen_at"}
    assert "password" not in str(items)
    for query in ("%", "__", "a%", "lovelace' OR 1=1 --"):
        assert (await search(helper, query.ljust(2))).json()["items"] == [], query
    looks = await told(db, Action.PEOPLE_SEARCHED)
    assert {(each["actor_id"], each["purpose"]) for each in looks} == {(helper.id, WHY)}
    assert str(ada.id) in looks[0]["detail"]
    assert "ada@ex" not in str(looks)


async def test_a_search_comes_in_pages_that_miss_nobody(client: httpx.AsyncClient, db: Database) -> None:
    rows = [(new_id(), f"Same {place}") for place in range(5)]
    for each in rows:
        await db.fetch("INSERT INTO identity_user (id, name) VALUES ($1, $2)", *each)
    admin = await staff(client, db)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        page = (await search(admin, "same", limit=2, cursor=cursor)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == [str(user_id) for user_id, _ in reversed(rows)]


async def test_a_search_needs_a_purpose(client: httpx.AsyncClient, db: Database) -> None:
    admin = await staff(client, db)
    assert (await admin.post("/admin/users/search", {"query": "ada"})).status_code == 400
    assert (await admin.post("/admin/users/search", {"query": "ada", "purpose": ""})).status_code == 400


async def test_looking_at_an_account_is_written_down(client: httpx.AsyncClient, db: Database) -> None:
    ada, helper = await register(client), await staff(client, db, "support")
    shown = (await helper.get(f"/admin/users/{ada.id}")).json()
    assert (shown["id"], shown["roles"], shown["scoped"]) == (str(ada.id), ["learner"], [])
    [look] = await told(db, Action.PERSON_VIEWED)
    assert (look["user_id"], look["actor_id"]) == (ada.id, helper.id)
    assert (await helper.get(f"/admin/users/{new_id()}")).json()["code"] == "identity.person_unknown"


async def test_an_admin_changes_roles_and_the_next_request_knows(
    client: httpx.AsyncClient, db: Database, crank: Crank
) -> None:
    ada, admin, course = await register(client), await staff(client, db), str(new_id())
    assert (await ada.get("/admin/audit")).status_code == 403
    scoped = [{"role": "author", "kind": "course", "id": course}]
    body = {"roles": ["learner", "admin"], "reason": WHY, "scoped": scoped}
    changed = await put(admin, f"/admin/users/{ada.id}/roles", body)
    assert changed.json() == {"roles": ["admin", "learner"], "scoped": scoped}
    assert (await ada.get("/admin/audit")).status_code == 200
    assert (await ada.get("/auth/me")).json()["roles"] == ["admin", "learner"]
    kept = await put(admin, f"/admin/users/{ada.id}/roles", {"roles": ["learner"], "reason": WHY})
    assert kept.json() == {"roles": ["learner"], "scoped": scoped}
    assert (await ada.get("/admin/audit")).status_code == 403
    facts = await db.fetch("SELECT payload FROM kernel_outbox WHERE type = 'identity.roles_changed.v1' ORDER BY id")
    assert len(facts) == 2
    assert [each["actor_id"] for each in await told(db, Action.ROLES_CHANGED)] == [admin.id] * 2
    await crank.jobs()
    notices = await db.fetch("SELECT user_id FROM notifications_notification WHERE kind = 'security_notice'")
    assert {row["user_id"] for row in notices} == {ada.id}


async def test_the_same_roles_again_are_no_change(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin = await register(client), await staff(client, db)
    await put(admin, f"/admin/users/{ada.id}/roles", {"roles": ["learner"], "reason": WHY})
    assert await told(db, Action.ROLES_CHANGED) == []


async def test_nobody_changes_their_own_roles_nor_bans_or_impersonates_themselves(
    client: httpx.AsyncClient, db: Database
) -> None:
    admin = await staff(client, db)
    own = f"/admin/users/{admin.id}"
    answers = [
        await put(admin, f"{own}/roles", {"roles": ["admin", "author"], "reason": WHY}),
        await put(admin, f"{own}/ban", {"reason": WHY}),
        await delete(admin, f"{own}/ban"),
        await admin.post(f"{own}/impersonate", {"purpose": WHY}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "identity.own_account")}


async def test_two_admins_who_put_each_other_out_leave_one(client: httpx.AsyncClient, db: Database) -> None:
    one, two = await staff(client, db), await staff(client, db)

    async def demote(who: Learner, by: Learner) -> bool:
        try:
            async with db.begin() as uow:
                await change_roles(uow, who.id, ["learner"], by=by.id)
        except LastAdmin:
            return False
        return True

    assert sorted(await asyncio.gather(demote(one, two), demote(two, one))) == [False, True]
    [left] = await db.fetch("SELECT count(*) AS n FROM identity_user_role WHERE role = 'admin'")
    assert left["n"] == 1


async def test_the_last_admin_whose_account_is_open_stays(client: httpx.AsyncClient, db: Database) -> None:
    one, two = await staff(client, db), await staff(client, db)
    assert (await put(one, f"/admin/users/{two.id}/ban", {"reason": WHY})).status_code == 204
    with pytest.raises(LastAdmin):
        async with db.begin() as uow:
            await change_roles(uow, one.id, ["learner"], by=None)


async def test_roles_need_a_fresh_login(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin = await register(client), await staff(client, db)
    await db.fetch("UPDATE identity_session SET authenticated_at = now() - interval '6 minutes'")
    answer = await put(admin, f"/admin/users/{ada.id}/roles", {"roles": ["admin"], "reason": WHY})
    assert answer.json()["code"] == "identity.step_up_needed"


async def test_a_ban_ends_everything_at_once_and_is_lifted_again(
    client: httpx.AsyncClient, db: Database, parts: Parts
) -> None:
    ada, moderator = await register(client), await staff(client, db, "moderator")
    email = (await ada.get("/auth/me")).json()["email"]
    place = f"/admin/users/{ada.id}/ban"
    assert (await put(moderator, place, {"reason": "spam in reports"})).status_code == 204
    assert (await ada.get("/auth/me")).json()["code"] == "identity.session_ended"
    facts = await db.fetch("SELECT payload FROM kernel_outbox WHERE type = 'identity.sessions_revoked.v1'")
    assert len(facts) == 1
    login = {"email": email, "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=login)).json()["code"] == "identity.banned"
    shown = (await moderator.get(f"/admin/users/{ada.id}")).json()
    assert shown["ban_reason"] == "spam in reports"
    assert (await put(moderator, place, {"reason": "once more"})).status_code == 204
    assert (await delete(moderator, place)).status_code == 204
    assert (await delete(moderator, place)).status_code == 204
    assert (await client.post("/api/v1/auth/login", json=login)).status_code == 200
    assert (await ada.get("/auth/me")).status_code == 401
    assert [len(await told(db, action)) for action in (Action.BANNED, Action.UNBANNED)] == [1, 1]


async def test_only_admins_ban_staff_and_what_these_began_ends(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin = await register(client), await staff(client, db)
    moderator, helper = await staff(client, db, "moderator"), await staff(client, db, "support")
    secret = hashlib.sha256(b"key").digest()
    await db.fetch(
        "INSERT INTO identity_api_key (id, name, prefix, secret_hash, scopes, made_by, expires_at) "
        "VALUES ($1, 'books', 'lk_abc', $2, '{}', $3, $4)",
        *(new_id(), secret, helper.id, utc_now() + timedelta(days=1)),
    )
    look = (await helper.post(f"/admin/users/{ada.id}/impersonate", {"purpose": WHY})).json()
    place = f"/admin/users/{helper.id}/ban"
    assert (await put(moderator, place, {"reason": WHY})).json()["code"] == "identity.staff_protected"
    assert (await put(admin, place, {"reason": WHY})).status_code == 204
    assert (await delete(moderator, place)).json()["code"] == "identity.staff_protected"
    [key] = await db.fetch("SELECT revoked_at FROM identity_api_key")
    assert key["revoked_at"] is not None
    [live] = await db.fetch("SELECT revoked_at FROM identity_session WHERE actor_id IS NOT NULL")
    assert live["revoked_at"] is not None
    eyes = Learner(ada.id, "Ada", look["access_token"], client)
    assert (await eyes.get("/auth/me")).status_code == 401


async def test_an_account_that_was_joined_to_another_stays_closed(client: httpx.AsyncClient, db: Database) -> None:
    ada, guest, admin = await register(client), await register(client, "Guest"), await staff(client, db)
    await db.fetch("UPDATE identity_user SET banned_at = now(), merged_into = $2 WHERE id = $1", guest.id, ada.id)
    assert (await delete(admin, f"/admin/users/{guest.id}/ban")).json()["code"] == "identity.account_closed"
    body = {"roles": ["admin"], "reason": WHY}
    assert (await put(admin, f"/admin/users/{guest.id}/roles", body)).json()["code"] == "identity.account_closed"


async def test_another_process_hears_of_new_roles(client: httpx.AsyncClient, db: Database, parts: Parts) -> None:
    ada, admin = await register(client), await staff(client, db)
    elsewhere = type(parts.authenticator)(db, issuer=parts.infra.settings.public_url)
    assert (await elsewhere.principal(ada.token)).roles == {"learner"}
    await put(admin, f"/admin/users/{ada.id}/roles", {"roles": ["teacher"], "reason": WHY})
    elsewhere.forget_user(ada.id)
    assert (await elsewhere.principal(ada.token)).roles == {"teacher"}
    await put(admin, f"/admin/users/{ada.id}/ban", {"reason": WHY})
    elsewhere.forget_user(ada.id)
    with pytest.raises(SessionEnded):
        await elsewhere.principal(ada.token)


async def test_the_audit_log_is_filtered_and_paged(client: httpx.AsyncClient, db: Database) -> None:
    ada, eve, admin = await register(client), await register(client, "Eve"), await staff(client, db)
    for who in (ada, eve):
        await put(admin, f"/admin/users/{who.id}/ban", {"reason": WHY})
    await delete(admin, f"/admin/users/{eve.id}/ban")

    async def actions(query: str) -> list[tuple[str, str | None]]:
        answer = await admin.get(f"/admin/audit?{query}")
        assert answer.status_code == 200, answer.text
        return [(item["action"], item["user_id"]) for item in answer.json()["items"]]

    assert await actions(f"user_id={eve.id}&limit=2") == [("unbanned", str(eve.id)), ("banned", str(eve.id))]
    assert await actions("action=banned") == [("banned", str(eve.id)), ("banned", str(ada.id))]
    assert len(await actions(f"actor_id={admin.id}")) == 3
    now = utc_now()
    later = (now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await actions(f"since={later}") == []
    assert len(await actions(f"until={later}&action=banned")) == 2
    first = (await admin.get("/admin/audit?action=banned&limit=1")).json()
    rest = (await admin.get(f"/admin/audit?action=banned&limit=1&cursor={first['next_cursor']}")).json()
    assert [first["items"][0]["user_id"], rest["items"][0]["user_id"]] == [str(eve.id), str(ada.id)]
    assert rest["next_cursor"] is None
    assert (await admin.get("/admin/audit?action=nothing")).status_code == 400


async def test_people_see_their_own_history_and_no_names_of_staff(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin = await register(client), await staff(client, db)
    await admin.get(f"/admin/users/{ada.id}")
    await put(admin, f"/admin/users/{ada.id}/roles", {"roles": ["author"], "reason": WHY})
    answer = await ada.get("/auth/history")
    items = answer.json()["items"]
    assert [(item["action"], item["by_staff"], item["method"]) for item in items] == [
        ("roles_changed", True, None),
        ("logged_in", False, "registration"),
    ]
    assert str(admin.id) not in answer.text
    assert WHY not in answer.text


@pytest.mark.parametrize("role", ["learner", "teacher", "author", "moderator", "support"])
async def test_only_admins_change_roles_and_read_the_log(client: httpx.AsyncClient, db: Database, role: str) -> None:
    ada, other = await register(client), await register(client)
    await db.fetch("UPDATE identity_user_role SET role = $2 WHERE user_id = $1", other.id, role)
    body = {"roles": ["admin"], "reason": WHY}
    answers = [await put(other, f"/admin/users/{ada.id}/roles", body), await other.get("/admin/audit")]
    assert {answer.json()["code"] for answer in answers} == {"identity.role_missing"}
