"""P1 and P2: payments while everything around them is killed again and again."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.faults import naive, shop, webhooks
from bench.faults.machine import Machine, Program
from bench.faults.post import Post, Postman, thrice
from bench.faults.run import Run, drained
from bench.faults.shop import Grants, Ordered
from bench.faults.verdict import Verdict
from bench.faults.words import LISTENS, WORKS

ORDERS = 1000
OVER_S = 40.0
DRAIN_S = 30.0
PATIENCE_S = 200.0
"""How long the bench waits before it calls what is left lost."""
NAIVE_PATIENCE_S = 60.0
FAULTY = 0.05


@dataclass
class Killer:
    """kill -9: one of two workers every two seconds in turn, the API every five, PostgreSQL once; each is started again
    at once. What still starts is left alone until it works: killing that would only make the faults fewer."""

    machine: Machine
    api: Program
    workers: list[Program]
    kills: dict[str, int] = field(default_factory=lambda: {"worker": 0, "api": 0, "postgresql": 0})

    async def rage(self, over_s: float) -> None:
        """For so long, and then until PostgreSQL is back."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kill_workers(time.monotonic() + over_s))
            group.create_task(self._kill_api(time.monotonic() + over_s))
            group.create_task(self._kill_postgres(over_s / 2))

    async def _kill_workers(self, until: float) -> None:
        turn = 0
        while time.monotonic() + 2 < until:
            await asyncio.sleep(2)
            victim = self.workers[turn % len(self.workers)]
            turn += 1
            while not victim.said(WORKS):
                # It may have come up while PostgreSQL was away.
                self._revive(victim)
                await asyncio.sleep(0.1)
            self._again(victim, "worker")

    async def _kill_api(self, until: float) -> None:
        while time.monotonic() + 5 < until:
            await asyncio.sleep(5)
            while not self.api.said(LISTENS):
                self._revive(self.api)
                await asyncio.sleep(0.1)
            self._again(self.api, "api")

    async def _kill_postgres(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.machine.postgres.kill()
        self._count("postgresql")
        await self.machine.postgres.start()

    def _again(self, program: Program, what: str) -> None:
        program.kill()
        self._count(what)
        program.start()

    def _revive(self, program: Program) -> None:
        if not program.runs:
            program.start()

    async def leave_alone(self) -> None:
        """Whatever gave up while PostgreSQL was away is started as a supervisor would."""
        while not (self.api.said(LISTENS) and all(worker.said(WORKS) for worker in self.workers)):
            for program in (self.api, *self.workers):
                self._revive(program)
            await asyncio.sleep(0.1)

    def _count(self, what: str) -> None:
        self.kills[what] += 1


async def payments(run: Run) -> Verdict:
    return await _under_kills(run, "P1", redis=True)


async def without_redis(run: Run) -> Verdict:
    return await _under_kills(run, "P2", redis=False)


async def _under_kills(run: Run, fault: str, *, redis: bool) -> Verdict:
    async with run.machine(faulty=FAULTY) as machine:
        orders, events = await _sales(run, machine)
        if not redis:
            machine.valkey.stop()
        api, workers = machine.api(), [machine.worker(1), machine.worker(2)]
        post, killer = await _storm(run, machine, events, api, workers)
        began = time.monotonic()
        done = await drained(machine, run, within_s=PATIENCE_S)
        drain_s = None if done is None else time.monotonic() - began
        async with machine.sql() as sql:
            found = await shop.grants(sql, orders)
    return _verdict(fault, found, post, killer, drain_s)


async def _sales(run: Run, machine: Machine) -> tuple[list[Ordered], list[webhooks.Webhook]]:
    async with machine.sql() as sql:
        orders = await shop.orders(sql, run.count(ORDERS))
    events = [
        webhooks.session_completed(order) if number % 2 else webhooks.payment_succeeded(order)
        for number, order in enumerate(orders)
    ]
    return orders, events


async def naive_payments(run: Run) -> Verdict:
    """Webhooks that are only jobs in a queue: no row, the payload in Redis, ARQ as it comes."""
    async with run.machine(faulty=FAULTY) as machine:
        orders, events = await _sales(run, machine)
        async with machine.sql() as sql:
            await sql.execute(naive.TABLES)
        api = machine.program("api", "api", "--design", "queue", "--port", str(machine.port), module=naive.MODULE)
        workers = [machine.program(f"worker{number}", "worker", module=naive.MODULE) for number in (1, 2)]
        post, killer = await _storm(run, machine, events, api, workers)
        granted, drain_s = await _naively_done(run, machine, len(orders))
        redis = machine.redis()
        left = await redis.zcard("arq:queue")
        await redis.aclose()
    lost = len(orders) - granted
    took = f"{drain_s:.1f} s" if drain_s is not None else f"not within {NAIVE_PATIENCE_S:.0f} s"
    return Verdict(
        fault="P1",
        design="naive",
        passed=lost == 0 and drain_s is not None and drain_s <= DRAIN_S,
        line=(
            f"{granted} of {len(orders)} granted, {lost} lost, all done: {took} after the last kill and delivery; "
            f"{left} jobs still held by ARQ; {_killed(killer)}; {post.accepted} accepted"
        ),
        figures={
            "orders": len(orders),
            "granted": granted,
            "lost": lost,
            "held_by_arq": left,
            "drained_s": drain_s,
            "kills": killer.kills,
            "posts": post.tries,
            "accepted": post.accepted,
        },
    )


async def _naively_done(run: Run, machine: Machine, wanted: int) -> tuple[int, float | None]:
    """How many grants there are once there are all, or once nobody waits any longer."""
    began = time.monotonic()
    async with machine.sql() as sql:
        while True:
            granted: int = await sql.fetchval("SELECT count(*) FROM naive_grant")
            waited = time.monotonic() - began
            if granted == wanted:
                return granted, waited
            if waited > NAIVE_PATIENCE_S:
                return granted, None
            await asyncio.sleep(0.2)


async def _storm(
    run: Run, machine: Machine, events: list[webhooks.Webhook], api: Program, workers: list[Program]
) -> tuple[Post, Killer]:
    run.say("starting the API and two workers")
    for program in (api, *workers):
        program.start()
    await machine.answers()
    for worker in workers:
        await machine.works(worker)
    killer = Killer(machine, api, workers)
    postman = Postman(machine.url)
    over_s = max(8.0, OVER_S * run.scale)
    told = _progress(run, killer, postman.post, len(events) * 3)
    async with asyncio.TaskGroup() as group:
        group.create_task(killer.rage(over_s))
        group.create_task(
            postman.deliver(thrice(events, run.chance), over_s=over_s, give_up_s=over_s + PATIENCE_S, told=told)
        )
        group.create_task(_keep_alive(killer, over_s))
    run.say(f"all delivered, killed: {killer.kills}")
    return postman.post, killer


async def _keep_alive(killer: Killer, over_s: float) -> None:
    await asyncio.sleep(over_s)
    await killer.leave_alone()


def _progress(run: Run, killer: Killer, post: Post, whole: int) -> Callable[[int], None]:
    said = time.monotonic()

    def told(sent: int) -> None:
        nonlocal said
        if time.monotonic() - said > 5:
            said = time.monotonic()
            run.say(f"{sent}/{whole} sent, {post.accepted} accepted, killed so far: {killer.kills}")

    return told


def _killed(killer: Killer) -> str:
    kills = killer.kills
    return f"kill -9: {kills['worker']} workers, {kills['api']} APIs, {kills['postgresql']} PostgreSQL"


def _verdict(fault: str, found: Grants, post: Post, killer: Killer, drain_s: float | None) -> Verdict:
    drained_text = f"drained in {drain_s:.1f} s" if drain_s is not None else f"not drained in {PATIENCE_S:.0f} s"
    return Verdict(
        fault=fault,
        design="product",
        passed=found.all_right and drain_s is not None and drain_s <= DRAIN_S,
        line=(
            f"{found.right} of {found.orders} granted exactly once, {found.lost} lost, {found.double} double, "
            f"{found.invoice_gaps} invoice numbers missing, {drained_text} after the last kill and delivery "
            f"(<= {DRAIN_S:.0f} s wanted); {_killed(killer)}; {post.tries} posts for {post.accepted} accepted"
        ),
        figures={
            "orders": found.orders,
            "right": found.right,
            "lost": found.lost,
            "double": found.double,
            "invoice_gaps": found.invoice_gaps,
            "unapplied": found.unapplied,
            "dead_jobs": found.dead,
            "drained_s": drain_s,
            "kills": killer.kills,
            "posts": post.tries,
            "accepted": post.accepted,
            "unanswered": post.unanswered,
            "answers": {str(status): count for status, count in post.answered.items()},
        },
    )
