"""What an operator does in the web client when something went wrong: look, run it again, see who did what."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from playwright.async_api import expect

from app.infra import plain_dsn
from journeys.browsing import Visit, browsing, needs_browser
from journeys.served import visitor

pytestmark = needs_browser


@pytest.fixture
async def database(environment: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
    yield connection
    await connection.close()


@pytest.fixture
async def operator(url: str, database: asyncpg.Connection) -> AsyncIterator[Visit]:
    email = f"{uuid4().hex[:8]}@demo.example"
    async with browsing(url) as visit:
        await visit.register(email, "Olga")
        await database.execute(
            "INSERT INTO identity_user_role (user_id, role) SELECT id, 'admin' FROM identity_user WHERE email = $1",
            email,
        )
        yield visit


async def dead_letter(database: asyncpg.Connection, user_id: str) -> tuple[UUID, str]:
    """A reaction to somebody's registration, as if all its tries had failed."""
    row = await database.fetchrow(
        "UPDATE kernel_delivery SET state = 'dead', attempts = 14, finished_at = now(), last_error = 'Away: no answer'"
        " WHERE (event_id, subscription) = ("
        "  SELECT event_id, subscription FROM kernel_delivery d JOIN kernel_outbox o ON o.id = d.event_id"
        "  WHERE o.payload LIKE '%' || $1 || '%' ORDER BY subscription LIMIT 1"
        " ) RETURNING event_id, subscription",
        user_id,
    )
    return row["event_id"], row["subscription"]


async def test_a_dead_letter_is_found_and_run_again_and_the_log_tells_of_it(
    url: str, http: httpx.AsyncClient, operator: Visit, database: asyncpg.Connection
) -> None:
    ada = await visitor(url, http, "Ada")
    event_id, subscription = await dead_letter(database, ada.id)
    page = operator.page
    await operator.go("/admin")
    await page.get_by_role("link", name="Jobs failed for good").click()
    await (
        page.get_by_role("row")
        .filter(has_text="Away: no answer")
        .get_by_role("button", name=subscription, exact=True)
        .first.click()
    )
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(ada.id)
    assert await operator.barriers() == []
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await dialog.get_by_role("button", name="Run again").dblclick()
    await operator.reads("1 job runs again")
    await expect(dialog).not_to_contain_text("Failed for good")
    assert [path for path in sent if path.endswith("/replay")] == [f"{url}/api/v1/admin/jobs/replay"]
    await dialog.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("row").filter(has_text="Away: no answer")).to_have_count(0)
    assert await operator.barriers() == []
    await operator.go(f"/admin/jobs?state=done&name={subscription}")
    done = "SELECT state FROM kernel_delivery WHERE event_id = $1 AND subscription = $2"
    await expect(page.get_by_role("button", name=subscription, exact=True).first).to_be_visible()
    assert await database.fetchval(done, event_id, subscription) in ("pending", "done")
    await operator.press("Audit log", "link")
    await expect(page.get_by_role("row").filter(has_text="Jobs run again").first).to_contain_text(str(event_id))
    assert await operator.barriers() == []
    assert operator.complaints == []


async def test_an_operator_looks_through_the_eyes_of_somebody_and_away_again(
    url: str, http: httpx.AsyncClient, operator: Visit
) -> None:
    name = f"Ada {uuid4().hex[:8]}"
    await visitor(url, http, name)
    page = operator.page
    await operator.go("/admin/people")
    await operator.fill("Address, name, user name or id", name)
    await operator.fill("What for", "a ticket of today")
    await operator.press("Search")
    await operator.press(name, "link")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert await operator.barriers() == []
    await operator.press("Look through their eyes")
    await page.get_by_role("dialog").get_by_label("Reason").fill("a ticket of today")
    await page.get_by_role("dialog").get_by_role("button", name="Look through their eyes").click()
    await operator.reads(f"You see what {name} sees.")
    await expect(page.get_by_role("link", name="Operate")).to_have_count(0)
    await operator.press("Look away")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    await expect(page.get_by_role("link", name="Operate")).to_be_visible()
    assert operator.complaints == []
