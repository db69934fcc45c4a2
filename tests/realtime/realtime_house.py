"""A real Redis of the tests' own, which they may kill, and processes of the house: Litestar, uvicorn and the hub."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
import pytest
import socketio
import uvicorn
from litestar import Litestar
from redis.asyncio import Redis

from app.embedded.valkey import find_valkey
from app.mount import Mount
from app.server import protocol
from declared import DECLARED
from domains.classrooms.api import ClassroomProgressOut, LearnerProgressOut
from domains.kernel.errors import Unauthenticated
from domains.kernel.events import Event
from domains.learning.api import AnswerOut, SessionProgressOut
from realtime import routes
from realtime.commands import AnswerSubmit
from realtime.hub import Realtime, RealtimeSettings
from realtime.messages import LeagueMoved, Message, ToLearner
from realtime.ports import Ports, Principal
from realtime.rooms import CLASSROOM, COURSE, DRAFT, LEAGUE, SESSION
from realtime.wire import CourseChanged, DraftChanged, LeagueEntry, ProgressChanged, SessionProgress

PATIENCE_S = 30.0
"""How long a test waits for what must come. Only one that fails waits so long."""


class OwnRedis:
    """A server that a test may kill, freeze and start again on the same data."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.socket = home / "r.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = f"--port 0 --unixsocket {self.socket} --dir {self.home} --appendonly yes --save ".split(" ")
        self.process = subprocess.Popen([str(find_valkey()), *options], stdout=subprocess.DEVNULL)
        for _ in range(1500):
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
                probe.settimeout(1)
                probe.connect(str(self.socket))
                probe.sendall(b"PING\r\n")
                if probe.recv(16).startswith(b"+PONG"):
                    return
            time.sleep(0.02)
        raise RuntimeError("valkey did not start")

    def signal(self, number: int) -> None:
        if self.process is not None:
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self) -> "Redis":
        return Redis(unix_socket_path=str(self.socket))


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[OwnRedis]:
    with tempfile.TemporaryDirectory(prefix="lyc-") as home:
        server = OwnRedis(Path(home))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    with tempfile.TemporaryDirectory(prefix="lyc-") as home:
        server = OwnRedis(Path(home))
        server.start()
        yield server
        with contextlib.suppress(OSError):
            server.signal(signal.SIGCONT)
        server.kill()


class Progressed(Event, frozen=True, kw_only=True, tag="test.progressed.v1"):
    user_id: UUID
    answered: int


class Scored(Event, frozen=True, kw_only=True, tag="test.scored.v1"):
    user_id: UUID
    league_id: UUID


def route(fact: Event) -> tuple[Message, ...]:
    match fact:
        case Progressed():
            frame = ProgressChanged(
                at=fact.occurred_at,
                session_id=fact.event_id,
                course_id=fact.event_id,
                lesson_id=fact.event_id,
                answered=fact.answered,
                total=10,
                correct=True,
                correct_so_far=fact.answered,
            )
            return (ToLearner(fact.user_id, frame),)
        case Scored():
            return (LeagueMoved(fact.league_id, fact.user_id),)
        case _:
            return routes.route(fact)


class Board(msgspec.Struct, frozen=True):
    version: int
    entries: list[LeagueEntry]
    hidden: dict[UUID, UUID] = {}
    secret: str = "for the house only"

    def you(self, user_id: UUID) -> UUID:
        return self.hidden.get(user_id, user_id)


class Boards:
    """Leagues in memory, shared by the processes of a test as PostgreSQL would be."""

    def __init__(self) -> None:
        self.xp: dict[UUID, dict[UUID, int]] = {}
        self.versions: dict[UUID, int] = {}
        self.hidden: dict[UUID, UUID] = {}
        """Who takes part unseen, and under which id."""
        self.reads = 0
        self.broken = False
        self.late: Board | None = None
        """What a view that has not caught up shows."""

    def award(self, league_id: UUID, user_id: UUID, xp: int) -> None:
        board = self.xp.setdefault(league_id, {})
        board[user_id] = board.get(user_id, 0) + xp
        self.versions[league_id] = self.versions.get(league_id, 0) + 1

    async def board(self, league_id: UUID, *, fresh: bool = False) -> Board:
        self.reads += 1
        if self.late is not None and not fresh:
            return self.late
        if self.broken:
            raise ConnectionError("away")
        lines = sorted(self.xp.get(league_id, {}).items(), key=lambda line: (-line[1], str(line[0])))
        entries = [
            LeagueEntry(rank=rank, user_id=self.hidden.get(user_id, user_id), name=f"n{rank}", xp=xp, zone="stay")
            for rank, (user_id, xp) in enumerate(lines, 1)
        ]
        return Board(version=self.versions.get(league_id, 0), entries=entries, hidden=dict(self.hidden))


