"""From an answer to the screens: one's own progress, and the league move on 29 others' screens."""

import asyncio
import random
import sys
import time
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
import psutil

from bench.answers import answer_request
from bench.courses import until_open
from bench.figures import Figure, Result, latencies
from bench.keepalive import Connection, request
from bench.seed import Learner, Seed, seeding
from bench.socketio import Socket, connect_many
from bench.stand import BenchError, Stand, child, free_port

SOCKETS = 300
LEAGUE = 30
RATE = 50
GOAL_MS = 150
SENDERS = 16
QUIET_S = 0.35
"""Longer than boards are conflated for: a move after that much quiet should not have to wait."""


@dataclass(slots=True)
class _Seat:
    """A learner with a socket. `league_xp` is what their line showed last."""

    learner: Learner
    league: UUID
    sessions: list[UUID]
    place: int = 0
    xp: int = 0
    asked_at: float | None = None
    completed_at: float | None = None
    xp_before: int = 0
    after_quiet: bool = False
    unaware: set[UUID] = field(default_factory=set)


@dataclass(slots=True)
class _Seen:
    progress_s: list[float] = field(default_factory=list)
    answer_s: list[float] = field(default_factory=list)
    own_board_s: list[float] = field(default_factory=list)
    others_boards_s: list[float] = field(default_factory=list)
    others_after_quiet_s: list[float] = field(default_factory=list)
    league_bytes: list[int] = field(default_factory=list)
    sent: int = 0
    completions: int = 0
    frames: int = 0
    unseen: int = 0


@dataclass(slots=True)
class _Raw:
    own_s: list[float] = field(default_factory=list)
    group_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def frames(self) -> int:
        return len(self.own_s) + len(self.group_s)


class _Watch:
    """Reads the frames of all sockets and notes how long after its cause each came."""

    def __init__(self, seats: list[_Seat]) -> None:
        self.seats = {seat.learner.id: seat for seat in seats}
        self.seen = _Seen()
        self.measuring = False
        self.moved_at: dict[UUID, float] = {}

    def frame(self, seat: _Seat, text: str) -> None:
        now = time.perf_counter()
        self.seen.frames += self.measuring
        event, body = msgspec.json.decode(text)
        if event == "progress.changed" and seat.asked_at is not None:
            if self.measuring:
                self.seen.progress_s.append(now - seat.asked_at)
            seat.asked_at = None
        elif event in ("league.changed", "league.snapshot"):
            if event == "league.changed":
                self.seen.league_bytes.append(len(text))
            for entry in body["entries"]:
                self._line(seat, UUID(entry["user_id"]), entry["xp"], now)

    def _line(self, watcher: _Seat, user_id: UUID, xp: int, now: float) -> None:
        mover = self.seats.get(user_id)
        if mover is None:
            return
        if mover.completed_at is not None and xp > mover.xp_before and watcher.learner.id in mover.unaware:
            mover.unaware.discard(watcher.learner.id)
            if self.measuring:
                own = watcher is mover
                (self.seen.own_board_s if own else self.seen.others_boards_s).append(now - mover.completed_at)
                if mover.after_quiet and not own:
                    self.seen.others_after_quiet_s.append(now - mover.completed_at)
        mover.xp = max(mover.xp, xp)


async def measure(stand: Stand, *, seconds: float) -> Result:
    async with seeding(stand) as seed:
        seats = await _seats(stand, seed, seconds)
        sockets = await connect_many(stand.host, stand.port, [seat.learner.token for seat in seats])
        watch = _Watch(seats)
        try:
            for seat, socket in zip(seats, sockets, strict=True):
                socket.on_event = lambda text, seat=seat: watch.frame(seat, text)  # type: ignore[misc]
                reply = await socket.emit("league.watch", {"league_id": str(seat.league)})
                if not reply.get("ok"):
                    raise BenchError(f"league.watch was refused: {reply}")
            await _drive(stand, seed, watch, 2.0)
            await asyncio.sleep(0.5)
            watch.measuring = True
            before = stand.cpu()
            await _drive(stand, seed, watch, seconds)
            cpu = stand.cpu() - before
            await asyncio.sleep(1.0)
            watch.measuring = False
            lost = sum(socket.closed for socket in sockets)
        finally:
            for socket in sockets:
                socket.close()
    if lost:
        raise BenchError(f"{lost} of {SOCKETS} sockets were closed by the server")
    seen = watch.seen
    unseen = seen.unseen + sum(len(seat.unaware) for seat in seats)
    raw = await _raw(seen, seconds)
    answers = seen.sent / 1000
    figures = [
        Figure("answers", seen.sent / seconds, "/s"),
        Figure("completed lessons", seen.completions / seconds, "/s"),
        Figure("frames received", seen.frames / seconds, "/s"),
        *latencies("answer to its response", seen.answer_s),
        *latencies("answer to own progress.changed", seen.progress_s, GOAL_MS),
        *latencies("completion to own league.changed", seen.own_board_s),
        *latencies("completion to league.changed at the 29 others", seen.others_boards_s, GOAL_MS),
        *latencies("the same, league quiet before", seen.others_after_quiet_s),
        Figure("share of moves after quiet", len(seen.others_after_quiet_s) / max(1, len(seen.others_boards_s)), ""),
        Figure("own progress that was never shown", seen.sent - len(seen.progress_s), ""),
        Figure("moves that a screen never showed", unseen, ""),
        Figure("CPU of the API per 1,000 answers", cpu.api / answers, "s"),
        Figure("CPU of PostgreSQL per 1,000 answers", cpu.postgres / answers, "s"),
        Figure("CPU of the API per 1,000 frames", cpu.api * 1000 / max(1, seen.frames), "s"),
        *latencies("raw websocket: echo", raw.own_s),
        *latencies("raw websocket: to a group of 30", raw.group_s),
        Figure("raw websocket: CPU per 1,000 frames", raw.cpu_s * 1000 / max(1, raw.frames), "s"),
    ]
    notes = [
        f"{SOCKETS} sockets in {SOCKETS // LEAGUE} leagues, {RATE} answers/s at even distances, learners at random,",
        f"every session completed at its last answer; {seconds:g} s. Others' moves are conflated by design, so what",
        "is measured there is mostly the wait for the next frame. Raw: `websockets`, same rates and sizes.",
    ]
    return Result("pushes", figures, notes)


