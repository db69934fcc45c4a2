"""P4, P6 and P10: what an answer to a webhook is worth."""

import asyncio
import time
from dataclasses import replace

import httpx

from bench.faults import naive, shop, webhooks
from bench.faults.buying import paid_at_razorpay
from bench.faults.doubles_of import razorpay_double, settings_of
from bench.faults.machine import Machine, Program
from bench.faults.post import Post, Postman
from bench.faults.run import Run, drained
from bench.faults.shop import Grants
from bench.faults.verdict import Verdict
from bench.stand import BenchError
from doubles.razorpay_server import RazorpayServer

AWAY_H = 25

_NO_COMMIT = """
    CREATE FUNCTION no_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$;
    DO $$
    DECLARE name text;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT OR UPDATE OR DELETE ON %I'
                ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_commit()', name);
        END LOOP;
    END $$;
"""
"""Every transaction that wrote anything fails when it commits, and not before."""

_SHIFT = """
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN SELECT table_name,
            string_agg(format('%1$I = %1$I - interval ''25 hours''', column_name), ', ') AS changes
            FROM information_schema.columns
            WHERE table_name ~ '^(billing|kernel)_' AND data_type = 'timestamp with time zone' GROUP BY table_name LOOP
            EXECUTE format('UPDATE %I SET %s', one.table_name, one.changes);
        END LOOP;
    END $$;
"""
"""All that is known to have happened, or to come, lies further back."""


async def no_commits(run: Run) -> Verdict:
    with razorpay_double() as razorpay:
        async with run.serving(settings_of(razorpay)) as (machine, worker):
            return await _no_commits(run, machine, worker, razorpay)


async def _no_commits(run: Run, machine: Machine, worker: Program, razorpay: RazorpayServer) -> Verdict:
    india, told = await paid_at_razorpay(machine, razorpay, run.count(200))
    async with machine.sql() as sql:
        europe = await shop.orders(sql, run.count(200))
        await sql.execute(_NO_COMMIT)
    orders = [*europe, *india]
    events = [*map(webhooks.payment_succeeded, europe), *told]
    run.say(f"every COMMIT fails now: {len(events)} webhooks and 20 registrations")
    failing = await _each_once(machine, events)
    registered = await _registrations(machine, 20)
    async with machine.sql() as sql:
        stored = await sql.fetchval("SELECT count(*) FROM billing_webhook")
        await sql.execute("DROP FUNCTION no_commit() CASCADE")
    run.say("commits work again; the provider tries again")
    worker.start()
    if await _registrations(machine, 1) != 1:
        raise BenchError("a registration fails also when commits work")
    postman = Postman(machine.url)
    await postman.deliver(events, give_up_s=60)
    done = await drained(machine, run, within_s=60)
    async with machine.sql() as sql:
        found = await shop.grants(sql, orders)
    return _no_2xx(failing, registered, stored, found if done is not None else None)


def _no_2xx(failing: Post, registered: int, stored: int, after: Grants | None) -> Verdict:
    accepted = sum(failing.answered.get(status, 0) for status in range(200, 300))
    granted = after.right if after else 0
    return Verdict(
        fault="P4",
        design="product",
        passed=accepted == 0 and registered == 0 and stored == 0 and after is not None and after.all_right,
        line=(
            f"every COMMIT failed: {accepted} of {failing.tries} webhooks and {registered} of 20 registrations were "
            f"answered 2xx, {stored} stored (answers: {failing.answered}); sent again afterwards: {granted} granted"
        ),
        figures={
            "posts": failing.tries,
            "accepted": accepted,
            "registered": registered,
            "stored": stored,
            "answers": {str(status): count for status, count in failing.answered.items()},
            "granted_after": granted,
        },
    )


async def naive_commits(run: Run) -> Verdict:
    """Answered before the COMMIT, as a framework does that commits when the answer is on its way."""
    async with run.machine() as machine:
        async with machine.sql() as sql:
            await sql.execute(naive.TABLES)
            orders = await shop.orders(sql, run.count(400))
            await sql.execute(_NO_COMMIT)
        machine.program("api", "api", "--design", "late", "--port", str(machine.port), module=naive.MODULE).start()
        await machine.answers()
        failing = await _each_once(machine, [webhooks.payment_succeeded(order) for order in orders])
        async with machine.sql() as sql:
            stored = await sql.fetchval("SELECT count(*) FROM naive_webhook")
    accepted = sum(failing.answered.get(status, 0) for status in range(200, 300))
    return Verdict(
        fault="P4",
        design="naive",
        passed=accepted == 0,
        line=f"every COMMIT failed: {accepted} of {failing.tries} webhooks were answered 2xx, {stored} stored",
        figures={"posts": failing.tries, "accepted": accepted, "stored": stored},
    )


