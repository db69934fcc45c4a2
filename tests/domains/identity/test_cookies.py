"""Cookie mode: the refresh token of a browser lies where no script and no foreign page gets at it."""

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from domains.kernel.ids import new_id
from factories.people import PASSWORD, Learner, register

ORIGIN = "http://localhost:8000"
NAME = "__Host-lyceum-refresh"
OURS = {"Origin": ORIGIN, "X-Session-Mode": "cookie"}
AUTH = "/api/v1/auth"


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def login(ada: Learner, **headers: str) -> httpx.Response:
    email = (await ada.get("/auth/me")).json()["email"]
    return await ada.http.post(f"{AUTH}/login", json={"email": email, "password": PASSWORD}, headers=headers)


def cookie_of(answer: httpx.Response) -> Any:
    return SimpleCookie(answer.headers["set-cookie"])[NAME]


async def refresh(client: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    return await client.post(f"{AUTH}/refresh", headers={"Cookie": f"{NAME}={token}", **headers})


async def test_the_refresh_token_is_in_the_cookie_and_not_in_the_body(ada: Learner) -> None:
    answer = await login(ada, **OURS)
    cookie = cookie_of(answer)
    assert answer.json()["refresh_token"] is None
    assert answer.json()["access_token"]
    assert (cookie["path"], cookie["domain"], cookie["samesite"].lower()) == ("/", "", "strict")
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert cookie["max-age"] == str(7 * 86400)
    assert cookie.value not in answer.text


async def test_without_asking_there_is_no_cookie(ada: Learner) -> None:
    for headers in ({}, {"X-Session-Mode": "body"}, {"Origin": ORIGIN}):
        answer = await login(ada, **headers)
        assert "set-cookie" not in answer.headers
        assert answer.json()["refresh_token"]


async def test_every_way_in_keeps_to_it(client: httpx.AsyncClient) -> None:
    body = {"email": f"{new_id().hex}@example.org", "name": "Ada", "password": PASSWORD}
    for path, data in (("/register", body), ("/guest", {"name": "Gast"})):
        answer = await client.post(f"{AUTH}{path}", json=data, headers=OURS)
        assert answer.status_code == 201, answer.text
        assert answer.json()["refresh_token"] is None
        assert cookie_of(answer).value


async def test_a_browser_refreshes_by_its_cookie_and_gets_the_next(ada: Learner) -> None:
    first = cookie_of(await login(ada, **OURS)).value
    answer = await refresh(ada.http, first, **OURS)
    assert (answer.status_code, answer.json()["refresh_token"]) == (200, None)
    second = cookie_of(answer).value
    assert second != first
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await ada.http.get(f"{AUTH}/me", headers=headers)).status_code == 200
    assert cookie_of(await refresh(ada.http, first, **OURS)).value == second, "another tab, at the same time"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Session-Mode": "cookie"},
        {"X-Session-Mode": "cookie", "Origin": "null"},
        {"X-Session-Mode": "cookie", "Origin": "https://evil.example"},
        {"X-Session-Mode": "cookie", "Origin": f"{ORIGIN}.evil.example"},
        {"X-Session-Mode": "cookie", "Origin": f"{ORIGIN}/"},
        {"X-Session-Mode": "cookie", "Origin": "http://localhost:8001"},
    ],
    ids=["none", "null", "evil", "suffix", "slash", "port"],
)
async def test_a_page_of_another_origin_gets_nothing(ada: Learner, headers: dict[str, str]) -> None:
    opened = await login(ada, **OURS)
    token = cookie_of(opened).value
    answer = await refresh(ada.http, token, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "identity.origin_refused")
    bearer = {"Authorization": f"Bearer {opened.json()['access_token']}", "Cookie": f"{NAME}={token}"}
    answer = await ada.http.post(f"{AUTH}/logout", headers=bearer | headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "identity.origin_refused")
    assert (await login(ada, **headers)).status_code == 403, "nobody is logged in as somebody else by a foreign page"
    assert (await refresh(ada.http, token, **OURS)).status_code == 200


async def test_a_cookie_alone_counts_for_nothing(ada: Learner) -> None:
    token = cookie_of(await login(ada, **OURS)).value
    answer = await refresh(ada.http, token, Origin=ORIGIN)
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.refresh_invalid")
    assert (await ada.http.get(f"{AUTH}/me", headers={"Cookie": f"{NAME}={token}", **OURS})).status_code == 401


async def test_a_browser_without_a_cookie_is_told_to_log_in(ada: Learner) -> None:
    answer = await ada.http.post(f"{AUTH}/refresh", headers=OURS)
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.refresh_invalid")


async def test_logging_out_ends_the_session_and_the_cookie(ada: Learner) -> None:
    opened = await login(ada, **OURS)
    token = cookie_of(opened).value
    headers = {"Authorization": f"Bearer {opened.json()['access_token']}", "Cookie": f"{NAME}={token}", **OURS}
    answer = await ada.http.post(f"{AUTH}/logout", headers=headers)
    assert answer.status_code == 204
    assert (cookie_of(answer).value, cookie_of(answer)["max-age"]) == ("", "0")
    assert (await refresh(ada.http, token, **OURS)).json()["code"] == "identity.session_ended"


async def test_a_mode_that_there_is_not_is_refused(ada: Learner) -> None:
    answer = await login(ada, **{"X-Session-Mode": "cookies"})
    assert (answer.status_code, answer.json()["field"]) == (400, "X-Session-Mode")


async def test_our_own_pages_may_send_the_cookie_and_foreign_ones_may_not_ask(client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-session-mode,content-type"}
    own = await client.options(f"{AUTH}/refresh", headers={"Origin": ORIGIN, **asked})
    assert own.headers["access-control-allow-origin"] == ORIGIN
    assert own.headers["access-control-allow-credentials"] == "true"
    assert "x-session-mode" in own.headers["access-control-allow-headers"].lower()
    other = await client.options(f"{AUTH}/refresh", headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in other.headers
