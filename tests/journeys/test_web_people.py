"""People in the web client: a guest who stays, friends who meet, and screens that anybody can use."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import expect

from journeys.browsing import PASSWORD, Visit, browsing, needs_browser
from journeys.served import visitor

pytestmark = needs_browser

SCREENS = (
    *("/account", "/account/learning", "/account/security", "/account/notifications", "/account/data"),
    *("/friends", "/friends/requests", "/friends/find", "/feed", "/notifications", "/profile"),
)


@pytest.fixture
async def ada(url: str) -> AsyncIterator[Visit]:
    async with browsing(url) as found:
        yield found


def an_address() -> str:
    return f"ada.{uuid4().hex[:8]}@demo.example"


async def test_a_guest_becomes_somebody_who_can_come_back(ada: Visit) -> None:
    email = an_address()
    await ada.go("/")
    await ada.press("Start learning")
    await ada.page.wait_for_url("**/le*")
    await ada.go("/account")
    # Many guests have to be told apart.
    await expect(ada.page.get_by_role("textbox", name="Name")).not_to_have_value("Guest")
    await ada.press("Keep my progress", role="link")
    await ada.fill("Email", email)
    await ada.fill("Password", "password1")
    await ada.press("Keep it")
    await ada.reads("must not be easy to guess")
    await ada.fill("Password", PASSWORD)
    # The second click of a double one finds nothing left to do.
    await ada.page.get_by_role("button", name="Keep it").dblclick()
    await ada.reads("This is your account now.")
    await ada.log_out()
    await ada.log_in(email)
    await ada.page.wait_for_url("**/account")
    assert [said for said in ada.complaints if "400" not in said] == []


async def test_somebody_asks_to_be_friends_and_is_seen_at_once(ada: Visit, url: str, http: httpx.AsyncClient) -> None:
    ben = await visitor(url, http, "Ben")
    handle = f"ada_{uuid4().hex[:8]}"
    await ada.register(an_address())
    await ada.go("/account")
    await ada.page.get_by_role("textbox", name="Handle").fill(handle)
    await ada.press("Take this handle")
    await ada.reads("Saved.")
    await ada.go("/notifications")
    await ada.reads("Welcome to Lyceum")
    found = await ben.call("GET", f"/people/by-handle/{handle}")
    await ben.call("POST", "/friends/requests", {"user_id": found["user_id"]})
    # Live: nobody has loaded the page again.
    await ada.page.get_by_role("link", name="Ben wants to learn with you").click()
    await ada.press("Accept")
    await ada.reads("Nobody waits for your answer.")
    await ada.page.get_by_role("navigation", name="Pages about friends").get_by_role("link", name="Friends").click()
    await ada.page.get_by_role("link", name="Ben").click()
    await expect(ada.page.get_by_role("button", name="Be friends no longer")).to_be_visible()
    assert ada.complaints == []


async def test_whoever_asked_sees_at_once_that_the_other_said_yes(
    ada: Visit, url: str, http: httpx.AsyncClient
) -> None:
    ben = await visitor(url, http, "Ben")
    await ada.register(an_address())
    await ada.go(f"/people/{ben.id}")
    await ada.press("Add as a friend")
    await ada.page.get_by_role("button", name="Withdraw the request").wait_for()
    [request] = (await ben.call("GET", "/friends/requests"))["items"]
    await ben.call("POST", f"/friends/requests/{request['person']['user_id']}/accept")
    # Live: nobody has loaded the page again.
    await ada.page.get_by_role("button", name="Be friends no longer").wait_for()
    await ada.go("/notifications")
    await ada.page.get_by_role("link", name="You and Ben are friends now").click()
    await ada.page.wait_for_url(f"**/people/{ben.id}")
    assert ada.complaints == []


async def test_nothing_serious_keeps_anybody_from_using_the_screens(ada: Visit) -> None:
    await ada.go("/login")
    await ada.page.get_by_role("button", name="Log in", exact=True).wait_for()
    found = {"/login": await ada.barriers()}
    await ada.register(an_address())
    for path in SCREENS:
        await ada.go(path)
        await ada.page.get_by_role("heading", level=1).wait_for()
        await ada.page.wait_for_load_state("networkidle")
        found[path] = await ada.barriers()
    assert {path: barriers for path, barriers in found.items() if barriers} == {}
