"""Where mails lead, in a real browser: a forgotten password is replaced behind its link, a copy of one's data fetched,
an account kept."""

import re
import time
from uuid import uuid4

import anyio
import httpx

from journeys.browsing import Visit, browsing, needs_browser
from journeys.served import FRAME_S

pytestmark = needs_browser

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


async def test_a_forgotten_password_is_replaced_by_mail(url: str, http: httpx.AsyncClient) -> None:
    email = f"ada.{uuid4().hex[:8]}@demo.example"
    body = {"email": email, "name": "Ada", "password": "a long enough secret 42"}
    assert (await http.post(f"{url}/api/v1/auth/register", json=body)).status_code == 201
    async with browsing(url) as ada:
        await ada.go("/login")
        await ada.press("Forgot your password?", role="link")
        await ada.fill("E-mail", email)
        await ada.press("Send me a link")
        await ada.reads("a mail is on its way")
        link = await mailed_link(http, url, email, "/reset")
        # Whoever opens it only, as programs that look for malware do, uses nothing up.
        for _ in range(2):
            await open_link(ada, link)
        await ada.fill("New password", "password1")
        await ada.press("Set the password")
        await ada.reads("among the first that a guesser tries")
        assert await ada.page.evaluate("document.activeElement.id") == "password"
        await ada.fill("New password", PASSWORD)
        await ada.page.keyboard.press("Enter")
        await ada.reads("Your new password is set")
        assert await ada.page.evaluate("document.activeElement.id") == "outcome"
        # The same link once more says what to do next.
        await open_link(ada, link)
        await ada.fill("New password", PASSWORD)
        await ada.press("Set the password")
        await ada.reads("used up")
        await ada.page.get_by_role("button", name="Send me a link").wait_for()
        await ada.go("/login")
        await ada.log_in(email, PASSWORD)
        await ada.page.wait_for_url("**/learn")
        # Both refusals were the server's, and meant.
        assert [said for said in ada.complaints if "400" not in said] == []


async def test_a_copy_is_fetched_and_an_account_kept_where_the_mails_lead(url: str, http: httpx.AsyncClient) -> None:
    email = f"ada.{uuid4().hex[:8]}@demo.example"
    body = {"email": email, "name": "Ada", "password": PASSWORD}
    registered = (await http.post(f"{url}/api/v1/auth/register", json=body)).json()
    bearer = {"Authorization": f"Bearer {registered['access_token']}"}
    assert (await http.post(f"{url}/api/v1/auth/me/exports", headers=bearer)).status_code == 202
    link = await mailed_link(http, url, email, "/account/exports", token="")
    async with browsing(url) as ada:
        await ada.page.goto(link)
        await ada.log_in(email, PASSWORD)
        async with ada.page.expect_download() as fetched:
            await ada.press("Fetch my data")
        assert (await fetched.value).suggested_filename.endswith(".zip")
        await ada.press("Delete …")
        await ada.fill("Type: delete my account", "delete my account")
        await ada.press("Delete my account in 14 days")
        await ada.reads("Log in before that to keep it.")
        await ada.log_in(email, PASSWORD)
        await ada.press("Keep my account")
        await ada.reads("Your account stays.")
        await ada.press("Log out")
        await ada.page.get_by_role("heading", name="Log in").wait_for()
        await ada.go("/?error=identity.oidc_flow_invalid")
        await ada.reads("Please begin again.")
        assert ada.complaints == []
    # The login session is over too, and not only forgotten by the page.
    again = (await http.post(f"{url}/api/v1/auth/login", json={"email": email, "password": PASSWORD})).json()
    bearer = {"Authorization": f"Bearer {again['access_token']}"}
    history = (await http.get(f"{url}/api/v1/auth/history", headers=bearer)).json()["items"]
    assert [entry["action"] for entry in history[:3]] == ["logged_in", "logged_out", "deletion_withdrawn"]


async def open_link(ada: Visit, link: str) -> None:
    await ada.page.goto("about:blank")
    await ada.page.goto(link)
    await ada.reads("New password")
    assert "token" not in ada.page.url