async def _each_once(machine: Machine, events: list[webhooks.Webhook]) -> Post:
    postman = Postman(machine.url)
    async with httpx.AsyncClient(base_url=machine.url, timeout=10) as client:
        for event in events:
            await postman.once(client, event)
    return postman.post


async def _registrations(machine: Machine, count: int) -> int:
    """How many were answered 2xx."""
    good = 0
    async with httpx.AsyncClient(base_url=machine.url, timeout=10) as client:
        for number in range(count):
            body = {"email": f"p4-{number}@bench.invalid", "name": "Ada", "password": "correct horse battery"}
            good += (await client.post("/api/v1/auth/register", json=body)).is_success
    return good


async def many_names(run: Run) -> Verdict:
    names = 100
    with razorpay_double() as razorpay:
        async with run.serving(settings_of(razorpay)) as (machine, worker):
            orders, [event] = await paid_at_razorpay(machine, razorpay, 1)
            worker.start()
            postman = Postman(machine.url)
            run.say(f"one body under {names} event ids, {postman.connections} at a time")
            await postman.deliver(
                [replace(event, event_ref=f"evtbench{number:06}") for number in range(names)], give_up_s=30
            )
            done = await drained(machine, run, within_s=30)
            async with machine.sql() as sql:
                found = await shop.grants(sql, orders)
                stored = await sql.fetchval("SELECT count(*) FROM billing_webhook")
                legs = await sql.fetchval("SELECT count(*) FROM billing_transfer")
    return Verdict(
        fault="P6",
        design="product",
        passed=done is not None and found.all_right and stored == 1 and postman.post.accepted == names,
        line=(
            f"{postman.post.accepted} of {names} deliveries answered 2xx, {stored} stored, {found.right} granted, "
            f"{found.double} double, {legs} ledger rows"
        ),
        figures={
            "posts": names,
            "accepted": postman.post.accepted,
            "stored": stored,
            "granted": found.right,
            "double": found.double,
            "ledger_rows": legs,
        },
    )


async def worker_away(run: Run) -> Verdict:
    async with run.serving() as (machine, worker):
        async with machine.sql() as sql:
            orders = await shop.orders(sql, run.count(500))
        postman = Postman(machine.url)
        run.say(f"{len(orders)} payments, and nobody works")
        await postman.deliver([webhooks.session_completed(order) for order in orders], give_up_s=60)
        async with machine.sql() as sql:
            while await sql.fetchval("SELECT count(*) FROM kernel_outbox WHERE dispatched_at IS NULL"):
                await asyncio.sleep(0.1)
            await sql.execute(_SHIFT)
        forgotten = await _redis_later(machine)
        run.say(f"{AWAY_H} hours later Redis has forgotten {forgotten} keys; the worker starts")
        began = time.monotonic()
        worker.start()
        await machine.works(worker)
        done = await drained(machine, run, within_s=120)
        async with machine.sql() as sql:
            found = await shop.grants(sql, orders)
    took = time.monotonic() - began
    return Verdict(
        fault="P10",
        design="product",
        passed=done is not None and found.all_right,
        line=(
            f"{found.right} of {found.orders} granted exactly once after {AWAY_H} h without a worker, {found.lost} "
            f"lost, {found.double} double; done {took:.1f} s after its start; Redis had forgotten {forgotten} jobs"
        ),
        figures={
            "orders": found.orders,
            "right": found.right,
            "lost": found.lost,
            "double": found.double,
            "forgotten_in_redis": forgotten,
            "seconds": took,
        },
    )


async def _redis_later(machine: Machine) -> int:
    """What expires within the time is gone, and times in sorted sets lie further back. How many keys are gone."""
    gone = 0
    later_ms = AWAY_H * 3600 * 1000
    redis = machine.redis()
    try:
        async for key in redis.scan_iter(count=1000):
            if 0 <= await redis.pttl(key) <= later_ms:
                gone += await redis.delete(key)
            elif await redis.type(key) == b"zset" and key.startswith(b"arq:"):
                for member, score in await redis.zrange(key, 0, -1, withscores=True):
                    await redis.zadd(key, {member: score - later_ms})
    finally:
        await redis.aclose()
    return gone
