"""One request, one job = one transaction, and only this module commits.

A unit of work collects facts. Before the commit it runs the handlers that belong inside the transaction and writes
the facts into the outbox beside the rows they speak of: either all of it is there afterwards, or nothing.
After the commit the facts are handed to `Database.committed`, so that screens need not wait for the outbox.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from domains.kernel import repository
from domains.kernel.events import Event
from domains.kernel.repository import DeliveryKey

P = TypeVar("P")

OUTBOX_LEASE_S = 15.0
"""How long the recording process has to dispatch its own facts before another may."""


class UnitOfWork:
    """The open transaction of one request or job. Get one from `Database.begin`."""

    def __init__(self, session: AsyncSession, db: "Database") -> None:
        self.session = session
        self.db = db
        """For a handler that talks to an outside service before its transaction begins with the first statement."""
        self.facts: list[Event] = []
        self._reactions = db.reactions
        self._settled = 0
        self._driver: asyncpg.Connection | None = None

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """A hot statement in this transaction, prepared and kept by its text: a fifth of what the session costs.

        It does not see what the session was given and has not flushed."""
        if self._driver is None:
            connection = await (await self.session.connection()).get_raw_connection()
            adapted = cast("Any", connection.dbapi_connection)
            # The session's transaction begins with its own first statement, which may be yet to come. A test watches
            # over these two names, which are not ours.
            if adapted._transaction is None:
                await adapted._start_transaction()
            self._driver = cast("asyncpg.Connection", connection.driver_connection)
        rows: list[asyncpg.Record] = await self._driver.fetch(statement, *values)
        return rows

    def record(self, fact: Event) -> None:
        """Announces `fact` if, and only if, this transaction commits."""
        self.facts.append(fact)

    async def settle(self) -> None:
        """Runs the inside handlers of what was recorded so far, and of what they record in turn.

        Called before every commit; a command that shows what an upper domain made of a fact calls it earlier.
        """
        while self._settled < len(self.facts):
            fact = self.facts[self._settled]
            self._settled += 1
            for subscription in self._reactions.inside.get(type(fact), ()):
                await subscription.handler(self, fact)


Handler = Callable[[UnitOfWork, Any], Awaitable[None]]
HandlerOfMany = Callable[[UnitOfWork, Sequence[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """`handler(uow, fact)` reacts to `event`.

    inside: in the transaction that records the fact, database only; its failure fails the request.
    after: as a job named `name`, at least once in its own transaction, with retries; `name` is published and stable.
    many: the same for several facts in one transaction, in their order. Such facts wait a moment for company; when it
    fails, nothing of it has happened and `handler` gets them one by one.
    """

    name: str
    event: type[Event]
    handler: Handler
    when: Literal["inside", "after"]
    many: HandlerOfMany | None = None


@dataclass(frozen=True)
class Reactions:
    """All subscriptions, by what they react to."""

    inside: dict[type[Event], list[Subscription]] = field(default_factory=dict)
    after: dict[type[Event], list[Subscription]] = field(default_factory=dict)

    @cached_property
    def named(self) -> dict[str, Subscription]:
        """Those that run as jobs."""
        return {s.name: s for found in self.after.values() for s in found}

    @classmethod
    def of(cls, subscriptions: Sequence[Subscription]) -> "Reactions":
        reactions = cls()
        for subscription in subscriptions:
            side = reactions.inside if subscription.when == "inside" else reactions.after
            side.setdefault(subscription.event, []).append(subscription)
        return reactions

    def deliveries(self, facts: Sequence[Event]) -> list[DeliveryKey]:
        return [DeliveryKey(f.event_id, s.name) for f in facts for s in self.after.get(type(f), ())]

    def urgent(self, fact: Event) -> bool:
        """Whether somebody reacts who does not take many at once."""
        return any(s.many is None for s in self.after.get(type(fact), ()))


def _nobody_listens(facts: Sequence[Event]) -> None:
    """Default of `Database.committed`: commands without a dispatcher leave their facts to the outbox lease."""


class Database:
    """The way to PostgreSQL: transactions for most work, single prepared statements for the hot paths."""

    def __init__(
        self,
        engine: AsyncEngine,
        pool: asyncpg.Pool,
        reactions: Reactions,
        *,
        ports: Mapping[type, object] | None = None,
        pool_s: float = 1.5,
    ) -> None:
        """`ports`: outside services by type. `pool_s`: how long a hot statement waits for a connection before the
        caller hears that all are busy."""
        self.engine = engine
        self.reactions = reactions
        self.committed: Callable[[Sequence[Event]], None] = _nobody_listens
        self._pool = pool
        self._pool_s = pool_s
        self._ports = dict(ports or {})

    def port(self, kind: type[P]) -> P:
        """The outside service that the composition root gave for `kind`."""
        found = self._ports[kind]
        if not isinstance(found, kind):
            raise TypeError(f"{found!r} is no {kind.__name__}")
        return found

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[UnitOfWork]:
        """A unit of work that commits at the end of the block, or rolls back if the block or the commit fails."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            uow = UnitOfWork(session, self)
            yield uow
            await uow.settle()
            durable = [fact for fact in uow.facts if fact.durable]
            if durable:
                deliveries = self.reactions.deliveries(durable)
                await repository.insert_facts(uow.fetch, durable, deliveries, lease_s=OUTBOX_LEASE_S)
            await session.commit()
        if uow.facts:
            self.committed(uow.facts)

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[AsyncConnection]:
        """A connection on which everything that is read is of one moment, and nothing can be written. For what is
        too much for one statement; whoever reads it does not dawdle, because nothing is cleaned up meanwhile."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """One statement, prepared and kept by its text, committed by itself: a single round trip.

        Besides `begin` the only way to write: for hot statements whose facts, if any, need no outbox."""
        async with self._pool.acquire(timeout=self._pool_s) as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
            return rows

    def announce(self, facts: Sequence[Event]) -> None:
        """Hands facts that need no outbox to live screens, after a `fetch` that committed what they speak of."""
        if any(fact.durable for fact in facts):
            raise ValueError("a durable fact is recorded in a unit of work")
        self.committed(facts)
