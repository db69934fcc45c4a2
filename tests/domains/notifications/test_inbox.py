from typing import Any

import httpx
import pytest

from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.service import plan
from factories.people import Learner, publish, register, small_course


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Learner:
    return await register(client)


async def tell(db: Database, learner: Learner, key: str) -> None:
    async with db.begin() as uow:
        await plan.notify(uow, learner.id, "announcement", params={"title": key, "body": "x"}, url="/", cause=key)


async def test_a_first_lesson_is_told_and_so_is_the_league_each_once(db: Database, ada: Learner, crank: Any) -> None:
    course = await publish(db, small_course())
    league_id = (await ada.finish(next(iter(course.lessons))))["league"]["id"]
    await crank.jobs()
    await crank.jobs()
    inbox = (await ada.get("/notifications")).json()
    assert sorted(item["kind"] for item in inbox["items"]) == ["league_entered", "lesson_completed", "welcome"]
    assert (inbox["unread"], inbox["next_cursor"]) == (3, None)
    [lesson] = [item for item in inbox["items"] if item["kind"] == "lesson_completed"]
    assert lesson["body"] == "+15 XP. Your streak: 1 day."
    assert (await ada.get(f"/leaderboards/{league_id}")).json()["version"] == 1


async def test_one_cause_is_told_once(db: Database, ada: Learner) -> None:
    await tell(db, ada, "same")
    await tell(db, ada, "same")
    assert len((await ada.get("/notifications")).json()["items"]) == 1
    rows = await db.fetch("SELECT 1 FROM kernel_outbox WHERE type LIKE 'notifications.%'")
    assert len(rows) == 1


async def test_pages_run_from_the_newest_to_the_oldest_and_stay_put_meanwhile(db: Database, ada: Learner) -> None:
    for number in range(5):
        await tell(db, ada, f"n{number}")
    first = (await ada.get("/notifications?limit=2")).json()
    await tell(db, ada, "new")
    second = (await ada.get(f"/notifications?limit=3&cursor={first['next_cursor']}")).json()
    assert [item["title"] for item in first["items"] + second["items"]] == ["n4", "n3", "n2", "n1", "n0"]
    assert (first["unread"], second["unread"], second["next_cursor"]) == (5, 6, None)


async def test_an_empty_inbox_and_a_forged_cursor(ada: Learner) -> None:
    assert (await ada.get("/notifications")).json() == {"items": [], "next_cursor": None, "unread": 0}
    assert (await ada.get("/notifications?cursor=x")).status_code == 400
    assert (await ada.get("/notifications?limit=101")).status_code == 400


async def test_reading_counts_once_and_only_for_its_owner(
    client: httpx.AsyncClient, db: Database, ada: Learner
) -> None:
    await tell(db, ada, "one")
    [item] = (await ada.get("/notifications")).json()["items"]
    stranger = await register(client, "Eve")
    assert (await stranger.post(f"/notifications/{item['id']}/read")).status_code == 404
    assert (await ada.post(f"/notifications/{new_id()}/read")).status_code == 404
    assert (await ada.post(f"/notifications/{item['id']}/read")).status_code == 204
    read_at = (await ada.get("/notifications")).json()["items"][0]["read_at"]
    assert (await ada.post(f"/notifications/{item['id']}/read")).status_code == 204
    inbox = (await ada.get("/notifications")).json()
    assert (inbox["items"][0]["read_at"], inbox["unread"]) == (read_at, 0)
    assert (await stranger.get("/notifications")).json()["items"] == []
