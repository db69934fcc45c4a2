"""Classes, sessions and courses over real sockets: who gets in, what they are told, and when they have to go."""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from readers import until
from realtime_house import PATIENCE_S, Client, Launch, OwnRedis, Process, World

from domains.catalog.events import CourseRevisionPublished
from domains.classrooms.events import MemberJoined, MemberLeft
from domains.kernel.events import Event
from domains.learning.api import SessionProgressOut
from domains.learning.events import AnswerGraded, LessonCompleted, SessionBegun
from realtime.actors.classroom import ClassroomActor
from realtime.actors.learner import Resync
from realtime.hub import RealtimeSettings
from realtime.inbound import ROOMS_PER_SOCKET
from realtime.supervisor import Policy

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
STILL = RealtimeSettings(check_rights_every_s=3600, presence_every_s=3600)


class Lesson:
    """A session of a learner, as PostgreSQL would have it. Every step changes the world and gives the fact of it."""

    def __init__(self, world: World, user_id: UUID, *, course_id: UUID | None = None, began: datetime = NOW) -> None:
        self.world = world
        self.user_id = user_id
        self.state = SessionProgressOut(uuid4(), course_id or uuid4(), uuid4(), 0, 10, 0, False, began)

    def _fields(self) -> dict[str, Any]:
        self.world.doing[self.user_id] = self.state
        names = ("session_id", "course_id", "lesson_id", "total")
        return {"user_id": self.user_id, "occurred_at": self.state.active_at} | {
            name: getattr(self.state, name) for name in names
        }

    def begin(self) -> SessionBegun:
        return SessionBegun(**self._fields())

    def answer(self, *, right: bool = True) -> AnswerGraded:
        answered, at = self.state.answered + 1, self.state.active_at + timedelta(seconds=1)
        correct = self.state.correct + right
        self.state = msgspec.structs.replace(self.state, answered=answered, correct=correct, active_at=at)
        return AnswerGraded(
            **self._fields(), answered=answered, correct=right, correct_so_far=self.state.correct, hearts=5
        )

    def finish(self) -> LessonCompleted:
        answered, at = self.state.total, self.state.active_at + timedelta(seconds=1)
        self.state = msgspec.structs.replace(self.state, answered=answered, finished=True, active_at=at)
        return LessonCompleted(**self._fields(), correct=self.state.correct, completions=1)


@pytest.fixture
async def house(launch: Launch, shared_redis: OwnRedis) -> Process:
    return await launch(shared_redis, settings=STILL)


async def teacher_in(process: Process, classroom: UUID) -> Client:
    process.world.rights.add((classroom, classroom))
    client = await process.joined(classroom)
    assert await client.sio.call("classroom.watch", {"classroom_id": str(classroom)}) == {"ok": True}
    await client.until("classroom.snapshot")
    return client


async def settled(process: Process) -> None:
    """Until what is on its way through Redis, the actors and the sockets is through."""
    hub = process.hub
    await until(hub._publisher.drained)
    heard_at = hub._heard_at
    hub._publisher.say(hub._echo, "")
    await until(lambda: hub._heard_at > heard_at)
    cells = hub._supervisor._cells.values()
    await until(lambda: not any(cell.busy or cell.mailbox for cell in cells))
    for client in process.clients:
        if client.sio.connected:
            await client.sio.call("nothing", {})


def followed(client: Client) -> dict[str, Any]:
    """What a client that keeps to the rules knows of the class: the last snapshot, and progress put into it."""
    lines: dict[str, Any] = {}
    for event, frame in client.frames:
        if event == "classroom.snapshot":
            lines = {line["user_id"]: line["session"] for line in frame["learners"]}
        elif event == "classroom.progress":
            names = SessionProgressOut.__struct_fields__
            lines[frame["user_id"]] = {name: frame[name] for name in names}
    return lines


async def test_a_teacher_gets_the_class_as_it_is_and_then_each_answer(house: Process) -> None:
    ada, ben = uuid4(), uuid4()
    house.world.learners = [ada, ben]
    lesson = Lesson(house.world, ada)
    lesson.answer()
    teacher = await teacher_in(house, uuid4())
    (snapshot,) = teacher.of("classroom.snapshot")
    assert [(line["user_id"], line["session"] and line["session"]["answered"]) for line in snapshot["learners"]] == [
        (str(ada), 1),
        (str(ben), None),
    ]
    house.hub.deliver([lesson.answer(right=False)])
    (progress,) = await teacher.until("classroom.progress")
    assert (progress["user_id"], progress["answered"], progress["total"], progress["correct"]) == (str(ada), 2, 10, 1)
    assert progress["classroom_id"] == snapshot["classroom_id"]
    await settled(house)
    # The same answer, heard again through Redis, is told once.
    assert len(teacher.of("classroom.progress")) == 1


