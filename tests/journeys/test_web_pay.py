"""The way from a locked course to its first lesson, in a browser, through the fake provider of a fresh installation."""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import expect

from app.embedded import Services
from app.infra import plain_dsn
from journeys.browsing import Visit, browsing, needs_browser
from journeys.served import LYCEUM, fresh, served

pytestmark = needs_browser

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
async def visit(on_sale: None, url: str) -> AsyncIterator[Visit]:
    async with browsing(url) as found:
        yield found


async def test_a_locked_course_is_bought_and_its_first_lesson_begins(visit: Visit, environment: dict[str, str]) -> None:
    await wishes_to_buy(visit, "Ada")
    await visit.fill("Coupon", "NOPE")
    await visit.press("Apply")
    await visit.reads("This coupon cannot be used here.")
    await visit.reads("€49.00")
    visit.complaints.clear()  # Browsers note every refusal.
    await visit.fill("Coupon", "WELCOME25")
    await visit.press("Apply")
    await visit.reads("€36.75")
    assert await visit.barriers() == []
    await visit.press("Go to payment")
    await visit.reads("Test payment: no money moves.")
    pay_page = visit.page.url
    await visit.page.get_by_label("A card that is declined").check()
    await visit.press("Pay EUR 36.75")
    await visit.reads("The card was declined. Nothing was paid.")
    assert visit.page.url.partition("?")[0] == pay_page
    await visit.page.get_by_label("A card that works", exact=True).check()
    await visit.page.get_by_role("button", name="Pay EUR 36.75").dblclick()
    await visit.reads("You can start learning.")
    order_id = visit.page.url.partition("?")[0].rsplit("/", 1)[1]
    assert await paid(environment, order_id) == [("captured", 1), ("failed", 1)]
    await visit.press("Start learning", "link")
    await visit.page.get_by_role("heading", name="Spanish: first steps").wait_for()

    await visit.go("/payments")
    await visit.reads("for ever")
    assert await visit.barriers() == []
    await visit.press("Spanish, first steps", "link")
    async with visit.page.expect_download() as file:
        await visit.page.get_by_role("button", name="PDF of INV").click()
    assert (await file.value).suggested_filename.endswith(".pdf")
    assert visit.complaints == []


async def test_whoever_turns_back_finds_the_same_pay_page_and_may_give_up(visit: Visit) -> None:
    await wishes_to_buy(visit, "Ben")
    await visit.press("Go to payment")
    await visit.reads("Test payment: no money moves.")
    pay_page = visit.page.url
    await visit.press("Do not pay", "link")
    await visit.reads("Nothing was taken.")
    await visit.go("/payments")
    await visit.press("Spanish, first steps", "link")
    await visit.press("Pay now")
    await visit.page.wait_for_url(pay_page)
    # With the keyboard alone, and a card that is declined.
    await visit.page.keyboard.press("Tab")
    await visit.page.keyboard.press("ArrowDown")
    await visit.page.keyboard.press("Enter")
    await visit.reads("The card was declined. Nothing was paid.")
    # The choice has the focus again.
    await expect(visit.page.get_by_label("A card that works", exact=True)).to_be_focused()
    await visit.go("/payments")
    await visit.press("Spanish, first steps", "link")
    await visit.press("Give up this order")
    await visit.reads("The order was given up")
    await expect(visit.page.get_by_role("status").filter(has_text="Not paid")).to_be_visible()


async def test_a_plan_is_begun_changed_cancelled_and_kept(visit: Visit) -> None:
    await visit.register("cleo@demo.example", "Cleo")
    await visit.go("/payments/offers")
    await visit.press("Choose All courses", "link")
    await visit.press("Start the free trial")
    await visit.press("Start the free trial")
    await visit.reads("Your free trial of All courses has begun.")
    await visit.go("/payments")
    await visit.page.get_by_role("heading", name="Plans").wait_for()
    await visit.page.get_by_role("link", name="All courses").first.click()
    await visit.press("Change the plan")
    await visit.reads("Due now")
    await visit.press("Change")
    await visit.reads("€99.00")
    await visit.press("Another card")
    await visit.press("Use this card")
    await visit.press("Cancel")
    await visit.press("Cancel at the end of the period")
    await visit.reads("Cancelled: you can use it until")
    assert await visit.barriers() == []
    await visit.press("Keep the plan")
    await visit.page.get_by_role("button", name="Change the plan").wait_for()
    assert visit.complaints == []


async def wishes_to_buy(visit: Visit, name: str) -> None:
    """Registers, wants a course, and stands before the counter."""
    await visit.register(f"{name.lower()}@demo.example", name)
    await visit.go("/courses")
    await visit.page.get_by_role("link", name="Spanish: first steps").click()
    await visit.press("Buy this course")
    await visit.press("Choose Spanish, first steps", "link")
    await visit.reads("€49.00")
    # Browsers note every answer that is a refusal, here that the course is locked.
    visit.complaints.clear()


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
