"""From a learner's answer to the screen of the teacher who watches the class, with one and with two processes."""

import asyncio
import random
import time
from uuid import UUID

import msgspec

from bench.answers import answer_request
from bench.figures import Figure, Result, latencies
from bench.keepalive import Connection
from bench.seed import Learner, Seed, seeding
from bench.socketio import Socket, connect_many
from bench.stand import BenchError, Cpu, Stand, running_server

CLASS = 30
RATE = 50
SENDERS = 16
GOAL_MS = 150


async def measure(stand: Stand, *, seconds: float) -> Result:
    """On one process, which it is given, and on two, which it starts."""
    one = await _measured(stand, seconds, watched=True)
    unwatched = await _measured(stand, seconds, watched=False)
    with running_server(None, None, workers=2) as pair:
        two = await _measured(pair, seconds, watched=True)
    figures = [
        *latencies("answer to the teacher's screen, one process", one.pushed_s, GOAL_MS),
        *latencies("answer to the teacher's screen, two processes", two.pushed_s, GOAL_MS),
        *latencies("answer to its response, class watched", one.answered_s),
        *latencies("answer to its response, class not watched", unwatched.answered_s),
        Figure("answers", len(one.answered_s) / seconds, "/s"),
        Figure("answers that the screen never showed", one.unseen + two.unseen, ""),
        Figure("CPU of the API per 1,000 answers, watched", one.cpu.api * 1000 / len(one.answered_s), "s"),
        Figure("CPU of the API per 1,000 answers, not watched", unwatched.cpu.api * 1000 / len(one.answered_s), "s"),
    ]
    notes = [
        f"A class of {CLASS} learners with a socket each, one teacher who watches it, {RATE} answers/s at even",
        f"distances by learners at random; {seconds:g} s each. With two processes everybody is on either by chance.",
    ]
    return Result("classroom", figures, notes)


class _Run:
    def __init__(self) -> None:
        self.pushed_s: list[float] = []
        self.answered_s: list[float] = []
        self.asked_at: dict[tuple[str, int], float] = {}
        self.cpu = Cpu(0, 0, 0, 0)

    @property
    def unseen(self) -> int:
        return len(self.asked_at)

    def hear(self, text: str) -> None:
        now = time.perf_counter()
        event, body = msgspec.json.decode(text)
        if event == "classroom.progress":
            asked_at = self.asked_at.pop((body["session_id"], body["answered"]), None)
            if asked_at is not None:
                self.pushed_s.append(now - asked_at)


async def _measured(stand: Stand, seconds: float, *, watched: bool) -> _Run:
    run = _Run()
    async with seeding(stand) as seed:
        teacher, *learners = await seed.learners(CLASS + 1)
        classroom = await _class(seed, teacher, learners)
        sessions = await _sessions(seed, learners, seconds)
        sockets = await connect_many(stand.host, stand.port, [each.token for each in (teacher, *learners)])
        try:
            if watched:
                sockets[0].on_event = run.hear
                await _watch(sockets[0], classroom)
            before = stand.cpu()
            await _drive(stand, seed, run, learners, sessions, seconds, watched=watched)
            run.cpu = stand.cpu() - before
            await asyncio.sleep(1.0)
        finally:
            for socket in sockets:
                socket.close()
    return run


async def _watch(socket: Socket, classroom: UUID) -> None:
    reply = await socket.emit("classroom.watch", {"classroom_id": str(classroom)})
    if not reply.get("ok"):
        raise BenchError(f"classroom.watch was refused: {reply}")
    await asyncio.sleep(1.0)


async def _class(seed: Seed, teacher: Learner, learners: list[Learner]) -> UUID:
    classroom = _id()
    await seed.sql.execute("INSERT INTO classrooms_classroom (id, name) VALUES ($1, 'Bench')", classroom)
    await seed.sql.execute(
        "INSERT INTO classrooms_member (classroom_id, user_id, role, joined_at) SELECT $1, u.id, u.role, now() "
        "FROM unnest($2::uuid[], $3::text[]) AS u (id, role)",
        classroom,
        [each.id for each in (teacher, *learners)],
        ["teacher", *["learner"] * len(learners)],
    )
    return classroom


async def _sessions(seed: Seed, learners: list[Learner], seconds: float) -> dict[UUID, list[UUID]]:
    """Enough for each, to be taken from the end."""
    each = 2 + int(RATE * seconds * 3 / CLASS / len(seed.work.exercise_ids))
    found = {learner.id: [_id() for _ in range(each)] for learner in learners}
    await seed.sessions([(session, user) for user, ids in found.items() for session in ids])
    return found


async def _drive(
    stand: Stand,
    seed: Seed,
    run: _Run,
    learners: list[Learner],
    sessions: dict[UUID, list[UUID]],
    seconds: float,
    *,
    watched: bool,
) -> None:
    idle = [await Connection.open(stand.host, stand.port) for _ in range(SENDERS)]
    opened = list(idle)
    free, places = list(learners), dict.fromkeys((learner.id for learner in learners), 0)
    tasks: set[asyncio.Task[None]] = set()

    async def turn(learner: Learner, connection: Connection) -> None:
        session, place = sessions[learner.id][-1], places[learner.id]
        work = seed.work
        ask = answer_request(learner, session, work.exercise_ids[place], work.answers[place], f"c{place}")
        asked_at = time.perf_counter()
        if watched:
            run.asked_at[str(session), place + 1] = asked_at
        await connection.call(ask)
        run.answered_s.append(time.perf_counter() - asked_at)
        places[learner.id] = (place + 1) % len(work.exercise_ids)
        if places[learner.id] == 0:
            sessions[learner.id].pop()
        idle.append(connection)
        free.insert(random.randrange(len(free) + 1), learner)

    try:
        began = time.perf_counter()
        for number in range(int(RATE * seconds)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            if not free:
                raise BenchError(f"the server does not keep up with {RATE} answers/s: {CLASS} are under way")
            if not idle:
                idle.append(await Connection.open(stand.host, stand.port))
                opened.append(idle[-1])
            task = asyncio.create_task(turn(free.pop(), idle.pop()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
    finally:
        for connection in opened:
            connection.close()


def _id() -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
