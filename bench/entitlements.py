"""What a guard costs: a million entitlements, asked for cold (a statement) and warm (from the process's memory).

The table is filled in bulk, each person with a plan for all courses, a few courses and some that have ended. Asked is
through the same front door that learning uses, out of this process; the two requests that ask it are measured on the
server, one at a time, so that the ratio says what a learner waits for it.
"""

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from app.config import Settings
from app.infra import open_infra
from bench.figures import Figure, Result, below, latencies, percentile
from bench.keepalive import Connection, request
from bench.seed import Learner, Seed, seeding
from bench.stand import BenchError, Stand
from domains.billing import api as billing
from domains.billing.repository.entitlements import ACCESS
from domains.kernel.clock import utc_now
from domains.kernel.uow import Database

PEOPLE = 100_000
EACH = 10
COURSES = 1_000
ASKED = 5_000

# Of ten rows of each person: one plan for all courses for every second, hearts, eight courses, a third of them ended.
_FILL_PEOPLE = """
    INSERT INTO identity_user (id, email, name)
    SELECT md5('bench-person-' || n)::uuid, 'person' || n || '@bench.invalid', 'Person ' || n
    FROM generate_series(1, $1::int) n
"""
_FILL = """
    INSERT INTO billing_entitlement (id, user_id, key, source, source_id, starts_at, ends_at)
    SELECT gen_random_uuid(), md5('bench-person-' || n)::uuid,
           CASE WHEN k = 1 AND n % 2 = 0 THEN 'courses:*' WHEN k = 2 THEN 'hearts:unlimited'
                ELSE 'course:' || md5('bench-course-' || (n * 7 + k * 131) % $3::int)::uuid END,
           CASE WHEN k <= 2 THEN 'subscription' ELSE 'purchase' END, gen_random_uuid(),
           now() - interval '100 days', CASE WHEN k % 3 = 0 THEN now() - interval '1 day' END
    FROM generate_series(1, $1::int) n CROSS JOIN generate_series(1, $2::int) k
"""
_GATES = """
    INSERT INTO billing_gate (key) SELECT 'course:' || md5('bench-course-' || n)::uuid
    FROM generate_series(0, $1::int - 1) n
"""
_SAMPLE = "SELECT user_id, key FROM billing_entitlement WHERE key LIKE 'course:%' ORDER BY random() LIMIT $1"
_SIZES = "SELECT pg_table_size('billing_entitlement'), pg_indexes_size('billing_entitlement')"


async def measure(stand: Stand) -> Result:
    async with seeding(stand) as seed:
        filled_s = await _fill(seed)
        plan = await _plan(seed)
        rows = await seed.sql.fetch(_SAMPLE, ASKED)
        asked = [(row["user_id"], row["key"]) for row in rows]
        table, indexes = await seed.sql.fetchrow(_SIZES)
        settings = Settings.load({}, database_url=stand.database_url, redis_url=stand.redis_url)
        async with open_infra(settings, []) as infra:
            await billing.entitled(infra.db, *asked[0])
            bare = await _times([asked[0]] * ASKED, lambda _: infra.db.fetch("SELECT 1"))
            cold = await _times(asked[1:], lambda each: billing.entitled(infra.db, *each))
            held = [each for each in asked[:50] if await billing.holds(infra.db, *each)]
            warm = await _warm(infra.db, held[0])
        enrol, begin = await _requests(stand, seed)
    guard = percentile(cold, 0.5)
    figures = [
        *latencies("round trip of SELECT 1", bare),
        below("guard, cold: one statement p50", guard * 1000, "ms", 1),
        Figure("guard, cold: one statement p99", percentile(cold, 0.99) * 1000, "ms"),
        *_microseconds("guard, warm: from memory", warm),
        *latencies("enrolling again, guard included", enrol),
        *latencies("beginning a session, guard included", begin),
        Figure("cold guard of enrolling", guard / percentile(enrol, 0.5), ""),
        below("cold guard of beginning a session", guard / percentile(begin, 0.5), "", 0.25),
        Figure("table", table / 2**20, "MB"),
        Figure("its indexes", indexes / 2**20, "MB"),
        Figure("filling it", filled_s, "s"),
    ]
    notes = [
        f"{PEOPLE * EACH:,} rows of {PEOPLE:,} people, {COURSES:,} gated courses; {len(cold):,} others asked cold;",
        f"all one at a time; plan of the statement: {plan}",
    ]
    return Result("entitlements", figures, notes)


