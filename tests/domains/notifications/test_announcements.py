"""Announcements: looked at before, sent to an audience once, also over interruptions."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.service import announcements, plan
from factories.people import Learner, publish, register, small_course

NEWS = {"audience": "everybody", "title": "Listening lessons", "body": "They are here.\n\nTry one.", "url": "/news"}


@pytest.fixture
async def root(client: httpx.AsyncClient, db: Database) -> Learner:
    found = await register(client, "Root")
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", found.id)
    return found


async def drafted(root: Learner, **fields: Any) -> str:
    answer = await root.post("/admin/announcements", NEWS | fields)
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "draft"
    found: str = answer.json()["id"]
    return found


async def sent(db: Database, root: Learner, announcement_id: str) -> dict[str, Any]:
    answer = await root.post(f"/admin/announcements/{announcement_id}/send")
    assert answer.status_code == 200, answer.text
    await announcements.send_due(db, utc_now())
    found: dict[str, Any] = (await root.get(f"/admin/announcements/{announcement_id}")).json()
    return found


async def people(db: Database, number: int) -> None:
    """Many at once, who never log in."""
    await db.fetch(
        "INSERT INTO identity_user (id, email, name) SELECT gen_random_uuid(), 'p' || n || '@example.org', 'P' || n"
        " FROM generate_series(1, $1) n",
        number,
    )


async def told(db: Database) -> list[UUID]:
    kinds = ["announcement", "class_announcement"]
    rows = await db.fetch("SELECT user_id FROM notifications_notification WHERE kind = ANY($1)", kinds)
    return sorted(row["user_id"] for row in rows)


async def test_everybody_is_told_once_however_often_it_is_sent(db: Database, root: Learner) -> None:
    await people(db, 250)
    id_ = await drafted(root)
    assert await told(db) == []
    found = await sent(db, root, id_)
    assert (found["state"], found["recipients"]) == ("sent", 251)
    await sent(db, root, id_)
    assert len(await told(db)) == len(set(await told(db))) == 251
    [item] = [i for i in (await root.get("/notifications")).json()["items"] if i["kind"] == "announcement"]
    assert (item["title"], item["body"], item["url"]) == ("Listening lessons", "They are here.\n\nTry one.", "/news")


async def test_work_that_was_interrupted_goes_on_where_it_stopped(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(db, 350)
    id_ = await drafted(root)
    some, pages = announcements._send_some, 0

    async def dies_on_the_third_page(*of: Any) -> bool:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise SystemExit
        return await some(*of)

    monkeypatch.setattr(announcements, "_send_some", dies_on_the_third_page)
    with pytest.raises(SystemExit):
        await sent(db, root, id_)
    assert len(await told(db)) == 200
    monkeypatch.undo()
    found = await sent(db, root, id_)
    assert (found["state"], found["recipients"], len(await told(db))) == ("sent", 351, 351)


async def test_a_page_that_dies_half_way_leaves_nothing_behind(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(db, 120)
    id_ = await drafted(root)
    notify, calls = plan.notify, 0

    async def dies(*of: Any, **fields: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls == 50:
            raise SystemExit
        return await notify(*of, **fields)

    monkeypatch.setattr(plan, "notify", dies)
    with pytest.raises(SystemExit):
        await sent(db, root, id_)
    assert await told(db) == []
    monkeypatch.undo()
    assert (await sent(db, root, id_))["recipients"] == 121
    assert len(await told(db)) == 121


async def test_several_workers_at_once_tell_everybody_once(db: Database, root: Learner) -> None:
    await people(db, 250)
    await root.post(f"/admin/announcements/{await drafted(root)}/send")
    for _ in range(3):
        await asyncio.gather(*(announcements.send_due(db, utc_now()) for _ in range(3)))
    assert len(await told(db)) == len(set(await told(db))) == 251


async def test_one_who_cannot_be_told_keeps_nobody_else_waiting(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(db, 5)
    notify = plan.notify

    async def refuses_root(uow: Any, user_id: Any, *of: Any, **fields: Any) -> bool:
        if user_id == root.id:
            raise ValueError("no words for root")
        return await notify(uow, user_id, *of, **fields)

    monkeypatch.setattr(plan, "notify", refuses_root)
    assert (await sent(db, root, await drafted(root)))["state"] == "sent"
    assert len(await told(db)) == 5


async def test_a_course_is_told_as_a_course_and_a_role_as_news(
    client: httpx.AsyncClient, db: Database, root: Learner
) -> None:
    course = await publish(db, small_course())
    ada, bob, eve = [await register(client, name) for name in ("Ada", "Bob", "Eve")]
    for learner in (ada, bob):
        await learner.begin(next(iter(course.lessons)))
    await db.fetch("UPDATE identity_user SET banned_at = now() WHERE id = $1", bob.id)
    await sent(db, root, await drafted(root, audience=f"course:{course.course_id}"))
    [row] = await db.fetch("SELECT user_id, kind FROM notifications_notification WHERE title = $1", NEWS["title"])
    assert (row["user_id"], row["kind"]) == (ada.id, "class_announcement")
    await sent(db, root, await drafted(root, audience="role:admin", title="For admins"))
    [row] = await db.fetch("SELECT user_id, kind FROM notifications_notification WHERE title = 'For admins'")
    assert (row["user_id"], row["kind"]) == (root.id, "announcement")
    assert eve.id not in await told(db)


async def test_the_preview_counts_and_shows_what_is_read_and_tells_nobody(db: Database, root: Learner) -> None:
    await people(db, 7)
    id_ = await drafted(root, title="<b>News</b>", channels=["in_app", "email"])
    answer = await root.post(f"/admin/announcements/{id_}/preview")
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert (seen["recipients"], seen["title"]) == (8, "<b>News</b>")
    assert "Try one." in seen["mail_text"]
    assert "<b>News</b>" not in seen["mail_html"]
    assert await told(db) == []


async def test_mail_goes_only_to_those_who_agreed_to_marketing(db: Database, root: Learner) -> None:
    await people(db, 3)
    await db.fetch(
        "INSERT INTO notifications_settings (user_id, marketing_since, marketing_proof) VALUES ($1, now(), 'form')",
        root.id,
    )
    await sent(db, root, await drafted(root, channels=["email"]))
    assert await told(db) == []
    rows = await db.fetch("SELECT user_id, state FROM notifications_delivery WHERE kind = 'announcement'")
    assert sorted((row["state"], row["user_id"] == root.id) for row in rows) == [("skipped", False)] * 3 + [
        ("waiting", True)
    ]


async def test_no_more_mails_are_planned_than_leave(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "MOST_WAITING", 150)
    await people(db, 320)
    await db.fetch(
        "INSERT INTO notifications_settings (user_id, marketing_since, marketing_proof)"
        " SELECT id, now(), 'form' FROM identity_user"
    )
    id_ = await drafted(root, channels=["email"])
    planned = []
    for _ in range(3):
        found = await sent(db, root, id_)
        await sent(db, root, id_)
        planned.append((found["state"], found["recipients"]))
        await db.fetch("UPDATE notifications_delivery SET state = 'sent' WHERE kind = 'announcement'")
    assert planned == [("sending", 200), ("sent", 321), ("sent", 321)]


async def test_a_cancelled_announcement_tells_nobody_else(db: Database, root: Learner) -> None:
    await people(db, 250)
    id_ = await drafted(root)
    await root.post(f"/admin/announcements/{id_}/send")
    await announcements._send_some(db, UUID(id_), utc_now())
    assert (await root.post(f"/admin/announcements/{id_}/cancel")).json()["state"] == "cancelled"
    await announcements.send_due(db, utc_now())
    assert len(await told(db)) == 100
    assert (await root.post(f"/admin/announcements/{id_}/send")).status_code == 409
    id_ = await drafted(root)
    await sent(db, root, id_)
    assert (await root.post(f"/admin/announcements/{id_}/cancel")).status_code == 409


@pytest.mark.parametrize(
    "fields",
    [
        {"audience": "all"},
        {"audience": "role:king"},
        {"audience": "course:1"},
        {"audience": f"course:{UUID(int=7)}"},
        {"audience": "everybody:else"},
        {"title": " "},
        {"body": ""},
        {"channels": []},
        {"channels": ["sms"]},
        {"url": "//evil.example"},
        {"url": "javascript:alert(1)"},
        {"url": "http://plain.example"},
    ],
)
async def test_what_cannot_be_sent_is_refused(root: Learner, fields: dict[str, Any]) -> None:
    assert (await root.post("/admin/announcements", NEWS | fields)).status_code == 400


async def test_announcements_are_for_admins(client: httpx.AsyncClient, db: Database, root: Learner) -> None:
    ada = await register(client)
    id_ = await drafted(root)
    await db.fetch("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'teacher')", ada.id)
    assert (await ada.post("/admin/announcements", NEWS)).status_code == 403
    for verb in ("preview", "send", "cancel"):
        assert (await ada.post(f"/admin/announcements/{id_}/{verb}")).status_code == 403
        assert (await root.post(f"/admin/announcements/{new_id()}/{verb}")).status_code == 404
    assert (await ada.get("/admin/announcements")).status_code == 403
    assert [item["id"] for item in (await root.get("/admin/announcements")).json()["items"]] == [id_]