@dataclass
class World:
    """Doubles at the ports. A token is `user-id` or `user-id:seconds-to-live`."""

    boards: Boards = field(default_factory=Boards)
    answers: list[AnswerSubmit] = field(default_factory=list)
    dead_sessions: set[UUID] = field(default_factory=set)
    logins: int = 0
    rights: set[tuple[UUID, UUID]] = field(default_factory=set)
    """Who may watch which classes, sessions and courses; everybody may watch what has their own id."""
    learners: list[UUID] = field(default_factory=list)
    """Of every class."""
    doing: dict[UUID, SessionProgressOut] = field(default_factory=dict)
    course_id: UUID | None = None
    revision: int = 1
    moved: list[UUID] = field(default_factory=list)
    """Courses of which processes were told that they have something new."""
    reads: int = 0
    broken: bool = False

    async def authenticate(self, token: str) -> Principal:
        self.logins += 1
        user, _, ttl = token.partition(":")
        try:
            user_id = UUID(user)
        except ValueError:
            raise Unauthenticated("bad token") from None
        return Principal(
            user_id=user_id, session_id=user_id, expires_at=datetime.now(UTC) + timedelta(seconds=float(ttl or 3600))
        )

    async def submit_answer(self, principal: Principal, answer: AnswerSubmit) -> AnswerOut:
        if answer.answer == "boom":
            raise RuntimeError("a bug")
        self.answers.append(answer)
        return AnswerOut("exact", True, "el gato", [], 1.0, answered=len(self.answers), total=10, hearts=5)

    async def in_league(self, pairs: Any) -> Any:
        return [(user_id, id_) for user_id, id_ in pairs if user_id in self.boards.xp.get(id_, {})]

    async def allowed(self, pairs: Any) -> Any:
        return [pair for pair in pairs if pair in self.rights or pair[0] == pair[1]]

    async def accept_invitation(self, user_id: UUID, session_id: UUID, code: str) -> bool:
        if code == "please":
            self.rights.add((user_id, session_id))
        return (user_id, session_id) in self.rights

    async def classroom(self, classroom_id: UUID) -> ClassroomProgressOut:
        self.reads += 1
        if self.broken:
            raise ConnectionError("away")
        learners = [LearnerProgressOut(id_, "Ada", self.doing.get(id_)) for id_ in self.learners]
        return ClassroomProgressOut(classroom_id, self.course_id, learners)

    async def session(self, session_id: UUID) -> SessionProgress | None:
        for user_id, doing in self.doing.items():
            if doing.session_id == session_id:
                return SessionProgress(user_id=user_id, **msgspec.structs.asdict(doing))
        return None

    async def course(self, course_id: UUID) -> CourseChanged | None:
        return CourseChanged(course_id, uuid4(), self.revision)

    async def draft(self, course_id: UUID) -> DraftChanged | None:
        return DraftChanged(course_id, self.revision, None, None)

    async def live_sessions(self, session_ids: Any) -> Any:
        return [session_id for session_id in session_ids if session_id not in self.dead_sessions]

    def ports(self) -> Ports:
        return Ports(
            authenticate=self.authenticate,
            submit_answer=self.submit_answer,
            may_watch={
                LEAGUE: self.in_league,
                CLASSROOM: self.allowed,
                SESSION: self.allowed,
                COURSE: self.allowed,
                DRAFT: self.allowed,
            },
            accept_invitation=self.accept_invitation,
            boards=self.boards,
            classroom=self.classroom,
            session=self.session,
            course=self.course,
            draft=self.draft,
            live_sessions=self.live_sessions,
            course_moved=self.moved.append,
        )


