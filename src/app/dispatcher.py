"""Facts on their way out of the outbox: first to live screens, then to streams and jobs.

Invariant: a durable fact leaves the outbox only after its stream entry and all its wake-ups are in Redis, so a Redis
that is away delays them and loses none. The recording process holds a lease and works from memory; facts of a process
that died, or of a command without a dispatcher, are claimed from the table once their lease is over.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from arq.connections import ArqRedis
from arq.constants import default_queue_name
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.tasks import end, forever
from app.telemetry import DISPATCH_LAG, FACTS, PENDING
from domains.kernel import repository
from domains.kernel.events import Event
from domains.kernel.repository import DeliveryKey
from domains.kernel.uow import OUTBOX_LEASE_S, Database

STREAM_LENGTH = 10_000
"""Entries kept in each public stream, about."""
_BATCH = 500
_MOST_IN_MEMORY = 20_000
_SWEEP_S = 1.0
_UNREAD_LEASE_S = 300.0
_WAKES_AT_ONCE = 16
_PATIENCE_S = 0.5
"""So long streams, and reactions that take many facts at once, wait for more. Screens wait for nothing."""
_TOGETHER = 100
AWAY = (RedisError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a loop outlives: PostgreSQL or Redis does not answer, or not as it should."""

log = logging.getLogger(__name__)

Screens = Callable[[Sequence[Event]], None]
Views = Callable[[Sequence[Event]], Awaitable[None]]


