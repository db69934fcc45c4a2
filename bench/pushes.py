"""From an answer to the screens: one's own progress, and the league's move on the screens of the others.

`measure` at three rates, `capacity` at rates that rise until the server does not keep up.
"""

import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import psutil

from bench.courses import until_open
from bench.crowd import Crowd, Person, Seen, gathered
from bench.figures import Figure, Result, latencies, percentile
from bench.seed import seeding
from bench.socketio import Socket, connect_many
from bench.stand import BenchError, Cpu, Stand, child, free_port

RATES = (50, 200, 500)
SOCKETS = 1_000
OWN_GOAL_MS = 10
OTHERS_GOAL_MS = 150
GOAL_RATE = 200
"""At which the goals hold."""
WARM_S = 2.0
EXERCISES = 8
"""At least so many to a lesson."""
CAPACITY_SOCKETS = 3_000
CAPACITY_RATES = (250, 500, 1_000, 1_500, 2_000, 2_500, 3_000)
CAPACITY_GOAL = 2_000
CAPACITY_ANSWER_MS = 20
EYES = 2
"""Screens of each league whose boards are read in `capacity`; the others only take them."""
RAW_SOCKETS = 300
RAW_LEAGUE = 30
RAW_RATE = 50


@dataclass(slots=True)
class Step:
    """What one rate came to."""

    rate: float
    seconds: float
    seen: Seen
    answers_s: list[float]
    given: int
    completed: int
    cpu: Cpu
    saturated: str = ""

    def p99_ms(self, values: Sequence[float]) -> float:
        return percentile(sorted(values), 0.99) * 1000

    @property
    def holds(self) -> bool:
        """The goal of capacity."""
        return (
            not self.saturated
            and self.p99_ms(self.answers_s) < CAPACITY_ANSWER_MS
            and self.p99_ms(self.seen.progress_s) < OTHERS_GOAL_MS
            and not self.p99_ms(self.seen.others_boards_s) >= OTHERS_GOAL_MS
        )


@dataclass(slots=True)
class _Raw:
    own_s: list[float] = field(default_factory=list)
    group_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def frames(self) -> int:
        return len(self.own_s) + len(self.group_s)


async def measure(stand: Stand, *, seconds: float, workers: int) -> Result:
    steps = await _stepped(stand, SOCKETS, RATES, seconds, eyes=None)
    figures: list[Figure] = []
    for step in steps:
        figures += _figures(step, goals=step.rate == GOAL_RATE)
    if not steps[-1].saturated:
        raw = await _raw(steps[0], seconds)
        figures += [
            *latencies("raw websocket: echo", raw.own_s),
            *latencies(f"raw websocket: to a group of {RAW_LEAGUE}", raw.group_s),
            Figure("raw websocket: CPU per 1,000 frames", raw.cpu_s * 1000 / max(1, raw.frames), "s"),
        ]
    notes = [
        f"{SOCKETS:,} sockets in leagues of 30, {workers} process(es), answers at even distances, learners at random,",
        f"each lesson completed at its last answer; {seconds:g} s each. Others' moves are conflated by design, so",
        "what is measured there is partly the wait for the next frame. Raw: `websockets`, 50/s, the same sizes.",
    ]
    return Result("pushes" if workers == 1 else f"pushes ({workers} processes)", figures, notes)


async def capacity(stand: Stand, *, seconds: float, workers: int, completing: bool) -> Result:
    """`completing`: whether a lesson is completed at its last answer, which pays, moves boards and starts jobs."""
    steps = await _stepped(stand, CAPACITY_SOCKETS, CAPACITY_RATES, seconds, eyes=EYES, completing=completing)
    held = max((step.rate for step in steps if step.holds), default=0.0)
    figures = [
        Figure("answers/s at the goals", held, "/s", f">= {CAPACITY_GOAL:,}", held >= CAPACITY_GOAL),
    ]
    for step in steps:
        figures += _short(step)
    notes = [
        f"{CAPACITY_SOCKETS:,} sockets in leagues of 30, {workers} process(es), {seconds:g} s at each rate. Goals: the",
        f"answer's p99 < {CAPACITY_ANSWER_MS} ms, pushes' p99 < {OTHERS_GOAL_MS} ms. The load takes its share of the",
        f"same cores; it reads the boards of {EYES} screens of each league, and takes those of the others.",
    ]
    return Result("capacity" if completing else "capacity, answers only", figures, notes)


async def _stepped(
    stand: Stand, sockets: int, rates: Sequence[float], seconds: float, *, eyes: int | None, completing: bool = True
) -> list[Step]:
    answers = sum(rates) * (seconds + WARM_S + 1)
    lessons = 4 + int(answers * 1.5 / sockets / EXERCISES)
    lines: list[Socket] = []
    steps: list[Step] = []
    async with seeding(stand) as seed:
        crowd = await gathered(seed, stand.host, stand.port, count=sockets, lessons=lessons, chance=random.Random())
        crowd.pooled = eyes is not None
        try:
            lines += await connect_many(stand.host, stand.port, [person.learner.token for person in crowd.people])
            await _watch(crowd, lines, eyes)
            crowd.measuring = False
            await crowd.warm_up()
            await seed.quiet()
            for rate in rates:
                steps.append(await _step(stand, crowd, rate, seconds, completing))
                if steps[-1].saturated:
                    break
            if lost := sum(line.closed for line in lines):
                raise BenchError(f"{lost} of {sockets} sockets were closed by the server")
        finally:
            crowd.close()
            for line in lines:
                line.close()
    return steps


