"""A passkey in a real browser, whose authenticator is a virtual one of the developer tools; and a second factor that is
typed. Skipped where no Chromium is installed."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pyotp
import pytest

from domains.kernel.clock import utc_now
from journeys.browser import CHROMIUM, Tab, browser

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.timeout(180)]

PASSWORD = "a long enough secret 42"
_PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def tab(url: str, tmp_path: Path) -> AsyncIterator[Tab]:
    async with browser(tmp_path) as found:
        await found.send("WebAuthn.enable")
        # Passkeys are made for names.
        await found.go(url.replace("127.0.0.1", "localhost"))
        yield found


async def register(tab: Tab) -> None:
    await tab.reads("Try it here")
    await tab.fill("Name", "Ada")
    await tab.fill("Email", f"ada.{uuid4().hex[:8]}@demo.example")
    await tab.fill("Password", PASSWORD)
    await tab.press("Create an account")
    await tab.reads("Logged in as Ada")


async def test_a_passkey_is_made_and_logs_in_without_a_word(tab: Tab) -> None:
    phone = (await tab.send("WebAuthn.addVirtualAuthenticator", options=_PHONE))["authenticatorId"]
    await register(tab)
    await tab.press("Make a passkey")
    await tab.reads("You can log in with this passkey now.")
    [kept] = (await tab.send("WebAuthn.getCredentials", authenticatorId=phone))["credentials"]
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    await tab.press("Log out")
    await tab.reload()
    await tab.press("Log in with a passkey")
    await tab.reads("Logged in as Ada")
    assert tab.complaints == []
    # Somebody else's finger.
    await tab.press("Log out")
    await tab.send("WebAuthn.setUserVerified", authenticatorId=phone, isUserVerified=False)
    await tab.press("Log in with a passkey")
    await tab.reads("not allowed")
    assert "Logged in as" not in await tab.text()


async def test_a_second_factor_is_asked_for_and_typed(tab: Tab) -> None:
    await register(tab)
    secret = await tab.value("call('POST', '/auth/totp').then(found => found.secret)")
    app = pyotp.TOTP(secret)
    code = app.at(utc_now(), counter_offset=-1)
    recovery = await tab.value(f"call('POST', '/auth/totp/confirm', {{code: '{code}'}}).then(found => found.codes[0])")
    for typed in (app.at(utc_now()), recovery):
        await tab.press("Log out")
        await tab.fill("Password", PASSWORD)
        await tab.press("Log in")
        await tab.reads("Type the code of your authenticator app")
        await tab.fill("Code", typed)
        await tab.press("Go on")
        await tab.reads("Logged in as Ada")
    assert tab.complaints == []
