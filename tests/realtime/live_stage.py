"""The whole house on one stage, with lists in place of sockets: real domains act, real rooms speak."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import httpx
import msgspec
from realtime_house import PATIENCE_S

from app.asgi import Parts
from conftest import Crank
from domains.kernel.ids import new_id
from domains.kernel.uow import Database
from factories.people import Learner, publish, register, small_course
from realtime.inbound import Inbound
from realtime.ports import Principal

Frames = list[tuple[str, dict[str, Any]]]


class Screen:
    """One socket of one person, as a list."""

    def __init__(self, stage: "Stage", learner: Learner) -> None:
        self.sid = new_id().hex
        self.frames: Frames = []
        self.learner = learner
        self._stage = stage

    async def watch(self, event: str, **ids: Any) -> None:
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        principal = Principal(self.learner.id, new_id(), expires_at, frozenset())
        reply = await self._stage.inbound.handle(self.sid, principal, event, [ids])
        assert reply.ok, reply.body
        assert reply.then is not None
        reply.then()

    def named(self, *events: str) -> Frames:
        return [frame for frame in self.frames if frame[0] in events]


class Stage:
    def __init__(self, parts: Parts, db: Database, http: httpx.AsyncClient, crank: Crank) -> None:
        self.hub, self.db, self.http, self.crank = parts.realtime, db, http, crank
        self.inbound = Inbound(self.hub._ports, self.hub._rooms, self.hub._enter)
        self.screens: dict[str, Screen] = {}

    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        for sid in sids:
            if sid in self.screens:
                self.screens[sid].frames.append((event, msgspec.json.decode(body)))

    async def screen(self, learner: Learner) -> Screen:
        screen = Screen(self, learner)
        self.screens[screen.sid] = screen
        peer = SimpleNamespace(sid=screen.sid, principal=SimpleNamespace(user_id=learner.id), position=(None, 0, None))
        self.hub._join(cast("Any", peer))
        await until(lambda: bool(screen.named("stream.ready")))
        return screen

    async def ada(self) -> tuple[Learner, Screen]:
        learner = await register(self.http, "Ada")
        return learner, await self.screen(learner)

    async def lessons(self) -> list[UUID]:
        found = await publish(self.db, small_course())
        return [lesson.id for lesson in found.lessons.values()]

    async def settled(self) -> None:
        """All facts are told and all jobs done."""
        await self.crank.jobs()


async def until(true: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.005)


async def rest(learner: Learner, path: str) -> Any:
    answer = await learner.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()
