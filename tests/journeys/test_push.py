"""Push in a real browser: the button that asks, and what the service worker shows.

The browser's own push service is out on the internet, so its subscription is made up here, with real keys, and the
message is handed to the worker by the developer tools."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from domains.notifications.channels.web_push_crypto import encoded
from domains.notifications.policy.payload import web_payload
from doubles.push_server import Subscriber
from journeys.browsing import Visit, browsing, needs_browser

pytestmark = needs_browser

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
_SHOWN = """
    navigator.serviceWorker.ready
        .then((found) => found.getNotifications())
        .then((all) => all.map((one) => [one.title, one.body, one.tag, one.data.url]))
"""


@pytest.fixture
async def ada(url: str) -> AsyncIterator[Visit]:
    subscriber = Subscriber("")
    keys = {"p256dh": encoded(subscriber.p256dh), "auth": encoded(subscriber.auth)}
    async with browsing(url, permissions=["notifications"]) as found:
        await found.page.add_init_script(_SUBSCRIPTIONS.replace("KEYS", json.dumps(keys)))
        await found.register(f"ada.{uuid4().hex[:8]}@demo.example")
        await found.go("/account/notifications")
        yield found


async def test_a_button_asks_for_push_and_the_same_one_takes_it_back(ada: Visit) -> None:
    await ada.press("Notify me on this browser")
    await ada.page.get_by_role("button", name="Stop notifying me on this browser").wait_for()
    devices = ada.page.get_by_role("list", name="Devices that are notified").get_by_role("listitem")
    await devices.filter(has_text="Chrome on Linux").wait_for()
    await ada.press("Stop notifying me on this browser")
    await ada.page.get_by_role("button", name="Notify me on this browser", exact=True).wait_for()
    await devices.first.wait_for(state="detached")
    assert ada.complaints == []


async def test_the_worker_shows_what_was_sent_once_per_cause(ada: Visit) -> None:
    tools = await ada.tools()
    known: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda told: _first(known, told["registrations"]))
    await tools.send("ServiceWorker.enable")
    number = await known
    await ada.page.wait_for_function("async () => (await navigator.serviceWorker.ready).active.state === 'activated'")

    async def push(data: str) -> None:
        told = {"origin": ada.url, "registrationId": number, "data": data}
        await tools.send("ServiceWorker.deliverPushMessage", told)

    async def until(shown: str) -> None:
        await ada.page.wait_for_function(f"async () => {{ const shown = await {_SHOWN.strip()}; return {shown}; }}")

    first = web_payload(title="¡Hola!", body="Twelve days", url="/learn", tag="a", lang="en").decode()
    await push(first)
    await until("shown.length === 1")
    for payload in (first, web_payload(title="Other", body="", url="/", tag="b").decode()):
        await push(payload)
    await until("shown.length === 2")
    assert sorted(await ada.page.evaluate(_SHOWN)) == [
        ["Other", "", "b", "/"],
        ["¡Hola!", "Twelve days", "a", "/learn"],
    ]
    # Also for a message that cannot be read something is shown: browsers take the permission away otherwise.
    await push("no json")
    await until("shown.some(([title]) => title === 'Lyceum')")


def _first(known: asyncio.Future[str], registrations: list[dict[str, str]]) -> None:
    if registrations and not known.done():
        known.set_result(registrations[0]["registrationId"])
