"""A passkey in a real browser, whose authenticator is a virtual one of the developer tools; and a second factor that is
typed."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pyotp
import pytest

from domains.kernel.clock import utc_now
from journeys.browsing import Visit, browsing, needs_browser

pytestmark = needs_browser

_PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def ada(url: str) -> AsyncIterator[Visit]:
    # Passkeys are made for names.
    async with browsing(url.replace("127.0.0.1", "localhost")) as found:
        yield found


def an_address() -> str:
    return f"ada.{uuid4().hex[:8]}@demo.example"


async def test_a_passkey_is_made_and_logs_in_without_a_word(ada: Visit) -> None:
    tools = await ada.tools()
    await tools.send("WebAuthn.enable")
    phone = (await tools.send("WebAuthn.addVirtualAuthenticator", {"options": _PHONE}))["authenticatorId"]
    await ada.register(an_address())
    await ada.go("/account/security")
    await ada.press("Make a passkey")
    await ada.reads("You can log in with this passkey now.")
    [kept] = (await tools.send("WebAuthn.getCredentials", {"authenticatorId": phone}))["credentials"]
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)
    await ada.log_out()
    await ada.press("Log in with a passkey")
    await ada.page.wait_for_url("**/account")
    assert ada.complaints == []
    # Somebody else's finger.
    await ada.log_out()
    await tools.send("WebAuthn.setUserVerified", {"authenticatorId": phone, "isUserVerified": False})
    await ada.press("Log in with a passkey")
    await ada.reads("No passkey was used.")


async def test_a_second_factor_is_set_up_asked_for_and_typed(ada: Visit) -> None:
    email = an_address()
    await ada.register(email)
    await ada.go("/account/security")
    await ada.press("Set up an app")
    await ada.page.get_by_role("img", name="QR code for the app").wait_for()
    secret = await ada.page.get_by_label("Key for the app").inner_text()
    app = pyotp.TOTP(secret)
    await ada.fill("Code of the app", app.at(utc_now(), counter_offset=-1))
    await ada.press("Turn it on")
    recovery = await ada.page.get_by_role("dialog").get_by_role("listitem").first.inner_text()
    await ada.press("I have kept them")
    for label, typed in (("Code of the app", app.at(utc_now())), ("Recovery code", recovery)):
        await ada.log_out()
        await ada.log_in(email)
        await ada.reads("Type the code of your authenticator app.")
        if label == "Recovery code":
            await ada.press("Use a recovery code instead")
        await ada.fill(label, typed)
        await ada.press("Go on")
        await ada.page.wait_for_url("**/account")
    assert ada.complaints == []
