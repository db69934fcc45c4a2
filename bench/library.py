"""A large library: one course of 200 units and 3,000 exercises among 2,000 others. How long it takes to bring in, to
read, to list and to search. The courses are made of syllables by a fixed seed: the same in every run, and words are as
rare and as common as in a language."""

import itertools
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import msgspec

from app.config import Settings
from app.infra import PATIENT, Infra, open_infra
from bench.closed_loop import Load, address_of, closed_loop
from bench.figures import Figure, Result, latencies
from bench.keepalive import Connection, request
from bench.stand import BenchError, Stand
from domains.catalog import api as catalog
from domains.catalog import formats
from domains.catalog.content import Course, Exercise, Lesson, Phrase, Section, Unit
from domains.catalog.kinds import Translate

COURSES = 2_000
UNITS, EXERCISES = 200, 3_000
_WORDS = 6_000
_AT_ONCE = 50
_LISTS = {
    "list by title": "sort=title",
    "list by popularity": "sort=popular",
    "list narrowed": "target_language=es&level=A1&sort=newest",
    "list by words": "q={middle}",
    "facets": "",
}
_SEARCHES = {
    "search for a rare word": "{rare}",
    "search for a usual word": "{middle}",
    "search for the most common word": "{common}",
    "search for three words, the last one unfinished": "{common} {middle} {begun}",
    "search for a mistyped word": "{mistyped}",
}


