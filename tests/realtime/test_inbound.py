"""What clients may ask, at the door of the commands: every event has one answer, and none of them is an exception."""

import asyncio
import gc
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from prometheus_client import REGISTRY
from realtime_house import World

from domains.kernel.errors import NotFound
from realtime import inbound
from realtime.commands import AnswerSubmit
from realtime.inbound import Inbound
from realtime.ports import Principal
from realtime.rooms import Rooms, Seat


class Door:
    def __init__(self) -> None:
        self.world = World()
        self.rooms = Rooms()
        self.inbound = Inbound(self.world.ports(), self.rooms, self._enter)
        self.me = uuid4()

    def _enter(self, sid: str, user_id: UUID, room: str) -> None:
        self.rooms.enter(room, Seat(sid, user_id))

    async def says(self, event: str, *arguments: Any) -> dict[str, Any]:
        """The acknowledgement; what follows it has been done as well."""
        principal = await self.world.authenticate(str(self.me))
        reply = await self.inbound.handle("s", principal, event, arguments)
        if reply.then is not None:
            reply.then()
        answer: dict[str, Any] = msgspec.json.decode(reply.body)
        assert answer["ok"] is reply.ok
        return answer


@pytest.fixture
def door() -> Door:
    return Door()


def counted(event: str, outcome: str) -> float:
    return REGISTRY.get_sample_value("lyceum_realtime_inbound_total", {"event": event, "outcome": outcome}) or 0.0


ANSWER = {"session_id": str(uuid4()), "exercise_id": str(uuid4()), "answer": "x", "elapsed_ms": 1, "key": "k"}


@pytest.mark.parametrize("event", ["connect", "disconnect", "message", "", "__init__", "*", "handle", "league.WATCH"])
async def test_an_event_that_is_none_of_ours_is_refused_and_counted_under_no_name_of_its_own(
    door: Door, event: str
) -> None:
    before = counted("unknown", "refused")
    assert (await door.says(event, {}))["code"] == "realtime.unknown_event"
    assert counted("unknown", "refused") == before + 1
    assert counted(event, "refused") == 0


@pytest.mark.parametrize(
    "arguments",
    [({}, {}), (1,), ([],), ("text",), (None,), (b"\x00\xff",), ({"league_id": b"x"},), ({"league_id": 7},), (float,)],
    ids=["two", "number", "list", "text", "null", "bytes", "bytes inside", "wrong type", "no json"],
)
async def test_a_payload_that_does_not_fit_is_refused(door: Door, arguments: tuple[Any, ...]) -> None:
    assert (await door.says("league.watch", *arguments))["code"] == "realtime.bad_payload"
    assert not list(door.rooms.watched())


@pytest.mark.parametrize(
    "change", [{"key": ""}, {"key": "k" * 201}, {"elapsed_ms": -1}, {"elapsed_ms": 1e12}, {"x": 1}]
)
async def test_an_answer_outside_the_limits_reaches_no_command(door: Door, change: dict[str, Any]) -> None:
    assert (await door.says("answer.submit", {**ANSWER, **change}))["code"] == "realtime.bad_payload"
    assert not door.world.answers


async def test_an_answer_nested_without_end_is_one_refusal(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]

    async def encodes(principal: Principal, answer: AnswerSubmit) -> msgspec.Struct:
        msgspec.json.encode(answer.answer)
        raise AssertionError("it was encoded")

    monkeypatch.setattr(door.inbound, "_ports", World().ports())
    object.__setattr__(door.inbound._ports, "submit_answer", encodes)
    # Down there the collector would find no room for what other tests left to be finalised.
    gc.collect()
    gc.disable()
    try:
        said = await door.says("answer.submit", {**ANSWER, "answer": deep})
    finally:
        gc.enable()
    assert said == {"ok": False, "code": "realtime.bad_payload", "message": "nested too deeply"}
    # Taken apart from the outside in: letting go of it all at once would nest as deep again.
    while isinstance(deep, list):
        deep = deep.pop()


async def test_what_a_command_refuses_keeps_its_code(door: Door) -> None:
    class Nowhere(NotFound):
        code = "learning.session_not_found"

    async def refuses(principal: Principal, answer: AnswerSubmit) -> msgspec.Struct:
        raise Nowhere("no such session")

    object.__setattr__(door.inbound._ports, "submit_answer", refuses)
    before = counted("answer.submit", "refused")
    said = await door.says("answer.submit", ANSWER)
    assert said == {"ok": False, "code": "learning.session_not_found", "message": "no such session"}
    assert counted("answer.submit", "refused") == before + 1


async def test_a_bug_is_one_clients_answer_and_tells_nothing_of_the_inside(door: Door) -> None:
    said = await door.says("answer.submit", {**ANSWER, "answer": "boom"})
    assert said == {"ok": False, "code": "internal", "message": "something went wrong here"}
    assert (await door.says("answer.submit", ANSWER))["ok"]


async def test_a_command_that_takes_too_long_is_given_up(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs(pairs: Any) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(inbound, "COMMAND_DEADLINE_S", 0.01)
    monkeypatch.setitem(door.inbound._ports.may_watch, "course:", hangs)  # type: ignore[arg-type]
    assert (await door.says("course.watch", {"course_id": str(uuid4())}))["code"] == "realtime.timeout"
    assert not list(door.rooms.watched())


async def test_nobody_is_seated_before_the_acknowledgement_is_on_its_way(door: Door) -> None:
    principal = await door.world.authenticate(str(door.me))
    reply = await door.inbound.handle("s", principal, "session.watch", [{"session_id": str(door.me)}])
    assert not list(door.rooms.watched())
    assert reply.then is not None
    reply.then()
    assert [room for room, _ in door.rooms.watched()] == [f"session:{door.me}"]


async def test_leaving_a_room_in_which_one_is_not_is_no_error(door: Door) -> None:
    for kind in ("league", "classroom", "session", "course"):
        assert (await door.says(f"{kind}.unwatch", {f"{kind}_id": str(uuid4())}))["ok"]
        assert (await door.says(f"{kind}.unwatch"))["ok"]
