"""The way from a locked course to its first lesson, in a browser, through the fake provider of a fresh installation.

Skipped where no Chromium is installed."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from app.embedded import Services
from app.infra import plain_dsn
from journeys.browser import CHROMIUM, Tab, browser
from journeys.served import LYCEUM, fresh, served

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
    # A browser, two servers and a database start before anything is tested.
    pytest.mark.timeout(180),
]

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "billing.yaml"


@pytest.fixture(scope="module")
def environment(services: Services, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Not that of the other journeys, whose course is free."""
    return fresh(services, tmp_path_factory.mktemp("buying"))


@pytest.fixture(scope="module")
def url(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(environment, tmp_path_factory.mktemp("serve") / "log") as address:
        yield address


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
    pay_page = await wishes_to_buy(tab, "Ada")
    assert "Ada" not in await tab.text()
    await tab.choose("A card that is declined")
    await tab.press(await pay_button(tab))
    await tab.reads("The card was declined. Nothing was paid.")
    assert await tab.address() == pay_page

    await tab.choose("A card that works")
    await tab.press(await pay_button(tab), times=2)
    await tab.reads("You can start learning.")
    _, came_back, order_id = (await tab.address()).rsplit("/", 2)
    assert came_back == "return"
    await tab.reload()
    await tab.reads("You can start learning.")

    await tab.press("Start learning")
    await tab.press("Start")
    await tab.reads("Exercise 1 of")
    assert "locked" not in await tab.text()
    assert tab.complaints == []

    await tab.go(url + pay_page)
    await tab.reads("This page has been used.")
    assert await paid(environment, order_id) == [("captured", 1), ("failed", 1)]


async def test_whoever_turns_back_at_the_pay_page_has_bought_nothing_and_finds_the_same_page_again(
    tab: Tab, url: str
) -> None:
    pay_page = await wishes_to_buy(tab, "Ben")
    await tab.press("Do not pay")
    await tab.reads("Nothing was taken.")
    await tab.go(url)
    await tab.reads("locked, EUR")
    await tab.press("Buy")
    await tab.reads("Test payment: no money moves.")
    assert await tab.address() == pay_page


async def test_the_pay_page_can_be_used_with_the_keyboard_alone(tab: Tab) -> None:
    await wishes_to_buy(tab, "Cleo")
    await tab.keys("Tab")
    assert await tab.value("document.activeElement.labels[0].innerText") == "A card that works"
    await tab.keys("ArrowDown", "Enter")
    await tab.reads("The card was declined. Nothing was paid.")
    # The choice has the focus again, and says why.
    await tab.until("document.activeElement.value === 'good'")
    assert "declined" in await tab.value(
        "document.getElementById(document.activeElement.closest('fieldset').getAttribute('aria-describedby')).innerText"
    )
    await tab.keys("Enter")
    await tab.reads("You can start learning.")
    await tab.keys("Tab", "Enter")
    await tab.reads("Logged in as Cleo")


async def wishes_to_buy(tab: Tab, name: str) -> str:
    """Registers, presses Buy, and is on the pay page whose path it returns."""
    await tab.reads("locked, EUR")
    await tab.fill("Name", name)
    await tab.fill("Email", f"{name.lower()}@demo.example")
    await tab.fill("Password", "a long enough secret 42")
    await tab.press("Create an account")
    await tab.reads(f"Logged in as {name}")
    await tab.press("Buy")
    await tab.reads("Test payment: no money moves.")
    return await tab.address()


async def pay_button(tab: Tab) -> str:
    return str(await tab.until("document.querySelector('form button')?.innerText"))


async def paid(environment: dict[str, str], order_id: str) -> list[tuple[str, int]]:
    """How many payments of the order ended how."""
    connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
    try:
        rows = await connection.fetch(
            "SELECT status, count(*) AS n FROM billing_payment WHERE order_id = $1 GROUP BY status ORDER BY 1",
            UUID(order_id),
        )
    finally:
        await connection.close()
    return [(row["status"], row["n"]) for row in rows]
