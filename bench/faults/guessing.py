"""H10: somebody guesses passwords, from one address, from many, with forged headers and over many accounts.
L3: fifty people log in at the same moment.

An hour of guessing is spread over a thousand guesses: after each, what is counted against guessers is made 3.6 s older
in its table. Addresses are those of 127.0.0.0/8, so each guess really comes from where it seems to come from.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg
import httpx

from bench.faults.machine import Machine
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile

GUESSES = 1000
HOUR_S = 3600.0
MOST_EVALUATED = 20
SPRAYED = 50
AT_ONCE = 50
ROUNDS = 10
READERS = 10
LOGIN = "/api/v1/auth/login"

_AGE = """
    UPDATE identity_login_failure SET last_failed_at = last_failed_at - make_interval(secs => $1::float8),
        blocked_until = blocked_until - make_interval(secs => $1::float8)
"""


@dataclass(frozen=True, slots=True)
class Guess:
    address: str
    email: str
    forwarded: str | None = None


def _addresses(network: int) -> Iterator[str]:
    """Always another one."""
    for high, low in itertools.product(range(1, 255), repeat=2):
        yield f"127.{network}.{high}.{low}"


def _password(number: int) -> str:
    return f"a long enough secret {number}"


async def _register(machine: Machine, name: str, number: int) -> str:
    email = f"{name}@example.org"
    body = {"email": email, "name": "Ada", "password": _password(number)}
    async with httpx.AsyncClient(base_url=machine.url, timeout=30) as http:
        (await http.post("/api/v1/auth/register", json=body)).raise_for_status()
    return email


async def _log_in(machine: Machine, guess: Guess, password: str) -> int:
    transport = httpx.AsyncHTTPTransport(local_address=guess.address, verify=False)
    headers = {"X-Forwarded-For": guess.forwarded} if guess.forwarded else {}
    async with httpx.AsyncClient(transport=transport, base_url=machine.url, timeout=30) as http:
        answer = await http.post(LOGIN, json={"email": guess.email, "password": password}, headers=headers)
        return answer.status_code


async def guessed(run: Run) -> Verdict:
    """Four hours of guessing, then a thousand guesses at once; the owner logs in after each."""
    figures: dict[str, int] = {}
    owners_in = owners = 0
    async with run.serving() as (machine, _), machine.sql() as sql:
        emails = [await _register(machine, f"h10-{number}", 0) for number in range(SPRAYED)]
        many = _addresses(2)
        attacks: dict[str, Callable[[int], Guess]] = {
            "one address": lambda n: Guess("127.1.0.1", emails[0]),
            "an address for each guess": lambda n: Guess(next(many), emails[1]),
            "a forged header for each guess": lambda n: Guess("127.1.0.3", emails[2], f"203.0.113.{n % 250}"),
            "spraying": lambda n: Guess("127.1.0.4", emails[n % SPRAYED]),
        }
        for name, attack in attacks.items():
            await sql.execute("DELETE FROM identity_login_failure")
            run.say(f"guessing: {name}")
            statuses, most = await _hour(machine, sql, run.count(GUESSES), attack)
            figures |= {f"{name}, evaluated": statuses[401], f"{name}, most of one account": most}
            figures |= {f"{name}, let in": statuses[200]}
            owners += 1
            owners_in += await _log_in(machine, Guess("127.0.0.1", attack(0).email), _password(0)) == 200
        await sql.execute("DELETE FROM identity_login_failure")
        run.say("all at once")
        figures["all at once, most of one account"] = await _flood(machine, run.count(GUESSES), emails[5])
        owners += 1
        owners_in += await _log_in(machine, Guess("127.0.0.1", emails[5]), _password(0)) == 200
    worst = max(value for name, value in figures.items() if name.endswith("most of one account"))
    let_in = sum(value for name, value in figures.items() if name.endswith("let in"))
    return Verdict(
        fault="H10",
        design="product",
        passed=worst <= MOST_EVALUATED and owners_in == owners and let_in == 0,
        line=(
            f"of {run.count(GUESSES)} guesses in an hour at most {worst} of one account were evaluated ("
            + ", ".join(f"{name.partition(',')[0]} {value}" for name, value in figures.items() if "most of" in name)
            + f"); spraying got {figures['spraying, evaluated']} over {SPRAYED} accounts; "
            f"the owner got in {owners_in} of {owners} times"
        ),
        figures={**figures, "owners_in": owners_in, "owners": owners},
    )


async def _hour(
    machine: Machine, sql: asyncpg.Connection, guesses: int, attack: Callable[[int], Guess]
) -> tuple[Counter[int], int]:
    """What was answered, and how many guesses were evaluated of the account that had most of them."""
    statuses: Counter[int] = Counter()
    evaluated: Counter[str] = Counter()
    for number in range(guesses):
        guess = attack(number)
        status = await _log_in(machine, guess, f"a wrong guess {number}")
        statuses[status] += 1
        evaluated[guess.email] += status == 401
        await sql.execute(_AGE, HOUR_S / guesses)
    return statuses, max(evaluated.values())


async def _flood(machine: Machine, guesses: int, email: str) -> int:
    gate, addresses = asyncio.Semaphore(100), _addresses(3)

    async def guess(number: int) -> int:
        async with gate:
            return await _log_in(machine, Guess(next(addresses), email), f"a wrong guess {number}")

    return Counter(await asyncio.gather(*(guess(number) for number in range(guesses))))[401]


async def logged_in_at_once(run: Run) -> Verdict:
    """Ten people read without a pause; again and again fifty others log in at the same moment."""
    paths = ("/api/v1/courses", "/api/v1/auth/me", "/api/v1/progress")
    quiet: list[float] = []
    busy: list[float] = []
    logins: list[float] = []
    statuses: Counter[int] = Counter()
    async with run.serving() as (machine, _), AsyncExitStack() as stack:
        run.say(f"{AT_ONCE} people register")
        emails = [await _register(machine, f"l3-{number}", number) for number in range(AT_ONCE)]
        limits = httpx.Limits(max_connections=AT_ONCE)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=machine.url, timeout=30, limits=limits))
        readers = await stack.enter_async_context(httpx.AsyncClient(base_url=machine.url, timeout=30))
        answer = await http.post(LOGIN, json={"email": emails[0], "password": _password(0)})
        headers = {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}
        taken, stop = quiet, asyncio.Event()

        async def read(number: int) -> None:
            for path in itertools.islice(itertools.cycle(paths), number % len(paths), None):
                if stop.is_set():
                    return
                began, into = time.perf_counter(), taken
                found = await readers.get(path, headers=headers)
                into.append(time.perf_counter() - began)
                statuses[found.status_code] += 1
                await asyncio.sleep(0.05)

        async def log_in(number: int) -> None:
            began = time.perf_counter()
            found = await http.post(LOGIN, json={"email": emails[number], "password": _password(number)})
            logins.append(time.perf_counter() - began)
            statuses[found.status_code] += 1

        reading = [asyncio.create_task(read(number)) for number in range(READERS)]
        await asyncio.sleep(3)
        for round_ in range(run.count(ROUNDS)):
            run.say(f"{AT_ONCE} logins at once, round {round_ + 1}")
            taken = busy
            await asyncio.gather(*(log_in(number) for number in range(AT_ONCE)))
            taken = quiet
            await asyncio.sleep(0.5)
        stop.set()
        await asyncio.gather(*reading)
    ms = {
        name: percentile(sorted(values), share) * 1000
        for name, values, share in (
            ("quiet_p50_ms", quiet, 0.5),
            ("quiet_p99_ms", quiet, 0.99),
            ("busy_p50_ms", busy, 0.5),
            ("busy_p99_ms", busy, 0.99),
            ("login_p50_ms", logins, 0.5),
            ("login_p99_ms", logins, 0.99),
        )
    }
    return Verdict(
        fault="L3",
        design="product",
        passed=set(statuses) == {200} and ms["busy_p99_ms"] < 100,
        line=(
            f"{len(logins)} logins, {AT_ONCE} at once (p50 {ms['login_p50_ms']:.0f} ms, p99 {ms['login_p99_ms']:.0f} "
            f"ms); {len(busy)} requests of others meanwhile: p50 {ms['busy_p50_ms']:.0f} ms, p99 "
            f"{ms['busy_p99_ms']:.0f} ms; in between p50 {ms['quiet_p50_ms']:.0f} ms, p99 {ms['quiet_p99_ms']:.0f} ms; "
            f"answers {dict(statuses)}"
        ),
        figures={**ms, "logins": len(logins), "requests": len(busy)},
    )
