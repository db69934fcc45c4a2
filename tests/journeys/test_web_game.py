"""Boards that move, a shop, and a class, as they are seen in a browser."""

import random
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from playwright.async_api import expect

from app.demo.knowledge import Knowledge
from app.infra import plain_dsn
from journeys.browsing import PASSWORD, Visit, browsing, needs_browser
from journeys.served import Visitor

pytestmark = needs_browser


@pytest.fixture
async def database(environment: dict[str, str]) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
    yield connection
    await connection.close()


async def known(visit: Visit, http: httpx.AsyncClient, name: str, role: str = "", database: Any = None) -> Visitor:
    """Somebody with an account, logged in in the browser; and the same person past the client."""
    email = f"{name.lower()}{random.randrange(10**9)}@demo.example"
    answer = await http.post(
        f"{visit.url}/api/v1/auth/register", json={"email": email, "name": name, "password": PASSWORD}
    )
    found = answer.json()
    if role:
        await database.execute(
            "INSERT INTO identity_user_role (user_id, role) VALUES ($1, $2)", found["user"]["id"], role
        )
    await visit.go("/login")
    await visit.log_in(email)
    await visit.page.wait_for_url("**/learn")
    return Visitor(visit.url, found["user"]["id"], found["access_token"], http)


async def leads(visit: Visit, first: str, second: str) -> None:
    """Waits until the one stands above the other."""
    below = visit.page.locator("[data-line]", has_text=first).locator("xpath=following::*[@data-line]")
    await below.filter(has_text=second).wait_for()


async def test_two_browsers_see_a_league_move(
    url: str, http: httpx.AsyncClient, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    async with AsyncExitStack() as stack:
        visits = [await stack.enter_async_context(browsing(url)) for _ in range(2)]
        ottilie, konrad = [
            await known(visit, http, name) for visit, name in zip(visits, ("Ottilie", "Konrad"), strict=True)
        ]
        await konrad.take(lessons[0], knowledge, chance)
        for lesson in lessons[:2]:
            await ottilie.take(lesson, knowledge, chance)
        for visit in visits:
            await visit.go("/league")
            await leads(visit, "Ottilie", "Konrad")
        await expect(visits[0].page.locator("[aria-current=true]")).to_contain_text("Ottilie (you)")
        for lesson in lessons[1:3]:
            await konrad.take(lesson, knowledge, chance)
        for visit in visits:
            await leads(visit, "Konrad", "Ottilie")
        assert await visits[0].barriers() == []
        await visits[0].go("/streak")
        await visits[0].press("My week", "link")
        await visits[0].page.get_by_role("heading", name="Achieved").wait_for()
        assert await visits[0].barriers() == []
        assert [visit.complaints for visit in visits] == [[], []]


async def test_gems_buy_a_freeze_once_and_something_to_wear(url: str, http: httpx.AsyncClient, database: Any) -> None:
    async with browsing(url) as visit:
        ada = await known(visit, http, "Ada")
        await database.execute(
            "INSERT INTO gamification_gem_entry (id, user_id, cause, amount)"
            " VALUES (gen_random_uuid(), $1, 'quest:x', 900)", ada.id,
        )  # fmt: skip
        await database.execute("INSERT INTO gamification_purse (user_id, gems, version) VALUES ($1, 900, 1)", ada.id)
        await visit.go("/league")
        await visit.reads("No league this week yet")
        await visit.go("/recap")
        await visit.reads("Nothing this week yet")
        await visit.go("/shop")
        await visit.press("Buy Streak freeze for 200 gems")
        await visit.reads("Streak freeze is yours")
        await visit.reads("700")
        await visit.press("Buy Laurel for 500 gems")
        await visit.press("Wear Laurel")
        await visit.page.get_by_role("button", name="Take off Laurel").wait_for()
        # What is left is too little for anything more of this kind.
        await expect(visit.page.get_by_role("button", name="Buy Aurora for 1,200 gems")).to_be_disabled()
        assert await visit.barriers() == []
        await visit.go("/streak")
        await visit.reads("1 of 2")
        await visit.reads(f"{datetime.now(UTC):%B %Y}")
        assert await visit.barriers() == []
        await visit.go("/achievements")
        await visit.reads("First steps")
        assert await visit.barriers() == []
        await visit.go("/quests")
        await visit.reads("This week")
        assert await visit.barriers() == []
        assert visit.complaints == []
        assert (await ada.call("GET", "/gems"))["gems"] == 200


async def test_a_teacher_sees_a_learner_come_and_answer(
    url: str,
    http: httpx.AsyncClient,
    database: Any,
    ada: Visitor,
    lessons: list[str],
    knowledge: Knowledge,
    chance: random.Random,
) -> None:
    async with browsing(url) as visit:
        await known(visit, http, "Tess", "teacher", database)
        await visit.go("/classes")
        await visit.press("New class")
        await visit.fill("Name", "Pets")
        await visit.page.get_by_role("dialog").get_by_role("button", name="New class").click()
        await visit.reads("Give this code to your learners:")
        code = await visit.page.get_by_text(re.compile(r"^\w{4}-\w{4}$")).inner_text()
        await ada.call("POST", "/classrooms/join", {"code": code})
        await ada.take(lessons[0], knowledge, chance)
        learner = visit.page.get_by_role("listitem").filter(has_text="Ada")
        await expect(learner).to_contain_text("Finished")
        await expect(learner).to_contain_text("100% right")
        await visit.reads("1 learner")
        assert await visit.barriers() == []
        assert visit.complaints == []