async def _fill(seed: Seed) -> float:
    began = time.perf_counter()
    await seed.sql.execute(_FILL_PEOPLE, PEOPLE)
    await seed.sql.execute(_FILL, PEOPLE, EACH, COURSES)
    await seed.sql.execute(_GATES, COURSES)
    await seed.sql.execute("VACUUM ANALYZE billing_entitlement")
    return time.perf_counter() - began


async def _plan(seed: Seed) -> str:
    """Raises BenchError where the table would be read as a whole."""
    row = await seed.sql.fetchrow("SELECT user_id, key FROM billing_entitlement LIMIT 1")
    lines = await seed.sql.fetch(f"EXPLAIN {ACCESS}", row["user_id"], row["key"], "courses:*", "", utc_now())
    found = [line[0].strip().lstrip("-> ").split("  (")[0] for line in lines]
    used = [line for line in found if "on billing_entitlement" in line or "billing_entitlement_" in line]
    if not used or any(line.startswith("Seq Scan") for line in used):
        raise BenchError(f"the guard does not use the index: {found}")
    return "; ".join(used)


async def _requests(stand: Stand, seed: Seed) -> tuple[list[float], list[float]]:
    """Enrolling again and beginning a session in a gated course, each by people whom the guard has not seen lately."""
    learners = await seed.learners(400)
    key = billing.course_key(seed.work.course_id)
    await seed.sql.execute("INSERT INTO billing_gate (key) VALUES ($1) ON CONFLICT DO NOTHING", key)
    await seed.sql.execute(
        "INSERT INTO billing_entitlement (id, user_id, key, source, source_id, starts_at)"
        " SELECT gen_random_uuid(), unnest($1::uuid[]), $2, 'purchase', gen_random_uuid(), now()",
        [learner.id for learner in learners],
        key,
    )
    enrol = f"/api/v1/courses/{seed.work.course_id}/enrollments"
    begin = f"/api/v1/lessons/{seed.work.lesson_id}/sessions"
    connection = await Connection.open(stand.host, stand.port)
    try:
        # First everybody's token is met, and everybody enrolled.
        await _calls(connection, learners, enrol, None)
        return await _calls(connection, learners, enrol, None), await _calls(connection, learners, begin, b"{}")
    finally:
        connection.close()


async def _calls(connection: Connection, learners: Sequence[Learner], path: str, body: bytes | None) -> list[float]:
    ready = [request("POST", path, token=learner.token, body=body) for learner in learners]
    random.shuffle(ready)
    return await _times(ready, connection.call)


async def _warm(db: Database, asked: tuple[UUID, str]) -> list[float]:
    """Of somebody who is entitled: a no is never kept."""
    found: list[float] = []
    while len(found) < ASKED:
        await billing.entitled(db, *asked)
        found += await _times([asked] * 500, lambda each: billing.entitled(db, *each))
    return found


async def _times(cases: Sequence[object], work: Callable[..., Awaitable[object]]) -> list[float]:
    """Seconds of each call, sorted."""
    found = []
    for case in cases:
        began = time.perf_counter()
        await work(case)
        found.append(time.perf_counter() - began)
    return sorted(found)


def _microseconds(name: str, seconds: Sequence[float]) -> list[Figure]:
    ordered = sorted(seconds)
    return [Figure(f"{name} p{share}", percentile(ordered, share / 100) * 1e6, "µs") for share in (50, 99)]
