"""R8: a token expires, somebody logs out, somebody is banned: their sockets go, over two processes, with Redis and
without.

Nothing in the product bans yet: the test sets what a ban would set, `identity_user.banned_at`, by SQL.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bench.crowd import Person
from bench.faults.live import House, house
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.keepalive import Connection, HttpFailure, request
from bench.seed import Learner, Seed
from bench.socketio import Socket

EACH = 30
LIMIT_S = 5.0
LIVES_S = 8.0
"""What is left of a token that is to expire."""


@dataclass
class Farewell:
    """`took` in seconds from the end to the closed socket; `early` ones were closed before."""

    kind: str
    sockets: int
    took: list[float] = field(default_factory=list)
    early: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    let_in_again: int = 0
    """With the same token, afterwards."""

    @property
    def right(self) -> bool:
        return len(self.took) == self.sockets and max(self.took) <= LIMIT_S and not (self.early or self.let_in_again)

    @property
    def line(self) -> str:
        longest = f"{max(self.took):.1f} s" if self.took else "-"
        return (
            f"{self.kind}: {len(self.took)} of {self.sockets} closed, at most {longest} after"
            f"{f', {self.early} too early' if self.early else ''}, {self.let_in_again} let in again"
        )


class Guest:
    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.ended_at: float | None = None
        self.closed_at: float | None = None
        self.code = ""

    async def come(self, port: int) -> None:
        line = await Socket.connect("127.0.0.1", port, self.learner.token)
        line.on_event = self._hear
        line.on_lost = self._lost
        self._line = line

    def _hear(self, text: str) -> None:
        event, body = msgspec.json.decode(text)
        if event == "stream.closed":
            self.code = body["code"]

    def _lost(self) -> None:
        self.closed_at = time.time()

    async def let_in(self, port: int) -> bool:
        try:
            line = await Socket.connect("127.0.0.1", port, self.learner.token, within_s=5)
        except (HttpFailure, TimeoutError):
            return False
        line.close()
        return True


async def farewells(run: Run) -> Verdict:
    each = max(6, run.count(EACH))
    lots: list[list[Learner]] = []
    keep: list[Seed] = []

    async def prepare(made: House, seed: Seed) -> None:
        keep.append(seed)
        lots.extend([await seed.learners(each) for _ in range(4)])

    found: list[Farewell] = []
    async with house(run, people=10, lessons=1, workers=2, before=prepare) as made:
        seed = keep[0]
        await made.light_up()
        port = made.machine.port
        for frozen in (False, True):
            suffix = " while Redis is frozen" if frozen else ""
            log_out, ban = lots.pop(), lots.pop()
            expiring = [await seed.expiring(person.learner, LIVES_S) for person in _some(made.crowd.people, each)]
            if frozen:
                made.machine.valkey.freeze()
            try:
                found.append(await _expire(run, port, expiring, suffix))
                found.append(await _end(run, port, log_out, "logout" + suffix, lambda guests: _log_out(port, guests)))
                found.append(await _end(run, port, ban, "ban" + suffix, lambda guests: _ban(made, guests)))
            finally:
                made.machine.valkey.thaw()
        await asyncio.sleep(1)
        others_away = sum(not screen.connected or bool(screen.lost_at) for screen in made.screens.values())
    return Verdict(
        fault="R8",
        design="product",
        passed=all(one.right for one in found) and others_away == 0,
        line=(
            f"two processes; {'; '.join(one.line for one in found)}; of {len(made.screens)} others {others_away} lost "
            f"theirs; reasons: {dict(sum((one.codes for one in found), Counter()))}"
        ),
        figures={
            one.kind: {"closed": len(one.took), "of": one.sockets, "longest_s": max(one.took, default=None)}
            for one in found
        }
        | {"others_lost": others_away},
    )


def _some(people: Sequence[Person], count: int) -> list[Person]:
    return [people[number % len(people)] for number in range(count)]


async def _come(run: Run, port: int, learners: Sequence[Learner], kind: str) -> list[Guest]:
    run.say(kind)
    guests = [Guest(learner) for learner in learners]
    await asyncio.gather(*(guest.come(port) for guest in guests))
    return guests


async def _expire(run: Run, port: int, learners: Sequence[tuple[Learner, float]], suffix: str) -> Farewell:
    guests = await _come(run, port, [learner for learner, _ in learners], "expiry" + suffix)
    for guest, (_, at) in zip(guests, learners, strict=True):
        guest.ended_at = at
    return await _closed("expiry" + suffix, port, guests)


async def _end(
    run: Run, port: int, learners: Sequence[Learner], kind: str, end: Callable[[Sequence[Guest]], Awaitable[Any]]
) -> Farewell:
    guests = await _come(run, port, learners, kind)
    await end(guests)
    return await _closed(kind, port, guests)


async def _log_out(port: int, guests: Sequence[Guest]) -> None:
    connection = await Connection.open("127.0.0.1", port)
    try:
        for guest in guests:
            await connection.call(request("POST", "/api/v1/auth/logout", token=guest.learner.token, body=b""))
            guest.ended_at = time.time()
    finally:
        connection.close()


async def _ban(made: House, guests: Sequence[Guest]) -> None:
    async with made.machine.sql() as sql:
        await sql.execute(
            "UPDATE identity_user SET banned_at = now() WHERE id = ANY($1)", [guest.learner.id for guest in guests]
        )
    for guest in guests:
        guest.ended_at = time.time()


async def _closed(kind: str, port: int, guests: Sequence[Guest]) -> Farewell:
    until = max(guest.ended_at or 0.0 for guest in guests) + LIMIT_S + 3
    while time.time() < until and any(guest.closed_at is None for guest in guests):
        await asyncio.sleep(0.05)
    found = Farewell(kind, len(guests))
    for guest in guests:
        if guest.closed_at is not None and guest.ended_at is not None:
            # Clocks of one machine; a logout's socket may go before its answer is here.
            found.took.append(max(0.0, guest.closed_at - guest.ended_at))
            found.early += guest.closed_at < guest.ended_at - 1
        found.codes[guest.code or "none"] += 1
    again = await asyncio.gather(*(guest.let_in(port) for guest in guests))
    found.let_in_again = sum(again)
    return found