async def _seats(stand: Stand, seed: Seed, seconds: float) -> list[_Seat]:
    """Learners in leagues: each has completed one session, which is what seats them."""
    learners = await seed.learners(SOCKETS)
    total = len(seed.work.exercise_ids)
    each = 2 + int(RATE * (seconds + 3) * 4 / SOCKETS / total)
    first = {learner.id: seed_id for learner, seed_id in zip(learners, _ids(SOCKETS), strict=True)}
    await seed.sessions([(session, user) for user, session in first.items()], answered=[total] * SOCKETS)
    connection = await Connection.open(stand.host, stand.port)
    seats = []
    try:
        for learner in learners:
            raw = await connection.call(_completion(learner, first[learner.id]))
            seats.append(_Seat(learner, UUID(msgspec.json.decode(raw)["league"]["id"]), _ids(each)))
    finally:
        connection.close()
    # Everybody is somewhere else in their lesson, so that lessons end at even distances too.
    for number, seat in enumerate(seats):
        seat.place = number % total
    rows = [(session, seat.learner.id) for seat in seats for session in seat.sessions]
    answered = [seat.place if session is seat.sessions[-1] else 0 for seat in seats for session in seat.sessions]
    await seed.sessions(rows, answered=answered)
    return seats


def _ids(count: int) -> list[UUID]:
    return [UUID(int=random.getrandbits(128), version=4) for _ in range(count)]


def _completion(learner: Learner, session: UUID) -> bytes:
    return request("POST", f"/api/v1/sessions/{session}/complete", token=learner.token, body=b"{}")


async def _drive(stand: Stand, seed: Seed, watch: _Watch, seconds: float) -> None:
    idle = [await Connection.open(stand.host, stand.port) for _ in range(SENDERS)]
    opened = list(idle)
    # Only learners who are not under way, as a person does one thing at a time.
    free = list(watch.seats.values())
    random.shuffle(free)
    tasks: set[asyncio.Task[None]] = set()
    began = time.perf_counter()

    async def turn(seat: _Seat, connection: Connection) -> None:
        try:
            await _answer(seat, connection, seed, watch)
        finally:
            idle.append(connection)
            free.insert(random.randrange(len(free) + 1), seat)

    try:
        for number in range(int(RATE * seconds)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            if not idle:
                idle.append(await Connection.open(stand.host, stand.port))
                opened.append(idle[-1])
                if len(opened) > 200:
                    raise BenchError(f"the server does not keep up with {RATE} answers/s")
            task = asyncio.create_task(turn(free.pop(), idle.pop()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
    finally:
        for connection in opened:
            connection.close()


async def _answer(seat: _Seat, connection: Connection, seed: Seed, watch: _Watch) -> None:
    work, seen = seed.work, watch.seen
    if not seat.sessions:
        raise BenchError("too few sessions were prepared")
    session = seat.sessions[-1]
    sent = seat.asked_at = time.perf_counter()
    key = f"p{seat.place}"
    await connection.call(
        answer_request(seat.learner, session, work.exercise_ids[seat.place], work.answers[seat.place], key)
    )
    if watch.measuring:
        seen.answer_s.append(time.perf_counter() - sent)
        seen.sent += 1
    seat.place += 1
    if seat.place < len(work.exercise_ids):
        return
    seat.place = 0
    seat.sessions.pop()
    seen.unseen += len(seat.unaware)
    seat.xp_before = seat.xp
    seat.unaware = {other.learner.id for other in watch.seats.values() if other.league == seat.league}
    seat.completed_at = time.perf_counter()
    seat.after_quiet = seat.completed_at - watch.moved_at.get(seat.league, float("-inf")) > QUIET_S
    watch.moved_at[seat.league] = seat.completed_at
    await connection.call(_completion(seat.learner, session))
    seen.completions += watch.measuring


async def _raw(seen: _Seen, seconds: float) -> _Raw:
    """Echoes and group broadcasts at the rates and in the sizes just seen."""
    port = free_port()
    raw = _Raw()
    sockets: list[Socket] = []
    with child([sys.executable, "-m", "bench.raw_server", "sockets", str(port)]) as server:
        await until_open(port)

        def heard(text: str) -> None:
            kind, sent, _ = text.split(":", 2)
            (raw.group_s if kind == "all" else raw.own_s).append(time.perf_counter() - float(sent))

        try:
            groups = [f"/{number // LEAGUE}" for number in range(SOCKETS)]
            sockets += [await Socket.plain("127.0.0.1", port, group, heard) for group in groups]
            size = sum(seen.league_bytes) // max(1, len(seen.league_bytes))
            every = max(1, round(seen.sent / max(1, seen.completions)))
            before = _cpu_s(server.pid)
            began = time.perf_counter()
            for number in range(int(RATE * min(seconds, 10))):
                await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
                socket = random.choice(sockets)
                socket.send(f"own:{time.perf_counter()}:{'x' * 250}")
                if number % every == 0:
                    socket.send(f"all:{time.perf_counter()}:{'x' * size}")
            await asyncio.sleep(0.5)
            raw.cpu_s = _cpu_s(server.pid) - before
        finally:
            for socket in sockets:
                socket.close()
    return raw


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
