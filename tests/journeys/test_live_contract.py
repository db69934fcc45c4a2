"""What the AsyncAPI document declares is really sent: every frame, and an acknowledgement of every event. That nothing
else is sent is checked in all tests (`declared`)."""

import os
import random
import secrets
import subprocess
from typing import Any

import anyio
import httpx
import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

from app.demo.knowledge import Knowledge
from declared import DECLARED
from journeys.served import LYCEUM, Ears, Visitor, demo_course
from realtime.catalogue import COMMANDS, FRAMES


@pytest.fixture
async def tess(url: str, http: httpx.AsyncClient, environment: dict[str, str]) -> Visitor:
    """A teacher who writes courses, too."""
    email, password = f"{secrets.token_hex(6)}@demo.example", secrets.token_urlsafe(12)
    made = [LYCEUM, "create-user", "--email", email, "--role", "teacher", "--role", "author", "--name", "Tess"]
    await anyio.to_thread.run_sync(
        lambda: subprocess.run(
            made, input=password + "\n", env=os.environ | environment, text=True, check=True, capture_output=True
        )
    )
    answer = await http.post(f"{url}/api/v1/auth/login", json={"email": email, "password": password})
    found = answer.json()
    return Visitor(url, found["user"]["id"], found["access_token"], http)


class Asking:
    """Sends events and keeps which of them were accepted and refused."""

    def __init__(self) -> None:
        self.accepted: set[str] = set()
        self.refused: set[str] = set()

    async def ask(self, socket: socketio.AsyncClient, event: str, payload: Any) -> Any:
        said = await socket.call(event, payload)
        DECLARED.reply(event, said)
        (self.accepted if said["ok"] else self.refused).add(event)
        return said


async def test_every_declared_frame_and_acknowledgement_is_sent(
    ada: Visitor, tess: Visitor, lessons: list[str], knowledge: Knowledge, chance: random.Random
) -> None:
    course = demo_course((await ada.call("GET", "/courses"))["items"])
    classroom = await tess.call("POST", "/classrooms", {"name": "Spanish 1"})
    await ada.call("POST", "/classrooms/join", {"code": classroom["code"]})
    learner, teacher, asking = Ears(), Ears(), Asking()
    async with ada.socket(learner) as phone, tess.socket(teacher) as laptop:
        await learner.heard("stream.ready")
        await teacher.heard("stream.ready")
        await asking.ask(laptop, "classroom.watch", {"classroom_id": classroom["id"]})
        await teacher.heard("classroom.snapshot", classroom_id=classroom["id"])
        await asking.ask(phone, "course.watch", {"course_id": course["id"]})

        place = (await ada.take(lessons[0], knowledge, chance))["league"]
        await learner.heard("lesson.completed", lesson_id=lessons[0])
        told = await learner.heard("notification.created", kind="lesson_completed")
        await teacher.heard("classroom.progress", user_id=ada.id, finished=True)
        await ada.call("POST", f"/notifications/{told['id']}/read")
        await learner.heard("notification.read", id=told["id"])
        await ada.call("POST", f"/courses/{course['id']}/enrollments")
        await asking.ask(phone, "course.watch", {"course_id": course["id"]})
        await learner.heard("course.changed", course_id=course["id"])

        await asking.ask(phone, "league.watch", {"league_id": place["id"]})
        await learner.heard("league.snapshot")
        session = await ada.begin(lessons[1])
        invitation = await ada.call("POST", f"/sessions/{session['id']}/invitations")
        shown = {"session_id": session["id"], "invitation": invitation["code"]}
        await asking.ask(laptop, "session.watch", shown)
        exercise = session["exercises"][0]
        answer = knowledge.answer(exercise["kind"], exercise["prompt"], right=True, chance=chance)
        given = {"session_id": session["id"], "exercise_id": exercise["id"], "answer": answer, "elapsed_ms": 9}
        await asking.ask(phone, "answer.submit", {**given, "key": secrets.token_hex(8)})
        await learner.heard("progress.changed", session_id=session["id"], answered=1)
        await teacher.heard("session.progress", session_id=session["id"], answered=1)
        mistaken = session["exercises"][1]
        wrong = knowledge.answer(mistaken["kind"], mistaken["prompt"], right=False, chance=chance)
        assert (await ada.submit(session, mistaken, wrong))["hearts"] == 4
        practice = await ada.call("POST", f"/courses/{course['id']}/sessions", {"kind": "practice"})
        await ada.finish(practice, knowledge, chance)
        await learner.heard("hearts.changed", hearts=5)
        await ada.call("DELETE", f"/sessions/{session['id']}/invitations/{invitation['id']}")
        await teacher.heard("room.left", room=f"session:{session['id']}", code="realtime.right_lost")
        completed = await ada.take(lessons[2], knowledge, chance)
        await learner.heard_xp(ada.id, completed["xp_total"])
        for event in ("goal.reached", "achievement.awarded", "gems.changed"):
            await learner.heard(event)
        await teacher.heard("presence.changed", room=f"classroom:{classroom['id']}")

        await write(tess, asking, laptop)
        await teacher.heard("draft.changed")
        await teacher.heard("import.progress", state="done")

        for event in COMMANDS:
            if event.endswith(".unwatch"):
                await asking.ask(phone, event, {})
            await asking.ask(phone, event, {"no": "such member"})
        await asking.ask(phone, "league.smash", {})
        await ada.call("POST", "/auth/logout")
        await learner.heard("stream.closed", code="realtime.session_ended", reconnect="never")
    assert {name for name, _ in learner.frames + teacher.frames} == set(FRAMES)
    assert asking.accepted == set(COMMANDS)
    assert asking.refused == {*COMMANDS, "league.smash"}


