"""Register, log in, refresh, log out: over HTTP, on the real database."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import text

from app.asgi import Parts
from domains.identity import api, jobs
from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database

AUTH = "/api/v1/auth"
PASSWORD = "correct horse, staple"


async def register(client: httpx.AsyncClient, email: str = "ada@example.org", **more: Any) -> dict[str, Any]:
    body = {"email": email, "name": "Ada", "password": PASSWORD, **more}
    answer = await client.post(f"{AUTH}/register", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, **who: str) -> httpx.Response:
    return await client.post(f"{AUTH}/login", json={**(who or {"email": "ada@example.org"}), "password": password})


async def refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(f"{AUTH}/refresh", json={"refresh_token": token})


def bearer(tokens: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def me(client: httpx.AsyncClient, tokens: dict[str, Any]) -> httpx.Response:
    return await client.get(f"{AUTH}/me", headers=bearer(tokens))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done from now on that takes time: each hash with its cost, each statement by its words."""
    done: list[str] = []
    fetch, verify = Database.fetch, PasswordHasher.verify

    async def watched_fetch(db: Database, statement: str, *values: Any) -> Any:
        done.append(statement)
        return await fetch(db, statement, *values)

    def watched_verify(hasher: PasswordHasher, password_hash: str, password: str) -> Any:
        cost = extract_parameters(password_hash)
        done.append(f"hash {cost.time_cost} passes of {cost.memory_cost} KiB")
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(Database, "fetch", watched_fetch)
    monkeypatch.setattr(PasswordHasher, "verify", watched_verify)
    return done


async def test_registering_logs_in(client: httpx.AsyncClient) -> None:
    tokens = await register(client, time_zone="Europe/Madrid", username="Ada_L")
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    answer = await me(client, tokens)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {**tokens["user"], "impersonation": None, "flags": []}
    assert tokens["user"] == {
        "id": tokens["user"]["id"],
        "email": "ada@example.org",
        "email_verified": False,
        "name": "Ada",
        "roles": ["learner"],
        "username": "ada_l",
        "time_zone": "Europe/Madrid",
        "locale": "en",
        "deletion_at": None,
    }


async def test_registering_announces_the_user(client: httpx.AsyncClient, db: Database) -> None:
    await register(client)
    assert [r["type"] for r in await db.fetch("SELECT type FROM kernel_outbox")] == ["identity.user_created.v1"]


async def test_an_email_address_registers_once_in_any_case(client: httpx.AsyncClient) -> None:
    await register(client)
    body = {"email": "ADA@Example.org", "name": "Eve", "password": PASSWORD}
    assert code(await client.post(f"{AUTH}/register", json=body)) == (409, "identity.email_taken")
    answers = await asyncio.gather(
        *(client.post(f"{AUTH}/register", json={**body, "email": "bob@example.org"}) for _ in range(4))
    )
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]


async def test_a_user_name_belongs_to_one_person(client: httpx.AsyncClient) -> None:
    await register(client, username="ada")
    body = {"email": "eve@example.org", "name": "Eve", "password": PASSWORD, "username": "ADA"}
    assert code(await client.post(f"{AUTH}/register", json=body)) == (409, "identity.username_taken")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "nobody"},
        {"name": "a\0b"},
        {"password": "password123"},
        {"password": "with a NUL \0 inside"},
        {"time_zone": "Mars/Olympus"},
        {"locale": "not a locale"},
        {"username": "no spaces!"},
        {"roles": ["admin"]},
        {"id": str(new_id())},
    ],
)
async def test_bad_or_injected_fields_are_refused(client: httpx.AsyncClient, db: Database, change: Any) -> None:
    body = {"email": "ada@example.org", "name": "Ada", "password": PASSWORD, **change}
    assert (await client.post(f"{AUTH}/register", json=body)).status_code == 400
    assert await db.fetch("SELECT FROM identity_user") == []