class Client:
    """The official Python client, with everything it received in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.frames: list[tuple[str, Any]] = []
        self.refusals: list[Any] = []
        self.gone = asyncio.Event()
        self.sio = socketio.AsyncClient(reconnection=False)
        self.sio.on("*", self._frame)
        self.sio.on("connect_error", self._refused)
        self.sio.on("disconnect", self._gone)

    async def _frame(self, event: str, data: Any) -> None:
        DECLARED.frame(event, data)
        self.frames.append((event, data))

    async def _refused(self, data: Any) -> None:
        # What Engine.IO refuses has a number for a code, and is not the house's to declare.
        if isinstance(data, dict) and not isinstance(data.get("code"), int):
            DECLARED.refusal(data)
        self.refusals.append(data)

    async def _gone(self, reason: str) -> None:
        self.gone.set()

    async def connect(self, user_id: UUID | str, *, transports: tuple[str, ...] = ("websocket",), **auth: Any) -> None:
        await self.sio.connect(self.url, auth={"token": str(user_id), **auth}, transports=list(transports))

    async def until(self, event: str, count: int = 1, timeout: float = PATIENCE_S) -> list[Any]:
        """The payloads of the first `count` frames of that name."""
        try:
            async with asyncio.timeout(timeout):
                while len(got := self.of(event)) < count:
                    await asyncio.sleep(0.005)
                return got[:count]
        except TimeoutError:
            raise AssertionError(f"{count} x {event} did not come: {self.frames[-20:]}") from None

    def of(self, event: str) -> list[Any]:
        return [data for name, data in self.frames if name == event]

    @property
    def position(self) -> dict[str, Any]:
        """Epoch and seq as a client keeps them."""
        epoch, seq = "", 0
        for event, data in self.frames:
            if event == "stream.ready":
                epoch, seq = data["epoch"], data["seq"]
            elif "seq" in data:
                seq = data["seq"]
        return {"epoch": epoch, "seq": seq}


@dataclass
class Process:
    """One process of the house."""

    hub: Realtime
    world: World
    port: int
    server: uvicorn.Server
    clients: list[Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> Client:
        client = Client(self.url)
        self.clients.append(client)
        return client

    async def joined(self, user_id: UUID | None = None, **auth: Any) -> Client:
        client = self.client()
        await client.connect(user_id or uuid4(), **auth)
        await client.until("stream.ready")
        return client


Launch = Callable[..., Awaitable[Process]]


@pytest.fixture
async def launch() -> AsyncIterator[Launch]:
    """Starts processes and stops them after the test."""
    started: list[tuple[Process, asyncio.Task[None], Redis]] = []

    async def start(
        redis: OwnRedis,
        world: World | None = None,
        settings: RealtimeSettings | None = None,
        way: Literal["direct", "asgi", "wrapped"] = "direct",
    ) -> Process:
        """How websockets reach the gateway: as in our own server, over ASGI, or over ASGI as if a middleware stood in
        between."""
        world = world or World()
        client = redis.client()
        hub = Realtime(client, world.ports(), settings, route=route)
        mount = Mount()
        mount.open(hub)
        app = Litestar(route_handlers=[mount.route()], on_startup=[hub.start], on_shutdown=[hub.stop])
        listening = socket.create_server(("127.0.0.1", 0))

        async def hidden(scope: Any, receive: Any, send: Any) -> None:
            async def pull() -> Any:
                return await receive()

            await app(scope, pull, send)

        config = uvicorn.Config(
            hidden if way == "wrapped" else app,
            http=protocol(mount) if way == "direct" else "httptools",
            log_level="critical",
            ws_max_size=65_536,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        process = Process(hub, world, listening.getsockname()[1], server)
        started.append((process, task, client))
        return process

    yield start
    for process, task, client in started:
        for each in process.clients:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(each.sio.shutdown(), 3)
        process.server.should_exit = True
        await asyncio.wait_for(task, PATIENCE_S)
        await client.aclose()


@pytest.fixture
async def process(launch: Launch, shared_redis: OwnRedis) -> Process:
    return await launch(shared_redis)
