"""N2: an announcement to ten thousand, and mails that somebody waits for in the middle of it."""

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psutil

from app import registry
from app.config import Settings
from app.dispatcher import wake
from app.infra import PATIENT, Infra, open_infra
from bench.faults.machine import Machine, Program
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.stand import BenchError, child, free_port
from domains.kernel.clock import utc_now
from domains.kernel.repository import DeliveryKey
from domains.notifications.service import plan
from domains.notifications.service.plan import Telling

RECIPIENTS = 10_000
PLANNED = 4_000
"""People for whom planning alone is timed."""
DOMAINS = 40
PATIENCE_S = 240.0
MOST_S = 120.0
MOST_WAIT_S = 2.0
MOST_CONNECTIONS = 4
MOST_GROWTH_MB = 80.0
MOST_PLAN_MS = 0.4
_PAGE = 200
_APART_S = 1.0

PASSWORD = "correct horse battery"
NEWS = {
    "audience": "everybody",
    "title": "Listening lessons",
    "body": "They are here.\n\nTry one.",
    "url": "/news",
    "channels": ["in_app", "email"],
}
_PEOPLE = """
    WITH u AS (
        INSERT INTO identity_user (id, email, name)
        SELECT gen_random_uuid(), 'p' || n || '@d' || (n % $2) || '.example', 'P' || n
        FROM generate_series(1, $1) n RETURNING id
    )
    INSERT INTO notifications_settings (user_id, marketing_since, marketing_proof) SELECT id, now(), 'bench' FROM u
"""


class Taken(NamedTuple):
    at: float
    message_id: str
    address: str
    connections: int


class Mailbox:
    """What the SMTP server wrote down so far."""

    def __init__(self, log: Path, port: int) -> None:
        self.port = port
        self._log = log
        self._read = 0
        self.taken: list[Taken] = []
        self.at: dict[str, float] = {}

    def look(self) -> None:
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        self._read += len(whole) + bool(whole)
        for line in whole.decode().splitlines():
            at, message_id, address, connections = line.split(" ")
            self.taken.append(Taken(float(at), message_id, address, int(connections)))
            self.at.setdefault(address, float(at))


@asynccontextmanager
async def mailbox(top: Path) -> AsyncGenerator[Mailbox]:
    port, log = free_port(), top / "mails.log"
    with child([sys.executable, "-m", "bench.faults.mailbox", str(port), str(log)]):
        deadline = time.monotonic() + 10
        while not log.exists():
            if time.monotonic() > deadline:
                raise BenchError("the SMTP server did not start")
            await asyncio.sleep(0.05)
        yield Mailbox(log, port)


async def announcement(run: Run) -> Verdict:
    async with mailbox(run.top) as box:
        settings = {"smtp_url": f"smtp://127.0.0.1:{box.port}?starttls=off", "mail_from": "Lyceum <no@lyceum.test>"}
        async with run.machine(settings) as machine:
            many = run.count(RECIPIENTS)
            async with machine.sql() as sql:
                await sql.execute(_PEOPLE, many, DOMAINS)
            async with _house(machine, settings) as infra:
                run.say(f"{many} people; planning alone for {min(PLANNED, many)} of them")
                plan_ms = await _planning_ms(infra, min(PLANNED, many))
                api, worker = machine.api(), machine.worker()
                run.say(f"{plan_ms:.3f} ms per person; starting the API and a worker")
                api.start()
                worker.start()
                await machine.answers()
                await machine.works(worker)
                async with httpx.AsyncClient(base_url=machine.url) as http:
                    return await _announced(run, machine, infra, box, http, {"api": api, "worker": worker}, plan_ms)


async def _announced(
    run: Run,
    machine: Machine,
    infra: Infra,
    box: Mailbox,
    http: httpx.AsyncClient,
    programs: dict[str, Program],
    plan_ms: float,
) -> Verdict:
    http.headers["Authorization"] = f"Bearer {await _admin(machine, http)}"
    made = (await http.post("/api/v1/admin/announcements", json=NEWS)).json()["id"]
    await asyncio.sleep(6)  # everything that starts once has started
    before = {name: _rss_mb(program) for name, program in programs.items()}
    peak = dict(before)
    cpu = {name: _cpu_s(program) for name, program in programs.items()}
    run.say(f"sending; RSS {_shown(before)} MB")
    began = time.time()
    (await http.post(f"/api/v1/admin/announcements/{made}/send")).raise_for_status()
    waiting: dict[str, tuple[str, float]] = {}
    pressing = asyncio.create_task(_press(infra, http, waiting))
    wanted, said, planned_s = run.count(RECIPIENTS), time.monotonic(), None
    while True:
        await asyncio.sleep(0.2)
        box.look()
        peak = {name: max(peak[name], _rss_mb(program)) for name, program in programs.items()}
        told = sum(address.startswith("p") for address in box.at)
        if told >= wanted or time.time() - began > PATIENCE_S:
            break
        if time.monotonic() - said > 5:
            said = time.monotonic()
            run.say(f"{told} of {wanted} accepted, RSS {_shown(peak)} MB")
    pressing.cancel()
    ended = max(one.at for one in box.taken)
    cpu = {name: _cpu_s(program) - cpu[name] for name, program in programs.items()}
    await asyncio.sleep(2)
    box.look()
    planned_s = (await http.get(f"/api/v1/admin/announcements/{made}")).json()["state"]
    return _verdict(box, wanted, ended - began, waiting, before, peak, cpu, plan_ms, planned_s)


