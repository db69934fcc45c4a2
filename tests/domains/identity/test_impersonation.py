"""Looking through somebody's eyes: it reads, it says so, it ends, and it is written down."""

import re
from datetime import timedelta

import httpx
import jwt
import pytest
import time_machine
from litestar import Litestar
from litestar.routes import HTTPRoute

from app.asgi import Parts
from app.live import realtime_ports
from domains.identity.service.impersonation import note_ends
from domains.kernel.clock import utc_now
from domains.kernel.errors import Forbidden
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, register

WHY = "their lesson does not end"


async def looking(client: httpx.AsyncClient, db: Database) -> tuple[Learner, Learner, Learner, str]:
    """The person, the admin, the person as the admin sees it, and the login session of that."""
    ada, admin = await register(client), await register(client, "Root")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", admin.id)
    begun = await admin.post(f"/admin/users/{ada.id}/impersonate", {"purpose": WHY})
    assert begun.status_code == 201, begun.text
    found = begun.json()
    assert found["expires_in"] == 900
    return ada, admin, Learner(ada.id, ada.name, found["access_token"], client), found["session_id"]


async def test_it_reads_what_the_person_reads_and_says_who_looks(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin, eyes, _ = await looking(client, db)
    claims = jwt.decode(eyes.token, options={"verify_signature": False})
    assert (claims["sub"], claims["act"]) == (str(ada.id), {"sub": str(admin.id)})
    assert claims["exp"] - claims["iat"] == 900
    seen, own = (await eyes.get("/auth/me")).json(), (await ada.get("/auth/me")).json()
    banner = seen.pop("impersonation")
    assert own.pop("impersonation") is None
    assert seen == own
    assert (banner["by"], banner["name"]) == (str(admin.id), "Root")


async def test_it_changes_nothing_whatever_the_route(client: httpx.AsyncClient, db: Database, app: Litestar) -> None:
    _, _, eyes, _ = await looking(client, db)
    tried = 0
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        path = re.sub(r"{\w+:uuid}", str(new_id()), re.sub(r"{\w+:str}", "x", re.sub(r"{\w+:int}", "1", route.path)))
        for method in route.methods - {"GET", "HEAD", "OPTIONS"}:
            answer = await client.request(method, path, json={}, headers=eyes.headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "identity.read_only"), (method, path)
            tried += 1
    assert tried > 40


async def test_the_hot_route_is_no_way_around(client: httpx.AsyncClient, db: Database) -> None:
    _, _, eyes, _ = await looking(client, db)
    await eyes.get("/auth/me")
    body = {"exercise_id": str(new_id()), "answer": "x", "elapsed_ms": 1}
    answer = await eyes.post(f"/sessions/{new_id()}/answers", body, key="k")
    assert answer.json()["code"] == "identity.read_only"


async def test_it_opens_no_socket(client: httpx.AsyncClient, db: Database, parts: Parts) -> None:
    _, _, eyes, _ = await looking(client, db)
    with pytest.raises(Forbidden):
        await realtime_ports(db, parts.authenticator, parts.boards).authenticate(eyes.token)


async def test_it_is_fresh_for_nothing(client: httpx.AsyncClient, db: Database, parts: Parts) -> None:
    _, _, eyes, _ = await looking(client, db)
    assert not await parts.authenticator.is_fresh(await parts.authenticator.principal(eyes.token))


@pytest.mark.parametrize("role", ["admin", "support", "moderator"])
async def test_nobody_of_the_staff_is_looked_through(client: httpx.AsyncClient, db: Database, role: str) -> None:
    ada, admin, _, _ = await looking(client, db)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", ada.id, role)
    answer = await admin.post(f"/admin/users/{ada.id}/impersonate", {"purpose": WHY})
    assert answer.json()["code"] == "identity.staff_protected"


async def test_it_begins_and_ends_in_the_audit_log(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin, eyes, session_id = await looking(client, db)
    other = await register(client, "Other")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", other.id)
    place = f"/api/v1/admin/impersonations/{session_id}"
    assert (await client.delete(place, headers=other.headers)).json()["code"] == "identity.session_unknown"
    assert (await client.delete(place, headers=admin.headers)).status_code == 204
    assert (await client.delete(place, headers=admin.headers)).status_code == 404
    assert (await eyes.get("/auth/me")).json()["code"] == "identity.session_ended"
    history = (await ada.get("/auth/history")).json()["items"]
    assert [(item["action"], item["by_staff"]) for item in history[:2]] == [
        ("impersonation_ended", True),
        ("impersonation_began", True),
    ]
    log = (await admin.get(f"/admin/audit?actor_id={admin.id}")).json()["items"]
    assert log[1]["detail"] == {"session": session_id, "purpose": WHY}


async def test_it_ends_by_itself_and_the_end_is_written_down_once(client: httpx.AsyncClient, db: Database) -> None:
    ada, _, eyes, _ = await looking(client, db)
    await note_ends(db)
    assert (await eyes.get("/auth/me")).status_code == 200
    with time_machine.travel(utc_now() + timedelta(minutes=15, seconds=6), tick=False):
        assert (await eyes.get("/auth/me")).status_code == 401
        await note_ends(db)
        await note_ends(db)
    ends = await db.fetch("SELECT user_id FROM identity_audit WHERE action = 'impersonation_ended'")
    assert [row["user_id"] for row in ends] == [ada.id]


async def test_it_ends_with_the_persons_other_logins_and_when_they_become_staff(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada, admin, eyes, _ = await looking(client, db)
    assert (await client.delete("/api/v1/auth/sessions/", headers=ada.headers)).json() == {"ended": 1}
    assert (await eyes.get("/auth/me")).json()["code"] == "identity.session_ended"
    begun = await admin.post(f"/admin/users/{ada.id}/impersonate", {"purpose": WHY})
    eyes = Learner(ada.id, ada.name, begun.json()["access_token"], client)
    body = {"roles": ["admin"], "reason": WHY}
    changed = await client.put(f"/api/v1/admin/users/{ada.id}/roles", json=body, headers=admin.headers)
    assert changed.status_code == 200
    assert (await eyes.get("/admin/audit")).json()["code"] == "identity.session_ended"
    ends = await db.fetch("SELECT user_id FROM identity_audit WHERE action = 'impersonation_ended'")
    assert [row["user_id"] for row in ends] == [ada.id, ada.id]


async def test_a_moderator_cannot_begin_it(client: httpx.AsyncClient, db: Database) -> None:
    ada, who = await register(client), await register(client)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'moderator')", who.id)
    answer = await who.post(f"/admin/users/{ada.id}/impersonate", {"purpose": WHY})
    assert answer.json()["code"] == "identity.role_missing"
