"""Learners in leagues with lessons under way, the answers they give, and how long after its cause each frame comes.

Invariant: a learner does one thing at a time, and an answer that was not acknowledged is sent again under its own key
until it is, so that what was acknowledged can be counted.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from bench.answers import answer_request
from bench.keepalive import Connection, HttpFailure, request
from bench.seed import Learner, Seed, Work
from bench.stand import BenchError

LEAGUE = 30
SEATING = 16
QUIET_S = 0.35
"""Longer than boards are conflated for: a move after that much quiet should not have to wait."""


@dataclass(slots=True, eq=False)
class Person:
    """A learner. The last of `sessions` is under way, with `place` answers given."""

    learner: Learner
    league: UUID
    sessions: list[UUID]
    place: int = 0
    xp: int = 0
    """What their line on a board showed last."""
    xp_before: int = 0
    completed_at: float | None = None
    after_quiet: bool = False
    begun: set[UUID] = field(default_factory=set)
    """Sessions in which an answer was sent."""
    connection: Connection | None = None
    """An app has one, and keeps it: several processes see to it that its answers stay in order."""
    unaware: set[UUID] = field(default_factory=set)
    """Who has not seen their last move."""


@dataclass(slots=True)
class Given:
    """An answer that was acknowledged; times by `time.monotonic`."""

    person: Person
    session: UUID
    number: int
    sent_at: float
    key: str


@dataclass(slots=True)
class Asked:
    """One request: what for, status (0: nobody answered), when and how long."""

    what: str
    status: int
    sent_at: float
    took_s: float


@dataclass(slots=True)
class Seen:
    """Seconds from a cause to its frame."""

    progress_s: list[float] = field(default_factory=list)
    own_board_s: list[float] = field(default_factory=list)
    others_boards_s: list[float] = field(default_factory=list)
    others_after_quiet_s: list[float] = field(default_factory=list)
    league_bytes: list[int] = field(default_factory=list)
    frames: int = 0
    unseen: int = 0
    """Moves that a screen had not shown when the same learner moved again."""


class Crowd:
    """`given`, `completed` and `asked` are what happened so far; `seen` is what came of it."""

    def __init__(self, people: Sequence[Person], work: Work, host: str, port: int, chance: random.Random) -> None:
        self.people = list(people)
        self.work = work
        self.chance = chance
        self.seen = Seen()
        self.measuring = True
        self.given: list[Given] = []
        self.completed: list[tuple[Person, UUID]] = []
        self.asked: list[Asked] = []
        self.patience_s = 10.0
        self.again_s = 0.2
        self.strict = True
        """Whether a server that does not keep up ends the measurement, or only has answers `skipped`."""
        self.skipped = 0
        self.pooled = False
        """Whether people share connections: fewer of them, but several processes then see one person's answers."""
        self._idle: list[Connection] = []
        self._house = (host, port)
        self._by_id = {person.learner.id: person for person in people}
        self._free = list(people)
        chance.shuffle(self._free)
        self._asked_at: dict[tuple[str, int], float] = {}
        self._moved_at: dict[UUID, float] = {}
        self._viewers: dict[UUID, set[UUID]] = {}

    def watched(self, by: Sequence[Person] | None = None) -> None:
        """These have their league's board before them; everybody, unless said."""
        self._viewers = {}
        for person in self.people if by is None else by:
            self._viewers.setdefault(person.league, set()).add(person.learner.id)

    def retire(self, people: Sequence[Person]) -> None:
        """These are not drawn any more."""
        gone = {person.learner.id for person in people}
        self._free = [person for person in self._free if person.learner.id not in gone]

    # ---- what is asked

    async def drive(self, rate: float, seconds: float, *, completing: bool = True) -> None:
        """`rate` answers a second at even distances, learners at random; each lesson is completed at its end."""
        tasks: set[asyncio.Task[None]] = set()
        began = time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            if not self._free:
                if self.strict:
                    raise BenchError(f"the server does not keep up with {rate:g} answers/s: everybody waits for one")
                self.skipped += 1
                continue
            task = asyncio.create_task(self._turn(self._free.pop(), completing))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    async def warm_up(self, *, at_once: int = 8) -> None:
        """One answer of everybody, so that the server knows tokens and sessions as it does while people learn."""
        people = iter(list(self._free))

        async def lane() -> None:
            for person in people:
                await self._turn(person, completing=True, drawn=False)

        await asyncio.gather(*(lane() for _ in range(at_once)))

    async def _turn(self, person: Person, completing: bool, *, drawn: bool = True) -> None:
        try:
            await self.answer(person)
            if person.place == len(self.work.exercise_ids):
                if completing:
                    await self.complete(person)
                person.sessions.pop()
                person.place = 0
        finally:
            if drawn:
                self._free.insert(self.chance.randrange(len(self._free) + 1), person)

    async def answer(self, person: Person) -> None:
        if not person.sessions:
            raise BenchError("too few sessions were prepared")
        session, place, work = person.sessions[-1], person.place, self.work
        person.begun.add(session)
        sent_at = time.monotonic()
        self._asked_at[str(session), place + 1] = time.perf_counter()
        key = f"n{place + 1}"
        wish = answer_request(person.learner, session, work.exercise_ids[place], work.answers[place], key)
        await self._until_done("answer", wish, person)
        person.place += 1
        self.given.append(Given(person, session, place + 1, sent_at, key))

    async def complete(self, person: Person) -> None:
        self.seen.unseen += len(person.unaware) if self.measuring else 0
        person.xp_before = person.xp
        person.unaware = set(self._viewers.get(person.league, ()))
        now = person.completed_at = time.perf_counter()
        person.after_quiet = now - self._moved_at.get(person.league, float("-inf")) > QUIET_S
        self._moved_at[person.league] = now
        session = person.sessions[-1]
        await self._until_done("complete", completion(person.learner, session), person)
        self.completed.append((person, session))

    async def _until_done(self, what: str, wish: bytes, person: Person) -> bytes:
        while True:
            status, body = await self.ask(what, wish, person)
            if 200 <= status < 300:
                return body
            if status not in (0, 429, 500, 502, 503, 504):
                raise BenchError(f"{what} was answered by {status}: {body[:200].decode(errors='replace')}")
            await asyncio.sleep(self.again_s)

    async def ask(self, what: str, wish: bytes, person: Person) -> tuple[int, bytes]:
        """One request on this person's connection, or on one of all; status 0 when nobody answered."""
        sent_at, began = time.monotonic(), time.perf_counter()
        connection = self._idle.pop() if self.pooled and self._idle else person.connection
        try:
            if connection is None or connection.lost:
                connection = await Connection.open(*self._house)
            status, body = await connection.ask(wish, within_s=self.patience_s)
        except (OSError, HttpFailure, TimeoutError):
            status, body = 0, b""
            if connection is not None:
                connection.close()
                connection = None
        if not self.pooled:
            person.connection = connection
        elif connection is not None:
            self._idle.append(connection)
        if self.measuring:
            self.asked.append(Asked(what, status, sent_at, time.perf_counter() - began))
        return status, body

    def close(self) -> None:
        for connection in [*self._idle, *(person.connection for person in self.people)]:
            if connection is not None:
                connection.close()

    # ---- what comes

    def tell(self, viewer: Person, event: str, body: dict[str, Any], now: float) -> None:
        """A frame on somebody's screen."""
        if event == "progress.changed":
            sent = self._asked_at.pop((body["session_id"], body["answered"]), None)
            if sent is not None and self.measuring:
                self.seen.progress_s.append(now - sent)
        elif event in ("league.changed", "league.snapshot"):
            for entry in body["entries"]:
                self._line(viewer, UUID(entry["user_id"]), entry["xp"], now)

    def _line(self, viewer: Person, user_id: UUID, xp: int, now: float) -> None:
        mover = self._by_id.get(user_id)
        if mover is None:
            return
        if mover.completed_at is not None and xp > mover.xp_before and viewer.learner.id in mover.unaware:
            mover.unaware.discard(viewer.learner.id)
            if self.measuring:
                took = now - mover.completed_at
                if viewer is mover:
                    self.seen.own_board_s.append(took)
                else:
                    self.seen.others_boards_s.append(took)
                    if mover.after_quiet:
                        self.seen.others_after_quiet_s.append(took)
        mover.xp = max(mover.xp, xp)

    def afresh(self) -> None:
        """From now on is what counts."""
        self.seen = Seen()
        self.given, self.completed, self.asked = [], [], []
        for person in self.people:
            person.unaware = set()
        self._asked_at = {}

    def statuses(self) -> dict[str, int]:
        return {str(status): count for status, count in Counter(one.status for one in self.asked).items()}

    def took(self, what: str | None = None) -> list[float]:
        return [one.took_s for one in self.asked if what is None or one.what == what]


