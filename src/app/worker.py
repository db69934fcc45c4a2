"""Jobs: the work that facts cause, and work by the clock.

Invariant: the row in `kernel_delivery` is the work. Its effect and its receipt commit together; an ARQ job only says
"look at these rows". Redis spreads the work, the sweeper guarantees it: work that no worker picked up in time, or that
Redis could not carry, is run by the sweeper itself.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast
from uuid import UUID

import msgspec
from arq.connections import ArqRedis
from arq.worker import Function, Worker, func
from redis.exceptions import RedisError
from sqlalchemy import text

from app.dispatcher import AWAY, wake
from app.telemetry import JOB_SECONDS, JOBS
from domains.kernel import repository
from domains.kernel.domain import Job
from domains.kernel.events import correlation_id
from domains.kernel.repository import Claim, DeliveryKey
from domains.kernel.uow import Database, Subscription

JOB_TIMEOUT_S = 60
LEASE_S = 10.0
"""How long the work of a worker that was killed waits for another. A worker that lives renews its leases."""
MOST_ATTEMPTS = 14
"""With the delays below, the last try comes about a day after the first."""
KEEP_DAYS = 7
_RENEW_S = 3.0
_SWEEP_S = 1.0
_RUN_AFTER_S = 20.0
"""Work that is overdue by this much was not picked up through Redis, so the sweeper runs it."""
_PURGE_EVERY_S = 600.0
_PURGE_AT_ONCE = 2_000
_MOST_HERE = 10
_MOST_DUE = 200

_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('lyceum.job.' || CAST(:name AS text), 0))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended('lyceum.job.' || CAST(:name AS text), 0))")

log = logging.getLogger(__name__)


class Overtaken(Exception):
    """The lease ran out and another worker took the work: this one's transaction must not commit."""


class Deadly(Exception):
    """Work whose tries never came back."""


def delay_s(attempt: int) -> float:
    """Seconds before the try after `attempt`: 1, 2, 4 … 32, for what is over in a moment, then four times as long each
    time, up to six hours, for what is not."""
    return 2.0 ** (attempt - 1) if attempt <= 6 else min(32 * 4.0 ** (attempt - 6), 6 * 3600.0)


class Deliveries:
    """Runs the work of `after` subscriptions."""

    def __init__(self, db: Database, redis: ArqRedis) -> None:
        self._db = db
        self._redis = redis
        self._named = db.reactions.named
        self._here: dict[DeliveryKey, asyncio.Task[None]] = {}
        self._late: deque[DeliveryKey] = deque()

    @property
    def names(self) -> list[str]:
        return list(self._named)

    async def run(self, key: DeliveryKey) -> None:
        """`run_all` for one."""
        await self.run_all(key.subscription, [key.event_id])

    async def run_all(self, name: str, event_ids: Sequence[UUID]) -> None:
        """Claims and does work of one subscription, together where it takes many. A failure is recorded on the row,
        which says when the next try is due."""
        claims = await repository.claim_deliveries(self._db.fetch, name, event_ids, lease_s=LEASE_S)
        if not claims:
            return
        async with self._kept(name, claims):
            # What was tried before goes alone: it may be what the others would fail with.
            fresh = all(claim.attempt == 1 for claim in claims)
            if len(claims) > 1 and fresh and await self._together(name, claims):
                return
            for claim in claims:
                await self._alone(name, claim)

    async def _together(self, name: str, claims: Sequence[Claim]) -> bool:
        """False where nothing was done, so that each can be done alone."""
        subscription = self._named[name]
        if subscription.many is None:
            return False
        started = time.perf_counter()
        try:
            async with asyncio.timeout(JOB_TIMEOUT_S):
                facts = [msgspec.json.decode(claim.payload, type=subscription.event) for claim in claims]
                async with self._db.begin() as uow:
                    await subscription.many(uow, facts)
                    if not await repository.complete_deliveries(uow.fetch, name, claims):
                        raise Overtaken
        except Exception as error:  # noqa: BLE001 - whichever of them it was finds out alone
            log.warning("job %s failed for %d together, so each goes alone: %r", name, len(claims), error)
            return False
        JOBS.labels(name, "done").inc(len(claims))
        JOB_SECONDS.labels(name).observe(time.perf_counter() - started)
        return True

    async def _alone(self, name: str, claim: Claim) -> None:
        started = time.perf_counter()
        try:
            if claim.attempt > MOST_ATTEMPTS:
                # Its earlier tries ended without a word: it takes the whole process with it.
                raise Deadly(f"{MOST_ATTEMPTS} tries ended without a result")
            async with asyncio.timeout(JOB_TIMEOUT_S):
                await self._do(self._named[name], claim)
            outcome = "done"
        except Overtaken:
            outcome = "overtaken"
        except Exception as error:  # noqa: BLE001 - every failure of a handler is recorded and tried again
            outcome = await self._failed(name, claim, error)
        JOBS.labels(name, outcome).inc()
        JOB_SECONDS.labels(name).observe(time.perf_counter() - started)

    async def _do(self, subscription: Subscription, claim: Claim) -> None:
        fact = msgspec.json.decode(claim.payload, type=subscription.event)
        correlation_id.set(fact.correlation_id)
        async with self._db.begin() as uow:
            await subscription.handler(uow, fact)
            if not await repository.complete_deliveries(uow.fetch, subscription.name, [claim]):
                raise Overtaken

    @asynccontextmanager
    async def _kept(self, name: str, claims: Sequence[Claim]) -> AsyncGenerator[None]:
        """Renews the leases for as long as the block takes."""
        over = asyncio.Event()
        keeper = asyncio.create_task(self._keep(name, claims, over))
        try:
            yield
        finally:
            over.set()
            await keeper

    async def _keep(self, name: str, claims: Sequence[Claim], over: asyncio.Event) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), _RENEW_S)
                return
            try:
                await repository.keep_deliveries(self._db.fetch, name, claims, lease_s=LEASE_S)
            except AWAY as error:
                log.warning("the lease of job %s could not be renewed: %s", name, error)

    async def _failed(self, name: str, claim: Claim, error: Exception) -> str:
        dead = claim.attempt >= MOST_ATTEMPTS
        log.log(
            logging.ERROR if dead else logging.WARNING,
            "job %s failed on try %d%s",
            name,
            claim.attempt,
            " and is now a dead letter" if dead else "",
            exc_info=error,
        )
        await repository.fail_delivery(
            self._db.fetch,
            name,
            claim,
            error=_storable(f"{type(error).__name__}: {error}"),
            delay_s=delay_s(claim.attempt),
            dead=dead,
        )
        return "dead" if dead else "failed"

    async def sweep(self) -> None:
        """Wakes what is due; starts what Redis cannot carry or no worker picked up. `settled` waits for the latter."""
        due = await repository.due_deliveries(self._db.fetch, most=_MOST_DUE)
        late: list[DeliveryKey] = []
        away = False
        for key, tries, overdue_s in due:
            if not away and overdue_s <= _RUN_AFTER_S:
                try:
                    await wake(self._redis, key, tries=tries)
                    continue
                except RedisError:
                    # One question is enough: a frozen Redis takes a second for each.
                    away = True
            late.append(key)
        # Every process sees the same list: in the same order, each would find that another has just taken the next.
        random.shuffle(late)
        self._late = deque(late)
        self._start_late()

    def _start_late(self) -> None:
        while self._late and len(self._here) < _MOST_HERE:
            key = self._late.popleft()
            if key not in self._here:
                self._here[key] = task = asyncio.create_task(self._run_here(key))
                task.add_done_callback(partial(self._ended, key))

    def _ended(self, key: DeliveryKey, task: "asyncio.Task[None]") -> None:
        del self._here[key]
        if not task.cancelled():
            self._start_late()

    async def settled(self) -> None:
        """Returns when what `sweep` started is over."""
        while self._here:
            await asyncio.gather(*self._here.values())
            # The callbacks come after the tasks and may start more.
            await asyncio.sleep(0)

    async def _run_here(self, key: DeliveryKey) -> None:
        try:
            await self.run(key)
        except AWAY as error:
            log.warning("job %s could not be run: %s", key.subscription, error)

    async def sweep_forever(self) -> None:
        purged = 0.0
        while True:
            await asyncio.sleep(_SWEEP_S)
            try:
                await self.sweep()
                if time.monotonic() - purged > _PURGE_EVERY_S:
                    purged = time.monotonic()
                    await self._purge()
            except AWAY as error:
                log.warning("due jobs could not be swept: %s", error)

    async def _purge(self) -> None:
        more = True
        while more:
            async with self._db.begin() as uow:
                more = await repository.purge(uow.session, keep_days=KEEP_DAYS, most=_PURGE_AT_ONCE)


