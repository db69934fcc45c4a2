"""Push in a real browser: the button that asks, and what the service worker shows.

The browser's own push service is out on the internet, so its subscription is made up here, with real keys, and the
message is handed to the worker by the developer tools. Skipped where no Chromium is installed."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from domains.notifications.channels.web_push_crypto import encoded
from domains.notifications.policy.payload import web_payload
from doubles.push_server import Subscriber
from journeys.browser import CHROMIUM, Tab, browser

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.timeout(180)]

_SUBSCRIPTIONS = """
    let made = null;
    const keys = KEYS;
    PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
        if (!userVisibleOnly || applicationServerKey.length !== 87) throw new Error("asked in a wrong way");
        return made = {
            toJSON: () => ({ endpoint: "https://push.example.net/of-the-browser", expirationTime: null, keys }),
            unsubscribe: async () => { made = null; return true; },
        };
    };
    PushManager.prototype.getSubscription = async () => made;
"""


@pytest.fixture
async def tab(url: str, tmp_path: Path) -> AsyncIterator[Tab]:
    subscriber = Subscriber("")
    keys = {"p256dh": encoded(subscriber.p256dh), "auth": encoded(subscriber.auth)}
    async with browser(tmp_path) as found:
        await found.send("Browser.grantPermissions", origin=url, permissions=["notifications"])
        made_up = _SUBSCRIPTIONS.replace("KEYS", json.dumps(keys))
        await found.send("Page.addScriptToEvaluateOnNewDocument", source=made_up)
        await found.go(url)
        yield found


async def test_a_button_asks_for_push_and_the_same_one_takes_it_back(tab: Tab) -> None:
    await logged_in(tab)
    assert await devices(tab) == []
    await tab.press("Notify me on this browser")
    await tab.reads("Stop notifying me on this browser")
    assert await devices(tab) == ["Chrome on Linux"]
    await tab.press("Stop notifying me on this browser")
    await tab.reads("Notify me on this browser")
    assert await devices(tab) == []
    assert tab.complaints == []


async def test_the_worker_shows_what_was_sent_once_per_cause(tab: Tab, url: str) -> None:
    await logged_in(tab)
    await tab.send("ServiceWorker.enable")
    await tab.press("Notify me on this browser")
    await tab.reads("Stop notifying me on this browser")
    await tab.until("navigator.serviceWorker.ready.then(found => found.active.state === 'activated')")
    first = web_payload(title="¡Hola!", body="Twelve days", url="/learn", tag="a", lang="en").decode()
    await push(tab, url, first)
    await tab.until(f"{_SHOWN}.then(shown => shown.length === 1)")
    for payload in (first, web_payload(title="Other", body="", url="/", tag="b").decode()):
        await push(tab, url, payload)
    await tab.until(f"{_SHOWN}.then(shown => shown.length === 2)")
    shown = await tab.value(f"{_SHOWN}.then(all => all.map(one => [one.title, one.body, one.tag, one.data.url]))")
    assert sorted(shown) == [["Other", "", "b", "/"], ["¡Hola!", "Twelve days", "a", "/learn"]]
    # Also for a message that cannot be read something is shown: browsers take the permission away otherwise.
    await push(tab, url, "no json")
    await tab.until(f"{_SHOWN}.then(shown => shown.some(one => one.title === 'Lyceum'))")


_SHOWN = "navigator.serviceWorker.ready.then(found => found.getNotifications())"


async def push(tab: Tab, url: str, data: str) -> None:
    # The number of the only registration of a fresh profile.
    await tab.send("ServiceWorker.deliverPushMessage", origin=url, registrationId="0", data=data)


async def logged_in(tab: Tab) -> None:
    await tab.reads("Try it here")
    await tab.fill("Name", "Ada")
    await tab.fill("Email", f"ada.{Subscriber('').endpoint[-16:]}@demo.example")
    await tab.fill("Password", "a long enough secret 42")
    await tab.press("Create an account")
    await tab.reads("Logged in as Ada")


async def devices(tab: Tab) -> list[str]:
    found: list[str] = await tab.value(
        "call('GET', '/notifications/devices').then(found => found.items.map(item => item.name))"
    )
    return found
