"""Announcements: looked at before, sent to an audience once, also over interruptions."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from domains.kernel.clock import utc_now
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from domains.notifications.rendering import render
from domains.notifications.rendering.render import Words
from domains.notifications.service import announcements, deliver
from factories.classes import call, join, new_class, new_teacher
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
    await planned(db)
    found: dict[str, Any] = (await root.get(f"/admin/announcements/{announcement_id}")).json()
    return found


async def planned(db: Database) -> None:
    while await announcements.plan_more(db, utc_now()):
        pass


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
    monkeypatch.setattr(announcements, "AT_ONCE", 100)
    await people(db, 350)
    id_ = await drafted(root)
    some, pages = announcements._plan_page, 0

    async def dies_on_the_third_page(*of: Any) -> bool:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise SystemExit
        return await some(*of)

    monkeypatch.setattr(announcements, "_plan_page", dies_on_the_third_page)
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
    in_app, calls = render.in_app, 0

    def dies(*of: Any, **fields: Any) -> Words:
        nonlocal calls
        calls += 1
        if calls == 50:
            raise SystemExit
        return in_app(*of, **fields)

    monkeypatch.setattr(render, "in_app", dies)
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
        await asyncio.gather(*(planned(db) for _ in range(3)))
    assert len(await told(db)) == len(set(await told(db))) == 251


@pytest.mark.parametrize("why", ["no words", "words that the database does not hold", "a zone of nowhere"])
async def test_one_who_cannot_be_told_keeps_nobody_else_waiting(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    await people(db, 37)
    in_app = render.in_app

    def not_for_root(*of: Any, person_name: str, **fields: Any) -> Words:
        if person_name == "Root" and why == "no words":
            raise ValueError(why)
        words = in_app(*of, person_name=person_name, **fields)
        return words._replace(title="\0") if person_name == "Root" and "database" in why else words

    monkeypatch.setattr(render, "in_app", not_for_root)
    if "zone" in why:
        await db.fetch("UPDATE identity_user SET time_zone = 'Moon/Tycho' WHERE id = $1", root.id)
    assert (await sent(db, root, await drafted(root)))["state"] == "sent"
    assert len(await told(db)) == 37
    events = await db.fetch("SELECT payload FROM kernel_outbox WHERE type LIKE 'notifications.notification_created%'")
    assert len([row for row in events if str(root.id) in row["payload"]]) == 0
    assert len(events) == 37


async def test_an_announcement_that_fails_keeps_no_other_waiting(
    db: Database, root: Learner, caplog: pytest.LogCaptureFixture
) -> None:
    broken, whole = await drafted(root), await drafted(root)
    await db.fetch("UPDATE notifications_announcement SET audience = 'role:king' WHERE id = $1", UUID(broken))
    await root.post(f"/admin/announcements/{broken}/send")
    assert (await sent(db, root, whole))["state"] == "sent"
    assert "could not be sent on" in caplog.text


async def test_announcements_take_turns(db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "AT_ONCE", 2)
    await people(db, 5)
    for title in ("A long one", "Another"):
        await root.post(f"/admin/announcements/{await drafted(root, title=title)}/send")
    await announcements.plan_more(db, utc_now())
    rows = await db.fetch("SELECT title, count(*)::int AS n FROM notifications_notification GROUP BY 1 ORDER BY 1")
    assert [(row["title"], row["n"]) for row in rows] == [("A long one", 2), ("Another", 2)]


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
    monkeypatch.setattr(announcements, "AT_ONCE", 20)
    await people(db, 70)
    await db.fetch(
        "INSERT INTO notifications_settings (user_id, marketing_since, marketing_proof)"
        " SELECT id, now(), 'form' FROM identity_user"
    )
    await root.post(f"/admin/announcements/{await drafted(root, channels=['email'])}/send")
    waiting: list[int] = []

    async def plan_more(now: datetime) -> bool:
        found = await announcements.plan_more(db, now)
        [row] = await db.fetch("SELECT count(*)::int AS n FROM notifications_delivery WHERE state = 'waiting'")
        waiting.append(row["n"])
        return found

    assert await deliver.send_due(db, utc_now(), more=plan_more) == 71
    assert 20 <= max(waiting) <= 20 + deliver.AT_ONCE
    [mails] = await db.fetch("SELECT count(DISTINCT message_id)::int AS n FROM notifications_local_mail")
    assert mails["n"] == 71


async def test_a_cancelled_announcement_tells_nobody_else(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(db, 250)
    id_ = await drafted(root)
    await root.post(f"/admin/announcements/{id_}/send")
    monkeypatch.setattr(announcements, "AT_ONCE", 100)
    await announcements._plan_page(db, UUID(id_), utc_now())
    assert (await root.post(f"/admin/announcements/{id_}/cancel")).json()["state"] == "cancelled"
    await planned(db)
    assert len(await told(db)) == 100
    assert (await root.post(f"/admin/announcements/{id_}/send")).status_code == 409
    id_ = await drafted(root)
    await sent(db, root, id_)
    assert (await root.post(f"/admin/announcements/{id_}/cancel")).status_code == 409


async def test_what_is_cancelled_does_not_leave_in_the_morning(
    db: Database, root: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "AT_ONCE", 100)
    await people(db, 150)
    await db.fetch(
        "INSERT INTO notifications_settings (user_id, marketing_since, marketing_proof)"
        " SELECT id, now(), 'form' FROM identity_user"
    )
    others = [UUID(await drafted(root, channels=["email"])) for _ in range(2)]
    for id_ in others:
        await root.post(f"/admin/announcements/{id_}/send")
        await announcements._plan_page(db, id_, utc_now())
    busy = "UPDATE notifications_delivery SET lease_until = now() + interval '1 minute' WHERE id = $1"
    [under_way, *_] = await db.fetch("SELECT id FROM notifications_delivery WHERE kind = 'announcement' ORDER BY id")
    await db.fetch(busy, under_way["id"])
    assert (await root.post(f"/admin/announcements/{others[0]}/cancel")).status_code == 200
    rows = await db.fetch(
        "SELECT dedupe_key, state, reason, count(*)::int AS n FROM notifications_delivery WHERE kind = 'announcement'"
        " GROUP BY 1, 2, 3 ORDER BY 1, 4"
    )
    assert [tuple(row.values())[1:] for row in rows] == [
        ("waiting", "", 1),
        ("skipped", "called off", 99),
        ("waiting", "", 100),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"audience": "all"},
        {"audience": "role:king"},
        {"audience": "course:1"},
        {"audience": f"course:{UUID(int=7)}"},
        {"audience": "class:1"},
        {"audience": f"class:{UUID(int=7)}"},
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


CLASS_NEWS = {key: value for key, value in NEWS.items() if key != "audience"}


async def test_a_teacher_writes_to_their_class_and_to_nobody_else(client: httpx.AsyncClient, db: Database) -> None:
    tess, bob, eve = await new_teacher(db, client), await register(client, "Bob"), await register(client, "Eve")
    pets = await new_class(tess)
    assert (await join(bob, pets)).is_success
    path = f"/classrooms/{pets['id']}/announcements"
    id_ = (await tess.post(path, CLASS_NEWS)).json()["id"]
    looked_at = (await tess.post(f"{path}/{id_}/preview")).json()
    assert (looked_at["recipients"], looked_at["mail_subject"]) == (2, "Pets: Listening lessons")
    assert await told(db) == []
    for _ in range(2):
        assert (await tess.post(f"{path}/{id_}/send")).status_code == 200
        await planned(db)
    assert await told(db) == sorted([tess.id, bob.id])
    assert (await tess.get(f"{path}/{id_}")).json()["state"] == "sent"
    assert [item["id"] for item in (await tess.get(path)).json()["items"]] == [id_]
    assert not [item for item in (await eve.get("/notifications")).json()["items"] if "announcement" in item["kind"]]


async def test_an_announcement_to_a_class_is_there_for_its_teachers_alone(
    client: httpx.AsyncClient, db: Database, root: Learner
) -> None:
    tess, ted, bob = await new_teacher(db, client), await new_teacher(db, client, "Ted"), await register(client, "Bob")
    pets, birds = await new_class(tess), await new_class(ted)
    await join(bob, pets)
    path = f"/classrooms/{pets['id']}/announcements"
    id_ = (await tess.post(path, CLASS_NEWS)).json()["id"]
    for stranger in (ted, bob, root):
        answers = [await stranger.post(path, CLASS_NEWS), await stranger.get(path), await stranger.get(f"{path}/{id_}")]
        answers += [await stranger.post(f"{path}/{id_}/{verb}") for verb in ("preview", "send", "cancel")]
        assert {answer.status_code for answer in answers} == {404}
    # Not by way of a class of one's own either.
    assert (await ted.post(f"/classrooms/{birds['id']}/announcements/{id_}/send")).status_code == 404
    everybody = await drafted(root)
    assert (await tess.post(f"{path}/{everybody}/send")).status_code == 404
    assert (await tess.post(path, CLASS_NEWS | {"audience": "everybody"})).status_code == 400
    await call(tess, "PATCH", f"/{pets['id']}", {"archived": True})
    assert (await tess.post(f"{path}/{id_}/send")).status_code == 404
    assert await told(db) == []