async def test_a_stale_snapshot_and_the_frames_are_a_fresh_snapshot(house: Process) -> None:
    learners = [uuid4() for _ in range(3)]
    house.world.learners = learners[:2]
    classroom = uuid4()
    early = await teacher_in(house, classroom)
    first, second = (Lesson(house.world, id_) for id_ in learners[:2])
    house.hub.deliver([first.begin(), second.begin(), first.answer(), second.answer(right=False), first.finish()])
    house.world.learners.append(learners[2])
    house.hub.deliver([MemberJoined(classroom_id=classroom, user_id=learners[2], role="learner")])
    await early.until("classroom.snapshot", 2)
    again = Lesson(house.world, learners[2], began=NOW + timedelta(hours=1))
    house.hub.deliver([again.begin(), again.answer()])
    await settled(house)
    late = await teacher_in(house, classroom)
    assert followed(early) == followed(late)
    assert followed(late)[str(learners[0])]["finished"]


async def test_answers_of_one_process_reach_watchers_on_another(launch: Launch, shared_redis: OwnRedis) -> None:
    world = World()
    busy = RealtimeSettings(tend_every_s=0.01, presence_every_s=3600)
    one, two = await launch(shared_redis, world, STILL), await launch(shared_redis, world, busy)
    ada = uuid4()
    world.learners = [ada]
    lesson = Lesson(world, ada)
    teacher = await teacher_in(two, uuid4())
    # Long enough for the process to give up channels that nobody needs.
    await asyncio.sleep(0.1)
    one.hub.deliver([lesson.begin()])
    one.hub.deliver([lesson.answer()])
    one.hub.deliver([lesson.finish()])
    frames = await teacher.until("classroom.progress", 3)
    assert [(frame["answered"], frame["finished"]) for frame in frames] == [(0, False), (1, False), (10, True)]


async def test_of_a_class_with_a_course_other_courses_are_not_told(house: Process) -> None:
    ada = uuid4()
    house.world.learners, house.world.course_id = [ada], uuid4()
    teacher = await teacher_in(house, uuid4())
    house.hub.deliver([Lesson(World(), ada).answer()])
    house.hub.deliver([Lesson(World(), ada, course_id=house.world.course_id).answer()])
    (progress,) = await teacher.until("classroom.progress")
    assert progress["course_id"] == str(house.world.course_id)
    await settled(house)
    assert len(teacher.of("classroom.progress")) == 1


async def test_late_and_repeated_news_never_take_a_line_back(house: Process) -> None:
    ada = uuid4()
    house.world.learners = [ada]
    lesson = Lesson(house.world, ada)
    facts = [lesson.answer() for _ in range(3)]
    teacher = await teacher_in(house, uuid4())
    house.hub.deliver([facts[0], facts[2], facts[1]])
    house.hub.deliver([lesson.answer()])
    frames = await teacher.until("classroom.progress")
    await settled(house)
    assert [frame["answered"] for frame in frames] == [4]
    assert len(teacher.of("classroom.progress")) == 1


async def test_a_late_word_of_an_earlier_session_does_not_take_a_learner_back(house: Process) -> None:
    ada = uuid4()
    house.world.learners = [ada]
    old, new = Lesson(house.world, ada), Lesson(house.world, ada, began=NOW + timedelta(hours=1))
    late = old.answer()
    teacher = await teacher_in(house, uuid4())
    house.hub.deliver([new.answer(), late])
    await teacher.until("classroom.progress")
    await settled(house)
    assert [frame["session_id"] for frame in teacher.of("classroom.progress")] == [str(new.state.session_id)]


