"""H9: refreshes of one login session at once, an answer that is lost, and a refresh token that is stolen."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from bench.faults.machine import Machine
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.keepalive import request

PEOPLE = 20
AT_ONCE = 50
AFTER_GRACE_S = 11.0
"""Longer than an old token is good for because its answer may be lost."""
AUTH = "/api/v1/auth"


@dataclass(slots=True)
class Login:
    refresh: str
    access: str


@dataclass(slots=True)
class Found:
    """Counts of what went as it should."""

    parallel: int = 0
    successors: list[int] = field(default_factory=list)
    families: int = 0
    continued: int = 0
    lost: int = 0
    thieves_refused: int = 0
    dead: int = 0
    dead_after_restart: int = 0
    latencies_s: list[float] = field(default_factory=list)


async def refreshed(run: Run) -> Verdict:
    """Three groups of people, each with one fault; then the API and PostgreSQL are killed and started again."""
    count = run.count(PEOPLE)
    found = Found()
    async with run.serving() as (machine, _):
        async with httpx.AsyncClient(
            base_url=machine.url, timeout=20, limits=httpx.Limits(max_connections=100)
        ) as http:
            run.say(f"{3 * count} people register")
            people = [await _registered(http, number) for number in range(3 * count)]
            crowd, unlucky, robbed = people[:count], people[count : 2 * count], people[2 * count :]
            run.say(f"{AT_ONCE} refreshes at once, for each of {count}")
            for login in crowd:
                await _at_once(http, login, found)
            run.say("answers are lost")
            for login in unlucky:
                await _answer_lost(http, machine, login, found)
            run.say("refresh tokens are stolen")
            stolen = [login.refresh for login in robbed]
            for login in robbed:
                await _step(http, login)
            await asyncio.sleep(AFTER_GRACE_S)
            for login, token in zip(robbed, stolen, strict=True):
                found.thieves_refused += await _status(http, token) == 401
                found.dead += await _is_dead(http, login)
        found.families = await _families(machine)
        run.say("kill -9: the API, then PostgreSQL")
        await _restarted(machine)
        async with httpx.AsyncClient(base_url=machine.url, timeout=20) as http:
            for login, token in zip(robbed, stolen, strict=True):
                found.dead_after_restart += await _is_dead(http, login) and await _status(http, token) == 401
            alive = sum([await _status(http, login.refresh) == 200 for login in crowd + unlucky])
    return _verdict(found, count, alive)


async def _registered(http: httpx.AsyncClient, number: int) -> Login:
    body = {"email": f"h9-{number}@example.org", "name": "Ada", "password": f"a long enough secret {number}"}
    answer = (await http.post(f"{AUTH}/register", json=body)).raise_for_status().json()
    return Login(answer["refresh_token"], answer["access_token"])


async def _refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post(f"{AUTH}/refresh", json={"refresh_token": token})


async def _status(http: httpx.AsyncClient, token: str) -> int:
    return (await _refresh(http, token)).status_code


async def _step(http: httpx.AsyncClient, login: Login) -> bool:
    """The next refresh, as a client does it."""
    answer = await _refresh(http, login.refresh)
    if answer.status_code == 200:
        login.refresh, login.access = answer.json()["refresh_token"], answer.json()["access_token"]
    return answer.status_code == 200


async def _at_once(http: httpx.AsyncClient, login: Login, found: Found) -> None:
    async def timed() -> httpx.Response:
        started = time.perf_counter()
        answer = await _refresh(http, login.refresh)
        found.latencies_s.append(time.perf_counter() - started)
        return answer

    answers = await asyncio.gather(*(timed() for _ in range(AT_ONCE)))
    right = [answer.json()["refresh_token"] for answer in answers if answer.status_code == 200]
    found.parallel += len(right)
    found.successors.append(len(set(right)))
    if right:
        login.refresh = right[0]
    found.continued += await _step(http, login)


async def _answer_lost(http: httpx.AsyncClient, machine: Machine, login: Login, found: Found) -> None:
    """The request arrives and counts, but the line is cut before anything is read; the client asks again."""
    place = urlsplit(machine.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    body = b'{"refresh_token":"%s"}' % login.refresh.encode()
    writer.write(request("POST", f"{AUTH}/refresh", body=body))
    await writer.drain()
    # Until the server has answered, so that the token is used up; what it said is thrown away.
    await reader.read(1)
    writer.transport.abort()
    found.lost += await _step(http, login) and await _step(http, login)


async def _is_dead(http: httpx.AsyncClient, login: Login) -> bool:
    """Neither the newest refresh token nor the access token is good for anything."""
    me = await http.get(f"{AUTH}/me", headers={"Authorization": f"Bearer {login.access}"})
    return await _status(http, login.refresh) == 401 and me.status_code == 401


async def _families(machine: Machine) -> int:
    """Login sessions with exactly one refresh token that has not been used."""
    async with machine.sql() as sql:
        count: int = await sql.fetchval(
            "SELECT count(*) FROM (SELECT session_id FROM identity_refresh_token GROUP BY session_id"
            " HAVING count(*) FILTER (WHERE used_at IS NULL) = 1) AS one"
        )
        return count


async def _restarted(machine: Machine) -> None:
    [api] = [program for program in machine.programs if program.name == "api"]
    api.kill()
    machine.postgres.kill()
    await machine.postgres.start()
    api.start()
    await machine.answers()


def _verdict(found: Found, count: int, alive: int) -> Verdict:
    wanted: Sequence[tuple[int, int]] = (
        (found.parallel, count * AT_ONCE),
        (max(found.successors), 1),
        (found.families, 3 * count),
        (found.continued, count),
        (found.lost, count),
        (found.thieves_refused, count),
        (found.dead, count),
        (found.dead_after_restart, count),
        (alive, 2 * count),
    )
    latencies = sorted(found.latencies_s)
    return Verdict(
        fault="H9",
        design="product",
        passed=all(is_found == is_wanted for is_found, is_wanted in wanted),
        line=(
            f"{found.parallel} of {count * AT_ONCE} refreshes answered, {AT_ONCE} at once for each of {count} people, "
            f"at most {max(found.successors)} successor each (p50 {percentile(latencies, 0.5) * 1000:.0f} ms, p99 "
            f"{percentile(latencies, 0.99) * 1000:.0f} ms); {found.families} of {3 * count} families with one live "
            f"token; {found.lost} of {count} went on after a lost answer; {found.thieves_refused} of {count} thieves "
            f"refused, {found.dead} families dead, {found.dead_after_restart} still after kill -9 of the API and "
            f"PostgreSQL, {alive} of {2 * count} others alive"
        ),
        figures={
            "people": 3 * count,
            "parallel": found.parallel,
            "successors": max(found.successors),
            "families": found.families,
            "continued": found.continued,
            "lost_answers": found.lost,
            "thieves_refused": found.thieves_refused,
            "dead": found.dead,
            "dead_after_restart": found.dead_after_restart,
            "others_alive": alive,
            "p50_ms": percentile(latencies, 0.5) * 1000,
            "p99_ms": percentile(latencies, 0.99) * 1000,
        },
    )
