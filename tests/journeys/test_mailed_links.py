"""Where mails lead, in a real browser: a forgotten password is replaced behind its link, a copy of one's data fetched,
an account kept. Skipped where no Chromium is installed."""

import re
import time
from pathlib import Path
from uuid import uuid4

import anyio
import httpx
import pytest

from journeys.browser import CHROMIUM, Tab, browser
from journeys.served import FRAME_S

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.timeout(180)]

PASSWORD = "another long secret 43"


async def mailed_link(http: httpx.AsyncClient, url: str, to: str, path: str, token: str = r"\S*#token=[\w-]+") -> str:
    """Out of the local outbox."""
    deadline = time.monotonic() + FRAME_S
    while time.monotonic() < deadline:
        outbox = await http.get(f"{url}/dev/mail", params={"to": to})
        for letter in dict.fromkeys(re.findall(r"/dev/mail/[0-9a-f-]{36}", outbox.text)):
            text = (await http.get(f"{url}{letter}/text")).text
            if found := re.search(rf"http\S+{path}{token}", text):
                return found[0]
        await anyio.sleep(0.05)
    raise AssertionError(f"no mail to {to} links to {path}")


async def test_a_forgotten_password_is_replaced_by_mail(url: str, http: httpx.AsyncClient, tmp_path: Path) -> None:
    email = f"ada.{uuid4().hex[:8]}@demo.example"
    body = {"email": email, "name": "Ada", "password": "a long enough secret 42"}
    assert (await http.post(f"{url}/api/v1/auth/register", json=body)).status_code == 201
    async with browser(tmp_path) as tab:
        await tab.go(url)
        await tab.press("Forgot your password?")
        await tab.reads("Send me a link")
        await tab.fill("E-mail", email)
        await tab.press("Send me a link")
        await tab.reads("a mail is on its way")
        link = await mailed_link(http, url, email, "/reset")
        # Whoever opens it only, as programs that look for malware do, uses nothing up.
        for _ in range(2):
            await tab.go("about:blank")
            await open_link(tab, link)
        await tab.fill("New password", "password1")
        await tab.press("Set the password")
        await tab.reads("among the first that a guesser tries")
        assert await tab.value("document.activeElement.id") == "password"
        await tab.value("document.activeElement.select()")
        await tab.fill("New password", PASSWORD)
        await tab.keys("Enter")
        await tab.reads("Your new password is set")
        assert await tab.value("document.activeElement.id") == "outcome"
        # The same link once more says what to do next.
        await open_link(tab, link)
        await tab.fill("New password", PASSWORD)
        await tab.press("Set the password")
        await tab.reads("used up")
        await tab.reads("Send me a link")
        await tab.go(url)
        await log_in(tab, email)
        # Both refusals were the server's, and meant.
        assert [said for said in tab.complaints if "400" not in said] == []


async def test_a_copy_is_fetched_and_an_account_kept_where_the_mails_lead(
    url: str, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    email = f"ada.{uuid4().hex[:8]}@demo.example"
    body = {"email": email, "name": "Ada", "password": PASSWORD}
    registered = (await http.post(f"{url}/api/v1/auth/register", json=body)).json()
    bearer = {"Authorization": f"Bearer {registered['access_token']}"}
    assert (await http.post(f"{url}/api/v1/auth/me/exports", headers=bearer)).status_code == 202
    link = await mailed_link(http, url, email, "/account/exports", token="")
    async with browser(tmp_path) as tab:
        await tab.go(link)
        await log_in(tab, email)
        await tab.press("Fetch my data")
        await tab.reads("in the downloads of this browser")
        await tab.value("call('DELETE', '/auth/me', {confirmation: 'delete my account'}).then(leave).then(() => true)")
        await tab.fill("Password", PASSWORD)
        await tab.press("Log in")
        await tab.reads("Your account will be deleted on")
        await tab.press("Keep my account")
        await tab.reads("Your account stays.")
        await tab.press("Log out")
        await tab.until("document.getElementById('visitor').hidden")
        await tab.go(f"{url}/?error=identity.oidc_flow_invalid")
        await tab.reads("Please begin again.")
    # The login session is over too, and not only forgotten by the page.
    again = (await http.post(f"{url}/api/v1/auth/login", json={"email": email, "password": PASSWORD})).json()
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    history = (await http.get(f"{url}/api/v1/auth/history", headers=bearer)).json()["items"]
    assert [entry["action"] for entry in history[:3]] == ["logged_in", "logged_out", "deletion_withdrawn"]


async def log_in(tab: Tab, email: str) -> None:
    await tab.fill("Email", email)
    await tab.fill("Password", PASSWORD)
    await tab.press("Log in")
    await tab.reads("Logged in as Ada")


async def open_link(tab: Tab, link: str) -> None:
    await tab.go("about:blank")
    await tab.send("Page.navigate", url=link)
    await tab.reads("New password")
    assert await tab.value("location.href.includes('token')") is False