class Language:
    """Words by Zipf's law."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        syllables = ["".join(pair) for pair in itertools.product("bcdfgklmnprstvz", "aeiou")]
        self.words = list(
            dict.fromkeys("".join(self.chance.choices(syllables, k=self.chance.randint(2, 4))) for _ in range(_WORDS))
        )
        self._weights = list(itertools.accumulate(1 / (place + 1) for place in range(len(self.words))))

    def text(self, words: int) -> str:
        return " ".join(self.chance.choices(self.words, cum_weights=self._weights, k=words))

    def course(self, slug: str, *, units: int, lessons: int, exercises: int) -> Course:
        """`exercises` to a lesson."""
        target, level = self.chance.choice(["es", "fr", "de", "it"]), self.chance.choice(["A1", "A2", "B1"])
        return Course(
            slug,
            self.text(3),
            "en",
            target,
            (Section("s", self.text(2), tuple(self._unit(str(n), target, lessons, exercises) for n in range(units))),),
            description=self.text(30),
            level=level,  # type: ignore[arg-type]
            topics=(self.text(1),),
        )

    def _unit(self, key: str, target: str, lessons: int, exercises: int) -> Unit:
        return Unit(key, self.text(3), tuple(self._lesson(f"{key}/{n}", target, exercises) for n in range(lessons)))

    def _lesson(self, key: str, target: str, exercises: int) -> Lesson:
        made = tuple(
            Exercise(f"{key}/{n}", Translate(f"{self.text(4)} {n}", target, "en", (self.text(4),)))
            for n in range(exercises)
        )
        words = tuple(Phrase((self.text(2),), (self.text(2),)) for _ in range(8))
        return Lesson(key, self.text(2), made, words=words)


async def measure(stand: Stand, *, seconds: float, connections: int, courses: int = COURSES) -> Result:
    language = Language()
    settings = Settings.load({}, database_url=stand.database_url, redis_url=stand.redis_url)
    async with open_infra(settings, [], limits=PATIENT) as infra:
        large, figures = await _bring_in(infra, language)
        began = time.perf_counter()
        await _fill(infra, language, courses)
        figures.append(Figure("publish one of the others", (time.perf_counter() - began) * 1000 / courses, "ms"))
        await infra.db.fetch("ANALYZE catalog_search")
        await infra.db.fetch("ANALYZE catalog_course")
    figures += await _reads(stand, large, seconds, connections)
    words = {
        "rare": language.words[4_000],
        "middle": language.words[100],
        "common": language.words[0],
        "begun": language.words[50][:4],
        "mistyped": _slipped(language.words[200]),
    }
    for name, parameters in _LISTS.items():
        path = "/api/v1/courses" + ("/facets" if name == "facets" else f"?{parameters.format(**words)}")
        figures += await _timed(stand, name, path, seconds)
    for name, question in _SEARCHES.items():
        path = f"/api/v1/search?q={quote(question.format(**words))}"
        figures += await _timed(stand, name, path, seconds)
    notes = [
        f"A course of {UNITS} units and {EXERCISES:,} exercises among {courses:,} of 12 lessons each; reads: "
        f"{connections} keep-alive connections, closed loop, {seconds:g} s; lists and searches: one connection, as "
        f"many as fit into {seconds / 2:g} s.",
    ]
    return Result("library", figures, notes)


async def _bring_in(infra: Infra, language: Language) -> tuple[UUID, list[Figure]]:
    """The large course out of a file, as `lyceum import` does it."""
    course = language.course("large", units=UNITS, lessons=1, exercises=EXERCISES // UNITS)
    written, report = formats.write(course, "lyceum", {})
    if written is None:
        raise BenchError(f"the course cannot be written: {report.remarks[0]}")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"large{written.suffix}"
        path.write_bytes(written.body)
        began = time.perf_counter()
        loaded, _ = formats.read(path)
        read = time.perf_counter()
    if loaded is None:
        raise BenchError("the course cannot be read")
    async with infra.db.begin() as uow:
        published = await catalog.publish(uow, loaded.course)
    done = time.perf_counter()
    changed = msgspec.structs.replace(loaded.course, title="Another title")
    async with infra.db.begin() as uow:
        await catalog.publish(uow, changed)
    again = time.perf_counter()
    return published.course_id, [
        Figure("file of the large course", len(written.body) / 1024, "KB"),
        Figure("reading it", read - began, "s"),
        Figure("publishing it", done - read, "s"),
        Figure("publishing it again with another title", again - done, "s"),
    ]


async def _fill(infra: Infra, language: Language, courses: int) -> None:
    for first in range(0, courses, _AT_ONCE):
        async with infra.db.begin() as uow:
            for number in range(first, min(first + _AT_ONCE, courses)):
                await catalog.publish(uow, language.course(f"c-{number}", units=4, lessons=3, exercises=1))


async def _reads(stand: Stand, course_id: UUID, seconds: float, connections: int) -> list[Figure]:
    path = f"/api/v1/courses/{course_id}"
    plain, small = request("GET", path), request("GET", path, headers="Accept-Encoding: gzip\r\n")
    connection = await Connection.open(stand.host, stand.port)
    try:
        began = time.perf_counter()
        body = await connection.call(plain)
        first_s = time.perf_counter() - began
        compressed = await connection.call(small)
        health = request("GET", "/health")
        await connection.call(health)
    finally:
        connection.close()

    async def load(data: bytes) -> Load:
        streams: list[Iterator[bytes]] = [itertools.repeat(data) for _ in range(connections)]
        found = await closed_loop(address_of(stand), streams, seconds=seconds, cpu=stand.cpu)
        if found.failures:
            raise BenchError(f"unexpected answers by status: {dict(found.failures)}")
        return found

    bare, whole, gzipped = await load(health), await load(plain), await load(small)
    return [
        Figure("size of the large course", len(body) / 1024, "KB"),
        Figure("the same compressed", len(compressed) / 1024, "KB"),
        Figure("its first answer, with decoding and compressing", first_s * 1000, "ms"),
        Figure("large course, compressed", gzipped.per_second, "/s"),
        *latencies("large course, compressed", gzipped.latencies_s),
        Figure("large course, as it is", whole.per_second, "/s"),
        Figure("of /health, compressed", gzipped.per_second / bare.per_second, ""),
        Figure("of /health, as it is", whole.per_second / bare.per_second, ""),
        Figure("/health", bare.per_second, "/s"),
    ]


async def _timed(stand: Stand, name: str, path: str, seconds: float) -> list[Figure]:
    data = request("GET", path)
    found: list[float] = []
    connection = await Connection.open(stand.host, stand.port)
    try:
        await connection.call(data)
        until = time.perf_counter() + seconds / 2
        while (began := time.perf_counter()) < until:
            await connection.call(data)
            found.append(time.perf_counter() - began)
    finally:
        connection.close()
    return latencies(name, found)


def _slipped(word: str) -> str:
    """Two letters changed places."""
    return word[:2] + word[3] + word[2] + word[4:]
