"""P3 and P7: subscriptions that change at the provider, told of late, often, in any order, or not to be asked about."""

import asyncio
import copy
import random
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import httpx

from bench.faults import naive, shop
from bench.faults.buying import StripeNews, at_stripe, connected, in_tables, subscribed
from bench.faults.doubles_of import settings_of, stripe_double
from bench.faults.machine import Machine, Program
from bench.faults.post import Postman, thrice
from bench.faults.run import Run, drained
from bench.faults.verdict import Verdict
from bench.faults.webhooks import Webhook, payment_succeeded
from bench.figures import percentile
from bench.stand import BenchError
from doubles.stripe_server import StripeServer

TRIALS = 200
CHANGES = 5
OVER_S = 20.0
WITHIN_S = 2.0
"""The changes of one subscription."""
LATE_S = 15.0
"""How long after a change a copy of its webhook may come."""
ACKNOWLEDGED_S = 0.2
HANG_S = 25.0
PATIENCE_S = 90.0

Standings = dict[str, tuple[str, bool, int]]


class Told(NamedTuple):
    at_s: float
    webhook: Webhook


def change(double: StripeServer, ref: str, chance: random.Random) -> None:
    """Something about it becomes other than it was."""
    found = double.book.things[ref]
    match chance.randrange(4):
        case 0:
            double.change_outside(ref, cancel_at_period_end=not found["cancel_at_period_end"])
        case 1:
            double.change_outside(ref, status="active" if found["status"] == "past_due" else "past_due")
        case 2:
            paused = None if found["pause_collection"] else {"behavior": "void", "resumes_at": None}
            double.change_outside(ref, pause_collection=paused)
        case _:
            items = copy.deepcopy(found["items"])
            items["data"][0]["quantity"] += chance.randint(1, 9)
            double.change_outside(ref, items=items)


async def changing(
    run: Run, double: StripeServer, refs: list[str], post: Callable[[Webhook], Awaitable[None]], *, copies: int
) -> None:
    """Each subscription changes CHANGES times within WITHIN_S at some time of OVER_S, and each change is told `copies`
    times, each copy up to LATE_S late: in no order, and while others still change."""
    chance = run.chance
    starts = {ref: chance.uniform(0, max(4.0, OVER_S * run.scale)) for ref in refs}
    plan = sorted((starts[ref] + chance.uniform(0, WITHIN_S), ref) for ref in refs for _ in range(CHANGES))
    news = StripeNews(double)
    began = time.monotonic()

    async def later(webhook: Webhook, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await post(webhook)

    said = 0
    async with asyncio.TaskGroup() as group:
        for done, (at, ref) in enumerate(plan):
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            change(double, ref, chance)
            for webhook in news.taken():
                for _ in range(copies):
                    group.create_task(later(webhook, chance.uniform(0, LATE_S)))
            if done * 5 // len(plan) > said:
                said = done * 5 // len(plan)
                run.say(f"{done} of {len(plan)} changes made")


async def shuffled(run: Run) -> Verdict:
    with stripe_double() as double:
        async with run.serving(settings_of(double)) as (machine, worker):
            refs = await _begun(run, machine, worker, double, run.count(TRIALS))
            postman = Postman(machine.url)
            async with _client(machine) as client:
                await changing(run, double, refs, _posting(postman, client), copies=3)
            run.say(f"{postman.post.accepted} webhooks accepted")
            done = await drained(machine, run, within_s=PATIENCE_S)
            async with machine.sql() as sql:
                found = await in_tables(sql)
            return trials_verdict("product", at_stripe(double, refs), found, postman.post.accepted, done)


async def naively_shuffled(run: Run) -> Verdict:
    """The last webhook that comes is what is believed."""
    with stripe_double() as double:
        async with run.machine(settings_of(double)) as machine:
            run.say(f"{run.count(TRIALS)} people subscribe")
            async with connected(machine) as infra, machine.sql() as sql:
                await sql.execute(naive.TABLES)
                made, told = await subscribed(infra, sql, double, run.count(TRIALS))
            refs = [ref for _, ref in made]
            machine.program("api", "api", "--design", "last", "--port", str(machine.port), module=naive.MODULE).start()
            await machine.answers()
            postman = Postman(machine.url)
            await postman.deliver(told, give_up_s=60)
            async with _client(machine) as client:
                await changing(run, double, refs, _posting(postman, client), copies=3)
            async with machine.sql() as sql:
                rows = await sql.fetch("SELECT ref, status, ends, quantity FROM naive_subscription")
            found = {row[0]: (row[1], row[2], row[3]) for row in rows}
            return trials_verdict("naive", at_stripe(double, refs), found, postman.post.accepted, 0.0)


def trials_verdict(design: str, true: Standings, found: Standings, posts: int, done: float | None) -> Verdict:
    right = sum(found.get(ref) == standing for ref, standing in true.items())
    after = f"all applied {done:.1f} s after the last" if done is not None else "not all applied"
    return Verdict(
        fault="P3",
        design=design,
        passed=right == len(true) and done is not None,
        line=(
            f"{right} of {len(true)} subscriptions right, {len(true) - right} wrong, after {CHANGES} changes each, "
            f"told three times in no order ({posts} webhooks); {after}"
        ),
        figures={"trials": len(true), "right": right, "wrong": len(true) - right, "webhooks": posts, "drained_s": done},
    )


async def _begun(run: Run, machine: Machine, worker: Program, double: StripeServer, count: int) -> list[str]:
    """Subscriptions of which everything is known."""
    run.say(f"{count} people subscribe")
    async with connected(machine) as infra, machine.sql() as sql:
        made, told = await subscribed(infra, sql, double, count)
    worker.start()
    postman = Postman(machine.url)
    await postman.deliver(told, give_up_s=60)
    await machine.works(worker)
    if await drained(machine, run, within_s=PATIENCE_S) is None:
        raise BenchError("the subscriptions did not begin")
    refs = [ref for _, ref in made]
    async with machine.sql() as sql:
        if await in_tables(sql) != at_stripe(double, refs):
            raise BenchError("the subscriptions did not begin as they should")
    return refs


def _client(machine: Machine) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=machine.url, timeout=10)