async def test_a_lone_surrogate_is_refused(client: httpx.AsyncClient) -> None:
    for field in ("email", "name", "password"):
        body = '{"email": "ada@example.org", "name": "Ada", "password": "long enough"}'.replace(
            f'"{field}": "', f'"{field}": "\\ud800'
        )
        answer = await client.post(f"{AUTH}/register", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


async def test_login_takes_the_email_in_any_case_or_the_user_name(client: httpx.AsyncClient) -> None:
    await register(client, username="ada")
    assert (await log_in(client, email="ADA@example.org")).status_code == 200
    assert (await log_in(client, username="Ada")).status_code == 200
    assert (await log_in(client, username="ada", email="ada@example.org")).status_code == 400
    assert code(await log_in(client, password=PASSWORD + " ")) == (401, "identity.bad_credentials")
    assert code(await log_in(client, password=PASSWORD.upper())) == (401, "identity.bad_credentials")


async def test_a_known_and_an_unknown_email_fail_alike_after_the_same_work(
    client: httpx.AsyncClient, db: Database, dear_hashing: None, work: list[str]
) -> None:
    await register(client)
    ways = []
    # The first hash of nobody's is made once in a process.
    await log_in(client, password="a wrong one", email="first@example.org")
    for email in ("ada@example.org", "nobody@example.org"):
        work.clear()
        answer = await log_in(client, password="a wrong one", email=email)
        body = answer.json()
        body.pop("correlation_id", None)
        ways.append((answer.status_code, answer.headers["www-authenticate"], body, list(work)))
    assert ways[0] == ways[1]
    hashes = [one for one in ways[0][3] if one.startswith("hash")]
    assert hashes == ["hash 2 passes of 19456 KiB"]
    assert len(ways[0][3]) > len(hashes), "the statements are seen too"


async def test_the_password_is_stored_as_argon2id_only(client: httpx.AsyncClient, db: Database) -> None:
    tokens = await register(client)
    [row] = await db.fetch("SELECT password_hash FROM identity_user")
    assert row["password_hash"].startswith("$argon2id$")
    stored = await db.fetch("SELECT token_hash FROM identity_refresh_token")
    assert tokens["refresh_token"].encode() not in [r["token_hash"] for r in stored]


async def test_ten_logins_at_once_are_hashed_beside_the_loop_two_at_a_time(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(client)
    loops_own, threads, at_once, most = threading.get_ident(), set(), 0, 0
    verify, lock = PasswordHasher.verify, threading.Lock()

    def watched(hasher: PasswordHasher, *values: Any) -> Any:
        nonlocal at_once, most
        with lock:
            threads.add(threading.get_ident())
            at_once += 1
            most = max(most, at_once)
        try:
            return verify(hasher, *values)
        finally:
            with lock:
                at_once -= 1

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    answers = await asyncio.gather(*(log_in(client) for _ in range(10)))
    assert [a.status_code for a in answers] == [200] * 10
    assert loops_own not in threads
    assert 1 <= len(threads) <= 2
    assert most <= 2


async def test_a_refresh_token_is_exchanged_for_new_tokens(client: httpx.AsyncClient) -> None:
    first = await register(client)
    second = (await refresh(client, first["refresh_token"])).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["user"] == first["user"]
    assert (await me(client, second)).status_code == 200
    assert code(await refresh(client, "nonsense")) == (401, "identity.refresh_invalid")
    assert code(await refresh(client, first["access_token"])) == (401, "identity.refresh_invalid")


async def test_a_replayed_refresh_token_kills_its_family(client: httpx.AsyncClient, db: Database) -> None:
    stolen = await register(client)
    with time_machine.travel(utc_now(), tick=False) as clock:
        successor = (await refresh(client, stolen["refresh_token"])).json()
        clock.shift(11)
        assert code(await refresh(client, stolen["refresh_token"])) == (401, "identity.refresh_reused")
        assert code(await refresh(client, successor["refresh_token"])) == (401, "identity.session_ended")
    [row] = await db.fetch("SELECT revoke_reason FROM identity_session WHERE revoked_at IS NOT NULL")
    assert row["revoke_reason"] == "refresh token used twice"
    facts = [r["type"] for r in await db.fetch("SELECT type FROM kernel_outbox")]
    assert "identity.sessions_revoked.v1" in facts
    # Its owner, who is suddenly logged out, is told why.
    assert "identity.security_noticed.v1" in facts


async def test_parallel_refreshes_keep_one_live_family(client: httpx.AsyncClient, db: Database) -> None:
    first = await register(client)
    answers = await asyncio.gather(*(refresh(client, first["refresh_token"]) for _ in range(50)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["refresh_token"] for a in answers}) == 1
    assert len(await db.fetch("SELECT FROM identity_refresh_token WHERE used_at IS NULL")) == 1
    assert (await refresh(client, answers[0].json()["refresh_token"])).status_code == 200


async def test_a_login_ends_when_idle_for_a_week_or_after_thirty_days(client: httpx.AsyncClient) -> None:
    idle = await register(client)
    with time_machine.travel(utc_now(), tick=False) as clock:
        clock.shift(timedelta(days=7))
        assert code(await refresh(client, idle["refresh_token"])) == (401, "identity.session_ended")
    with time_machine.travel(utc_now(), tick=False) as clock:
        tokens = (await log_in(client)).json()
        for _ in range(4):
            clock.shift(timedelta(days=6))
            answer = await refresh(client, tokens["refresh_token"])
            assert answer.status_code == 200
            tokens = answer.json()
        clock.shift(timedelta(days=6))
        assert code(await refresh(client, tokens["refresh_token"])) == (401, "identity.session_ended")


async def test_logging_out_ends_the_session_at_once(client: httpx.AsyncClient) -> None:
    tokens, other = await register(client), (await log_in(client)).json()
    assert (await me(client, tokens)).status_code == 200
    answer = await client.post(f"{AUTH}/logout", headers=bearer(tokens))
    assert (answer.status_code, answer.content) == (204, b"")
    assert code(await me(client, tokens)) == (401, "identity.session_ended")
    assert code(await refresh(client, tokens["refresh_token"])) == (401, "identity.session_ended")
    assert (await me(client, other)).status_code == 200


async def test_a_ban_shuts_the_api_within_a_minute(client: httpx.AsyncClient, db: Database) -> None:
    tokens = await register(client)
    assert (await me(client, tokens)).status_code == 200
    await db.fetch("UPDATE identity_user SET banned_at = now()")
    with time_machine.travel(utc_now() + timedelta(seconds=31)):
        assert code(await me(client, tokens)) == (401, "identity.session_ended")
    assert code(await log_in(client)) == (403, "identity.banned")
    assert code(await log_in(client, password="a wrong one")) == (401, "identity.bad_credentials")


async def test_a_ban_refuses_the_refresh_token(client: httpx.AsyncClient, db: Database) -> None:
    tokens = await register(client)
    await db.fetch("UPDATE identity_user SET banned_at = now()")
    assert code(await refresh(client, tokens["refresh_token"])) == (401, "identity.session_ended")
    await db.fetch("UPDATE identity_user SET banned_at = NULL")
    assert (await refresh(client, tokens["refresh_token"])).status_code == 200


async def test_what_is_over_goes_in_small_transactions(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = await register(client)
    for _ in range(6):
        tokens = (await refresh(client, tokens["refresh_token"])).json()
    for _ in range(4):
        await log_in(client)
    await db.fetch(
        "INSERT INTO identity_login_failure SELECT 'x' || n, 1, now(), now() FROM generate_series(1, 7) AS n"
    )
    most = 0
    fetch = Database.fetch

    async def watched(db: Database, statement: str, *values: Any) -> Any:
        nonlocal most
        rows = await fetch(db, statement, *values)
        if "DELETE" in statement:
            most = max(most, len(rows))
        return rows

    monkeypatch.setattr(Database, "fetch", watched)
    monkeypatch.setattr(jobs, "_AT_ONCE", 3)
    with time_machine.travel(utc_now() + timedelta(days=32)):
        await jobs.purge(db)
        assert most == 3
        assert await db.fetch("SELECT FROM identity_login_place")
    with time_machine.travel(utc_now() + timedelta(days=91)):
        await jobs.purge(db)
    for table in ("identity_session", "identity_refresh_token", "identity_login_failure", "identity_login_place"):
        assert await db.fetch(f"SELECT FROM {table}") == []


async def test_what_is_over_is_forgotten(client: httpx.AsyncClient, parts: Parts, db: Database) -> None:
    await register(client)
    await log_in(client, password="a wrong one")
    await jobs.purge(db)
    assert await db.fetch("SELECT FROM identity_session")
    assert await db.fetch("SELECT FROM identity_login_failure")
    with time_machine.travel(utc_now() + timedelta(days=32)):
        await jobs.purge(db)
    for table in ("identity_session", "identity_refresh_token", "identity_login_failure"):
        assert await db.fetch(f"SELECT FROM {table}") == []


async def test_other_domains_learn_names_and_zones(client: httpx.AsyncClient, db: Database) -> None:
    async with db.begin() as uow:
        account = await api.create_user(
            uow,
            email="t@example.org",
            name="Teacher",
            password=PASSWORD,
            roles=["teacher", "admin"],
            time_zone="Asia/Tokyo",
        )
        assert await api.time_zone(uow, account.id) == "Asia/Tokyo"
        assert await api.time_zone(uow, new_id()) == "UTC"
        assert await api.names(uow, [account.id, new_id()]) == {account.id: "Teacher"}
        await uow.session.execute(text("SELECT 1"))
    assert await api.names(db, [account.id]) == {account.id: "Teacher"}
    assert await api.names(db, []) == {}
    assert (await log_in(client, email="t@example.org")).json()["user"]["roles"] == ["admin", "teacher"]