async def test_what_happens_while_a_room_begins_to_listen_is_in_its_snapshot(
    house: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = uuid4()
    house.world.learners = [ada]
    lesson = Lesson(house.world, ada)
    find = house.world.classroom

    async def a_moment_before(classroom_id: UUID) -> Any:
        found = await find(classroom_id)
        if house.world.reads == 1:
            lesson.answer()
        return found

    object.__setattr__(house.hub._ports, "classroom", a_moment_before)
    teacher = await teacher_in(house, uuid4())
    assert followed(teacher)[str(ada)]["answered"] == 1


async def test_who_leaves_a_class_is_no_longer_in_it(house: Process) -> None:
    ada, ben, classroom = uuid4(), uuid4(), uuid4()
    house.world.learners = [ada, ben]
    lesson = Lesson(house.world, ben)
    teacher = await teacher_in(house, classroom)
    house.world.learners = [ada]
    house.hub.deliver([MemberLeft(classroom_id=classroom, user_id=ben, removed=False)])
    await teacher.until("classroom.snapshot", 2)
    assert set(followed(teacher)) == {str(ada)}
    house.hub.deliver([lesson.answer()])
    await settled(house)
    assert not teacher.of("classroom.progress")


async def test_frames_that_a_process_could_not_publish_are_read_by_the_rooms_of_others(
    launch: Launch, shared_redis: OwnRedis
) -> None:
    world = World()
    one, two = await launch(shared_redis, world, STILL), await launch(shared_redis, world, STILL)
    ada = uuid4()
    world.learners = [ada]
    lesson = Lesson(world, ada)
    teacher = await teacher_in(two, uuid4())
    lesson.answer()
    one.hub._publisher._gaps[ada] = None
    one.hub._publisher._work.set()
    (progress,) = await teacher.until("classroom.progress")
    assert progress["answered"] == 1


async def test_a_very_busy_class_is_told_each_learners_latest_at_intervals(
    house: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClassroomActor, "frames_per_s", 4)
    monkeypatch.setattr(ClassroomActor, "interval_s", 0.1)
    learners = [uuid4() for _ in range(3)]
    house.world.learners = learners
    teacher = await teacher_in(house, uuid4())
    lessons = [Lesson(house.world, id_) for id_ in learners]
    house.hub.deliver([lesson.answer() for _ in range(8) for lesson in lessons])
    async with asyncio.timeout(PATIENCE_S):
        while {line and line["answered"] for line in followed(teacher).values()} != {8}:
            await asyncio.sleep(0.01)
    assert len(teacher.of("classroom.progress")) < 12


async def test_a_class_that_nobody_watches_costs_nothing(house: Process) -> None:
    ada, classroom = uuid4(), uuid4()
    house.world.learners = [ada]
    lesson = Lesson(house.world, ada)
    house.hub.deliver([lesson.answer()])
    await settled(house)
    assert house.world.reads == 0
    assert not [key for key in house.hub._supervisor.living() if key.startswith("classroom:")]
    teacher = await teacher_in(house, classroom)
    reads = house.world.reads
    await teacher.sio.call("classroom.unwatch", {"classroom_id": str(classroom)})
    house.hub.deliver([lesson.answer()])
    await settled(house)
    assert house.world.reads == reads
    assert not teacher.of("classroom.progress")


async def test_a_class_room_that_crashes_heals_with_a_snapshot(house: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = uuid4()
    house.world.learners = [ada]
    teacher = await teacher_in(house, uuid4())
    lesson = Lesson(house.world, ada)

    def broken(self: ClassroomActor, user_id: UUID) -> None:
        monkeypatch.undo()
        raise RuntimeError("a bug")

    monkeypatch.setattr(ClassroomActor, "_tell_line", broken)
    house.hub.deliver([lesson.answer()])
    await teacher.until("classroom.snapshot", 2)
    assert followed(teacher)[str(ada)]["answered"] == 1
    house.hub.deliver([lesson.answer()])
    (progress,) = await teacher.until("classroom.progress")
    assert progress["answered"] == 2


async def test_a_class_that_cannot_be_read_comes_when_it_can(house: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClassroomActor, "retry_s", 0.05)
    house.world.broken = True
    classroom = uuid4()
    client = await house.joined(classroom)
    assert await client.sio.call("classroom.watch", {"classroom_id": str(classroom)}) == {"ok": True}
    await asyncio.sleep(0.1)
    assert not client.of("classroom.snapshot")
    house.world.broken = False
    await client.until("classroom.snapshot")


async def test_while_redis_is_frozen_a_class_is_read_again_and_again(
    launch: Launch, own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClassroomActor, "retry_s", 0.05)
    process = await launch(own_redis, settings=STILL)
    ada = uuid4()
    process.world.learners = [ada]
    lesson = Lesson(process.world, ada)
    classroom = uuid4()
    teacher = await process.joined(classroom)
    own_redis.signal(signal.SIGSTOP)
    assert await teacher.sio.call("classroom.watch", {"classroom_id": str(classroom)}) == {"ok": True}
    await teacher.until("classroom.snapshot")
    # Answered in a process that cannot say so.
    lesson.answer()
    (progress,) = await teacher.until("classroom.progress")
    assert progress["answered"] == 1


@pytest.mark.parametrize("kind", ["classroom", "session", "course"])
async def test_a_stranger_is_told_that_there_is_no_such_room(house: Process, kind: str) -> None:
    client = await house.joined()
    reply = await client.sio.call(f"{kind}.watch", {f"{kind}_id": str(uuid4())})
    assert (reply["ok"], reply["code"]) == (False, "realtime.not_found")
    assert not list(house.hub._rooms.watched())


@pytest.mark.parametrize("kind", ["classroom", "session", "course"])
async def test_whoever_loses_the_right_is_taken_out_and_told(house: Process, kind: str) -> None:
    me, other, subject = uuid4(), uuid4(), uuid4()
    house.world.rights = {(me, subject), (other, subject)}
    mine, theirs = await house.joined(me), await house.joined(other)
    for client in (mine, theirs):
        assert await client.sio.call(f"{kind}.watch", {f"{kind}_id": str(subject)}) == {"ok": True}
    await house.hub.watching.take_out()
    house.world.rights.remove((me, subject))
    await house.hub.watching.take_out()
    (left,) = await mine.until("room.left")
    assert left == {"room": f"{kind}:{subject}", "code": "realtime.right_lost"}
    assert not theirs.of("room.left")
    assert [len(seats) for _, seats in house.hub._rooms.watched()] == [1]
    reply = await mine.sio.call(f"{kind}.watch", {f"{kind}_id": str(subject)})
    assert reply["code"] == "realtime.not_found"


async def test_rights_that_cannot_be_checked_take_nobody_out(house: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    classroom = uuid4()
    teacher = await teacher_in(house, classroom)

    async def away(pairs: Any) -> Any:
        raise ConnectionError("away")

    monkeypatch.setitem(house.hub._ports.may_watch, "classroom:", away)  # type: ignore[arg-type]
    await house.hub.watching.take_out()
    assert len(list(house.hub._rooms.watched())) == 1
    assert (await teacher.sio.call("classroom.watch", {"classroom_id": str(classroom)}))["ok"] is False


async def test_the_right_is_asked_at_every_join(house: Process) -> None:
    me, subject = uuid4(), uuid4()
    house.world.rights = {(me, subject)}
    client = await house.joined(me)
    assert (await client.sio.call("course.watch", {"course_id": str(subject)}))["ok"]
    house.world.rights.clear()
    assert (await client.sio.call("course.watch", {"course_id": str(subject)}))["code"] == "realtime.not_found"


async def test_an_invited_watcher_follows_a_session_to_its_end(house: Process) -> None:
    ada, ben = uuid4(), uuid4()
    lesson = Lesson(house.world, ada)
    lesson.answer()
    session = str(lesson.state.session_id)
    watcher = await house.joined(ben)
    wrong = await watcher.sio.call("session.watch", {"session_id": session, "invitation": "let me"})
    assert wrong["code"] == "realtime.not_found"
    assert await watcher.sio.call("session.watch", {"session_id": session, "invitation": "please"}) == {"ok": True}
    await watcher.until("session.progress")
    other = Lesson(World(), ada, began=NOW + timedelta(hours=1))
    house.hub.deliver([lesson.answer(right=False), other.answer()])
    await watcher.until("session.progress", 2)
    house.hub.deliver([lesson.finish()])
    frames = await watcher.until("session.progress", 3)
    assert [(f["answered"], f["correct"], f["finished"]) for f in frames] == [
        (1, 1, False),
        (2, 1, False),
        (10, 1, True),
    ]
    assert {(frame["session_id"], frame["user_id"]) for frame in frames} == {(session, str(ada))}


async def test_another_device_of_the_owner_on_another_process_follows_too(
    launch: Launch, shared_redis: OwnRedis
) -> None:
    world = World()
    one, two = await launch(shared_redis, world, STILL), await launch(shared_redis, world, STILL)
    ada = uuid4()
    lesson = Lesson(world, ada)
    lesson.answer()
    world.rights.add((ada, lesson.state.session_id))
    phone = await two.joined(ada)
    assert (await phone.sio.call("session.watch", {"session_id": str(lesson.state.session_id)}))["ok"]
    await phone.until("session.progress")
    one.hub.deliver([lesson.answer()])
    frames = await phone.until("session.progress", 2)
    assert [frame["answered"] for frame in frames] == [1, 2]
    assert phone.of("progress.changed")


async def test_a_publication_reaches_learners_of_the_course_in_all_processes(
    launch: Launch, shared_redis: OwnRedis
) -> None:
    world = World()
    course = uuid4()
    people = [uuid4(), uuid4()]
    world.rights = {(id_, course) for id_ in people}
    houses = [await launch(shared_redis, world, STILL) for _ in people]
    clients = [await each.joined(id_) for each, id_ in zip(houses, people, strict=True)]
    for client in clients:
        assert (await client.sio.call("course.watch", {"course_id": str(course)}))["ok"]
        await client.until("course.changed")
    world.revision = 2
    fact: Event = CourseRevisionPublished(course_id=course, revision_id=uuid4(), number=2)
    houses[0].hub.deliver([fact, fact])
    for client in clients:
        frames = await client.until("course.changed", 2)
        assert [frame["number"] for frame in frames] == [1, 2]
    await settled(houses[0])
    assert [len(client.of("course.changed")) for client in clients] == [2, 2]
    # Each process was told both times, also for what it keeps of the course.
    assert world.moved == [course] * 4


async def test_a_socket_watches_so_many_rooms_of_all_kinds(house: Process) -> None:
    me = uuid4()
    client = await house.joined(me)
    rooms = [uuid4() for _ in range(ROOMS_PER_SOCKET + 1)]
    house.world.rights = {(me, id_) for id_ in rooms}
    kinds = ("course", "classroom", "session")
    asked = [(kinds[place % 3], id_) for place, id_ in enumerate(rooms)]
    replies = [await client.sio.call(f"{kind}.watch", {f"{kind}_id": str(id_)}) for kind, id_ in asked]
    assert [reply.get("code") for reply in replies] == [None] * ROOMS_PER_SOCKET + ["realtime.too_many_rooms"]
    assert (await client.sio.call("course.watch", {"course_id": str(rooms[0])}))["ok"]
    assert (await client.sio.call("session.unwatch", {}))["ok"]
    kind, last = asked[-1]
    assert (await client.sio.call(f"{kind}.watch", {f"{kind}_id": str(last)}))["ok"]


@pytest.mark.parametrize("kind", ["league", "classroom", "session", "course"])
async def test_unwatching_one_keeps_the_others_and_without_an_id_none(house: Process, kind: str) -> None:
    me, rooms = uuid4(), [uuid4() for _ in range(3)]
    house.world.rights = {(me, id_) for id_ in rooms}
    for id_ in rooms:
        house.world.boards.award(id_, me, 1)
    client = await house.joined(me)
    for id_ in rooms:
        assert (await client.sio.call(f"{kind}.watch", {f"{kind}_id": str(id_)}))["ok"]
    assert (await client.sio.call(f"{kind}.unwatch", {f"{kind}_id": str(rooms[0])}))["ok"]
    assert {room for room, _ in house.hub._rooms.watched()} == {f"{kind}:{id_}" for id_ in rooms[1:]}
    assert (await client.sio.call(f"{kind}.unwatch", {}))["ok"]
    assert not list(house.hub._rooms.watched())


@pytest.mark.parametrize(
    "frame",
    [
        {"classroom_id": "x"},
        {"classroom_id": None},
        {},
        {"classroom_id": str(uuid4()), "more": 1},
        [1, 2],
        "text",
        7,
    ],
    ids=["no uuid", "null", "empty", "one too many", "list", "text", "number"],
)
async def test_a_payload_of_the_wrong_form_is_answered_with_a_code(house: Process, frame: Any) -> None:
    client = await house.joined()
    reply = await client.sio.call("classroom.watch", frame)
    assert (reply["ok"], reply["code"]) == (False, "realtime.bad_payload")


async def test_a_socket_that_goes_leaves_all_its_rooms(house: Process) -> None:
    me = uuid4()
    client = await house.joined(me)
    for kind in ("classroom", "session", "course"):
        assert (await client.sio.call(f"{kind}.watch", {f"{kind}_id": str(me)}))["ok"]
    await client.sio.disconnect()
    async with asyncio.timeout(PATIENCE_S):
        while list(house.hub._rooms.watched()):
            await asyncio.sleep(0.01)


async def test_a_room_whose_actor_died_for_good_leaves_nothing_behind(
    launch: Launch, shared_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RealtimeSettings(
        check_rights_every_s=3600, presence_every_s=3600, tend_every_s=0.02, actors=Policy(crashes_allowed=0)
    )
    house = await launch(shared_redis, settings=settings)
    ada, classroom = uuid4(), uuid4()
    house.world.learners = [ada]
    teacher = await teacher_in(house, classroom)
    room = f"classroom:{classroom}"
    listener, following = house.hub._listener, house.hub.watching.following
    assert room in listener.rooms()
    assert ada in following

    async def broken(self: ClassroomActor, message: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(ClassroomActor, "receive", broken)
    await teacher.sio.call("classroom.unwatch", {"classroom_id": str(classroom)})
    house.hub._to_room(room, Resync())
    await until(lambda: room not in listener.rooms() and ada not in following)
