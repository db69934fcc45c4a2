"""What is written first, and falls: python-socketio as it comes, with the library's Redis manager between processes,
and `emit` inside the request.

`python -m bench.faults.naive_live --port 8000 serve` is one process; several share the port. It speaks as much of the
protocol as a learner's app needs. Answers are stored in PostgreSQL before anything is told, and the library's own
settings are kept: nothing is made worse than it has to be.
"""

import asyncio
import contextlib
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import asyncpg
import click
import msgspec
import socketio
import uvicorn

from app.config import Settings
from app.embedded.launch import die_with_parent
from app.infra import plain_dsn
from bench.crowd import Crowd, Person
from bench.faults.live import House
from bench.faults.run import Run
from bench.faults.words import LISTENS
from bench.seed import Learner, Work
from domains.kernel.ids import new_id

MODULE = "bench.faults.naive_live"
EXERCISES = 8
LEAGUE = 30
TABLES = """
    CREATE TABLE naive_answer (
        id bigserial, session_id uuid, number int, key text, user_id uuid, PRIMARY KEY (session_id, number)
    );
    CREATE TABLE naive_xp (league_id uuid, user_id uuid, xp int, PRIMARY KEY (league_id, user_id));
    CREATE TABLE naive_version (league_id uuid PRIMARY KEY, version int);
"""
STORED = "SELECT session_id AS id, max(number)::int AS answered FROM naive_answer WHERE session_id = ANY($1) GROUP BY 1"
ORDER = """
    SELECT key, (row_number() OVER (PARTITION BY session_id ORDER BY id))::int AS answered
    FROM naive_answer WHERE session_id = ANY($1)
"""
_ANSWER = """
    INSERT INTO naive_answer (session_id, number, key, user_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
_XP = """
    INSERT INTO naive_xp VALUES ($1, $2, 10) ON CONFLICT (league_id, user_id) DO UPDATE SET xp = naive_xp.xp + 10
"""
_VERSION = """
    INSERT INTO naive_version VALUES ($1, 1) ON CONFLICT (league_id) DO UPDATE SET version = naive_version.version + 1
    RETURNING version
