"""The way from a locked course to its first lesson, in a browser, through the fake provider of a fresh installation.

Skipped where no Chromium is installed."""

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from app.infra import plain_dsn
from journeys.browser import CHROMIUM, Tab, browser
from journeys.served import LYCEUM

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    # A browser, two servers and a database start before anything is tested.
    pytest.mark.timeout(180),
]

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "billing.yaml"


@pytest.fixture(scope="module")
def on_sale(environment: dict[str, str]) -> None:
    """As the README says: the demo course is sold by the example file."""
    done = subprocess.run(
        [LYCEUM, "billing", "sync", EXAMPLE], env=os.environ | environment, capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
async def tab(on_sale: None, url: str, tmp_path: Path) -> AsyncIterator[Tab]:
    async with browser(tmp_path) as found:
        await found.go(url)
        yield found


async def test_a_locked_course_is_bought_and_its_first_lesson_begins(
    tab: Tab, url: str, environment: dict[str, str]
) -> None:
    await tab.reads("locked, EUR")
    await tab.fill("Name", "Ada")
    await tab.fill("Email", "ada@demo.example")
    await tab.fill("Password", "a long enough secret 42")
    await tab.press("Create an account")
    await tab.reads("Logged in as Ada")

    await tab.press("Buy")
    await tab.reads("Test payment: no money moves.")
    pay_page = await tab.address()
    assert "Ada" not in await tab.text()
    await tab.choose("A card that is declined")
    await tab.press(await pay_button(tab))
    await tab.reads("The card was declined. Nothing was paid.")
    assert await tab.address() == pay_page

    await tab.choose("A card that works")
    await tab.press(await pay_button(tab), times=2)
    await tab.reads("You can start learning.")
    assert (await tab.address()).startswith("/pay/return/")
    await tab.reload()
    await tab.reads("You can start learning.")

    await tab.press("Start learning")
    await tab.press("Start")
    await tab.reads("Exercise 1 of")
    assert "locked" not in await tab.text()
    assert tab.complaints == []

    await tab.go(url + pay_page)
    await tab.reads("This page has been used.")
    assert await paid(environment) == [("captured", 1), ("failed", 1)]


async def test_whoever_turns_back_at_the_pay_page_has_bought_nothing_and_finds_the_same_page_again(
    tab: Tab, url: str
) -> None:
    await tab.fill("Name", "Ben")
    await tab.fill("Email", "ben@demo.example")
    await tab.fill("Password", "a long enough secret 42")
    await tab.press("Create an account")
    await tab.press("Buy")
    await tab.reads("Test payment: no money moves.")
    pay_page = await tab.address()
    await tab.press("Do not pay")
    await tab.reads("Nothing was taken.")
    await tab.go(url)
    await tab.reads("locked, EUR")
    await tab.press("Buy")
    await tab.reads("Test payment: no money moves.")
    assert await tab.address() == pay_page


async def pay_button(tab: Tab) -> str:
    return str(await tab.until("document.querySelector('form button')?.innerText"))


async def paid(environment: dict[str, str]) -> list[tuple[str, int]]:
    """How many payments ended how."""
    connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
    try:
        rows = await connection.fetch("SELECT status, count(*) AS n FROM billing_payment GROUP BY status ORDER BY 1")
    finally:
        await connection.close()
    return [(row["status"], row["n"]) for row in rows]
