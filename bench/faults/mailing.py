"""N1: mails while everything around them is killed again and again, and before that, how long one takes in peace."""

import asyncio
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import NamedTuple

import asyncpg
import httpx
import msgspec

from bench.faults.kills import Killer
from bench.faults.machine import Machine
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.stand import BenchError
from domains.identity.events import UserCreated
from domains.kernel.ids import new_id
from doubles.mail_server import mail_server

CALM = 100
MAILS = 1000
OVER_S = 40.0
PATIENCE_S = 200.0
_LATE_ONE_IN = 20
"""Of the recipients the server puts off so many, once each."""
_HANG_UP_S = 1.7


class Told(NamedTuple):
    address: str
    fact: UserCreated


class House:
    """A mail server that puts some off, hangs up on everybody now and then, and writes down what it took."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.at: dict[str, float] = {}
        self.put_off = 0
        self._steps = 0

    def answer(self, step: str) -> str | None:
        if step != "RCPT":
            return None
        self._steps += 1
        if self._steps % _LATE_ONE_IN:
            return None
        self.put_off += 1
        return "451 4.7.1 later, please"


async def mails_under_kills(run: Run) -> Verdict:
    house = House()
    async with mail_server() as server:
        settings = {"smtp_url": f"smtp://127.0.0.1:{server.port}?starttls=off", "mail_from": "Lyceum <no@lyceum.test>"}
        async with run.machine(settings) as machine:
            api, workers = machine.api(), [machine.worker(1), machine.worker(2)]
            run.say("starting the API and two workers")
            for program in (api, *workers):
                program.start()
            await machine.answers()
            for worker in workers:
                await machine.works(worker)

            watching = asyncio.create_task(_watch(server.mails, house))
            calm = run.count(CALM)
            run.say(f"{calm} people register in peace")
            waits = await _calm(machine, house, calm)

            server.answer = house.answer
            many = await _people(machine, run.count(MAILS), "many")
            over_s = max(8.0, OVER_S * run.scale)
            killer = Killer(machine, api, workers)
            hanging_up = asyncio.create_task(_hang_up(server.hang_up))
            async with asyncio.TaskGroup() as group:
                group.create_task(killer.rage(over_s))
                group.create_task(_record(machine, many, over_s / len(many) * 0.9))
            await killer.leave_alone()
            hanging_up.cancel()
            began = time.monotonic()
            run.say(f"all recorded, killed: {killer.kills}; {sum(a in house.at for a, _ in many)} taken so far")
            await _until(lambda: sum(address in house.at for address, _ in many), len(many), PATIENCE_S)
            states = await _states(machine, within_s=60)
            drain_s = time.monotonic() - began
            watching.cancel()
    return _verdict(house, calm + len(many), waits, killer, states, drain_s)


async def _calm(machine: Machine, house: House, count: int) -> list[float]:
    """Seconds from each fact to the acceptance of its mail."""
    facts: dict[str, datetime] = {}
    async with httpx.AsyncClient(base_url=machine.url) as http, machine.sql() as sql:
        for number in range(count):
            body = {"email": f"calm{number}@example.org", "name": "Ada", "password": "correct horse battery"}
            answer = await http.post("/api/v1/auth/register", json=body)
            if answer.status_code != 201:
                raise BenchError(f"registering answered {answer.status_code}: {answer.text}")
            facts[body["email"]] = await sql.fetchval(
                "SELECT occurred_at FROM kernel_outbox WHERE type = 'identity.user_created.v1' ORDER BY id DESC LIMIT 1"
            )
    await _until(lambda: len(house.at), count, 30)
    return [
        house.at[address] - occurred_at.timestamp() for address, occurred_at in facts.items() if address in house.at
    ]


async def _people(machine: Machine, count: int, name: str) -> list[Told]:
    """With the fact that they are there, which is told with a mail."""
    told = [Told(f"{name}{number}@example.org", UserCreated(user_id=new_id())) for number in range(count)]
    async with machine.sql() as sql:
        await sql.executemany(
            "INSERT INTO identity_user (id, email, name) VALUES ($1, $2, 'Many')",
            [(one.fact.user_id, one.address) for one in told],
        )
    return told


async def _record(machine: Machine, told: list[Told], apart_s: float) -> None:
    """As a unit of work records them, but that no process dispatches them from memory: the outbox is swept."""
    started = time.monotonic()
    for number, one in enumerate(told):
        await asyncio.sleep(max(0.0, started + number * apart_s - time.monotonic()))
        fact = told[number] = one._replace(fact=UserCreated(user_id=one.fact.user_id))
        while True:
            try:
                await _insert(machine, fact.fact)
                break
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                await asyncio.sleep(0.2)


async def _insert(machine: Machine, fact: UserCreated) -> None:
    async with machine.sql() as sql, sql.transaction():
        await sql.execute(
            "INSERT INTO kernel_outbox (id, type, payload, occurred_at, lease_until) VALUES ($1, $2, $3, $4, now())"
            " ON CONFLICT DO NOTHING",
            fact.event_id,
            fact.type_name(),
            msgspec.json.encode(fact).decode(),
            fact.occurred_at,
        )
        await sql.execute(
            "INSERT INTO kernel_delivery (event_id, subscription, due_at) VALUES ($1, 'notifications.welcome', now())"
            " ON CONFLICT DO NOTHING",
            fact.event_id,
        )


async def _watch(mails: Sequence[EmailMessage], house: House) -> None:
    seen = 0
    while True:
        for mail in mails[seen:]:
            seen += 1
            house.taken[str(mail["Message-ID"])] += 1
            house.at.setdefault(str(mail["To"]).rpartition("<")[2].rstrip(">"), time.time())
        await asyncio.sleep(0.002)


async def _hang_up(hang_up: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(_HANG_UP_S)
        hang_up()


async def _until(count: Callable[[], int], wanted: int, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while count() < wanted and time.monotonic() < deadline:
        await asyncio.sleep(0.02)


async def _states(machine: Machine, *, within_s: float) -> dict[str, int]:
    """Of all deliveries, once none waits any more or nobody waits for them."""
    deadline = time.monotonic() + within_s
    async with machine.sql() as sql:
        while True:
            rows = await sql.fetch("SELECT state, count(*)::int AS n FROM notifications_delivery GROUP BY 1")
            found = {row["state"]: row["n"] for row in rows}
            if "waiting" not in found or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.2)


def _verdict(
    house: House,
    told: int,
    waits: Sequence[float],
    killer: Killer,
    states: dict[str, int],
    drain_s: float,
) -> Verdict:
    lost = told - len(house.at)
    doubled = sum(times > 1 for times in house.taken.values())
    names = len(house.taken)
    p50, p99 = (statistics.quantiles(waits, n=100)[at] for at in (49, 98))
    kills = killer.kills
    return Verdict(
        fault="N1",
        design="product",
        # A mail that was taken while its sender died or its answer was lost comes again, under its own name.
        passed=lost == 0 and names == told and states == {"sent": told},
        line=(
            f"{names} Message-IDs for {told} facts, {lost} lost, {doubled} taken more than once under the same name; "
            f"rows: {states}; all taken {drain_s:.1f} s after the last kill; kill -9: {kills['worker']} workers, "
            f"{kills['api']} APIs, {kills['postgresql']} PostgreSQL; {house.put_off} put off by the server, all "
            f"connections cut every {_HANG_UP_S} s; from fact to acceptance in peace p50 {p50 * 1000:.0f} ms, p99 "
            f"{p99 * 1000:.0f} ms"
        ),
        figures={
            "facts": told,
            "message_ids": names,
            "lost": lost,
            "taken_again": doubled,
            "states": states,
            "drain_s": drain_s,
            "kills": kills,
            "put_off": house.put_off,
            "calm_p50_s": p50,
            "calm_p99_s": p99,
        },
    )
