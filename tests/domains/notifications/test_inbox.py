from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.service import plan, purge
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
    assert sorted(item["kind"] for item in inbox["items"]) == [
        "achievement",
        "league_entered",
        "lesson_completed",
        "welcome",
    ]
    assert (inbox["unread"], inbox["next_cursor"]) == (4, None)
    [lesson] = [item for item in inbox["items"] if item["kind"] == "lesson_completed"]
    assert lesson["body"] == "+20 XP. Your streak: 1 day."
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


async def test_reading_all_leaves_what_came_after_the_screen_was_drawn(db: Database, ada: Learner) -> None:
    for key in ("one", "two"):
        await tell(db, ada, key)
    newest = (await ada.get("/notifications")).json()["items"][0]["id"]
    await tell(db, ada, "three")
    assert (await ada.post(f"/notifications/read-all?up_to={newest}")).status_code == 204
    assert (await ada.get("/notifications/unread-count")).json() == {"unread": 1}
    assert [item["title"] for item in (await ada.get("/notifications?unread=true")).json()["items"]] == ["three"]
    assert (await ada.post("/notifications/read-all")).status_code == 204
    assert (await ada.get("/notifications")).json()["unread"] == 0


async def test_what_is_put_away_is_read_and_only_among_what_was_put_away(
    client: httpx.AsyncClient, db: Database, ada: Learner
) -> None:
    for key in ("one", "two"):
        await tell(db, ada, key)
    two, one = (await ada.get("/notifications")).json()["items"]
    stranger = await register(client, "Eve")
    assert (await stranger.post(f"/notifications/{one['id']}/archive")).status_code == 404
    for _ in range(2):
        assert (await ada.post(f"/notifications/{one['id']}/archive")).status_code == 204
    inbox, away = (await ada.get("/notifications")).json(), (await ada.get("/notifications?archived=true")).json()
    assert [item["id"] for item in inbox["items"]] == [two["id"]]
    assert [(item["id"], item["read_at"] is None) for item in away["items"]] == [(one["id"], False)]
    assert (inbox["unread"], away["unread"]) == (1, 1)


async def test_the_inbox_can_be_looked_at_by_category(db: Database, ada: Learner) -> None:
    await tell(db, ada, "one")
    async with db.begin() as uow:
        await plan.notify(uow, ada.id, "course_completed", params={"course": "C"}, url="/", cause="c")
    items = (await ada.get("/notifications?category=learning")).json()["items"]
    assert [item["kind"] for item in items] == ["course_completed"]
    assert (await ada.get("/notifications?category=nonsense")).status_code == 400


async def test_what_is_read_on_one_device_is_heard_on_the_others_once(
    db: Database, ada: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(db, ada, "one")
    await tell(db, ada, "two")
    heard: list[Any] = []
    monkeypatch.setattr(db, "committed", lambda facts: heard.extend(facts))
    newest, oldest = (item["id"] for item in (await ada.get("/notifications")).json()["items"])
    for path in (f"/{oldest}/read", f"/{oldest}/read", f"/{oldest}/archive", "/read-all", "/read-all"):
        await ada.post(f"/notifications{path}")
    told = [(str(fact.notification_id), fact.every, fact.archived, fact.unread) for fact in heard]
    assert told == [(oldest, False, False, 1), (oldest, False, True, 1), ("None", True, False, 0)]
    assert newest != oldest


async def test_whoever_comes_by_a_mail_has_read_what_it_spoke_of(
    client: httpx.AsyncClient, db: Database, ada: Learner
) -> None:
    await ada.http.put("/api/v1/notifications/marketing-consent", json={"wording": "News, please"}, headers=ada.headers)
    await tell(db, ada, "one")
    [row] = await db.fetch("SELECT id FROM notifications_delivery WHERE dedupe_key = 'one'")
    stranger = await register(client, "Eve")
    assert (await stranger.post(f"/notifications/deliveries/{row['id']}/tap")).status_code == 404
    assert (await ada.post(f"/notifications/deliveries/{row['id']}/tap")).status_code == 204
    assert (await ada.get("/notifications/unread-count")).json() == {"unread": 0}


async def test_what_was_told_long_ago_is_forgotten_and_what_waits_is_not(db: Database, ada: Learner) -> None:
    for key in ("old and read", "old and unread", "new"):
        await tell(db, ada, key)
    new, unread, read = (await ada.get("/notifications")).json()["items"]
    await ada.post(f"/notifications/{read['id']}/read")
    await ada.post(f"/notifications/{new['id']}/read")
    now = datetime.now(UTC)
    for item in (unread, read):
        aged = UUID(int=(int((now - timedelta(days=200)).timestamp() * 1000) << 80) | UUID(item["id"]).int % 2**64)
        await db.fetch("UPDATE notifications_notification SET id = $1 WHERE id = $2", aged, UUID(item["id"]))
    for state, cause in (("waiting", "a"), ("digest", "b"), ("sent", "c"), ("skipped", "d")):
        await db.fetch(
            """
            INSERT INTO notifications_delivery (id, user_id, kind, channel, dedupe_key, params, url, state, due_at,
                                                expires_at, created_at)
            VALUES ($1, $2, 'kudos', 'email', $3, '{}', '/', $4, now(), now(), now() - interval '91 days')
            """,
            new_id(),
            ada.id,
            cause,
            state,
        )
    await purge.forget_old(db, now)
    kept = await db.fetch("SELECT dedupe_key FROM notifications_delivery WHERE kind = 'kudos' ORDER BY 1")
    assert [row["dedupe_key"] for row in kept] == ["a", "b"]
    titles = [item["title"] for item in (await ada.get("/notifications")).json()["items"]]
    assert titles == ["new", "old and unread"]
    await purge.forget_old(db, now + timedelta(days=170))
    assert [item["title"] for item in (await ada.get("/notifications")).json()["items"]] == ["new"]
