"""An ended login closes its sockets within five seconds, in whichever of two processes they are.

That the API refuses it within a minute is shown in tests/domains/identity, where nobody has to wait for it."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import asyncpg
import httpx
import pytest

from app.infra import plain_dsn
from journeys.served import Ears, Visitor, visitor

CLOSED_WITHIN_S = 5.0
PASSWORD = "a long enough secret 42"


async def logged_in(url: str, http: httpx.AsyncClient, email: str) -> Visitor:
    answer = await http.post(f"{url}/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return Visitor(url, found["user"]["id"], found["access_token"], http)


Ending = Callable[[Visitor, Visitor, Visitor], Awaitable[Any]]

ENDINGS: dict[str, Ending] = {
    "logout": lambda lost, other, admin: lost.call("POST", "/auth/logout"),
    "ended elsewhere": lambda lost, other, admin: other.call("DELETE", "/auth/sessions"),
    "password change": lambda lost, other, admin: other.call(
        "POST", "/auth/password", {"new_password": secrets.token_urlsafe(20), "current_password": PASSWORD}
    ),
    "ended by staff": lambda lost, other, admin: admin.call("DELETE", f"/admin/users/{lost.id}/sessions"),
    "ban": lambda lost, other, admin: admin.call("PUT", f"/admin/users/{lost.id}/ban", {"reason": "a test"}),
}


@pytest.mark.parametrize("how", ENDINGS)
async def test_the_sockets_of_an_ended_login_close(
    how: str, url: str, http: httpx.AsyncClient, environment: dict[str, str]
) -> None:
    email = f"{secrets.token_hex(6)}@demo.example"
    body = {"email": email, "name": "Ada", "password": PASSWORD}
    assert (await http.post(f"{url}/api/v1/auth/register", json=body)).status_code == 201
    lost, other = await logged_in(url, http, email), await logged_in(url, http, email)
    admin = await visitor(url, http, "Root")
    connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
    await connection.execute("INSERT INTO identity_user_role VALUES ($1, 'admin')", admin.id)
    await connection.close()
    async with lost.socket(Ears()) as first, lost.socket(Ears()) as second:
        await ENDINGS[how](lost, other, admin)
        with anyio.fail_after(CLOSED_WITHIN_S):
            while first.connected or second.connected:
                await anyio.sleep(0.02)