async def _press(infra: Infra, http: httpx.AsyncClient, waiting: dict[str, tuple[str, float]]) -> None:
    """By turns somebody registers, and somebody cannot log in; whose mail it is and since when they wait."""
    number = 0
    while True:
        number += 1
        address = f"new{number}@late.example"
        body = {"email": address, "name": "Ada", "password": PASSWORD}
        answer = await http.post("/api/v1/auth/register", json=body)
        waiting[address] = ("welcome", time.time())
        await asyncio.sleep(_APART_S)
        await _reset(infra, UUID(answer.json()["user"]["id"]), number)
        waiting[f"{address} again"] = ("password_reset", time.time())
        await asyncio.sleep(_APART_S)


async def _reset(infra: Infra, user_id: UUID, number: int) -> None:
    """As a process does that plans and dispatches."""
    async with infra.db.begin() as uow:
        params = {"minutes": 60}
        await plan.notify(uow, user_id, "password_reset", params=params, url="/reset", cause=f"reset:{number}")
        facts = list(uow.facts)
    for fact in facts:
        await wake(infra.redis, DeliveryKey(fact.event_id, "notifications.deliver"))


async def _planning_ms(infra: Infra, many: int) -> float:
    """Per person, of an announcement by inbox and mail, committed."""
    rows = await infra.db.fetch("SELECT id FROM identity_user ORDER BY id LIMIT $1", many)
    ids = [row["id"] for row in rows]
    params: dict[str, object] = {"title": NEWS["title"], "body": NEWS["body"], "author": "Ada"}
    began = time.monotonic()
    for start in range(0, len(ids), _PAGE):
        async with infra.db.begin() as uow:
            tellings = [Telling(id_, params, "/news", "planning") for id_ in ids[start : start + _PAGE]]
            await plan.notify_many(uow, "announcement", tellings, now=utc_now())
    took_ms = (time.monotonic() - began) * 1000
    for table in ("notifications_delivery", "notifications_notification", "kernel_outbox"):
        await infra.db.fetch(f"DELETE FROM {table}")
    return took_ms / len(ids)


@asynccontextmanager
async def _house(machine: Machine, settings: dict[str, str]) -> AsyncGenerator[Infra]:
    found = Settings(
        database_url=machine.database_url,
        redis_url=machine.redis_url,
        public_url=machine.url,
        data_dir=machine.top / "data",
        **settings,  # type: ignore[arg-type]
    )
    async with open_infra(found, registry.subscriptions(), PATIENT) as infra:
        yield infra


async def _admin(machine: Machine, http: httpx.AsyncClient) -> str:
    body = {"email": "root@late.example", "name": "Root", "password": PASSWORD}
    answer = (await http.post("/api/v1/auth/register", json=body)).json()
    async with machine.sql() as sql:
        await sql.execute(
            "INSERT INTO identity_user_role (user_id, role) VALUES ($1, 'admin')", UUID(answer["user"]["id"])
        )
    token: str = answer["access_token"]
    return token


def _rss_mb(program: Program) -> float:
    rss: int = psutil.Process(program.pid).memory_info().rss
    return rss / 1e6


def _cpu_s(program: Program) -> float:
    times = psutil.Process(program.pid).cpu_times()
    return float(times.user + times.system)


def _shown(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.0f}" for name, value in found.items())


def _verdict(
    box: Mailbox,
    wanted: int,
    took_s: float,
    waiting: dict[str, tuple[str, float]],
    before: dict[str, float],
    peak: dict[str, float],
    cpu: dict[str, float],
    plan_ms: float,
    state: str,
) -> Verdict:
    told = Counter(one.address for one in box.taken if one.address.startswith("p"))
    waits = _waits(box, waiting)
    slowest = {kind: max(found, default=float("inf")) for kind, found in waits.items()}
    connections = max(one.connections for one in box.taken)
    growth = {name: peak[name] - before[name] for name in peak}
    figures: dict[str, Any] = {
        "recipients": wanted,
        "accepted_once": sum(times == 1 for times in told.values()),
        "took_s": took_s,
        "planning_ms_per_person": plan_ms,
        "most_connections": connections,
        "rss_before_mb": before,
        "rss_peak_mb": peak,
        "cpu_s": cpu,
        "waits_s": waits,
        "state": state,
    }
    medians = {kind: statistics.median(found) if found else float("inf") for kind, found in waits.items()}
    meanwhile = ", ".join(
        f"{len(found)} {kind} mails p50 {medians[kind] * 1000:.0f} ms, slowest {slowest[kind] * 1000:.0f} ms"
        for kind, found in waits.items()
    )
    return Verdict(
        fault="N2",
        design="product",
        passed=figures["accepted_once"] == wanted
        and state == "sent"
        and took_s < MOST_S
        and connections <= MOST_CONNECTIONS
        and all(found < MOST_WAIT_S for found in slowest.values())
        and all(found < MOST_GROWTH_MB for found in growth.values())
        and plan_ms < MOST_PLAN_MS,
        line=(
            f"{figures['accepted_once']} of {wanted} accepted once in {took_s:.1f} s ({wanted / took_s:.0f} a second, "
            f"CPU {_shown(cpu)} s); planning {plan_ms:.2f} ms per person; at most {connections} connections; "
            f"RSS before {_shown(before)} MB, at most {_shown(peak)} MB; meanwhile {meanwhile}"
        ),
        figures=figures,
    )


def _waits(box: Mailbox, waiting: dict[str, tuple[str, float]]) -> dict[str, list[float]]:
    """Seconds until acceptance, by kind; of an address the welcome comes first."""
    found: dict[str, list[float]] = {"welcome": [], "password_reset": []}
    arrived: dict[str, list[float]] = {}
    for one in box.taken:
        arrived.setdefault(one.address, []).append(one.at)
    for key, (kind, since) in waiting.items():
        address, _, again = key.partition(" ")
        place = 1 if again else 0
        times = sorted(arrived.get(address, []))
        found[kind].append(times[place] - since if len(times) > place else float("inf"))
    return found