async def _watch(crowd: Crowd, lines: Sequence[Socket], eyes: int | None) -> None:
    seeing: list[Person] = []
    by_league: dict[object, int] = {}
    for person, line in zip(crowd.people, lines, strict=True):
        place = by_league[person.league] = by_league.get(person.league, 0) + 1
        sees = eyes is None or place <= eyes
        if sees:
            seeing.append(person)
        line.on_event = lambda text, person=person, sees=sees: _hear(crowd, person, sees, text)  # type: ignore[misc]
    crowd.watched(by=seeing)
    for start in range(0, len(lines), 50):
        lot = zip(crowd.people[start : start + 50], lines[start : start + 50], strict=True)
        replies = await asyncio.gather(
            *(line.emit("league.watch", {"league_id": str(person.league)}) for person, line in lot)
        )
        if refused := [reply for reply in replies if not reply.get("ok")]:
            raise BenchError(f"league.watch was refused: {refused[0]}")


def _hear(crowd: Crowd, person: Person, sees: bool, text: str) -> None:
    now = time.perf_counter()
    crowd.seen.frames += crowd.measuring
    if text.startswith('["league.'):
        if not sees:
            return
        crowd.seen.league_bytes.append(len(text))
    event, body = msgspec.json.decode(text)
    crowd.tell(person, event, body, now)


async def _step(stand: Stand, crowd: Crowd, rate: float, seconds: float, completing: bool) -> Step:
    saturated = ""
    crowd.measuring = False
    before = stand.cpu()
    try:
        await crowd.drive(rate, WARM_S, completing=completing)
        await asyncio.sleep(0.5)
        crowd.afresh()
        crowd.measuring = True
        before = stand.cpu()
        await crowd.drive(rate, seconds, completing=completing)
    except BenchError as error:
        saturated = str(error)
    cpu = stand.cpu() - before
    await asyncio.sleep(1.0)
    crowd.measuring = False
    crowd.seen.unseen += sum(len(person.unaware) for person in crowd.people)
    answers = crowd.took("answer")
    return Step(rate, seconds, crowd.seen, answers, len(crowd.given), len(crowd.completed), cpu, saturated)


def _figures(step: Step, *, goals: bool) -> list[Figure]:
    seen, thousand = step.seen, max(1, step.given) / 1000
    at = f"{step.rate:g}/s: "
    figures = [
        Figure(f"{at}answers", step.given / step.seconds, "/s"),
        *latencies(f"{at}answer to its response", step.answers_s),
        *latencies(f"{at}answer to own progress.changed", seen.progress_s, OWN_GOAL_MS if goals else None),
        *latencies(f"{at}completion to own league.changed", seen.own_board_s),
        *latencies(
            f"{at}completion to others' league.changed", seen.others_boards_s, OTHERS_GOAL_MS if goals else None
        ),
        *latencies(f"{at}the same, league quiet before", seen.others_after_quiet_s),
        Figure(f"{at}own progress that was never shown", step.given - len(seen.progress_s), ""),
        Figure(f"{at}moves that a screen never showed", seen.unseen, ""),
        Figure(f"{at}frames received", seen.frames / step.seconds, "/s"),
        Figure(f"{at}CPU of the API per 1,000 answers", step.cpu.api / thousand, "s"),
        Figure(f"{at}CPU of the API per 1,000 frames", step.cpu.api * 1000 / max(1, seen.frames), "s"),
        Figure(f"{at}share of one core: API", step.cpu.api / step.seconds, ""),
        Figure(f"{at}share of one core: PostgreSQL", step.cpu.postgres / step.seconds, ""),
        Figure(f"{at}share of one core: load", step.cpu.load / step.seconds, ""),
    ]
    if step.saturated:
        figures.append(Figure(f"{at}{step.saturated}", float("nan"), "", "kept up", False))
    return figures


def _short(step: Step) -> list[Figure]:
    at = f"{step.rate:g}/s: "
    if step.saturated:
        return [Figure(f"{at}{step.saturated}", float("nan"), "")]
    cpu, thousand = step.cpu, max(1, step.given) / 1000
    return [
        *latencies(f"{at}answer", step.answers_s),
        *latencies(f"{at}own progress", step.seen.progress_s),
        *latencies(f"{at}boards of others", step.seen.others_boards_s),
        Figure(f"{at}frames received", step.seen.frames / step.seconds, "/s"),
        Figure(f"{at}CPU of the API per 1,000 answers", cpu.api / thousand, "s"),
        Figure(f"{at}cores: API", cpu.api / step.seconds, ""),
        Figure(f"{at}cores: PostgreSQL, Valkey, load", (cpu.postgres + cpu.valkey + cpu.load) / step.seconds, ""),
    ]


async def _raw(step: Step, seconds: float) -> _Raw:
    """Echoes and group broadcasts in the sizes just seen."""
    port = free_port()
    raw = _Raw()
    sockets: list[Socket] = []
    with child([sys.executable, "-m", "bench.raw_server", "sockets", str(port)]) as server:
        await until_open(port)

        def heard(text: str) -> None:
            kind, sent, _ = text.split(":", 2)
            (raw.group_s if kind == "all" else raw.own_s).append(time.perf_counter() - float(sent))

        try:
            groups = [f"/{number // RAW_LEAGUE}" for number in range(RAW_SOCKETS)]
            sockets += [await Socket.plain("127.0.0.1", port, group, heard) for group in groups]
            size = sum(step.seen.league_bytes) // max(1, len(step.seen.league_bytes))
            every = max(1, round(step.given / max(1, step.completed)))
            before = _cpu_s(server.pid)
            began = time.perf_counter()
            for number in range(int(RAW_RATE * min(seconds, 10))):
                await asyncio.sleep(max(0.0, began + number / RAW_RATE - time.perf_counter()))
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