def _storable(text: str) -> str:
    """As much of an error's text as PostgreSQL holds."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:2000]


async def run_by_the_clock(db: Database, job: Job) -> None:
    """Runs `job` every `every_s`, never twice at once. Late or double runs are harmless by contract."""
    while True:
        await asyncio.sleep(job.every_s)
        try:
            # The lock belongs to a session that idles outside any transaction for as long as the job takes.
            async with db.engine.connect() as keeper:
                await keeper.execution_options(isolation_level="AUTOCOMMIT")
                if (await keeper.execute(_TRY_LOCK, {"name": job.name})).scalar_one():
                    try:
                        await job.run(db)
                        JOBS.labels(job.name, "done").inc()
                    finally:
                        await keeper.execute(_UNLOCK, {"name": job.name})
        except Exception:
            JOBS.labels(job.name, "failed").inc()
            log.exception("job %s failed", job.name)


def build_worker(deliveries: Deliveries, redis: ArqRedis, *, burst: bool = False) -> Worker:
    """An ARQ worker without signal handlers: the process that hosts it starts and stops it."""
    functions = [_function(name, deliveries.run_all) for name in deliveries.names]
    return Worker(
        functions,
        redis_pool=redis,
        handle_signals=False,
        burst=burst,
        poll_delay=0.1,
        max_jobs=10,
        max_tries=1000,
        job_timeout=JOB_TIMEOUT_S + 15.0,
        job_completion_wait=5,
        keep_result=0,
        health_check_interval=15,
        log_results=False,
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
    )


def _function(name: str, run: Callable[[str, Sequence[UUID]], Awaitable[None]]) -> Function:
    async def woken(_context: dict[Any, Any], *event_ids: str) -> None:
        await run(name, [UUID(event_id) for event_id in event_ids])

    return func(cast("Any", woken), name=name, keep_result=0)


async def work_forever(deliveries: Deliveries, redis: ArqRedis) -> None:
    """An ARQ worker that outlives its Redis: when the connection breaks, a new one takes over."""
    while True:
        worker = build_worker(deliveries, redis)
        try:
            await worker.async_run()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("worker lost Redis and tries again: %s", error)
            await asyncio.sleep(1)
        finally:
            worker.allow_pick_jobs = False
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