async def write(author: Visitor, asking: Asking, socket: socketio.AsyncClient) -> None:
    """A draft that is watched is changed, and a file becomes another."""
    about = {"title": "Sums", "source_language": "en", "target_language": "en"}
    draft = await author.call("POST", "/authoring/courses", about)
    await asking.ask(socket, "draft.watch", {"course_id": draft["id"]})
    section = {"node": {"kind": "section", "title": "One"}, "parent_id": None}
    await author.call("POST", f"/authoring/courses/{draft['id']}/nodes", section)
    body = b"::One:: What is 1 + 1? {=2 ~3}\n"
    begun = {"name": "sums.gift", "size_bytes": len(body), "options": {**about, "slug": f"sums-{secrets.token_hex(4)}"}}
    file = (
        f"{author.url}/api/v1/authoring/imports/{(await author.call('POST', '/authoring/imports', begun))['id']}/file"
    )
    headers = {"authorization": f"Bearer {author.token}", "content-type": "application/octet-stream"}
    assert (await author.http.put(f"{file}?part=1", content=body, headers=headers)).is_success


async def refusal(url: str, auth: Any) -> Any:
    """What a connection is refused with."""
    client = socketio.AsyncClient(reconnection=False)
    refusals: list[Any] = []
    client.on("connect_error", refusals.append)
    with pytest.raises(Refused):
        await client.connect(url, auth=auth, transports=["websocket"])
    await client.shutdown()
    [found] = refusals
    DECLARED.refusal(found)
    return found["data"]["code"]


async def test_a_ticket_opens_one_socket_and_a_logout_closes_it(ada: Visitor) -> None:
    ticket = (await ada.call("POST", "/realtime/tickets"))["ticket"]
    ears = Ears()
    by_ticket = Visitor(ada.url, ada.id, ticket, ada.http)
    async with by_ticket.socket(ears):
        await ears.heard("stream.ready")
        assert await refusal(ada.url, {"token": ticket}) == "identity.ticket_invalid"
        await ada.call("POST", "/auth/logout")
        await ears.heard("stream.closed", code="realtime.session_ended")


async def test_nothing_in_an_address_opens_a_socket(ada: Visitor) -> None:
    ticket = (await ada.call("POST", "/realtime/tickets"))["ticket"]
    for query in (f"token={ada.token}", f"ticket={ticket}", f"auth={ada.token}", f"access_token={ada.token}"):
        assert await refusal(f"{ada.url}?{query}", None) == "unauthenticated"
        assert await refusal(f"{ada.url}?{query}", {"seq": 1}) == "realtime.bad_payload"
    # Nothing has looked at it there, so it is still good where it belongs.
    ears = Ears()
    async with Visitor(ada.url, ada.id, ticket, ada.http).socket(ears):
        await ears.heard("stream.ready")
