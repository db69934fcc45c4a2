"""Where somebody is logged in: seeing it, and ending it."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import time_machine

from app.asgi import Parts
from domains.identity.errors import SessionEnded
from domains.identity.policy.agents import UNKNOWN, device_words
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import PASSWORD, Learner, register

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/19.0 Mobile/15E148 Safari/604.1"
)


async def again(ada: Learner, agent: str = "") -> str:
    """Another login of the same person; its access token."""
    email = (await ada.get("/auth/me")).json()["email"]
    body = {"email": email, "password": PASSWORD}
    answer = await ada.http.post("/api/v1/auth/login", json=body, headers={"User-Agent": agent})
    token: str = answer.json()["access_token"]
    return token


def as_device(ada: Learner, token: str) -> Learner:
    return Learner(ada.id, ada.name, token, ada.http)


async def delete(who: Learner, path: str) -> httpx.Response:
    return await who.http.delete(f"/api/v1{path}", headers=who.headers)


async def with_role(db: Database, who: Learner, role: str) -> Learner:
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", who.id, role)
    return who


async def test_a_person_sees_their_own_devices_by_name_and_no_address(client: httpx.AsyncClient) -> None:
    ada = await register(client)
    await register(client, "Eve")
    await again(ada, FIREFOX)
    phone = as_device(ada, await again(ada, IPHONE))
    answer = await phone.get("/auth/sessions")
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()["items"]
    assert [item["device"] for item in found[:2]] == ["Safari on iPhone", "Firefox on Windows"]
    assert [item["method"] for item in found] == ["password", "password", "registration"]
    assert [item["current"] for item in found] == [True, False, False]
    assert set(found[0]) == {"id", "device", "method", "current", "created_at", "last_seen_at", "ends_at"}
    assert "127.0.0.1" not in answer.text


async def test_a_login_leaves_the_list_when_it_has_ended(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client)
    tokens = [await again(ada) for _ in range(3)]
    found = (await ada.get("/auth/sessions")).json()["items"]
    assert len(found) == 4
    await as_device(ada, tokens[0]).post("/auth/logout")
    newest = UUID(found[0]["id"])
    await db.fetch("UPDATE identity_session SET expires_at = now() WHERE id = $1", newest)
    assert len((await ada.get("/auth/sessions")).json()["items"]) == 2
    await db.fetch("UPDATE identity_session SET last_used_at = now() - interval '7 days'")
    assert (await ada.get("/auth/sessions")).json()["items"] == []


async def test_ending_one_device_leaves_the_others(client: httpx.AsyncClient, db: Database) -> None:
    ada = await register(client)
    lost, kept = [as_device(ada, await again(ada)) for _ in range(2)]
    [session] = [item["id"] for item in (await lost.get("/auth/sessions")).json()["items"] if item["current"]]
    assert (await delete(ada, f"/auth/sessions/{session}")).status_code == 204
    assert [(await each.get("/auth/me")).status_code for each in (lost, kept, ada)] == [401, 200, 200]
    assert (await delete(ada, f"/auth/sessions/{session}")).json()["code"] == "identity.session_unknown"
    [told] = await db.fetch("SELECT detail, actor_id FROM identity_audit WHERE action = 'sessions_ended'")
    assert session in told["detail"]
    assert told["actor_id"] is None


async def test_somebody_elses_login_looks_like_one_that_does_not_exist(client: httpx.AsyncClient) -> None:
    ada, eve = await register(client), await register(client, "Eve")
    [session] = (await ada.get("/auth/sessions")).json()["items"]
    answers = [await delete(eve, f"/auth/sessions/{each}") for each in (session["id"], new_id())]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "identity.session_unknown")}
    assert (await ada.get("/auth/me")).status_code == 200


async def test_ending_all_others_leaves_this_one(client: httpx.AsyncClient) -> None:
    ada = await register(client)
    others = [as_device(ada, await again(ada)) for _ in range(2)]
    assert (await delete(ada, "/auth/sessions")).json() == {"ended": 2}
    assert [(await each.get("/auth/me")).status_code for each in (*others, ada)] == [401, 401, 200]
    assert (await delete(ada, "/auth/sessions")).json() == {"ended": 0}


async def test_staff_end_the_logins_of_somebody_and_it_is_written_down(client: httpx.AsyncClient, db: Database) -> None:
    ada, admin = await register(client), await with_role(db, await register(client, "Root"), "admin")
    device = as_device(ada, await again(ada, FIREFOX))
    place = f"/admin/users/{ada.id}/sessions"
    found = (await admin.get(place)).json()["items"]
    assert found[0]["device"] == "Firefox on Windows"
    assert not any(item["current"] for item in found)
    assert (await delete(admin, f"{place}/{found[0]['id']}")).status_code == 204
    assert [(await each.get("/auth/me")).status_code for each in (device, ada)] == [401, 200]
    assert (await delete(admin, place)).json() == {"ended": 1}
    assert (await ada.get("/auth/me")).status_code == 401
    told = await db.fetch("SELECT user_id, actor_id FROM identity_audit WHERE action = 'sessions_ended'")
    assert {(row["user_id"], row["actor_id"]) for row in told} == {(ada.id, admin.id)}


async def test_only_an_admin_ends_the_logins_of_staff(client: httpx.AsyncClient, db: Database) -> None:
    admin = await with_role(db, await register(client, "Root"), "admin")
    support = await with_role(db, await register(client, "Sue"), "support")
    [login] = (await support.get(f"/admin/users/{admin.id}/sessions")).json()["items"]
    for path in ("", f"/{login['id']}"):
        refused = await delete(support, f"/admin/users/{admin.id}/sessions{path}")
        assert (refused.status_code, refused.json()["code"]) == (403, "identity.staff_protected")
    assert (await admin.get("/auth/me")).status_code == 200
    assert (await delete(admin, f"/admin/users/{support.id}/sessions")).json() == {"ended": 1}


async def test_a_logout_and_a_refresh_token_that_comes_back_are_written_down(client: httpx.AsyncClient) -> None:
    ada = await register(client)
    email = (await ada.get("/auth/me")).json()["email"]
    logged_in = await client.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    stolen = {"refresh_token": logged_in.json()["refresh_token"]}
    with time_machine.travel(utc_now(), tick=False) as clock:
        await client.post("/api/v1/auth/refresh", json=stolen)
        clock.shift(11)
        assert (await client.post("/api/v1/auth/refresh", json=stolen)).status_code == 401
    other = as_device(ada, await again(ada))
    await ada.post("/auth/logout")
    history = (await other.get("/auth/history")).json()["items"]
    assert [item["action"] for item in history[:3]] == ["logged_out", "logged_in", "refresh_reused"]


async def test_a_learner_gets_nowhere_near_the_logins_of_others(client: httpx.AsyncClient) -> None:
    ada, eve = await register(client), await register(client, "Eve")
    place = f"/admin/users/{ada.id}/sessions"
    answers = [await eve.get(place), await delete(eve, place), await delete(eve, f"{place}/{new_id()}")]
    assert {answer.json()["code"] for answer in answers} == {"identity.role_missing"}


async def test_another_process_refuses_an_ended_login_within_a_minute(
    client: httpx.AsyncClient, parts: Parts, db: Database
) -> None:
    ada = await register(client)
    elsewhere = type(parts.authenticator)(db, issuer=parts.infra.settings.public_url)
    with time_machine.travel(utc_now(), tick=False) as clock:
        await elsewhere.principal(ada.token)
        [session] = (await ada.get("/auth/sessions")).json()["items"]
        await delete(ada, f"/auth/sessions/{session['id']}")
        clock.shift(timedelta(seconds=60))
        with pytest.raises(SessionEnded):
            await elsewhere.principal(ada.token)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge on Linux"),
        ("Lyceum/3.1 (iPad; iPadOS 19)", "Lyceum app on iPad"),
        ("python-httpx/0.28.1", "Script"),
        ("\x00<script>", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
    ],
    ids=["firefox", "iphone", "android", "mac", "edge", "app", "script", "noise", "empty", "none"],
)
def test_a_device_is_called_by_words_that_people_know(agent: str | None, words: str) -> None:
    assert device_words(agent) == words