"""


class Naive:
    """Tokens are `user.league`, and believed. `slow_s`: what an answer over the socket takes at most."""

    def __init__(self, settings: Settings, *, redis: bool, slow_s: float = 0.0, seed: int = 0) -> None:
        manager = socketio.AsyncRedisManager(settings.redis_url) if redis else None
        self.sio = socketio.AsyncServer(async_mode="asgi", client_manager=manager, cors_allowed_origins="*")
        self._dsn = plain_dsn(settings.database_url)
        self._pool: asyncpg.Pool | None = None
        self._slow_s = slow_s
        self._chance = random.Random(seed)
        self.sio.on("connect", self._connect)
        self.sio.on("league.watch", self._watch)
        self.sio.on("answer.submit", self._submit)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        user = auth["token"].partition(".")[0]
        await self.sio.save_session(sid, {"user": user})
        await self.sio.enter_room(sid, user)

    async def _watch(self, sid: str, wish: dict[str, Any]) -> dict[str, Any]:
        await self.sio.enter_room(sid, wish["league_id"])
        await self.sio.emit("league.snapshot", await self._board(UUID(wish["league_id"])), to=sid)
        return {"ok": True}

    async def _submit(self, sid: str, wish: dict[str, Any]) -> dict[str, Any]:
        user = (await self.sio.get_session(sid))["user"]
        await asyncio.sleep(self._chance.random() * self._slow_s)
        number = int(wish["key"].lstrip("n")) % EXERCISES + 1
        await self._answered(UUID(user), UUID(wish["session_id"]), number, wish["key"])
        return {"ok": True, "answered": number}

    async def _answered(self, user: UUID, session: UUID, number: int, key: str) -> None:
        await (await self._sql()).execute(_ANSWER, session, number, key, user)
        told = {"session_id": str(session), "answered": number}
        await self.sio.emit("progress.changed", told, room=str(user))

    async def _completed(self, user: UUID, league: UUID, session: UUID) -> None:
        await (await self._sql()).execute(_XP, league, user)
        await (await self._sql()).fetchval(_VERSION, league)
        await self.sio.emit("lesson.completed", {"session_id": str(session)}, room=str(user))
        await self.sio.emit("league.changed", await self._board(league), room=str(league))

    async def _board(self, league: UUID) -> dict[str, Any]:
        sql = await self._sql()
        version = await sql.fetchval("SELECT version FROM naive_version WHERE league_id = $1", league)
        rows = await sql.fetch("SELECT user_id, xp FROM naive_xp WHERE league_id = $1 ORDER BY xp DESC, 1", league)
        entries = [{"rank": n + 1, "user_id": str(row["user_id"]), "xp": row["xp"]} for n, row in enumerate(rows)]
        return {"league_id": str(league), "version": version or 0, "entries": entries}

    async def _sql(self) -> asyncpg.Pool:
        if self._pool is None:
            self._pool = await asyncpg.create_pool(self._dsn, min_size=0, max_size=8)
        return self._pool

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """The REST side."""
        body, more = b"", True
        while more:
            part = await receive()
            body += part.get("body", b"")
            more = part.get("more_body", False)
        found: Any = {}
        headers = dict(scope["headers"])
        user, _, league = headers.get(b"authorization", b"").decode().removeprefix("Bearer ").partition(".")
        parts = scope["path"].split("/")
        match parts[-1]:
            case "answers":
                key = headers[b"idempotency-key"].decode()
                await self._answered(UUID(user), UUID(parts[-2]), int(key[1:]), key)
            case "complete":
                await self._completed(UUID(user), UUID(league), UUID(parts[-2]))
            case _ if parts[-2] == "leaderboards":
                found = await self._board(UUID(parts[-1]))
        body = msgspec.json.encode(found)
        head = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})


@contextlib.asynccontextmanager
async def house(
    run: Run, *, people: int, lessons: int, processes: int = 2, redis: bool = True, slow_s: float = 0.0
) -> AsyncGenerator[House]:
    """The naive server with the same learners as the product has."""
    async with run.machine() as machine:
        async with machine.sql() as sql:
            await sql.execute(TABLES)
        run.say(f"starting the naive server in {processes} process{'es' if processes > 1 else ''}")
        servers = [
            machine.program(
                f"naive{number}",
                *("serve", "--port", str(machine.port), "--slow", str(slow_s), "--redis" if redis else "--no-redis"),
                module=MODULE,
            )
            for number in range(processes)
        ]
        for server in servers:
            server.start()
        for server in servers:
            while not server.said(LISTENS):
                server.check()
                await asyncio.sleep(0.05)
        leagues = [new_id() for _ in range(-(-people // LEAGUE))]
        crowd = Crowd(
            [_person(leagues[number // LEAGUE], lessons) for number in range(people)],
            Work(new_id(), new_id(), new_id(), [new_id() for _ in range(EXERCISES)], [b'"x"'] * EXERCISES),
            "127.0.0.1",
            machine.port,
            run.chance,
        )
        crowd.strict = False
        async with machine.sql() as sql:
            places = [(person.league, person.learner.id) for person in crowd.people]
            await sql.executemany("INSERT INTO naive_xp VALUES ($1, $2, 10)", places)
        made = House(run, machine, servers[0], crowd, numbered=False, stored=STORED, order=ORDER)
        try:
            yield made
        finally:
            await made.lights_out()


def _person(league: UUID, lessons: int) -> Person:
    user = new_id()
    return Person(Learner(user, f"{user}.{league}"), league, [new_id() for _ in range(lessons)])


@click.group()
@click.option("--faulty", type=float, default=0.0)
@click.option("--seed", default="0")
def main(faulty: float, seed: str) -> None:
    if sys.platform == "linux":
        die_with_parent(os.getppid(), signal.SIGKILL)


@main.command()
@click.option("--port", type=int, required=True)
@click.option("--slow", "slow_s", type=float, default=0.0)
@click.option("--redis/--no-redis", default=True)
def serve(port: int, slow_s: float, redis: bool) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    naive = Naive(Settings.load(), redis=redis, slow_s=slow_s)
    app = socketio.ASGIApp(naive.sio, naive)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))

    async def run() -> None:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.02)
        click.echo(LISTENS, err=True)
        await serving

    asyncio.run(run())


if __name__ == "__main__":
    main()
