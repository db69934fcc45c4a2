"""Logins: whether a guesser can tell by the clock who has an account, and what ten at once do to everybody else.

Known and unknown addresses take turns, one request at a time; what is counted against guessers is deleted in between,
because it is the work of a try that is measured and not the limit. What logins do to the event loop is seen from
outside: by how long `GET /health`, which does nothing, takes meanwhile.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import httpx

from bench.figures import Figure, Result, below, latencies, percentile
from bench.stand import BenchError, Stand

ROUNDS = 40
AT_ONCE = 10
PASSWORD = "a password of the bench 7"
ALIKE_MS = 10.0
STALL_MS = 50.0


async def measure(stand: Stand) -> Result:
    known, unknown = "logins@bench.example.org", "nobody@bench.example.org"
    database = await asyncpg.connect(stand.dsn)
    try:
        async with httpx.AsyncClient(base_url=f"http://{stand.host}:{stand.port}", timeout=30.0) as http:
            await _register(http, known)

            async def wrong_password(email: str) -> httpx.Response:
                return await http.post("/api/v1/auth/login", json={"email": email, "password": "a wrong one"})

            async def a_code(email: str) -> httpx.Response:
                return await http.post("/api/v1/auth/login/code", json={"email": email})

            async def a_reset(email: str) -> httpx.Response:
                return await http.post("/api/v1/auth/password/reset", json={"email": email})

            figures: list[Figure] = []
            for name, call in (("wrong password", wrong_password), ("login code", a_code), ("reset", a_reset)):
                figures += await _compared(database, name, call, known, unknown)
            figures += await _stalls(database, http, known)
    finally:
        await database.close()
    return Result("logins", figures, [f"{ROUNDS} of each, one at a time; {AT_ONCE} logins at once, five times"])


async def _register(http: httpx.AsyncClient, email: str) -> None:
    body = {"email": email, "name": "Bench", "password": PASSWORD}
    answer = await http.post("/api/v1/auth/register", json=body)
    if answer.status_code not in {201, 409}:
        raise BenchError(f"registering answered {answer.status_code}")


async def _forget_tries(database: asyncpg.Connection) -> None:
    await database.execute("DELETE FROM identity_login_failure")


async def _compared(
    database: asyncpg.Connection, name: str, call: Callable[[str], Awaitable[httpx.Response]], *emails: str
) -> list[Figure]:
    took: dict[str, list[float]] = {email: [] for email in emails}
    seen = set()
    for round_ in range(ROUNDS):
        await _forget_tries(database)
        # Whoever comes second finds caches warm.
        for email in emails if round_ % 2 else reversed(emails):
            began = time.perf_counter()
            answer = await call(email)
            took[email].append((time.perf_counter() - began) * 1000)
            seen.add(answer.status_code)
    if len(seen) != 1:
        raise BenchError(f"{name}: answers differ: {sorted(seen)}")
    known, unknown = (percentile(sorted(times), 0.5) for times in took.values())
    return [
        Figure(f"{name}, known address p50", known, "ms"),
        Figure(f"{name}, unknown address p50", unknown, "ms"),
        below(f"{name}, difference", abs(known - unknown), "ms", ALIKE_MS),
    ]


async def _stalls(database: asyncpg.Connection, http: httpx.AsyncClient, email: str) -> list[Figure]:
    body = {"email": email, "password": PASSWORD}
    quiet = await _watched(http, asyncio.sleep(1.0))
    meanwhile: list[float] = []
    logins: list[float] = []

    async def log_in() -> None:
        began = time.perf_counter()
        answer = await http.post("/api/v1/auth/login", json=body)
        if answer.status_code != 200:
            raise BenchError(f"a login answered {answer.status_code}")
        logins.append(time.perf_counter() - began)

    for _ in range(5):
        await _forget_tries(database)
        meanwhile += await _watched(http, asyncio.gather(*(log_in() for _ in range(AT_ONCE))))
    return [
        *latencies(f"{AT_ONCE} logins at once, each", logins),
        Figure("longest GET /health, nothing else going on", max(quiet) * 1000, "ms"),
        below(f"longest GET /health during {AT_ONCE} logins", max(meanwhile) * 1000, "ms", STALL_MS),
    ]


async def _watched(http: httpx.AsyncClient, work: Awaitable[object]) -> list[float]:
    """How long `GET /health` takes, asked over and over until `work` is done."""
    task, took = asyncio.ensure_future(work), []
    while not task.done():
        began = time.perf_counter()
        await http.get("/health")
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.001)
    await task
    return took
