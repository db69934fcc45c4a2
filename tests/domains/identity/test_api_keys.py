"""Keys by which other servers call: what they open, how they end, and that nothing of them can be stolen here."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register

KEYS = "/admin/api-keys"
WISH = {"name": "School records", "scopes": ["sessions.read"]}


@pytest.fixture
async def admin(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Root")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", found.id)
    return found


async def made(admin: Learner, **changed: Any) -> Any:
    answer = await admin.post(KEYS, WISH | changed)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def use(client: httpx.AsyncClient, secret: str, path: str = "", method: str = "GET") -> tuple[int, str]:
    path = path or f"/admin/users/{new_id()}/sessions"
    answer = await client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


async def test_a_key_opens_what_its_scope_names_and_nothing_else(client: httpx.AsyncClient, admin: Learner) -> None:
    secret = (await made(admin))["secret"]
    assert secret.startswith("lk_")
    assert await use(client, secret) == (200, "")
    for method, path in (
        ("GET", f"/admin/users/{admin.id}/payments"),
        ("DELETE", f"/admin/users/{admin.id}/sessions"),
        ("GET", KEYS),
        ("POST", KEYS),
        ("GET", "/auth/me"),
        ("GET", "/auth/sessions"),
        ("POST", "/realtime/tickets"),
    ):
        assert await use(client, secret, path, method) == (403, "identity.scope_missing"), path
    payments = (await made(admin, scopes=["payments.read"]))["secret"]
    assert await use(client, payments, f"/admin/users/{admin.id}/payments") == (200, "")
    assert await use(client, payments) == (403, "identity.scope_missing")


async def test_a_secret_is_shown_once_and_never_stored(client: httpx.AsyncClient, admin: Learner, db: Database) -> None:
    new = await made(admin)
    assert new["key"]["prefix"] == new["secret"][:9]
    listed = await admin.get(KEYS)
    assert new["secret"] not in listed.text
    assert listed.headers["cache-control"] == "no-store"
    [key] = listed.json()["items"]
    assert (key["name"], key["scopes"], key["made_by"]) == (WISH["name"], WISH["scopes"], str(admin.id))
    stored = await db.fetch("SELECT k::text || coalesce(a.detail::text, '') FROM identity_api_key k, identity_audit a")
    assert stored
    assert not any(new["secret"][9:] in row[0] for row in stored)


async def test_a_revoked_key_is_refused_at_once(client: httpx.AsyncClient, admin: Learner) -> None:
    new = await made(admin)
    path = f"/api/v1{KEYS}/{new['key']['id']}"
    assert (await admin.http.delete(path, headers=admin.headers)).status_code == 204
    assert await use(client, new["secret"]) == (401, "identity.api_key_invalid")
    again = await admin.http.delete(path, headers=admin.headers)
    assert (again.status_code, again.json()["code"]) == (404, "identity.api_key_unknown")
    assert (await admin.post(f"{KEYS}/{new['key']['id']}/rotate", {})).status_code == 404


async def test_a_key_ends_with_its_time(client: httpx.AsyncClient, admin: Learner) -> None:
    secret = (await made(admin, days=1))["secret"]
    with time_machine.travel(utc_now(), tick=False) as clock:
        clock.shift(timedelta(hours=23))
        assert (await use(client, secret))[0] == 200
        clock.shift(timedelta(hours=1))
        assert await use(client, secret) == (401, "identity.api_key_invalid")


async def test_while_a_key_is_rotated_both_are_good(client: httpx.AsyncClient, admin: Learner) -> None:
    old = await made(admin)
    answer = await admin.post(f"{KEYS}/{old['key']['id']}/rotate", {"overlap_hours": 2})
    new = answer.json()
    assert (new["key"]["name"], new["key"]["scopes"]) == (WISH["name"], WISH["scopes"])
    listed = {key["id"]: key for key in (await admin.get(KEYS)).json()["items"]}
    assert listed[old["key"]["id"]]["successor_id"] == new["key"]["id"]
    with time_machine.travel(utc_now(), tick=False) as clock:
        clock.shift(timedelta(minutes=119))
        assert [(await use(client, each["secret"]))[0] for each in (old, new)] == [200, 200]
        clock.shift(timedelta(minutes=1))
        assert [(await use(client, each["secret"]))[0] for each in (old, new)] == [401, 200]


async def test_the_last_use_is_noted_at_most_once_a_minute(
    client: httpx.AsyncClient, admin: Learner, db: Database
) -> None:
    new = await made(admin)
    with time_machine.travel(utc_now().replace(microsecond=0), tick=False) as clock:
        began = utc_now()
        seen = []
        for wait_s in (0, 59, 1, 30):
            clock.shift(wait_s)
            await use(client, new["secret"])
            [row] = await db.fetch("SELECT last_used_at FROM identity_api_key")
            seen.append((row["last_used_at"] - began).total_seconds())
        assert seen == [0, 0, 60, 60]


@pytest.mark.parametrize(
    "changed",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": ["sessions.read", "users.delete"]},
        {"days": 0},
        {"days": 367},
        {"name": ""},
        {"name": "x" * 81},
        {"is_admin": True},
    ],
    ids=lambda changed: str(changed)[:30],
)
async def test_a_key_that_makes_no_sense_is_refused(admin: Learner, changed: dict[str, Any]) -> None:
    assert (await admin.post(KEYS, WISH | changed)).status_code == 400


async def test_only_an_admin_with_a_fresh_login_makes_keys(
    client: httpx.AsyncClient, admin: Learner, db: Database
) -> None:
    ada = await register(client)
    assert (await ada.post(KEYS, WISH)).json()["code"] == "identity.role_missing"
    new = await made(admin)
    await db.fetch("UPDATE identity_session SET authenticated_at = now() - interval '6 minutes'")
    for path in (KEYS, f"{KEYS}/{new['key']['id']}/rotate"):
        assert (await admin.post(path, WISH if path == KEYS else {})).json()["code"] == "identity.step_up_needed"


async def test_what_is_done_to_keys_is_written_down(admin: Learner, db: Database) -> None:
    new = await made(admin)
    rotated = (await admin.post(f"{KEYS}/{new['key']['id']}/rotate", {})).json()
    await admin.http.delete(f"/api/v1{KEYS}/{rotated['key']['id']}", headers=admin.headers)
    rows = await db.fetch("SELECT action, actor_id FROM identity_audit WHERE action LIKE 'api_key%' ORDER BY id")
    assert [row["action"] for row in rows] == ["api_key_made", "api_key_rotated", "api_key_revoked"]
    assert {row["actor_id"] for row in rows} == {admin.id}


@pytest.mark.parametrize("secret", ["lk_", "lk_" + "A" * 43, "lk_" + "A" * 5000, "lk_\xff"])
async def test_a_made_up_key_is_refused_and_public_routes_stay_open(client: httpx.AsyncClient, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}".encode("latin-1")}
    answer = await client.get("/api/v1/auth/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.api_key_invalid")
    assert (await client.get("/api/v1/courses", headers=headers)).status_code == 200
