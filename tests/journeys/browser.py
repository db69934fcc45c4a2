"""A headless Chromium, driven over the DevTools protocol: what a person does with mouse and keyboard."""

import asyncio
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE_S = 40.0


class Gone(Exception):
    """The page went elsewhere while it was asked."""


class Tab:
    """One tab. `complaints` are what the browser's console holds against the pages: errors, refused content."""

    def __init__(self, socket: ClientConnection) -> None:
        self.complaints: list[str] = []
        self._socket = socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._socket:
                message = json.loads(text)
                if "id" in message:
                    self._waiting.pop(message["id"]).set_result(message)
                elif message["method"] == "Runtime.exceptionThrown":
                    self.complaints.append(str(message["params"]["exceptionDetails"]))
                elif message["method"] == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                    entry = message["params"]["entry"]
                    self.complaints.append(f"{entry.get('url', '')} {entry['text']}")

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        message = await asyncio.wait_for(answer, PATIENCE_S)
        if "error" in message:
            raise Gone(message["error"]["message"])
        found: dict[str, Any] = message["result"]
        return found

    async def value(self, expression: str) -> Any:
        """Of a JavaScript expression in the page as it is now."""
        found = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"])
        return found["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The value of the expression once it is true, on whatever page that is."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with suppress(Gone):
                if found := await self.value(expression):
                    return found
            await asyncio.sleep(0.03)
        raise AssertionError(f"{expression} never came true; {await self.address()} shows: {await self.text()}")

    async def go(self, address: str) -> None:
        await self.send("Page.navigate", url=address)
        await self.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(address)})")

    async def reload(self) -> None:
        await self.value("window.before = true")
        await self.send("Page.reload")
        await self.until("document.readyState === 'complete' && !window.before")

    async def address(self) -> str:
        return str(await self.value("location.pathname"))

    async def text(self) -> str:
        """What a person can read."""
        return str(await self.value("document.body.innerText"))

    async def reads(self, words: str) -> None:
        """Waits until the page says so."""
        await self.until(f"document.body?.innerText.includes({json.dumps(words)})")

    async def fill(self, label: str, text: str) -> None:
        await self.until(f"({_BY_LABEL})({json.dumps(label)})?.focus() ?? true")
        await self.send("Input.insertText", text=text)

    async def choose(self, label: str) -> None:
        await self._click(f"({_BY_LABEL})({json.dumps(label)})", 1)

    async def press(self, button: str, times: int = 1) -> None:
        """Clicks the button or link with these words, as fast as the browser takes it."""
        await self._click(f"({_BY_WORDS})({json.dumps(button)})", times)

    async def keys(self, *names: str) -> None:
        """Presses these keys: Tab, ArrowDown, Enter."""
        for name in names:
            key = {"key": name, "code": name, "windowsVirtualKeyCode": _KEYS[name]}
            text = {"text": "\r"} if name == "Enter" else {}
            await self.send("Input.dispatchKeyEvent", type="keyDown", **key, **text)
            await self.send("Input.dispatchKeyEvent", type="keyUp", **key)

    async def _click(self, element: str, times: int) -> None:
        for _ in range(5):
            await self._click_where_it_is(element, times)
            with suppress(Gone):
                if not await self.value("window.pressed ?? true"):
                    # The page has moved in between.
                    continue
            return

    async def _click_where_it_is(self, element: str, times: int) -> None:
        place = await self.until(f"({_MIDDLE})({element})")
        presses = []
        for _ in range(times):
            for kind in ("mousePressed", "mouseReleased"):
                mouse = {"type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1}
                presses.append(asyncio.ensure_future(self.send("Input.dispatchMouseEvent", **mouse)))
        for done in await asyncio.gather(*presses, return_exceptions=True):
            if isinstance(done, BaseException) and not isinstance(done, Gone):
                raise done


_KEYS = {"Tab": 9, "Enter": 13, "ArrowDown": 40}
_BY_LABEL = "words => [...document.querySelectorAll('label')].find(label => label.innerText.trim() === words)?.control"
_BY_WORDS = (
    "words => [...document.querySelectorAll('button, a')]"
    ".find(found => found.innerText.trim() === words && !found.disabled && found.checkVisibility())"
)
# Two frames later: a page that has not been painted yet drops what the mouse does.
_MIDDLE = """
    async element => {
        if (!element || document.readyState !== "complete") return null;
        element.scrollIntoView({ block: "center", behavior: "instant" });
        await new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)));
        window.pressed = false;
        element.addEventListener("click", () => { window.pressed = true; }, { capture: true, once: true });
        const box = element.getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }
"""


@asynccontextmanager
async def browser(home: Path) -> AsyncIterator[Tab]:
    """A tab of a Chromium of its own, which is ended with all its processes at the end of the block."""
    assert CHROMIUM is not None
    flags = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={home / 'profile'}", "--disable-gpu"]
    flags += ["--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage", "--no-proxy-server"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with (home / "chromium.log").open("w") as log:
        process = subprocess.Popen(
            [CHROMIUM, *flags, "about:blank"],
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
            process_group=0,
        )
    try:
        address = await _page_address(process, home)
        async with connect(address, max_size=None, proxy=None) as socket:
            tab = Tab(socket)
            listening = asyncio.create_task(tab.listen())
            for domain in ("Page", "Runtime", "Log"):
                await tab.send(f"{domain}.enable")
            yield tab
            await socket.close()
            await listening
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


async def _page_address(process: subprocess.Popen[bytes], home: Path) -> str:
    told = home / "profile" / "DevToolsActivePort"
    deadline = time.monotonic() + PATIENCE_S
    while not (told.exists() and told.read_text().strip()):
        assert process.poll() is None, (home / "chromium.log").read_text()
        assert time.monotonic() < deadline, (home / "chromium.log").read_text()
        await asyncio.sleep(0.05)
    port = told.read_text().split()[0]
    async with httpx.AsyncClient(trust_env=False) as http:
        while time.monotonic() < deadline:
            targets = (await http.get(f"http://127.0.0.1:{port}/json/list")).json()
            for target in targets:
                if target["type"] == "page":
                    return str(target["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)
    raise AssertionError("the browser opened no page")
