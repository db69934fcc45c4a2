"""A class, an invited friend and a course as they are seen from outside, over two server processes."""

import random
from typing import Any

import asyncpg
import httpx
import pytest

from app.demo.knowledge import Knowledge
from app.infra import plain_dsn
from journeys.served import Ears, Visitor, demo_course, visitor

LINE = ("session_id", "course_id", "lesson_id", "answered", "total", "correct", "finished", "active_at")


@pytest.fixture
async def tess(environment: dict[str, str], url: str, http: httpx.AsyncClient) -> Visitor:
    """A teacher."""
    found = await visitor(url, http, "Tess")
    connection = await asyncpg.connect(plain_dsn(environment["LYCEUM_DATABASE_URL"]))
    await connection.execute("INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'teacher')", found.id)
    await connection.close()
    return found


def followed(ears: Ears) -> dict[str, Any]:
    """The class as a client knows it that keeps the snapshot and puts progress into it."""
    lines: dict[str, Any] = {}
    for event, frame in ears.frames:
        if event == "classroom.snapshot":
            lines = {line["user_id"]: line["session"] for line in frame["learners"]}
        elif event == "classroom.progress":
            lines[frame["user_id"]] = {name: frame[name] for name in LINE}
    return lines


async def test_a_teacher_sees_each_answer_of_the_class_and_who_is_online(
    tess: Visitor, ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    classroom = await tess.call("POST", "/classrooms", {"name": "Pets"})
    await ada.call("POST", "/classrooms/join", {"code": classroom["code"]})
    ears, quiet = Ears(), Ears()
    room = f"classroom:{classroom['id']}"
    async with tess.socket(ears) as socket, ada.socket(quiet):
        assert await socket.call("classroom.watch", {"classroom_id": classroom["id"]}) == {"ok": True}
        await ears.heard("classroom.snapshot")
        await ears.heard("presence.changed", room=room, online=1, ids=[ada.id])
        done = await ada.take(lessons[0], knowledge, chance)
        assert done["lesson_completed"]
        last = await ears.heard("classroom.progress", user_id=ada.id, finished=True)
        answered = [frame["answered"] for frame in ears.named("classroom.progress")]
        assert answered == [*range(last["total"] + 1), last["total"]]
        assert last["correct"] == last["total"]
        # Whoever joins later is there without being asked for, and what they do as well.
        await ben.call("POST", "/classrooms/join", {"code": classroom["code"]})
        await ben.begin(lessons[0])
        await ears.heard("classroom.progress", user_id=ben.id, answered=0)
        shown = await tess.call("GET", f"/classrooms/{classroom['id']}/progress")
        assert followed(ears) == {line["user_id"]: line["session"] for line in shown["learners"]}
    async with ada.socket(quiet) as socket:
        reply = await socket.call("classroom.watch", {"classroom_id": classroom["id"]})
        assert (reply["ok"], reply["code"]) == (False, "realtime.not_found")


async def test_a_teacher_of_an_archived_class_is_shown_out_within_five_seconds(tess: Visitor) -> None:
    classroom = await tess.call("POST", "/classrooms", {"name": "Birds"})
    ears = Ears()
    async with tess.socket(ears) as socket:
        assert (await socket.call("classroom.watch", {"classroom_id": classroom["id"]}))["ok"]
        await ears.heard("classroom.snapshot")
        await tess.call("PATCH", f"/classrooms/{classroom['id']}", {"archived": True})
        await ears.heard("room.left", room=f"classroom:{classroom['id']}", code="realtime.right_lost")


async def test_an_invited_friend_looks_on_until_the_session_ends(
    ada: Visitor, ben: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    session = await ada.begin(lessons[0])
    invitation = await ada.call("POST", f"/sessions/{session['id']}/invitations")
    ears = Ears()
    async with ben.socket(ears) as socket:
        refused = await socket.call("session.watch", {"session_id": session["id"]})
        assert refused["code"] == "realtime.not_found"
        shown = {"session_id": session["id"], "invitation": invitation["code"]}
        assert await socket.call("session.watch", shown) == {"ok": True}
        await ears.heard("session.progress", user_id=ada.id, answered=0)
        for exercise in session["exercises"]:
            answer = knowledge.answer(exercise["kind"], exercise["prompt"], right=True, chance=chance)
            await ada.submit(session, exercise, answer)
        await ada.call("POST", f"/sessions/{session['id']}/complete")
        last = await ears.heard("session.progress", finished=True)
        assert last["correct"] == len(session["exercises"])
        await ears.heard("room.left", room=f"session:{session['id']}")


async def test_learners_of_a_course_see_its_revision_and_each_other(
    ada: Visitor, ben: Visitor, url: str, http: httpx.AsyncClient
) -> None:
    course = demo_course((await http.get(f"{url}/api/v1/courses")).json()["items"])
    mine, theirs = Ears(), Ears()
    async with ada.socket(mine) as one, ben.socket(theirs) as two:
        asked = {"course_id": course["id"]}
        assert (await one.call("course.watch", asked))["code"] == "realtime.not_found"
        for person, socket in ((ada, one), (ben, two)):
            await person.call("POST", f"/courses/{course['id']}/enrollments")
            assert await socket.call("course.watch", asked) == {"ok": True}
        await mine.heard("course.changed", course_id=course["id"], number=1)
        await mine.heard("presence.changed", room=f"course:{course['id']}", online=2)