class Dispatcher:
    """`screens` must not block; `views` brings rebuildable views up to date before screens read them."""

    def __init__(
        self,
        db: Database,
        redis: ArqRedis,
        events: dict[str, type[Event]],
        *,
        screens: Screens,
        views: Views,
    ) -> None:
        self._db = db
        self._redis = redis
        self._events = events
        self._screens = screens
        self._views = views
        self._fresh: asyncio.Queue[Event] = asyncio.Queue(_MOST_IN_MEMORY)
        self._shown: asyncio.Queue[Event] = asyncio.Queue(_MOST_IN_MEMORY)
        self._some = asyncio.Event()
        self._hurry = asyncio.Event()
        """Of what is shown there is some, and it waits for no more."""
        self._tasks: list[asyncio.Task[None]] = []

    def committed(self, facts: Sequence[Event]) -> None:
        """Takes facts right after their commit. Never blocks: what finds no room waits in the table for its lease."""
        if not any(fact.durable for fact in facts):
            self._screens(facts)
            return
        for fact in facts:
            with suppress(asyncio.QueueFull):
                self._fresh.put_nowait(fact)

    def start(self) -> None:
        loops = {"screens": self._show_loop, "queue": self._queue_loop, "outbox sweep": self._sweep_loop}
        self._tasks = [asyncio.create_task(forever(name, loop)) for name, loop in loops.items()]

    async def stop(self) -> None:
        """Finishes what is in memory if that takes no more than two seconds; the table keeps the rest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._fresh.join()
                self._hurry.set()
                await self._shown.join()
        await end(self._tasks)

    async def flush(self) -> None:
        """Does now what the loops would do: for tests and commands that run no loops."""
        while not (self._fresh.empty() and self._shown.empty()):
            if not self._fresh.empty():
                await self._show(_drain(self._fresh))
            if not self._shown.empty():
                await self._queue(_drain(self._shown))
        await self.sweep()

    async def sweep(self) -> None:
        """Claims facts whose lease is over and dispatches them."""
        rows = await repository.claim_facts(self._db.fetch, lease_s=OUTBOX_LEASE_S, most=_BATCH)
        facts, unread = self._read(rows)
        if unread:
            await repository.leave_facts(self._db.fetch, unread, lease_s=_UNREAD_LEASE_S)
        if facts:
            await self._show(facts, taken_from_memory=False)
            await self._queue(_drain(self._shown))

    def _read(self, rows: Sequence[tuple[UUID, str]]) -> tuple[list[Event], list[UUID]]:
        """The facts, and the ids of those that only another version of this program understands."""
        facts: list[Event] = []
        unread: list[UUID] = []
        for fact_id, payload in rows:
            try:
                tag = msgspec.json.decode(payload, type=_Tagged).type
                facts.append(msgspec.json.decode(payload, type=self._events[tag]))
            except (KeyError, msgspec.MsgspecError) as error:
                log.error("fact %s cannot be read and waits for a version that can: %r", fact_id, error)
                unread.append(fact_id)
        return facts, unread

    async def _show_loop(self) -> None:
        while True:
            first = await self._fresh.get()
            await self._show([first, *_drain(self._fresh)])

    async def _queue_loop(self) -> None:
        while True:
            await self._some.wait()
            # Taken only afterwards: a sweep that comes meanwhile takes them along, in their order.
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self._hurry.wait()
            self._some.clear()
            self._hurry.clear()
            facts = _drain(self._shown)
            if not self._shown.empty():
                self._some.set()
                self._hurry.set()
            if not facts:
                continue
            PENDING.set(self._shown.qsize())
            try:
                await self._queue(facts)
            except AWAY as error:
                # Their lease ends in the table; the sweep brings them back.
                log.warning("facts could not be queued and wait in the outbox: %s", error)
                await asyncio.sleep(_SWEEP_S)

    async def _sweep_loop(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            try:
                await self.sweep()
            except AWAY as error:
                log.warning("outbox could not be swept: %s", error)

    async def _show(self, facts: Sequence[Event], *, taken_from_memory: bool = True) -> None:
        try:
            await self._views(facts)
            self._screens(facts)
        except Exception:
            log.exception("screens were not told of %d facts", len(facts))
        for fact in facts:
            if fact.durable:
                with suppress(asyncio.QueueFull):
                    self._shown.put_nowait(fact)
                self._some.set()
                if self._db.reactions.urgent(fact) or self._shown.qsize() >= _BATCH:
                    self._hurry.set()
            if taken_from_memory:
                self._fresh.task_done()

    async def _queue(self, facts: Sequence[Event]) -> None:
        try:
            await self._publish(facts)
            wakes = list(self._wakes(facts))
            for start in range(0, len(wakes), _WAKES_AT_ONCE):
                await asyncio.gather(*(wake(self._redis, *keys) for keys in wakes[start : start + _WAKES_AT_ONCE]))
            await repository.finish_facts(self._db.fetch, [fact.event_id for fact in facts])
        except RedisError:
            # Nobody can be woken, so nobody's work has to wait for it: the sweeper takes what is due.
            await repository.hasten_deliveries(self._db.fetch, [fact.event_id for fact in facts])
            raise
        finally:
            for _ in facts:
                self._shown.task_done()
        DISPATCH_LAG.set((datetime.now(UTC) - facts[-1].occurred_at).total_seconds())

    def _wakes(self, facts: Sequence[Event]) -> Iterator[list[DeliveryKey]]:
        """The jobs of `facts`: one for many where the reaction takes many."""
        together: dict[str, list[DeliveryKey]] = {}
        for key in self._db.reactions.deliveries(facts):
            if self._db.reactions.named[key.subscription].many is None:
                yield [key]
            else:
                together.setdefault(key.subscription, []).append(key)
        for keys in together.values():
            yield from (keys[start : start + _TOGETHER] for start in range(0, len(keys), _TOGETHER))

    async def _publish(self, facts: Sequence[Event]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for fact in facts:
                FACTS.labels(fact.type_name()).inc()
                if fact.published is not None:
                    pipe.xadd(fact.published.stream, stream_entry(fact), maxlen=STREAM_LENGTH, approximate=True)
            if len(pipe):
                await pipe.execute()


async def wake(redis: ArqRedis, *keys: DeliveryKey, tries: int = 0) -> None:
    """Enqueues one job for work of one subscription; a second wake-up of waiting work is dropped by its first's id.
    After further `tries` it has another id: ARQ holds on to that of a job whose worker was killed, and a worker that
    finds nothing but such jobs at the head of the queue sees none behind them, so the former one is taken out."""
    first = keys[0]
    if tries:
        await redis.zrem(default_queue_name, _job_id(first, tries - 1))
    await redis.enqueue_job(first.subscription, *(str(key.event_id) for key in keys), _job_id=_job_id(first, tries))


def _job_id(key: DeliveryKey, tries: int) -> str:
    return f"{key.subscription}:{key.event_id}" + (f":{tries}" if tries else "")


def stream_entry(fact: Event) -> dict[Any, Any]:
    """What other systems read: `{id, type, data, metadata}`, the last two as JSON."""
    if fact.published is None:
        raise ValueError("this fact is not published")
    body = msgspec.to_builtins(fact)
    metadata = {"timestamp": body.pop("occurred_at"), "correlation_id": body.pop("correlation_id")}
    body.pop("type")
    return {
        "id": body.pop("event_id"),
        "type": fact.published.type,
        "data": msgspec.json.encode(body).decode(),
        "metadata": msgspec.json.encode(metadata).decode(),
    }


class _Tagged(msgspec.Struct):
    type: str


def _drain(queue: "asyncio.Queue[Event]") -> list[Event]:
    facts: list[Event] = []
    while len(facts) < _BATCH and not queue.empty():
        facts.append(queue.get_nowait())
    return facts
