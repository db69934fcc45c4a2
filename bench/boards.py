"""Boards of a million: what a place costs to find, what they take of memory, and what a wiped Redis does to them.

A million learners have XP in all, a tenth of them this month, a third of those this week, and of those a third today;
a hundred have a ledger of 500 entries each, and keep earning while Redis is wiped. Through the service, out of this
process, as requests do it; and over HTTP, one call at a time.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from app.config import Settings
from app.infra import Infra, open_infra
from bench.figures import Figure, Result, below, latencies, percentile
from bench.keepalive import Connection, request
from bench.seed import Learner, Seed, seeding
from bench.stand import Stand
from domains.gamification.api import Boards
from domains.gamification.policy.leagues import week_of
from domains.gamification.policy.standings import EVERYWHERE, Period, xp_of
from domains.gamification.repository import standings as repository
from domains.gamification.repository.standings import Scope
from domains.gamification.service.standings import SYNCED
from domains.kernel.ids import new_id

LEARNERS = 1_000_000
BUSY = 100
ENTRIES = 500
TIMES = 1_000
SLOW_TIMES = 50
"""Of what PostgreSQL answers alone: it counts everybody above."""
RIGHT_WITHIN_S = 1.0
AFTER_WIPE = 100
"""Entries, at least."""

_PEOPLE = """
    INSERT INTO identity_user (id, email, name)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'bench-board-' || lpad(n::text, 7, '0') || '@bench.invalid', 'Learner ' || n
    FROM generate_series(1, $1) n
"""
_PROFILES = "INSERT INTO profiles_profile (user_id) SELECT id FROM identity_user ON CONFLICT DO NOTHING"
# A power law: many with a little, few with a lot. Scores are those of `policy.standings`.
_STANDINGS = """
    INSERT INTO gamification_standing (scope_id, user_id, entries, last_xp_at, day_on, day_score, week_on, week_score,
        month_on, month_score, all_score, changed_at)
    SELECT $1, id, 1, at, (at AT TIME ZONE 'UTC')::date, -(xp / 30) * 1073741824 + late,
        date_trunc('week', at, 'UTC')::date, -(xp / 8) * 1073741824 + late,
        date_trunc('month', at, 'UTC')::date, -(xp / 3) * 1073741824 + late, -xp * 1073741824 + late,
        now() - '1 h'::interval
    FROM (
        SELECT id, (50 + 20000 * random() ^ 6)::bigint AS xp, (random() * 50000000)::bigint AS late,
            now() - (random() ^ 0.02 * 600 * '1 day'::interval) * (n % 10 <> 0)::int
                  - (random() * 25 * '1 day'::interval) * (n % 30 <> 0 AND n % 10 = 0)::int
                  - (random() * 6 * '1 day'::interval) * (n % 90 <> 0 AND n % 30 = 0)::int AS at
        FROM (SELECT id, row_number() OVER () AS n FROM identity_user WHERE email LIKE 'bench-board-%') u
    ) s
"""
_ENTRIES = """
    INSERT INTO gamification_xp_entry (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at,
        xp_total_after, course_id)
    SELECT gen_random_uuid(), u, 'bench:' || n, 10, $2, now()::date, 'UTC', now() - n * '1 hour'::interval, 0, $3
    FROM unnest($1::uuid[]) u, generate_series(1, $4) n
"""
_EARN = """
    INSERT INTO gamification_xp_entry (id, user_id, cause, amount, league_id, local_on, time_zone, occurred_at,
        xp_total_after, course_id)
    VALUES ($1, $2, 'bench:' || $1::uuid, 10, $3, now()::date, 'UTC', now(), 0, $4)
"""
_LEDGER = """
    SELECT sum(amount)::int AS xp FROM gamification_xp_entry WHERE user_id = $1 AND league_id IS NOT NULL
