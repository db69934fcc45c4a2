"""The web client in a headless Chromium, driven by Playwright as a person would: by what is written on it.

A module that takes part marks itself with `needs_browser`."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from playwright.async_api import Browser, CDPSession, ConsoleMessage, Error, Page, async_playwright

from journeys.node import MODULES

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WEB = Path(__file__).parents[2] / "src/web"
PATIENCE_S = 30.0
"""How long is waited for what must come. Only a journey that fails waits so long."""
PASSWORD = "a long enough secret 42"
_AXE = MODULES / "axe-core/axe.min.js"

needs_browser = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    pytest.mark.skipif(not (WEB / "dist/index.html").is_file(), reason="the web client is not built"),
    pytest.mark.usefixtures("browser_program"),
]


@dataclass
class Visit:
    """One page of one browser profile. `complaints` are what the console holds against the pages."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def complain(self, said: ConsoleMessage | Error) -> None:
        if isinstance(said, Error):
            self.complaints.append(str(said))
        elif said.type == "error":
            self.complaints.append(f"{said.location['url']} {said.text}")

    async def go(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def reads(self, words: str) -> None:
        """Waits until the words can be read somewhere."""
        await self.page.get_by_text(words).filter(visible=True).first.wait_for()

    async def fill(self, label: str, text: str) -> None:
        await self.page.get_by_label(label, exact=True).fill(text)

    async def press(self, name: str, role: Any = "button") -> None:
        await self.page.get_by_role(role, name=name, exact=True).click()

    async def register(self, email: str, name: str = "Ada") -> None:
        await self.go("/register")
        await self.fill("Name", name)
        await self.fill("Email", email)
        await self.fill("Password", PASSWORD)
        await self.press("Create account")
        await self.page.wait_for_url("**/learn")

    async def log_in(self, email: str, password: str = PASSWORD) -> None:
        """Where the form is shown."""
        await self.fill("Email", email)
        await self.fill("Password", password)
        await self.press("Log in")

    async def log_out(self) -> None:
        await self.go("/account")
        await self.press("Log out")
        await self.page.get_by_role("heading", name="Log in").wait_for()

    async def call(self, method: str, path: str, token: str, body: Any = None) -> Any:
        """Of the API, past the client."""
        options: dict[str, Any] = {"data": body} if body is not None else {}
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.page.request.fetch(f"{self.url}/api/v1{path}", method=method, headers=headers, **options)
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return await answer.json() if answer.status != 204 else None

    async def tools(self) -> CDPSession:
        return await self.page.context.new_cdp_session(self.page)

    async def barriers(self) -> list[str]:
        """What axe finds on the page that is serious for whoever cannot see it, or has no mouse."""
        if not _AXE.is_file():
            pytest.skip("axe-core is not installed")
        async with asyncio.timeout(PATIENCE_S):
            await self.page.evaluate(_AXE.read_text())
            found = await self.page.evaluate("axe.run({ resultTypes: ['violations'] })")
        serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
        return [f"{one['id']}: {node['html']}" for one in serious for node in one["nodes"]]


class _Driver:
    """Playwright's own program. Not started by the event loop: uvloop forks by itself, and its child hangs in a process
    with many threads."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader

    @classmethod
    async def start(cls, *command: str, limit: int, startupinfo: None, **given: Any) -> "_Driver":
        driver, loop = cls(), asyncio.get_running_loop()
        driver._program = subprocess.Popen(command, **given)
        driver.stdout = asyncio.StreamReader(limit=limit)
        heard = asyncio.StreamReaderProtocol(driver.stdout)
        driver._ear, _ = await loop.connect_read_pipe(lambda: heard, driver._program.stdout)
        to, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, driver._program.stdin)
        driver.stdin = asyncio.StreamWriter(to, protocol, None, loop)
        return driver

    async def communicate(self) -> None:
        try:
            await asyncio.to_thread(self._program.wait, PATIENCE_S)
        finally:
            self._program.kill()
            self._ear.close()
            self.stdin.close()
            await asyncio.sleep(0)


_running: list[Browser] = []
"""That of this test process, while `chromium()` is open."""


@asynccontextmanager
async def chromium() -> AsyncIterator[None]:
    """One browser for all journeys of a test process: each gets a profile of its own in it."""
    with patch.object(asyncio, "create_subprocess_exec", _Driver.start):
        playwright = await async_playwright().start()
    try:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        _running.append(browser)
        yield
        _running.remove(browser)
        async with asyncio.timeout(PATIENCE_S):
            await browser.close()
    finally:
        await playwright.stop()


@asynccontextmanager
async def browsing(url: str, **context: Any) -> AsyncIterator[Visit]:
    """A fresh profile; `context` as Playwright's `new_context` takes it."""
    profile = await _running[0].new_context(locale="en-GB", **context)
    profile.set_default_timeout(PATIENCE_S * 1000)
    try:
        visit = Visit(await profile.new_page(), url)
        visit.page.on("console", visit.complain)
        visit.page.on("pageerror", visit.complain)
        yield visit
    finally:
        async with asyncio.timeout(PATIENCE_S):
            await profile.close()