def _posting(postman: Postman, client: httpx.AsyncClient) -> Callable[[Webhook], Awaitable[None]]:
    async def post(webhook: Webhook) -> None:
        status = await postman.once(client, webhook)
        postman.post.accepted += 200 <= status < 300

    return post


async def hanging(run: Run) -> Verdict:
    with stripe_double() as double:
        async with run.serving(settings_of(double)) as (machine, worker):
            refs = await _begun(run, machine, worker, double, run.count(TRIALS))
            async with machine.sql() as sql:
                orders = await shop.orders(sql, run.count(100))
            postman = Postman(machine.url)
            news = StripeNews(double)
            chance = run.chance
            for ref in refs:
                for _ in range(3):
                    change(double, ref, chance)
            told = [*thrice(news.taken(), chance), *map(payment_succeeded, orders)]
            chance.shuffle(told)
            run.say(f"Stripe's API hangs; {len(told)} webhooks over {HANG_S:.0f} s")
            double.hang()
            try:
                await postman.deliver(told, over_s=HANG_S)
                async with machine.sql() as sql:
                    meanwhile = (await shop.grants(sql, orders)).right
            finally:
                double.hang(False)
            run.say("it answers again")
            done = await drained(machine, run, within_s=PATIENCE_S)
            async with machine.sql() as sql:
                found, granted = await in_tables(sql), await shop.grants(sql, orders)
            true = at_stripe(double, refs)
            right = sum(found.get(ref) == standing for ref, standing in true.items())
    latencies = sorted(postman.post.latencies)
    p99 = percentile(latencies, 0.99)
    after = f"drained {done:.1f} s" if done is not None else f"not drained within {PATIENCE_S:.0f} s"
    return Verdict(
        fault="P7",
        design="product",
        passed=p99 < ACKNOWLEDGED_S
        and done is not None
        and right == len(refs)
        and granted.right == len(orders)
        and granted.dead == 0,
        line=(
            f"{postman.post.accepted} webhooks acknowledged while the provider's API hung: p50 "
            f"{percentile(latencies, 0.5) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms (< {ACKNOWLEDGED_S * 1000:.0f} "
            f"wanted); {after} after it answered again, {right} of {len(refs)} subscriptions right; "
            f"{meanwhile} of {len(orders)} payments that need no answer were granted meanwhile, "
            f"{granted.right} in the end"
        ),
        figures={
            "webhooks": postman.post.accepted,
            "p50_ms": percentile(latencies, 0.5) * 1000,
            "p99_ms": p99 * 1000,
            "drained_s": done,
            "subscriptions": len(refs),
            "right": right,
            "payments": len(orders),
            "granted_meanwhile": meanwhile,
            "granted": granted.right,
            "dead_jobs": granted.dead,
        },
    )
