"""From draft to learners: who may, what is voided by a change, plans, ways back, and what learners notice of it."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from conftest import Crank
from domains.catalog import api
from domains.catalog.repository import authors
from domains.catalog.service.publishing import publish_due
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database
from factories.authors import TRANSLATE, Body, began, done, lesson_of, owned, person, send, whole_course
from factories.people import Learner, register, right_answer, small_course


async def joined(db: Database, course: str | UUID, who: Learner, role: str) -> None:
    async with db.begin() as uow:
        await authors.add(uow.session, UUID(str(course)), who.id, role)


async def code(who: Learner, path: str, body: Any, *, seen: str | None = None) -> str:
    answer = await send(who, "POST", path, body, seen=seen)
    return "ok" if answer.is_success else str(answer.json()["code"])


async def touched(who: Learner, course: str, hint: str) -> None:
    """Changes something of the first exercise."""
    tree = await done(who, "GET", f"/courses/{course}/tree")
    lesson = tree["sections"][0]["units"][0]["lessons"][0]["id"]
    [first, *_] = (await done(who, "GET", f"/courses/{course}/children?parent_id={lesson}"))["items"]
    patch = {"kind": "exercise", "hints": [hint]}
    await done(who, "PATCH", f"/courses/{course}/nodes/{first['id']}", patch, seen="*")


async def actions(who: Learner, course: str) -> list[str]:
    return [each["action"] for each in (await done(who, "GET", f"/courses/{course}/log"))["items"]]


async def plan_came(db: Database, course: str) -> None:
    """The moment that was planned is over."""
    await db.fetch(
        "UPDATE catalog_draft SET publish_at = now() - interval '1 second' WHERE course_id = $1", UUID(course)
    )
    await publish_due(db)


async def test_a_draft_is_published_and_the_log_says_by_whom(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    path = f"/courses/{course}"
    assert await code(ada, f"{path}/publish", {}, seen="*") == "catalog.course_invalid"
    await lesson_of(ada, course)
    stands = await done(ada, "GET", f"{path}/workflow")
    assert (stands["changed"], stands["state"], stands["approved"]) == (True, "draft", False)
    assert await code(ada, f"{path}/publish", {}, seen='"1"') == "catalog.version_stale"
    first = await done(ada, "POST", f"{path}/publish", {"note": "Here it is"}, seen=stands["etag"])
    assert (first["number"], first["changed"]) == (1, True)
    again = await done(ada, "POST", f"{path}/publish", {}, seen="*")
    assert again == first | {"changed": False}
    assert (await client.get(f"/api/v1/courses/{course}")).json()["title"] == "Numbers"
    [line] = (await done(ada, "GET", f"{path}/log"))["items"]
    assert (line["action"], line["number"], line["note"]) == ("published", 1, "Here it is")
    assert line["by"] == {"id": str(ada.id), "name": "Ada"}
    [revision] = (await done(ada, "GET", f"{path}/revisions"))["items"]
    assert (revision["number"], revision["current"], revision["note"]) == (1, True, "Here it is")
    assert not (await done(ada, "GET", f"{path}/workflow"))["changed"]


async def test_two_who_publish_at_once_make_one_revision(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    await lesson_of(ada, course)
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    await done(ada, "POST", f"/courses/{course}/schedule", {"at": soon}, seen="*")
    published = (done(ada, "POST", f"/courses/{course}/publish", {}, seen="*") for _ in range(3))
    *answers, _ = await asyncio.gather(*published, plan_came(db, course))
    assert {each["number"] for each in answers} == {1}
    assert sum(each["changed"] for each in answers) <= 1
    assert (await actions(ada, course)).count("published") == 1


async def test_nobody_publishes_their_own_work_where_a_review_is_needed(
    client: httpx.AsyncClient, db: Database
) -> None:
    ada, ed, rae, eve = [await person(client, db, name) for name in ("Ada", "Ed", "Rae", "Eve")]
    root = await person(client, db, "Root", "admin")
    course = await began(ada)
    path = f"/courses/{course}"
    await joined(db, course, ed, "editor")
    await joined(db, course, rae, "reviewer")
    assert (await send(ed, "PUT", f"{path}/review", {"required": True})).status_code == 403
    assert (await done(ada, "PUT", f"{path}/review", {"required": True}))["review_required"]
    await lesson_of(ed, course)
    await touched(ada, course, "first")
    assert await code(ed, f"{path}/publish", {}, seen="*") == "catalog.review_needed"
    assert await code(rae, f"{path}/submit", {}) == "catalog.not_your_part"
    assert await code(eve, f"{path}/submit", {}) == "catalog.course_not_found"
    assert await code(rae, f"{path}/approve", {}, seen="*") == "catalog.wrong_state", "nobody has asked"
    await done(ed, "POST", f"{path}/submit", {"note": "please"})
    assert await code(ed, f"{path}/submit", {}) == "catalog.wrong_state"
    assert await code(ed, f"{path}/approve", {}, seen="*") == "catalog.not_your_part"
    assert await code(ada, f"{path}/approve", {}, seen="*") == "catalog.review_needed", "she has written part of it"
    assert [(await done(who, "GET", f"{path}/workflow"))["mine"] for who in (ada, rae)] == [True, False]
    assert (await send(rae, "POST", f"{path}/return", {"note": ""})).status_code == 400
    assert (await done(rae, "POST", f"{path}/return", {"note": "a typo"}))["state"] == "draft"
    await done(ed, "POST", f"{path}/submit", {})
    assert (await done(rae, "POST", f"{path}/approve", {}, seen="*"))["approved"]
    await touched(ed, course, "after the approval")
    assert not (await done(ed, "GET", f"{path}/workflow"))["approved"]
    assert await code(ed, f"{path}/publish", {}, seen="*") == "catalog.review_needed"
    refused = await send(ada, "PUT", f"{path}/review", {"required": False})
    assert refused.json()["code"] == "catalog.review_needed", "the rule is not got around by its owner"
    await done(ed, "POST", f"{path}/submit", {})
    await done(rae, "POST", f"{path}/approve", {}, seen="*")
    assert await code(rae, f"{path}/publish", {}, seen="*") == "catalog.not_your_part"
    assert await code(ed, f"{path}/publish", {}, seen="*") == "ok"
    assert await actions(ada, course) == [
        *("published", "approved", "submitted", "approved", "submitted", "returned", "submitted"),
    ]
    await touched(ed, course, "once more")
    assert await code(root, f"{path}/publish", {}, seen="*") == "ok", "staff has not written it"


async def test_what_is_planned_is_published_once_and_only_as_it_was(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    course = await began(ada)
    path = f"/courses/{course}"
    await lesson_of(ada, course)
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    for at in (utc_now() - timedelta(seconds=1), utc_now() + timedelta(days=400)):
        assert await code(ada, f"{path}/schedule", {"at": at.isoformat()}, seen="*") == "catalog.bad_moment"
    assert (await done(ada, "POST", f"{path}/schedule", {"at": soon}, seen="*"))["publishes_this"]
    await publish_due(db)
    assert await actions(ada, course) == ["scheduled"], "its time has not come"
    assert (await done(ada, "POST", f"{path}/unschedule", {}))["publish_at"] is None
    await done(ada, "POST", f"{path}/schedule", {"at": soon}, seen="*")
    await plan_came(db, course)
    await publish_due(db)
    assert (await actions(ada, course))[:2] == ["published", "scheduled"]
    assert await code(ada, f"{path}/schedule", {"at": soon}, seen="*") == "catalog.wrong_state", "there is nothing new"
    await touched(ada, course, "one")
    await done(ada, "POST", f"{path}/schedule", {"at": soon}, seen="*")
    await touched(ada, course, "two")
    assert not (await done(ada, "GET", f"{path}/workflow"))["publishes_this"]
    await plan_came(db, course)
    assert (await actions(ada, course))[:2] == ["unscheduled", "scheduled"]
    await done(ada, "POST", f"{path}/schedule", {"at": soon}, seen="*")
    await db.fetch("DELETE FROM catalog_collaborator WHERE user_id = $1", ada.id)
    await plan_came(db, course)
    root = await person(client, db, "Root", "admin")
    assert (await actions(root, course))[:2] == ["unscheduled", "scheduled"], "who planned it has no part in it now"
    assert len((await done(root, "GET", f"{path}/revisions"))["items"]) == 1


async def test_an_accepted_answer_voids_neither_approval_nor_plan(client: httpx.AsyncClient, db: Database) -> None:
    ada, rae = await person(client, db, "Ada"), await person(client, db, "Rae")
    content = await owned(db, ada, whole_course())
    course, path = str(content.course_id), f"/courses/{content.course_id}"
    await joined(db, course, rae, "reviewer")
    await done(ada, "PUT", f"{path}/review", {"required": True})
    await touched(ada, course, "a hint")
    await done(ada, "POST", f"{path}/submit", {})
    await done(rae, "POST", f"{path}/approve", {}, seen="*")
    await done(ada, "POST", f"{path}/schedule", {"at": (utc_now() + timedelta(hours=1)).isoformat()}, seen="*")
    asked = next(each for each in content.exercises.values() if each.kind == "translate")
    async with db.begin() as uow:
        assert (await api.accept_answer(uow, content, asked.id, b'"the drake"', None)).changed
    stands = await done(ada, "GET", f"{path}/workflow")
    assert (stands["approved"], stands["publishes_this"]) == (True, True)
    await plan_came(db, course)
    async with db.begin() as uow:
        now = await api.published_course(uow, content.course_id)
    assert api.check(now.exercises[asked.id], b'"the drake"', now.lexicon).correct
    assert (await actions(ada, course))[0] == "published"


async def test_a_session_finishes_as_it_began_whatever_authors_do(client: httpx.AsyncClient, db: Database) -> None:
    """Published anew, back again, retired: the questions and what is right stay as they were asked."""
    ada, lea = await person(client, db, "Ada"), await register(client, "Lea")
    content = await owned(db, ada, whole_course())
    path = f"/courses/{content.course_id}"
    lesson = next(iter(content.lessons))
    assert (await lea.post(f"/courses/{content.course_id}/enrollments", {})).is_success
    session = await lea.begin(lesson)
    changed = {"kind": "exercise", "content": TRANSLATE["content"]}
    asked = next(each for each in content.lessons[lesson].exercises if each.kind == "translate")
    gone = next(each for each in content.lessons[lesson].exercises if each.kind == "word_bank")
    steps = iter(session["exercises"])

    async def go_on() -> None:
        exercise = next(steps)
        given = await lea.answer(session, exercise, right_answer(exercise))
        assert given.json()["correct"] is True, given.text

    await go_on()
    await done(ada, "PATCH", f"{path}/nodes/{asked.id}", changed, seen="*")
    await done(ada, "DELETE", f"{path}/nodes/{gone.id}", seen="*")
    assert (await done(ada, "POST", f"{path}/publish", {}, seen="*"))["number"] == 2
    await go_on()
    assert (await done(ada, "POST", f"{path}/rollback", {"number": 1}))["changed"]
    await go_on()
    await done(ada, "POST", f"{path}/rollback", {"number": 2})
    assert (await done(ada, "POST", f"{path}/retire", {}))["changed"]
    await go_on()
    assert (await lea.post(f"/sessions/{session['id']}/complete")).status_code == 200
    assert len((await lea.begin(lesson))["exercises"]) == 3, "who has begun goes on, with what is there now"
    late = await register(client, "Late")
    assert (await late.post(f"/courses/{content.course_id}/enrollments", {})).json()["code"] == "catalog.course_retired"
    listed = (await client.get("/api/v1/courses")).json()["items"]
    assert listed == []
    assert (await done(ada, "POST", f"{path}/unretire", {})) == {"retired": False, "changed": True}
    assert (await late.post(f"/courses/{content.course_id}/enrollments", {})).is_success


async def test_going_back_shows_in_lists_and_keeps_the_draft(client: httpx.AsyncClient, db: Database) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    path = f"/courses/{content.course_id}"
    await done(ada, "PATCH", path, {"title": "Better"}, seen="*")
    await done(ada, "POST", f"{path}/publish", {}, seen="*")
    back = await done(ada, "POST", f"{path}/rollback", {"number": 1, "note": "too early"})
    assert (back["revision_id"], back["number"], back["changed"]) == (str(content.id), 1, True)
    assert not (await done(ada, "POST", f"{path}/rollback", {"number": 1}))["changed"]
    assert await code(ada, f"{path}/rollback", {"number": 3}) == "catalog.revision_not_found"
    [shown] = (await client.get("/api/v1/courses")).json()["items"]
    assert shown["title"] == "A small course"
    assert (await client.get("/api/v1/search?q=better")).json()["items"] == []
    draft = await done(ada, "GET", path)
    assert (draft["course"]["title"], draft["changed"]) == ("Better", True)
    revisions = await done(ada, "GET", f"{path}/revisions?limit=1")
    assert (revisions["items"][0]["number"], revisions["items"][0]["current"]) == (2, False)
    [first] = (await done(ada, "GET", f"{path}/revisions?cursor={revisions['next_cursor']}"))["items"]
    assert (first["number"], first["current"]) == (1, True)
    assert (await done(ada, "POST", f"{path}/publish", {}, seen="*"))["number"] == 3, "numbers are not used again"
    await done(ada, "POST", f"{path}/rollback", {"number": 1, "reset_draft": True}, seen="*")
    draft = await done(ada, "GET", path)
    assert (draft["course"]["title"], draft["changed"]) == ("A small course", False)
    assert await actions(ada, str(content.course_id)) == [
        *("rolled_back", "published", "rolled_back", "published", "published"),
    ]


async def test_authors_see_what_a_publish_would_change(client: httpx.AsyncClient, db: Database) -> None:
    ada, eve = await person(client, db, "Ada"), await person(client, db, "Eve")
    content = await owned(db, ada, whole_course())
    path = f"/courses/{content.course_id}"
    assert await done(ada, "GET", f"{path}/diff") == {"items": [], "total": 0}
    gone = next(iter(content.exercises.values()))
    await done(ada, "DELETE", f"{path}/nodes/{gone.id}", seen="*")
    [change] = (await done(ada, "GET", f"{path}/diff"))["items"]
    assert (change["what"], change["kind"], change["node_id"]) == ("removed", "exercise", str(gone.id))
    [back] = (await done(ada, "GET", f"{path}/diff?from=draft&to=1"))["items"]
    assert back["what"] == "added"
    assert (await send(ada, "GET", f"{path}/diff?to=7")).status_code == 404
    assert (await send(ada, "GET", f"{path}/diff?to=x")).status_code == 400
    assert (await send(eve, "GET", f"{path}/diff")).status_code == 404
    new = await began(ada)
    await lesson_of(ada, new)
    found: list[Body] = (await done(ada, "GET", f"/courses/{new}/diff"))["items"]
    assert [(each["what"], each["kind"]) for each in found] == [("changed", "course"), ("added", "section")]


async def test_remarks_are_for_all_who_work_on_the_course(client: httpx.AsyncClient, db: Database) -> None:
    ada, rae, eve = [await person(client, db, name) for name in ("Ada", "Rae", "Eve")]
    course = await began(ada)
    exercise = await lesson_of(ada, course)
    await joined(db, course, rae, "reviewer")
    path = f"/courses/{course}/comments"
    made = await done(rae, "POST", path, {"body": "Is this right?", "node_id": exercise["id"]})
    await done(ada, "POST", path, {"body": "Nearly done"})
    assert (await send(eve, "POST", path, {"body": "Hello"})).status_code == 404
    assert await code(ada, path, {"body": "?", "node_id": course}) == "catalog.node_not_found"
    [of_node] = (await done(ada, "GET", f"{path}?node_id={exercise['id']}"))["items"]
    assert (of_node["body"], of_node["author"]["name"], of_node["resolved_at"]) == ("Is this right?", "Rae", None)
    dealt = await done(ada, "PUT", f"{path}/{made['id']}/resolved", {"resolved": True})
    assert dealt["resolved_by"]["name"] == "Ada"
    assert [each["body"] for each in (await done(ada, "GET", f"{path}?resolved=false"))["items"]] == ["Nearly done"]
    [own] = (await done(ada, "GET", f"{path}?resolved=false"))["items"]
    assert (await send(rae, "DELETE", f"{path}/{own['id']}")).status_code == 403
    await done(ada, "DELETE", f"{path}/{made['id']}")
    assert (await send(ada, "DELETE", f"{path}/{made['id']}")).status_code == 404


async def test_an_invitation_tells_nobody_who_has_an_account(client: httpx.AsyncClient, db: Database) -> None:
    ada, bob = await person(client, db, "Ada"), await person(client, db, "Bob")
    course = await began(ada)
    path = f"/courses/{course}"
    [row] = await db.fetch("SELECT email FROM identity_user WHERE id = $1", bob.id)
    told = []
    for who in (row["email"].upper(), "nobody@example.org", "@nobody"):
        made = await done(ada, "POST", f"{path}/invitations", {"who": who, "role": "editor"})
        told.append({name: value for name, value in made.items() if name not in ("id", "created_at", "who")})
    assert told == [{"role": "editor"}] * 3
    shown = await done(ada, "GET", f"{path}/collaborators")
    assert [each["person"]["name"] for each in shown["items"]] == ["Ada"]
    assert len(shown["invitations"]) == 3
    assert (await send(bob, "GET", path)).status_code == 404, "asked is not joined"
    [asked] = (await done(bob, "GET", "/invitations"))["items"]
    assert (asked["title"], asked["role"], asked["by"]["name"]) == ("Numbers", "editor", "Ada")
    assert (await send(ada, "POST", f"/invitations/{asked['id']}/answer", {"accept": True})).status_code == 404
    await done(bob, "POST", f"/invitations/{asked['id']}/answer", {"accept": True})
    assert (await done(bob, "GET", path))["role"] == "editor"
    assert (await done(bob, "GET", f"{path}/collaborators"))["invitations"] == [], "only the owner is shown those"
    assert (await send(bob, "POST", f"{path}/invitations", {"who": "a@b.org", "role": "editor"})).status_code == 403


async def test_a_course_always_has_one_owner(client: httpx.AsyncClient, db: Database) -> None:
    ada, bob, eve = [await person(client, db, name) for name in ("Ada", "Bob", "Eve")]
    course = await began(ada)
    path = f"/courses/{course}/collaborators"
    await joined(db, course, bob, "reviewer")
    assert (await send(ada, "PUT", f"{path}/{ada.id}", {"role": "editor"})).status_code == 409
    assert (await send(ada, "DELETE", f"{path}/{ada.id}")).status_code == 409
    assert (await send(ada, "PUT", f"{path}/{eve.id}", {"role": "owner"})).status_code == 400
    assert (await send(bob, "PUT", f"{path}/{bob.id}", {"role": "owner"})).status_code == 403
    given = await done(ada, "PUT", f"{path}/{bob.id}", {"role": "owner"})
    assert [(each["person"]["name"], each["role"]) for each in given["items"]] == [("Bob", "owner"), ("Ada", "editor")]
    assert (await send(ada, "DELETE", f"{path}/{bob.id}")).status_code == 403
    assert (await send(ada, "DELETE", f"{path}/{ada.id}")).status_code == 204, "anybody else may go"
    assert (await send(ada, "GET", f"/courses/{course}")).status_code == 404


async def test_a_plan_that_can_no_longer_be_published_is_given_up(
    client: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await person(client, db, "Ada")
    content = await owned(db, ada, whole_course())
    course, path = str(content.course_id), f"/courses/{content.course_id}"
    await touched(ada, course, "a hint")
    await done(ada, "POST", f"{path}/schedule", {"at": (utc_now() + timedelta(hours=1)).isoformat()}, seen="*")
    async with db.begin() as uow:
        await api.publish(uow, replace(small_course(), title="From a file"), draft="replace")
    await plan_came(db, course)
    stands = await done(ada, "GET", f"{path}/workflow")
    assert (stands["publish_at"], stands["changed"]) == (None, False), "it was replaced, and the plan with it"
    assert len((await done(ada, "GET", f"{path}/revisions"))["items"]) == 2


async def test_those_whom_it_concerns_are_told(client: httpx.AsyncClient, db: Database, crank: Crank) -> None:
    ada, rae, bob = [await person(client, db, name) for name in ("Ada", "Rae", "Bob")]
    course = await began(ada)
    path = f"/courses/{course}"
    await lesson_of(ada, course)
    await joined(db, course, rae, "reviewer")
    await done(ada, "POST", f"{path}/submit", {})
    for _ in range(2):
        await done(rae, "POST", f"{path}/comments", {"body": "?"})
    await done(rae, "POST", f"{path}/return", {"note": "a typo"})
    [row] = await db.fetch("SELECT email FROM identity_user WHERE id = $1", bob.id)
    await done(ada, "POST", f"{path}/invitations", {"who": row["email"], "role": "editor"})
    await crank.jobs()
    told = {}
    for who in (ada, rae, bob):
        inbox = (await who.get("/notifications")).json()["items"]
        told[who.name] = sorted(each["title"] for each in inbox if each["kind"] == "course_work")
    assert told == {
        "Ada": ["A remark on Numbers", "Numbers needs more work"],
        "Rae": ["Numbers waits for a review"],
        "Bob": ["Work on Numbers?"],
    }
