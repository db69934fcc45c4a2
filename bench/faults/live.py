"""A server with learners before their screens, and what these screens show in the end.

Invariant: a screen is right when it was told of everything, once and in order, or was told to read anew; and when what
it shows at the end is what is stored.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from bench.crowd import Crowd, Person, gathered
from bench.faults.buying import connected
from bench.faults.machine import Machine, Program
from bench.faults.run import Run
from bench.keepalive import HttpFailure
from bench.screen import Screen
from bench.seed import Seed, seeding
from domains.catalog import api as catalog

CONNECTING = 25
"""Screens that connect at the same moment."""
ORDER = "SELECT key, answered FROM learning_answer WHERE session_id = ANY($1)"
STORED = "SELECT id, answered::int FROM learning_session WHERE id = ANY($1)"


@dataclass
class House:
    """`stored` is the statement that tells sessions and how many of each are answered, `order` the
    place of each answer in its session, `numbered` whether streams have numbers."""

    run: Run
    machine: Machine
    api: Program
    crowd: Crowd
    screens: dict[UUID, Screen] = field(default_factory=dict)
    """By learner."""
    numbered: bool = True
    stored: str = STORED
    order: str = ORDER
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def light_up(self, people: Sequence[Person] | None = None, *, within_s: float = 60.0) -> None:
        """A screen for each of these people, or for everybody, with the league's board on it."""
        people = self.crowd.people if people is None else people
        self.run.say(f"{len(people)} screens")
        async with asyncio.timeout(within_s):
            for start in range(0, len(people), CONNECTING):
                lot = [self._screen(person) for person in people[start : start + CONNECTING]]
                await asyncio.gather(*(screen.ready() for screen in lot))
            while any(screen.league and not screen.board for screen in self.screens.values()):
                await asyncio.sleep(0.05)
        self.crowd.watched(by=people)

    def _screen(self, person: Person) -> Screen:
        screen = Screen(
            "127.0.0.1",
            self.machine.port,
            person.learner.token,
            league=str(person.league),
            chance=self.crowd.chance,
            tell=lambda _screen, event, body, now: self.crowd.tell(person, event, body, now),
        )
        screen.numbered = self.numbered
        screen.sessions = lambda: person.begun
        self.screens[person.learner.id] = screen
        self._tasks.append(asyncio.create_task(screen.live()))
        return screen

    async def settled(self, *, within_s: float) -> "Tally":
        """Once every screen is right, or when nobody waits for it any longer."""
        deadline = time.monotonic() + within_s
        while True:
            tally = await self.tally()
            if tally.right or time.monotonic() > deadline:
                return tally
            await asyncio.sleep(0.5)

    async def tally(self) -> "Tally":
        tally = Tally(answers=len(self.crowd.given), completions=len(self.crowd.completed))
        for screen in self.screens.values():
            tally.gaps += screen.gaps
            tally.doubles += screen.doubles + sum(times - 1 for times in screen.seen.values())
            tally.disorder += screen.order_broken
            tally.boards_back += screen.boards_back
            tally.truncated += screen.readies["truncated"]
            tally.resumed += screen.readies["resumed"]
            tally.away += not screen.connected
        for given in self.crowd.given:
            seen = self.screens.get(given.person.learner.id)
            if seen is not None and not seen.seen[str(given.session), given.number]:
                told = any(at >= given.sent_at for at in seen.truncated_at)
                tally.excused += told
                tally.lost += not told
        for person, session in self.crowd.completed:
            seen = self.screens.get(person.learner.id)
            tally.lessons_lost += seen is not None and not seen.shows("lesson.completed", session)
        tally.stale = await self._stale()
        tally.boards_wrong = await self._boards_wrong()
        return tally

    async def _stale(self) -> int:
        """Sessions of which a screen shows something else than is stored."""
        shown = {given.session: self.screens.get(given.person.learner.id) for given in self.crowd.given}
        async with self.machine.sql() as sql:
            rows = await sql.fetch(self.stored, list(shown))
        stored = {row["id"]: row["answered"] for row in rows}
        return sum(
            screen is not None and screen.answered.get(str(session)) != stored.get(session)
            for session, screen in shown.items()
        )

    async def _boards_wrong(self) -> int:
        """Screens whose board is not the one that REST shows."""
        wrong = 0
        by_league: dict[str, list[Screen]] = {}
        for screen in self.screens.values():
            by_league.setdefault(screen.league, []).append(screen)
        for league, screens in by_league.items():
            try:
                board = await screens[0].get(f"/api/v1/leaderboards/{league}")
            except (HttpFailure, OSError, TimeoutError):
                wrong += len(screens)
                continue
            truth = {entry["user_id"]: (entry["rank"], entry["xp"]) for entry in board["entries"]}
            for screen in screens:
                shown = {user: (entry["rank"], entry["xp"]) for user, entry in screen.board.items()}
                wrong += shown != truth
        return wrong

    async def lights_out(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.crowd.close()


@dataclass
class Tally:
    """`lost`: acknowledged answers of which a screen heard nothing, and nothing told it to read anew; `excused`: it was
    told. `stale`, `boards_wrong`, `away`: at the end."""

    answers: int = 0
    completions: int = 0
    lost: int = 0
    excused: int = 0
    gaps: int = 0
    doubles: int = 0
    disorder: int = 0
    boards_back: int = 0
    lessons_lost: int = 0
    stale: int = 0
    boards_wrong: int = 0
    away: int = 0
    truncated: int = 0
    resumed: int = 0

    @property
    def right(self) -> bool:
        wrong = (self.lost, self.gaps, self.doubles, self.disorder, self.boards_back, self.lessons_lost)
        return not any((*wrong, self.stale, self.boards_wrong, self.away))

    @property
    def line(self) -> str:
        return (
            f"of {self.answers} answers {self.lost} never shown, {self.gaps} silent gaps, {self.doubles} double, "
            f"{self.disorder} out of order, {self.boards_back} boards out of order; of {self.completions} completed "
            f"lessons {self.lessons_lost} never shown; at the end {self.stale} screens stale, {self.boards_wrong} "
            f"boards wrong, {self.away} screens away; streams resumed {self.resumed} times, told to read anew "
            f"{self.truncated} times ({self.excused} answers)"
        )

    @property
    def figures(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@contextlib.asynccontextmanager
async def house(
    run: Run,
    *,
    people: int,
    lessons: int,
    workers: int = 1,
    settings: dict[str, str] | None = None,
    spread: bool = True,
    before: Callable[[House, Seed], Any] | None = None,
) -> AsyncGenerator[House]:
    """A server with `people`, seated in leagues; `before` prepares more with the same seed."""
    async with run.machine({"embedded_worker": "true", **(settings or {})}) as machine:
        async with connected(machine) as infra, infra.db.begin() as uow:
            await catalog.ensure_demo_course(uow)
        run.say(f"starting the API{f' in {workers} processes' if workers > 1 else ''}")
        api = machine.api(workers)
        api.start()
        await machine.answers()
        run.say(f"{people} learners take their seats")
        async with seeding(machine.stand(api)) as seed:
            crowd = await gathered(
                seed, "127.0.0.1", machine.port, count=people, lessons=lessons, chance=run.chance, spread=spread
            )
            crowd.strict = False
            made = House(run, machine, api, crowd)
            if before is not None:
                await before(made, seed)
            try:
                yield made
            finally:
                await made.lights_out()


async def metric(machine: Machine, name: str) -> float:
    """The sum of a metric over its labels; 0 where it is not told. One process of several answers."""
    async with httpx.AsyncClient(base_url=machine.url) as http:
        text = (await http.get("/metrics")).text
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def progress(run: Run, seconds: float, what: Callable[[], str]) -> asyncio.Task[None]:
    """Says every five seconds how it goes."""

    async def say() -> None:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            await asyncio.sleep(5)
            run.say(what())

    return asyncio.create_task(say())


async def answers_missing(machine: Machine, crowd: Crowd) -> int:
    """Acknowledged answers that are not in the table."""
    async with machine.sql() as sql:
        rows = await sql.fetch(
            "SELECT session_id, key FROM learning_answer WHERE session_id = ANY($1)",
            list({given.session for given in crowd.given}),
        )
    stored = {(row["session_id"], row["key"]) for row in rows}
    return sum((given.session, given.key) not in stored for given in crowd.given)