"""
_SOME = "SELECT user_id FROM gamification_standing TABLESAMPLE SYSTEM (1) WHERE scope_id = $1"
_BYTES = "SELECT pg_table_size('gamification_standing') AS rows, pg_indexes_size('gamification_standing') AS indexes"


async def measure(stand: Stand) -> Result:
    async with seeding(stand) as seed:
        settings = Settings.load({}, database_url=stand.database_url, redis_url=stand.redis_url)
        async with open_infra(settings, []) as infra:
            busy = await seed.learners(BUSY)
            league_id = await _fill(seed, [learner.id for learner in busy])
            return Result(
                "boards",
                [
                    *await _tallying(infra, busy),
                    *await _space(seed.sql, infra),
                    *await _reading(seed, infra, busy, stand),
                    *await _wiped(seed, infra, busy, league_id),
                ],
                [
                    f"{LEARNERS:,} learners on the board of all time; Redis holds four boards of everybody.",
                    "Until the view is built again PostgreSQL answers: `without Redis` is what such a request takes.",
                ],
            )


async def _fill(seed: Seed, busy: Sequence[UUID]) -> UUID:
    league_id = new_id()
    await seed.sql.execute(_PEOPLE, LEARNERS, timeout=300)
    await seed.sql.execute(_PROFILES, timeout=300)
    await seed.sql.execute(_STANDINGS, EVERYWHERE, timeout=300)
    week_on = week_of(datetime.now(UTC))
    await seed.sql.execute(
        "INSERT INTO gamification_league (id, week_on, tier, number) VALUES ($1, $2, 10, 999)", league_id, week_on
    )
    await seed.sql.execute(_ENTRIES, list(busy), league_id, seed.work.course_id, ENTRIES)
    for table in ("gamification_standing", "gamification_xp_entry", "identity_user"):
        await seed.sql.execute(f"VACUUM ANALYZE {table}", timeout=300)
    return league_id


async def _tallying(infra: Infra, busy: Sequence[Learner]) -> list[Figure]:
    ids = [learner.id for learner in busy]

    async def tally() -> None:
        async with infra.db.begin() as uow:
            await repository.tally(uow, ids)

    return latencies(f"tally of {BUSY} learners with {ENTRIES} entries", await _times(20, tally))


async def _space(sql: asyncpg.Connection, infra: Infra) -> list[Figure]:
    boards = Boards(infra.db, infra.redis)
    before = (await infra.redis.info("memory"))["used_memory"]
    began, cpu = time.perf_counter(), time.process_time()
    await boards.standings.build()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    grown = (await infra.redis.info("memory"))["used_memory"] - before
    places = sum([await infra.redis.zcard(key) async for key in infra.redis.scan_iter(match="lyceum:board:*")])
    size = await sql.fetchrow(_BYTES)
    return [
        Figure("places on all boards in Redis", places, ""),
        Figure("memory of them", grown / 2**20, "MiB"),
        Figure("of one", grown / places, "bytes"),
        Figure("table in PostgreSQL", size["rows"] / 2**20, "MiB"),
        Figure("its indexes", size["indexes"] / 2**20, "MiB"),
        Figure("building the view", took, "s"),
        Figure("CPU of this process for it", cpu, "s"),
    ]


async def _reading(seed: Seed, infra: Infra, busy: Sequence[Learner], stand: Stand) -> list[Figure]:
    boards = Boards(infra.db, infra.redis)
    chance = random.Random(1)
    rows = await seed.sql.fetch(_SOME, EVERYWHERE)
    people = [row["user_id"] for row in rows]
    ever = Scope(EVERYWHERE, Period.ALL, None)

    def view(*, around: bool) -> Callable[[], Awaitable[object]]:
        return lambda: boards.standings.places(EVERYWHERE, Period.ALL, chance.choice(people), around=around, most=20)

    def alone(*, around: bool) -> Callable[[], Awaitable[object]]:
        return lambda: repository.places(infra.db, ever, chance.choice(people), around=around, most=20)

    friends = chance.sample(people, 100)
    figures = [
        *latencies("top 20 and own rank, all time", await _times(TIMES, view(around=False)), 20),
        *latencies("20 around a learner, all time", await _times(TIMES, view(around=True)), 20),
        *latencies("100 friends", await _times(TIMES, lambda: boards.standings.places_of(Period.ALL, friends)), 20),
        *latencies("without Redis: top 20 and own rank", await _times(SLOW_TIMES, alone(around=False))),
        *latencies("without Redis: 20 around", await _times(SLOW_TIMES, alone(around=True))),
    ]
    connection = await Connection.open(stand.host, stand.port)
    try:
        calls = [
            request("GET", "/api/v1/leaderboards/global?period=all&around=true", token=learner.token)
            for learner in busy
        ]
        http = await _times(SLOW_TIMES * 3, lambda: connection.call(chance.choice(calls)))
    finally:
        connection.close()
    return [*figures, *latencies("over HTTP: 20 around, with names", http, 50)]


async def _wiped(seed: Seed, infra: Infra, busy: Sequence[Learner], league_id: UUID) -> list[Figure]:
    """Redis is wiped while somebody earns every 50 ms: from the entry in the ledger to the board that shows it."""
    boards = Boards(infra.db, infra.redis)
    lags: list[float] = []

    async def earn(learner: UUID) -> float:
        """Seconds until the board says what the ledger says."""
        began = time.perf_counter()
        await infra.db.fetch(_EARN, new_id(), learner, league_id, seed.work.course_id)
        async with infra.db.begin() as uow:
            await repository.tally(uow, [learner])
        ledger: int = (await infra.db.fetch(_LEDGER, learner))[0]["xp"]
        while True:
            found = await boards.standings.places(EVERYWHERE, Period.ALL, learner, around=True, most=20)
            if found.my_score is not None and xp_of(found.my_score) == ledger:
                return time.perf_counter() - began
            await asyncio.sleep(0.02)

    await infra.redis.flushdb()
    began = time.perf_counter()
    built_s: float | None = None
    while built_s is None or len(lags) < AFTER_WIPE:
        lags.append(await earn(busy[len(lags) % BUSY].id))
        if built_s is None and await infra.redis.exists(SYNCED):
            built_s = time.perf_counter() - began
        await asyncio.sleep(0.05)
    wrong = [line for line in await boards.standings.differences() if line.startswith("board ")]
    ordered = sorted(lags)
    return [
        Figure("wiped: the view is there again", built_s, "s"),
        Figure("wiped: from ledger to board p50", percentile(ordered, 0.5) * 1000, "ms"),
        below("wiped: from ledger to board, the longest", ordered[-1] * 1000, "ms", RIGHT_WITHIN_S * 1000),
        Figure("entries meanwhile", len(lags), ""),
        below("places in Redis that differ in the end", len(wrong), "", 1),
    ]


async def _times(count: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    await work()
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return taken
