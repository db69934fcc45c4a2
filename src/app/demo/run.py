"""The demo itself: finds the course, brings the learners together, and ends when time is up or somebody says so."""

import asyncio
import random
import secrets
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.demo.board import Board
from app.demo.client import CALL_S, CallRefused, Client, Courses, Lesson, Lessons, Pace, TimeIsUp, decoded
from app.demo.journal import Journal
from app.demo.knowledge import Knowledge
from app.demo.learner import Learner, Surroundings
from app.demo.measures import Measures, Summary
from app.demo.names import names
from app.demo.screen import Screen
from domains.catalog import api as catalog

REGISTERING_AT_ONCE = 2
"""Hashing a password is meant to be slow; a crowd at the door would keep the server from its lessons."""
REFRESH_S = 0.25
LAST_WORDS_S = 15.0


class NoServer(Exception):
    """One line: what is wrong at the address."""


@dataclass(frozen=True, slots=True)
class Options:
    url: str
    learners: int
    minutes: float
    speed: float
    seed: int | None
    journal: Path | None


@dataclass(frozen=True, slots=True)
class DemoCourse:
    id: str
    lessons: list[Lesson]


@asynccontextmanager
async def _connections(url: str, learners: int) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=learners + 2, max_keepalive_connections=learners + 2)
    # The address was given by hand: no proxy of the environment between us and it.
    async with httpx.AsyncClient(base_url=url, timeout=CALL_S, limits=limits, trust_env=False) as http:
        yield http


async def find_course(url: str) -> DemoCourse | None:
    """The demo course as the server has it, or None. Raises NoServer."""
    async with _connections(url, 1) as http:
        try:
            health = await http.get("/health")
        except (httpx.TransportError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise NoServer(f"no server answers at {url} ({reason}): start one with `lyceum serve`") from None
        if not health.is_success:
            raise NoServer(f"what answers at {url} is not Lyceum, or is not well: /health says {health.status_code}")
        client = Client(http, Pace(), lambda code: None)
        try:
            course_id = await _course_id(client)
            if course_id is None:
                return None
            lessons = decoded((await client.get(f"/courses/{course_id}/lessons")).body, Lessons)
        except CallRefused as refused:
            raise NoServer(f"the server at {url} does not show its courses: {refused}") from None
    return DemoCourse(course_id, [lesson for lesson in lessons.items if lesson.exercises])


async def _course_id(client: Client) -> str | None:
    after = ""
    while True:
        page = decoded((await client.get(f"/courses{after}")).body, Courses)
        for course in page.items:
            if course.slug == catalog.DEMO_SLUG:
                return course.id
        if page.next_cursor is None:
            return None
        after = f"?cursor={page.next_cursor}"


async def run(options: Options, course: DemoCourse, screen: Screen) -> Summary:
    """Lets learners learn until the time is up or Ctrl-C."""
    measures = Measures(options.learners)
    pace = Pace()
    journal = Journal(options.journal)
    knowledge = Knowledge(await asyncio.to_thread(catalog.demo_course))
    seen: list[Learner] = []

    def on_board(learner: Learner) -> None:
        # The first who sees a board is whose screen we look at.
        if not seen:
            seen.append(learner)

    around = Surroundings(
        options.url, course.id, course.lessons, knowledge, measures, journal, pace, options.speed, on_board
    )
    with _ended_by_signals(pace), screen:
        try:
            async with _connections(options.url, options.learners) as http:
                lives = asyncio.create_task(_live(options, around, http))
                clock = asyncio.get_running_loop().time
                ends_at = clock() + options.minutes * 60
                while not lives.done() and not pace.over and clock() < ends_at:
                    screen.show(measures, seen[0].board if seen else Board())
                    await asyncio.wait({lives}, timeout=REFRESH_S)
                measures.end()
                pace.end()
                async with asyncio.timeout(LAST_WORDS_S):
                    await lives
        except TimeoutError:
            measures.error("demo.cut_short")
        finally:
            journal.close()
    return measures.summary(options.url)


async def _live(options: Options, around: Surroundings, http: httpx.AsyncClient) -> None:
    chance = random.Random(options.seed)  # noqa: S311 - behaviour of made-up people
    visit = secrets.token_hex(4)
    door = asyncio.Semaphore(REGISTERING_AT_ONCE)
    learners = [
        Learner(name, Client(http, around.pace, around.measures.error), around, random.Random(chance.random()))  # noqa: S311
        for name in names(options.learners, chance)
    ]

    async def life(number: int, learner: Learner) -> None:
        try:
            async with door:
                await learner.register(f"learner-{number}.{visit}@demo.example")
        except (TimeIsUp, CallRefused):
            return
        await learner.live()

    await asyncio.gather(*(life(number, learner) for number, learner in enumerate(learners, start=1)))


@contextmanager
def _ended_by_signals(pace: Pace) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the demo with its summary; a second one ends it at once."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)

    def end() -> None:
        pace.end()
        for number in caught:
            loop.remove_signal_handler(number)

    try:
        for number in caught:
            loop.add_signal_handler(number, end)
    except NotImplementedError:
        # Not on Windows: there Ctrl-C interrupts.
        yield
        return
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)
