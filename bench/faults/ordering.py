"""R9: one client sends numbered answers without waiting for each; once in peace, once while the API is killed.

Invariant: what is in order is decided by what the client sent, what it was acknowledged, and what is stored.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from bench.crowd import Person
from bench.faults import naive_live
from bench.faults.live import House, house
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.keepalive import HttpFailure
from bench.seed import Seed
from bench.socketio import Socket
from bench.stand import BenchError
from domains.kernel.ids import new_id

COUNT = 10_000
WINDOW = 64
"""Answers that are not acknowledged yet."""
KILL_EVERY_S = 10.0
IDLE_S = 30.0
LAST_S = 3.0


@dataclass
class Line:
    """What came of the numbered answers. `acked` and `shown` in the order in which they came."""

    count: int
    acked: list[int] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    shown: list[int] = field(default_factory=list)
    truncated: int = 0
    kills: int = 0
    seconds: float = 0.0
    out_of_order: int = 0
    """In the table: answers whose place in their session is not the one they were sent in."""
    stored: int = 0

    def misplaced(self, numbers: Sequence[int]) -> int:
        return sum(later <= earlier for earlier, later in pairwise(numbers))

    @property
    def right(self) -> bool:
        return (
            sorted(self.acked) == list(range(self.count))
            and not self.misplaced(self.acked)
            and not self.misplaced(self.shown)
            and len(set(self.shown)) == len(self.shown)
            and (len(self.shown) == self.count or self.truncated > 0 or self.kills > 0)
            and self.stored == self.count
            and self.out_of_order == 0
            and not self.refused
        )

    @property
    def line(self) -> str:
        return (
            f"{len(self.acked)} of {self.count} acknowledged in {self.seconds:.0f} s, {self.misplaced(self.acked)} out "
            f"of order; {self.stored} stored, {self.out_of_order} out of order; {len(self.shown)} shown, "
            f"{self.misplaced(self.shown)} out of order, {len(self.shown) - len(set(self.shown))} double"
            f"{f'; refused: {self.refused}' if self.refused else ''}"
            f"{f'; API killed {self.kills} times, told to read anew {self.truncated} times' if self.kills else ''}"
        )


class Client:
    """One learner with a line, who sends again by key what was not acknowledged."""

    def __init__(self, made: House, person: Person, sessions: Sequence[UUID], count: int) -> None:
        self.line = Line(count)
        self._house = made
        self._person = person
        self._sessions = sessions
        self._work = made.crowd.work
        self._index = {str(session): number for number, session in enumerate(sessions)}
        self._position: dict[str, Any] = {}
        self._waiting: dict[int, None] = {}
        self._lost = asyncio.Event()

    async def run(self) -> None:
        began = time.monotonic()
        following = 0
        while len(self.line.acked) + sum(self.line.refused.values()) < self.line.count:
            socket = await self._connect()
            try:
                again = list(self._waiting)
                self._waiting = {}
                for number in again:
                    self._send(socket, number)
                while not socket.closed and (following < self.line.count or self._waiting):
                    while following < self.line.count and len(self._waiting) < WINDOW and not socket.closed:
                        self._send(socket, following)
                        following += 1
                    self._settled.clear()
                    async with asyncio.timeout(IDLE_S):
                        await self._settled.wait()
                if not socket.closed:
                    await self._last_frames()
            finally:
                socket.close()
        self.line.seconds = time.monotonic() - began

    async def _last_frames(self) -> None:
        """They may come a little after the last acknowledgement."""
        deadline = time.monotonic() + LAST_S
        while len(set(self.line.shown)) < self.line.count and time.monotonic() < deadline:
            await asyncio.sleep(0.05)

    async def _connect(self) -> Socket:
        deadline = time.monotonic() + IDLE_S
        while True:
            socket = None
            try:
                socket = await Socket.opened("127.0.0.1", self._house.machine.port, within_s=5)
                self._settled = asyncio.Event()
                socket.on_event = self._hear
                socket.on_lost = self._settled.set
                async with asyncio.timeout(5):
                    await socket.login({"token": self._person.learner.token, **self._position})
                return socket
            except (OSError, TimeoutError, HttpFailure):
                if socket is not None:
                    socket.close()
                if time.monotonic() > deadline:
                    raise BenchError("the server does not come back") from None
                await asyncio.sleep(0.2)

    def _send(self, socket: Socket, number: int) -> None:
        total = len(self._work.exercise_ids)
        place = number % total
        self._waiting[number] = None
        wish = {
            "session_id": str(self._sessions[number // total]),
            "exercise_id": str(self._work.exercise_ids[place]),
            "answer": msgspec.Raw(self._work.answers[place]),
            "elapsed_ms": 1200,
            "key": f"n{number}",
        }
        socket.ask("answer.submit", wish).add_done_callback(lambda reply: self._acknowledged(number, reply))

    def _acknowledged(self, number: int, reply: asyncio.Future[str]) -> None:
        if reply.cancelled() or reply.exception() is not None or number not in self._waiting:
            return
        answer = msgspec.json.decode(reply.result())[0]
        if answer.get("ok"):
            self.line.acked.append(number)
        else:
            code = str(answer.get("code"))
            self.line.refused[code] = self.line.refused.get(code, 0) + 1
        self._waiting.pop(number)
        self._settled.set()

    def _hear(self, text: str) -> None:
        event, body = msgspec.json.decode(text)
        if event == "stream.ready":
            self.line.truncated += body["truncated"]
            self._position = {
                "epoch": body["epoch"],
                "seq": body["seq"],
                **({"at": body["at"]} if "at" in body else {}),
            }
            return
        if "seq" in body:
            self._position["seq"] = body["seq"]
            if "at" in body:
                self._position["at"] = body["at"]
        if event == "progress.changed":
            session = self._index.get(body["session_id"])
            if session is not None:
                self.line.shown.append(session * len(self._work.exercise_ids) + body["answered"] - 1)


async def numbered(run: Run) -> Verdict:
    count = run.count(COUNT)
    lots: list[list[UUID]] = []

    async def prepare(made: House, seed: Seed) -> None:
        each = -(-count // len(seed.work.exercise_ids))
        for person in made.crowd.people[:2]:
            lots.append([new_id() for _ in range(each)])
            await seed.sessions([(session, person.learner.id) for session in lots[-1]])

    async with house(run, people=2, lessons=1, before=prepare) as made:
        people = made.crowd.people
        run.say(f"{count} numbered answers")
        calm = await _sent(made, Client(made, people[0], lots[0], count))
        run.say(calm.line)
        run.say(f"{count} more, while the API is killed")
        wild = await _sent(made, Client(made, people[1], lots[1], count), kill=True)
    return Verdict(
        fault="R9",
        design="product",
        passed=calm.right and wild.right and wild.kills > 0,
        line=f"in peace: {calm.line}; under kill -9: {wild.line}",
        figures={"calm": _figures(calm), "killed": _figures(wild)},
    )


async def naively_numbered(run: Run) -> Verdict:
    count = run.count(COUNT)
    async with naive_live.house(run, people=1, lessons=1, processes=1, redis=False) as made:
        sessions = [new_id() for _ in range(-(-count // naive_live.EXERCISES))]
        line = await _sent(made, Client(made, made.crowd.people[0], sessions, count))
    return Verdict(
        fault="R9",
        design="naive",
        passed=line.right,
        line=f"the library's async_handlers=True: {line.line}",
        figures=_figures(line),
    )


async def _sent(made: House, client: Client, *, kill: bool = False) -> Line:
    killing = asyncio.create_task(_kill(made, client.line)) if kill else None
    try:
        await client.run()
    finally:
        if killing is not None:
            killing.cancel()
    if killing is not None:
        await asyncio.gather(killing, return_exceptions=True)
    line = client.line
    total = len(made.crowd.work.exercise_ids)
    async with made.machine.sql() as sql:
        rows = await sql.fetch(made.order, client._sessions)
    line.stored = len(rows)
    line.out_of_order = sum(int(row["key"][1:]) % total + 1 != row["answered"] for row in rows)
    return line


async def _kill(made: House, line: Line) -> None:
    while True:
        # One more kill in a short try, too.
        await asyncio.sleep(KILL_EVERY_S if made.run.scale >= 1 else 1.5)
        made.api.kill()
        line.kills += 1
        made.run.say(f"API killed; {len(line.acked)} acknowledged")
        made.api.start()
        await made.machine.answers()


def _figures(line: Line) -> dict[str, Any]:
    return {
        "acknowledged": len(line.acked),
        "acknowledged_out_of_order": line.misplaced(line.acked),
        "stored": line.stored,
        "stored_out_of_order": line.out_of_order,
        "shown": len(line.shown),
        "shown_out_of_order": line.misplaced(line.shown),
        "shown_double": len(line.shown) - len(set(line.shown)),
        "kills": line.kills,
        "truncated": line.truncated,
        "refused": line.refused,
        "seconds": line.seconds,
    }
