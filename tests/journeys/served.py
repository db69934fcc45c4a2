"""A running server for journeys, and learners who come to it from outside."""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import asyncpg
import httpx
import socketio

from app.config import Settings
from app.demo.knowledge import Knowledge
from app.embedded import Services
from app.infra import open_infra, plain_dsn
from app.schema import migrate
from declared import DECLARED
from domains.catalog import api as catalog

LYCEUM = Path(sys.executable).with_name("lyceum")
READY_S = 120.0
FRAME_S = 30.0
"""How long a journey waits for what must come. Only one that fails waits so long."""
_REDIS = count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fresh(services: Services, data_dir: Path) -> dict[str, str]:
    """Settings for a fresh, migrated database with the demo course."""
    name = f"journeys_{uuid4().hex[:12]}"
    settings = Settings(
        database_url=services.database_url.replace("/lyceum?", f"/{name}?"),
        # Another test of this process may empty the first database of Redis while journeys go on, and houses that do
        # not share their tables may not share their jobs.
        redis_url=f"{services.redis_url}{'&' if '?' in services.redis_url else '?'}db={next(_REDIS)}",
        data_dir=data_dir,
    )

    async def prepare() -> None:
        connection = await asyncpg.connect(plain_dsn(services.database_url))
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        await migrate(settings.database_url)
        async with open_infra(settings, ()) as infra, infra.db.begin() as uow:
            await catalog.ensure_demo_course(uow)

    asyncio.run(prepare())
    return {
        "LYCEUM_DATABASE_URL": settings.database_url,
        "LYCEUM_REDIS_URL": settings.redis_url,
        "LYCEUM_DATA_DIR": str(settings.data_dir),
        "LYCEUM_LOG_LEVEL": "warning",
    }


def demo_course(listed: list[dict[str, Any]]) -> dict[str, Any]:
    """Among those of `GET /courses`: another journey may have published one of its own."""
    return next(course for course in listed if course["slug"] == catalog.DEMO_SLUG)


@contextmanager
def served(environment: dict[str, str], log: Path, *arguments: str, port: int = 0) -> Iterator[str]:
    """The address of a `lyceum serve`, which is stopped at the end of the block."""
    port = port or free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [LYCEUM, "serve", "--port", str(port), *arguments],
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        deadline = time.monotonic() + READY_S
        while "listens on" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    assert status == 0, log.read_text()


@dataclass
class Ears:
    """Frames as a client heard them, in order."""

    frames: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def hear(self, event: str, payload: dict[str, Any]) -> None:
        """A frame of the server."""
        DECLARED.frame(event, payload)
        self.frames.append((event, payload))

    def named(self, event: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.frames if name == event]

    async def heard(self, event: str, **fields: Any) -> dict[str, Any]:
        with anyio.fail_after(FRAME_S):
            while True:
                for payload in self.named(event):
                    if fields.items() <= payload.items():
                        return payload
                await anyio.sleep(0.01)

    async def heard_xp(self, user_id: str, xp: int, event: str = "league.changed") -> None:
        """Waits for a board frame with this learner's line."""
        with anyio.fail_after(FRAME_S):
            while not any(
                (line["user_id"], line["xp"]) == (user_id, xp)
                for frame in self.named(event)
                for line in frame["entries"]
            ):
                await anyio.sleep(0.01)


@dataclass
class Visitor:
    """Somebody with an account; the methods call the API as any client would."""

    url: str
    id: str
    token: str
    http: httpx.AsyncClient

    async def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        answer = await self.http.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def begin(self, lesson_id: str) -> Any:
        return await self.call("POST", f"/lessons/{lesson_id}/sessions", {})

    async def submit(self, session: Any, exercise: Any, answer: Any, key: str = "") -> Any:
        body = {"exercise_id": exercise["id"], "answer": answer, "elapsed_ms": 900}
        return await self.call("POST", f"/sessions/{session['id']}/answers", body, key or secrets.token_hex(8))

    async def take(self, lesson_id: str, knowledge: Knowledge, chance: Any) -> Any:
        """What completing the lesson answered, all exercises right."""
        return await self.finish(await self.begin(lesson_id), knowledge, chance)

    async def finish(self, session: Any, knowledge: Knowledge, chance: Any) -> Any:
        for exercise in session["exercises"]:
            answer = knowledge.answer(exercise["kind"], exercise["prompt"], right=True, chance=chance)
            await self.submit(session, exercise, answer)
        return await self.call("POST", f"/sessions/{session['id']}/complete")

    @asynccontextmanager
    async def socket(self, ears: Ears, **position: Any) -> AsyncIterator[socketio.AsyncClient]:
        """python-socketio's own client, connected; `position` is the last `epoch` and `seq` that it saw."""
        client = socketio.AsyncClient(reconnection=False)

        async def hear(event: str, payload: dict[str, Any]) -> None:
            ears.hear(event, payload)

        client.on("*", hear)
        await client.connect(self.url, auth={"token": self.token, **position}, transports=["websocket"])
        try:
            yield client
        finally:
            await client.disconnect()


async def visitor(url: str, http: httpx.AsyncClient, name: str = "Ada") -> Visitor:
    body = {"email": f"{secrets.token_hex(6)}@demo.example", "name": name, "password": secrets.token_urlsafe(12)}
    answer = await http.post(f"{url}/api/v1/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    return Visitor(url, found["user"]["id"], found["access_token"], http)
