"""The web client in Debian's Chromium: what the first visit loads, and how long it takes to the first exercise.

Each visit has an empty cache: the page at `/`, a click on "Start learning" as soon as it is there, and the first
exercise once it is shown. A phone is the same browser with a processor four times slower on a line of 1.6 Mbit/s with
150 ms there and back, which is what Lighthouse calls a slow 4G.
"""

import asyncio
import re
import shutil
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.figures import Figure, Result, below, percentile
from bench.stand import BenchError, Stand

VISITS = 10
ON_PHONES = 5
FIRST_LOAD_KB = 200.0
_PHONE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}


@dataclass
class Seen:
    """Of one visit. Times in milliseconds from the first request."""

    page_ms: float = 0.0
    exercise_ms: float = 0.0
    verdict_ms: float = 0.0
    """From the click on "Check" to the verdict."""
    first_kb: float = 0.0
    """Script that the page itself names, as it came over the line; more is fetched while somebody reads it."""
    whole_kb: float = 0.0
    """Until the first exercise."""


@dataclass
class Scripts:
    """What has come of script, in kilobytes and compressed as it was, by address."""

    tools: CDPSession
    kb: dict[str, float] = field(default_factory=dict)
    _asked: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tools.on("Network.responseReceived", self._answered)
        self.tools.on("Network.loadingFinished", self._came)

    def _answered(self, told: dict[str, Any]) -> None:
        if told["type"] == "Script":
            self._asked[told["requestId"]] = told["response"]["url"]

    def _came(self, told: dict[str, Any]) -> None:
        if url := self._asked.get(told["requestId"]):
            self.kb[url] = told["encodedDataLength"] / 1000


async def measure(stand: Stand) -> Result:
    return await asyncio.to_thread(_measured, f"http://{stand.host}:{stand.port}")


def _measured(url: str) -> Result:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise BenchError("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        _visit(browser, url, phone=False)
        desktop = [_visit(browser, url, phone=False) for _ in range(VISITS)]
        phones = [_visit(browser, url, phone=True) for _ in range(ON_PHONES)]
        browser.close()
    figures = [
        below("script of the first page, compressed", desktop[0].first_kb, "KB", FIRST_LOAD_KB),
        Figure("script until the first exercise", desktop[0].whole_kb, "KB"),
    ]
    for name, visits in (("desktop", desktop), ("phone", phones)):
        for what, times in (
            ("page can be used", [visit.page_ms for visit in visits]),
            ("first exercise", [visit.exercise_ms for visit in visits]),
            ("verdict after Check", [visit.verdict_ms for visit in visits]),
        ):
            figures.append(Figure(f"{name}, {what} p50", percentile(sorted(times), 0.5), "ms"))
            figures.append(Figure(f"{name}, {what}, longest", max(times), "ms"))
    return Result(
        "client", figures, [f"{VISITS} visits on a desktop, {ON_PHONES} on a phone, each with an empty cache"]
    )


def _visit(browser: Browser, url: str, *, phone: bool) -> Seen:
    profile = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844} if phone else None)
    page = profile.new_page()
    tools = profile.new_cdp_session(page)
    scripts = Scripts(tools)
    tools.send("Network.enable")
    if phone:
        tools.send("Network.emulateNetworkConditions", _PHONE)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    seen = _learned(page, url, scripts)
    profile.close()
    return seen


def _learned(page: Page, url: str, scripts: Scripts) -> Seen:
    seen, began = Seen(), time.perf_counter()
    page.goto(url, wait_until="commit")
    start = page.get_by_role("button", name="Start learning", exact=True)
    start.wait_for()
    seen.page_ms = (time.perf_counter() - began) * 1000
    start.click()
    check = page.get_by_role("button", name="Check", exact=True)
    check.wait_for()
    seen.exercise_ms = (time.perf_counter() - began) * 1000
    named = set(re.findall(r"/assets/[\w.-]+\.js", page.request.get(url).text()))
    seen.whole_kb = sum(scripts.kb.values())
    seen.first_kb = sum(kb for address, kb in scripts.kb.items() if urlsplit(address).path in named)
    # Whatever is asked first, a choice or pairs, digits choose; right or wrong is the same here.
    for digit in "1234567":
        for _ in range(2):
            if not check.is_enabled():
                page.keyboard.press(digit)
    began = time.perf_counter()
    check.click()
    page.get_by_role("button", name="Continue", exact=True).wait_for()
    seen.verdict_ms = (time.perf_counter() - began) * 1000
    return seen
