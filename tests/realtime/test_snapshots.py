"""A client that holds an old answer of REST and is told the frames since then knows what REST would say now.

The real domains act, the real rooms speak; only the socket is a list. Every frame of the wire has its case here.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from live_stage import Frames, Screen, Stage, rest, until

from app.asgi import Parts
from conftest import Crank
from domains.identity.service.roles import change_roles
from domains.kernel.uow import Database
from factories.classes import call, join, new_class, new_teacher
from factories.people import Learner, publish, register, right_answer, small_course
from realtime.catalogue import FRAMES

ABOUT_THE_SOCKET = {"stream.ready", "stream.closed", "room.left"}
"""These say nothing of any state that REST could tell."""

State = dict[str, Any]


@pytest.fixture
async def stage(
    parts: Parts, db: Database, client: httpx.AsyncClient, crank: Crank, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    stage = Stage(parts, db, client, crank)
    monkeypatch.setattr(parts.realtime._gateway, "emit", stage.emit)
    # A page of a course may be a second old, and its frame says so by its number.
    monkeypatch.setattr("domains.catalog.pages.FRESH_S", 0.0)
    yield stage
    for sid in stage.screens:
        parts.realtime._rooms.leave_all(sid)


async def comes_to(apply: Callable[[Frames], State], screen: Screen, fresh: State, *events: str) -> None:
    """The old state and the frames of these names become what REST says now. At least one of each has come."""
    try:
        await until(lambda: apply(screen.named(*events)) == fresh)
    except TimeoutError:
        assert apply(screen.named(*events)) == fresh, screen.frames
    assert {event for event, _ in screen.named(*events)} == set(events)


# ---- one's own stream


async def progress_changed(stage: Stage) -> None:
    ada, screen = await stage.ada()
    session = await ada.begin((await stage.lessons())[0])

    async def look() -> State:
        path = f"/sessions/{session['id']}"
        state = await rest(ada, path) | await rest(ada, f"{path}/progress")
        return {name: state[name] for name in ("answered", "total", "correct", "hearts")}

    stale = await look()
    for place, exercise in enumerate(session["exercises"][:3]):
        await ada.answer(session, exercise, right_answer(exercise, wrong=place == 1))

    def apply(frames: Frames) -> State:
        state = dict(stale)
        for _, frame in frames:
            if frame["session_id"] == session["id"]:
                state = {name: frame[name] for name in state} | {"correct": frame["correct_so_far"]}
        return state

    await comes_to(apply, screen, await look(), "progress.changed")


async def lesson_completed(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()
    session = await ada.begin(lessons[0])
    course = f"/progress/courses/{session['course_id']}"

    async def look() -> State:
        return {lesson["lesson_id"]: bool(lesson["completions"]) for lesson in (await rest(ada, course))["lessons"]}

    stale = {"done": await look(), "xp": 0, "streak": 0}
    for exercise in session["exercises"]:
        await ada.answer(session, exercise, right_answer(exercise))
    await ada.post(f"/sessions/{session['id']}/complete")
    viewed = await ada.post(f"/progress/lessons/{lessons[-1]}")
    assert viewed.status_code == 200
    await ada.finish(lessons[0], wrong=1)
    last = await ada.finish(lessons[1], wrong=2)
    await stage.settled()

    def apply(frames: Frames) -> State:
        state = {**stale, "done": dict(stale["done"])}
        for _, frame in frames:
            state["done"][frame["lesson_id"]] = True
            state |= {"xp": frame["xp_total"], "streak": frame["streak"]}
        return state

    fresh = {"done": await look(), "xp": last["xp_total"], "streak": last["streak"]}
    await comes_to(apply, screen, fresh, "lesson.completed")


async def hearts_changed(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()
    await ada.finish(lessons[0], wrong=3)
    course = (await rest(ada, "/progress"))[0]["course_id"]
    practice = (await ada.post(f"/courses/{course}/sessions", {"kind": "practice"})).json()
    stale = await rest(ada, "/hearts")
    for exercise in practice["exercises"]:
        await ada.answer(practice, exercise, right_answer(exercise))
    await ada.post(f"/sessions/{practice['id']}/complete")
    await stage.settled()

    def apply(frames: Frames) -> State:
        state = dict(stale)
        for _, frame in frames:
            state |= {"hearts": frame["hearts"], "next_at": frame["next_at"], "full_at": fresh["full_at"]}
        return state

    fresh = await rest(ada, "/hearts")
    assert fresh["hearts"] == stale["hearts"] + 1
    await comes_to(apply, screen, fresh, "hearts.changed")


async def gems_changed(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()
    for _ in range(4):
        await ada.finish(lessons[0])
    await stage.settled()
    stale = await rest(ada, "/gems")
    done = [one for one in (await rest(ada, "/quests"))["quests"] if one["progress"] == one["target"]]
    for quest in done:
        await ada.post(f"/quests/{quest['key']}/claim")
    await stage.settled()

    def apply(frames: Frames) -> State:
        state = dict(stale)
        for _, frame in frames:
            if frame["version"] > state["version"]:
                state = {"gems": frame["gems"], "version": frame["version"]}
        return state

    fresh = await rest(ada, "/gems")
    assert fresh["gems"] > stale["gems"]
    await comes_to(apply, screen, fresh, "gems.changed")


async def goal_reached(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()

    async def look() -> State:
        return {day["on"]: day["goal_xp"] for day in (await rest(ada, "/goals"))["days"] if day["reached_at"]}

    stale = await look()
    await ada.finish(lessons[0])
    await stage.settled()

    def apply(frames: Frames) -> State:
        return stale | {frame["local_on"]: frame["goal_xp"] for _, frame in frames}

    await comes_to(apply, screen, await look(), "goal.reached")


async def achievement_awarded(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()

    async def look() -> State:
        items = (await rest(ada, "/achievements"))["items"]
        return {item["id"]: [(award["level"], award["awarded_at"]) for award in item["awards"]] for item in items}

    stale = await look()
    await ada.finish(lessons[0])
    await stage.settled()

    def apply(frames: Frames) -> State:
        state = dict(stale)
        for _, frame in frames:
            id_ = frame["achievement"]
            state[id_] = [(frame["level"], frame["awarded_at"]), *state[id_]]
        return state

    fresh = await look()
    await comes_to(apply, screen, fresh, "achievement.awarded")


SHOWN = ("id", "kind", "title", "body", "url")


async def inbox_of(learner: Learner) -> State:
    found = await rest(learner, "/notifications?limit=100")
    items = {
        item["id"]: {name: item[name] for name in SHOWN} | {"read": bool(item["read_at"])} for item in found["items"]
    }
    return {"items": items, "unread": found["unread"]}


def apply_inbox(stale: State) -> Callable[[Frames], State]:
    def apply(frames: Frames) -> State:
        items = {id_: dict(item) for id_, item in stale["items"].items()}
        unread = stale["unread"]
        for event, frame in frames:
            if event == "notification.created":
                if frame["id"] not in items:
                    items[frame["id"]] = {name: frame[name] for name in SHOWN} | {"read": False}
                    unread += 1
                continue
            unread = frame["unread"]
            for id_, item in list(items.items()):
                if id_ == frame["id"] or (frame["all"] and (frame["id"] is None or id_ <= frame["id"])):
                    item["read"] = True
                    if frame["archived"]:
                        del items[id_]
        return {"items": items, "unread": unread}

    return apply


async def notification_created(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()
    stale = await inbox_of(ada)
    await ada.finish(lessons[0])
    await stage.settled()
    fresh = await inbox_of(ada)
    assert fresh["unread"] >= 2
    await comes_to(apply_inbox(stale), screen, fresh, "notification.created")


async def notification_read(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()
    await ada.finish(lessons[0])
    await stage.settled()
    stale = await inbox_of(ada)
    first, second = list(stale["items"])[:2]
    await ada.post(f"/notifications/{first}/read")
    await ada.post(f"/notifications/{second}/archive")
    await ada.finish(lessons[1])
    await stage.settled()
    await ada.post(f"/notifications/read-all?up_to={first}")
    await comes_to(apply_inbox(stale), screen, await inbox_of(ada), "notification.created", "notification.read")
    await ada.post("/notifications/read-all")
    await stage.settled()
    await comes_to(apply_inbox(stale), screen, await inbox_of(ada), "notification.created", "notification.read")


# ---- rooms


def apply_board(stale: State) -> Callable[[Frames], State]:
    def apply(frames: Frames) -> State:
        version, lines = stale["version"], {line["user_id"]: line for line in stale["entries"]}
        for event, frame in frames:
            if frame["version"] < version:
                continue
            version = frame["version"]
            lines = {} if event == "league.snapshot" else lines
            lines = lines | {line["user_id"]: line for line in frame["entries"]}
        return {**stale, "version": version, "entries": sorted(lines.values(), key=lambda line: line["rank"])}

    return apply


async def league(stage: Stage) -> tuple[Learner, Learner, Screen, list[UUID], str]:
    ada, screen = await stage.ada()
    ben = await register(stage.http, "Ben")
    lessons = await stage.lessons()
    place = (await ada.finish(lessons[0], wrong=1))["league"]
    await ben.finish(lessons[0], wrong=3)
    await stage.settled()
    return ada, ben, screen, lessons, place["id"]


async def league_snapshot(stage: Stage) -> None:
    ada, ben, screen, lessons, id_ = await league(stage)
    stale = await rest(ada, f"/leaderboards/{id_}")
    await ben.finish(lessons[1])
    await stage.settled()
    await screen.watch("league.watch", league_id=id_)
    await comes_to(apply_board(stale), screen, await rest(ada, f"/leaderboards/{id_}"), "league.snapshot")


async def league_changed(stage: Stage) -> None:
    ada, ben, screen, lessons, id_ = await league(stage)
    await screen.watch("league.watch", league_id=id_)
    await until(lambda: bool(screen.named("league.snapshot")))
    stale = await rest(ada, f"/leaderboards/{id_}")
    await ben.finish(lessons[1])
    await stage.settled()
    fresh = await rest(ada, f"/leaderboards/{id_}")
    assert fresh["entries"] != stale["entries"]
    await comes_to(apply_board(stale), screen, fresh, "league.changed")


async def classroom(stage: Stage) -> tuple[Learner, Learner, Screen, str, dict[str, Any]]:
    teacher = await new_teacher(stage.db, stage.http)
    made = await new_class(teacher)
    ada = await register(stage.http, "Ada")
    await join(ada, made)
    await join(await register(stage.http, "Ben"), made)
    session = await ada.begin((await stage.lessons())[0])
    return teacher, ada, await stage.screen(teacher), made["id"], session


async def class_of(teacher: Learner, id_: str) -> State:
    found: State = (await call(teacher, "GET", f"/{id_}/progress")).json()
    return found


async def classroom_snapshot(stage: Stage) -> None:
    teacher, ada, screen, id_, session = await classroom(stage)
    stale = await class_of(teacher, id_)
    await ada.answer(session, session["exercises"][0], right_answer(session["exercises"][0]))
    await screen.watch("classroom.watch", classroom_id=id_)

    def apply(frames: Frames) -> State:
        return frames[-1][1] if frames else stale

    await comes_to(apply, screen, await class_of(teacher, id_), "classroom.snapshot")


async def classroom_progress(stage: Stage) -> None:
    teacher, ada, screen, id_, session = await classroom(stage)
    await screen.watch("classroom.watch", classroom_id=id_)
    await until(lambda: bool(screen.named("classroom.snapshot")))
    stale = await class_of(teacher, id_)
    for place, exercise in enumerate(session["exercises"]):
        await ada.answer(session, exercise, right_answer(exercise, wrong=place == 1))
    await ada.post(f"/sessions/{session['id']}/complete")
    await stage.settled()

    def apply(frames: Frames) -> State:
        lines = {line["user_id"]: line for line in stale["learners"]}
        for _, frame in frames:
            known = lines[frame["user_id"]]["session"]
            if known is None or frame["active_at"] >= known["active_at"]:
                said = {name: value for name, value in frame.items() if name not in ("classroom_id", "user_id")}
                lines[frame["user_id"]] = {**lines[frame["user_id"]], "session": said}
        return {**stale, "learners": list(lines.values())}

    await comes_to(apply, screen, await class_of(teacher, id_), "classroom.progress")


async def session_progress(stage: Stage) -> None:
    ada, screen = await stage.ada()
    session = await ada.begin((await stage.lessons())[0])
    path = f"/sessions/{session['id']}/progress"
    stale = await rest(ada, path)
    await screen.watch("session.watch", session_id=session["id"])
    await until(lambda: bool(screen.named("session.progress")))
    for exercise in session["exercises"]:
        await ada.answer(session, exercise, right_answer(exercise))
    await ada.post(f"/sessions/{session['id']}/complete")
    await stage.settled()

    def apply(frames: Frames) -> State:
        state = stale
        for _, frame in frames:
            if frame["active_at"] >= state["active_at"]:
                state = {name: value for name, value in frame.items() if name != "user_id"}
        return state

    await comes_to(apply, screen, await rest(ada, path), "session.progress")


async def course_changed(stage: Stage) -> None:
    ada, screen = await stage.ada()
    lessons = await stage.lessons()
    course_id = (await ada.begin(lessons[0]))["course_id"]

    async def look() -> State:
        found = await rest(ada, f"/courses/{course_id}")
        return {"revision_id": found["revision_id"], "number": found["revision"]}

    stale = await look()
    await screen.watch("course.watch", course_id=course_id)
    await until(lambda: bool(screen.named("course.changed")))
    await publish(stage.db, small_course(lessons=3))
    await stage.settled()
    fresh = await look()
    assert fresh != stale

    def apply(frames: Frames) -> State:
        state = stale
        for _, frame in frames:
            if frame["number"] >= state["number"]:
                state = {name: frame[name] for name in state}
        return state

    await comes_to(apply, screen, fresh, "course.changed")


async def import_progress(stage: Stage) -> None:
    ada, screen = await stage.ada()
    async with stage.db.begin() as uow:
        await change_roles(uow, ada.id, ["author"], by=None)
    body = b"::One:: What is 1 + 1? {=2 ~3}\n"
    options = {"slug": "sums", "title": "Sums", "source_language": "en", "target_language": "en"}
    begun = await ada.post("/authoring/imports", {"name": "a.gift", "size_bytes": len(body), "options": options})
    path = f"/authoring/imports/{begun.json()['id']}"

    async def look() -> State:
        found = await rest(ada, path)
        return {name: found[name] for name in ("state", "done", "total", "course_id")}

    stale = await look()
    headers = ada.headers | {"Content-Type": "application/octet-stream"}
    assert (await ada.http.put(f"/api/v1{path}/file", content=body, headers=headers)).status_code == 200
    await stage.settled()

    def apply(frames: Frames) -> State:
        state = stale
        for _, frame in frames:
            state = {name: frame[name] for name in state}
        return state

    await comes_to(apply, screen, await look(), "import.progress")


async def draft_changed(stage: Stage) -> None:
    ada, screen = await stage.ada()
    async with stage.db.begin() as uow:
        await change_roles(uow, ada.id, ["author"], by=None)
    made = await ada.post("/authoring/courses", {"title": "New", "source_language": "en", "target_language": "es"})
    path = f"/authoring/courses/{made.json()['id']}"

    async def look() -> State:
        found = await rest(ada, f"{path}/tree")
        return {"course_id": found["course_id"], "version": found["version"]}

    stale = await look()
    await screen.watch("draft.watch", course_id=stale["course_id"])
    await until(lambda: bool(screen.named("draft.changed")))
    section = await ada.post(f"{path}/nodes", {"node": {"kind": "section", "title": "S"}})
    await stage.settled()
    fresh = await look()
    assert fresh != stale
    await until(lambda: screen.named("draft.changed")[-1][1]["node_id"] == section.json()["id"])

    def apply(frames: Frames) -> State:
        state = stale
        for _, frame in frames:
            if frame["version"] >= state["version"]:
                state = {name: frame[name] for name in state}
        return state

    await comes_to(apply, screen, fresh, "draft.changed")


async def presence_changed(stage: Stage) -> None:
    """No answer of REST tells presence: the fresh state is what a newcomer is told."""
    ada, screen = await stage.ada()
    ben = await register(stage.http, "Ben")
    course_id = (await ada.begin((await stage.lessons())[0]))["course_id"]
    await ben.post(f"/courses/{course_id}/enrollments")
    await screen.watch("course.watch", course_id=course_id)
    late = await stage.screen(ben)
    await late.watch("course.watch", course_id=course_id)
    await stage.hub.watching.presence.tick()
    await until(lambda: bool(late.named("presence.changed")))
    fresh = late.named("presence.changed")[0][1]
    assert fresh["online"] == 2

    def apply(frames: Frames) -> State:
        return frames[-1][1] if frames else {}

    await comes_to(apply, screen, fresh, "presence.changed")


CASES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "progress.changed": progress_changed,
    "hearts.changed": hearts_changed,
    "lesson.completed": lesson_completed,
    "gems.changed": gems_changed,
    "achievement.awarded": achievement_awarded,
    "goal.reached": goal_reached,
    "notification.created": notification_created,
    "notification.read": notification_read,
    "league.snapshot": league_snapshot,
    "league.changed": league_changed,
    "classroom.snapshot": classroom_snapshot,
    "classroom.progress": classroom_progress,
    "session.progress": session_progress,
    "course.changed": course_changed,
    "draft.changed": draft_changed,
    "import.progress": import_progress,
    "presence.changed": presence_changed,
}


def test_every_frame_of_the_wire_has_its_case() -> None:
    assert CASES.keys() | ABOUT_THE_SOCKET == set(FRAMES)


@pytest.mark.parametrize("event", CASES)
async def test_an_old_snapshot_and_the_frames_since_are_a_fresh_snapshot(stage: Stage, event: str) -> None:
    await CASES[event](stage)