async def gathered(
    seed: Seed, host: str, port: int, *, count: int, lessons: int, chance: random.Random, spread: bool = True
) -> Crowd:
    """`count` learners, each seated in a league by one completed lesson and with `lessons` more prepared. With `spread`
    everybody is somewhere else in theirs, so that lessons end at even distances too."""
    learners = await seed.learners(count)
    total = len(seed.work.exercise_ids)
    first = [_id() for _ in range(count)]
    pairs = [(session, learner.id) for session, learner in zip(first, learners, strict=True)]
    await seed.sessions(pairs, answered=[total] * count)
    leagues = await _seated(host, port, learners, first)
    people = [
        Person(learner, league, [_id() for _ in range(lessons)])
        for learner, league in zip(learners, leagues, strict=True)
    ]
    if spread:
        for number, person in enumerate(people):
            person.place = number % total
    rows = [(session, person.learner.id) for person in people for session in person.sessions]
    answered = [
        person.place if session is person.sessions[-1] else 0 for person in people for session in person.sessions
    ]
    await seed.sessions(rows, answered=answered)
    await seed.quiet()
    return Crowd(people, seed.work, host, port, chance)


async def _seated(host: str, port: int, learners: Sequence[Learner], sessions: Sequence[UUID]) -> list[UUID]:
    found: list[UUID] = [UUID(int=0)] * len(learners)

    async def seat(some: range) -> None:
        connection = await Connection.open(host, port)
        try:
            for number in some:
                raw = await _patiently(connection, completion(learners[number], sessions[number]))
                found[number] = UUID(msgspec.json.decode(raw)["league"]["id"])
        finally:
            connection.close()

    # One after the other per connection, and few at once: leagues fill up in turn.
    await asyncio.gather(*(seat(range(lane, len(learners), SEATING)) for lane in range(min(SEATING, len(learners)))))
    return found


async def _patiently(connection: Connection, request: bytes, tries: int = 10) -> bytes:
    """Does what a 503 asks for; on a busy machine leagues fill up slower than people come."""
    while True:
        status, body = await connection.ask(request)
        if status < 300:
            return body
        tries -= 1
        if status != 503 or not tries:
            raise HttpFailure(f"a first lesson was answered {status}: {body[:200].decode()}")
        await asyncio.sleep(1)


def completion(learner: Learner, session: UUID) -> bytes:
    return request("POST", f"/api/v1/sessions/{session}/complete", token=learner.token, body=b"{}")


def _id() -> UUID:
    return UUID(int=random.getrandbits(128), version=4)
