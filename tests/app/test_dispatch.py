"""Facts leave the outbox once their stream entry and wake-ups are in Redis; work is done once, or becomes a letter."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text

from app.dispatcher import Dispatcher
from app.infra import Infra, open_redis
from app.tasks import end, forever
from app.worker import MOST_ATTEMPTS, Deliveries, build_worker, run_by_the_clock, work_forever
from domains.kernel import repository
from domains.kernel.domain import Job
from domains.kernel.events import Event, Published
from domains.kernel.ids import new_id
from domains.kernel.repository import DeliveryKey
from domains.kernel.uow import Database, Reactions, Subscription, UnitOfWork


class Paid(Event, frozen=True, kw_only=True, tag="kernel.paid.v1"):
    published: ClassVar[Published | None] = Published("payment-events", "paid")

    user_id: UUID


class Sold(Event, frozen=True, kw_only=True, tag="kernel.sold.v1"):
    user_id: UUID
    broken: bool = False


class Bench:
    """A database with one `after` reaction that writes a row and fails as often as it is told."""

    def __init__(self, infra: Infra) -> None:
        subscription = Subscription("kernel.grant", Paid, self.grant, "after")
        self.db = Database(infra.db.engine, infra.db._pool, Reactions.of([subscription]))
        self.redis = infra.redis
        self.screens: list[Event] = []
        self.failures = 0
        self.dispatcher = self.dispatching(self.redis)
        self.deliveries = Deliveries(self.db, self.redis)

    def dispatching(self, redis: Redis) -> Dispatcher:
        async def views(facts: object) -> None: ...

        dispatcher = Dispatcher(self.db, redis, {Paid.type_name(): Paid}, screens=self.screens.extend, views=views)
        self.db.committed = dispatcher.committed
        return dispatcher

    async def grant(self, uow: UnitOfWork, fact: Paid) -> None:
        statement = text("INSERT INTO kernel_idempotent_answer (owner_id, key, fingerprint) VALUES (:id, :key, '')")
        await uow.session.execute(statement, {"id": fact.user_id, "key": new_id().hex})
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the outside world")

    async def pay(self) -> Paid:
        fact = Paid(user_id=new_id())
        async with self.db.begin() as uow:
            uow.record(fact)
        return fact

    async def granted(self, fact: Paid) -> int:
        rows = await self.db.fetch("SELECT count(*) FROM kernel_idempotent_answer WHERE owner_id = $1", fact.user_id)
        return int(rows[0][0])

    async def state(self) -> list[tuple[str, int]]:
        rows = await self.db.fetch("SELECT state, attempts FROM kernel_delivery ORDER BY event_id")
        return [tuple(row) for row in rows]

    async def make_due(self) -> None:
        async with self.db.begin() as uow:
            await uow.session.execute(text("UPDATE kernel_delivery SET due_at = now() - interval '1 second'"))

    async def work(self) -> None:
        await build_worker(self.deliveries, self.redis, burst=True).async_run()


class Shop:
    """A reaction that takes many facts at once and refuses those that are broken, alone as in company."""

    def __init__(self, bench: Bench) -> None:
        subscription = Subscription("kernel.thank", Sold, self.thank, "after", self.thank_all)
        self.db = bench.db = Database(bench.db.engine, bench.db._pool, Reactions.of([subscription]))
        self.bench = bench
        bench.dispatcher = bench.dispatching(bench.redis)
        bench.deliveries = self.deliveries = Deliveries(self.db, bench.redis)
        self.rounds: list[int] = []

    async def thank(self, uow: UnitOfWork, fact: Sold) -> None:
        await self.thank_all(uow, [fact])

    async def thank_all(self, uow: UnitOfWork, facts: Sequence[Sold]) -> None:
        self.rounds.append(len(facts))
        for fact in facts:
            key = new_id().hex
            await uow.fetch(
                "INSERT INTO kernel_idempotent_answer (owner_id, key, fingerprint) VALUES ($1, $2, '')",
                fact.user_id,
                key,
            )
        if any(fact.broken for fact in facts):
            raise RuntimeError("broken")

    async def sell(self, number: int, *, broken: int | None = None) -> list[Sold]:
        facts = [Sold(user_id=new_id(), broken=place == broken) for place in range(number)]
        async with self.db.begin() as uow:
            for fact in facts:
                uow.record(fact)
        await self.bench.dispatcher.flush()
        return facts

    async def thanked(self, facts: Sequence[Sold]) -> list[int]:
        statement = "SELECT count(*) FROM kernel_idempotent_answer WHERE owner_id = $1"
        return [int((await self.db.fetch(statement, fact.user_id))[0][0]) for fact in facts]


@pytest.fixture
def bench(infra: Infra) -> Bench:
    return Bench(infra)


@pytest.fixture
def shop(bench: Bench) -> Shop:
    return Shop(bench)


async def test_a_fact_moves_screens_then_streams_then_jobs(bench: Bench) -> None:
    fact = await bench.pay()
    await bench.dispatcher.flush()
    assert bench.screens == [fact]
    [(_, entry)] = await bench.redis.xrange("payment-events")
    assert entry[b"type"] == b"paid"
    assert str(fact.event_id).encode() == entry[b"id"]
    assert await bench.granted(fact) == 0
    await bench.work()
    assert await bench.granted(fact) == 1
    assert await bench.state() == [("done", 1)]


async def test_work_is_done_once_however_often_it_is_woken(bench: Bench) -> None:
    fact = await bench.pay()
    await bench.dispatcher.flush()
    key = DeliveryKey(fact.event_id, "kernel.grant")
    await asyncio.gather(*(bench.deliveries.run(key) for _ in range(8)))
    assert await bench.granted(fact) == 1


async def test_a_failure_leaves_no_half_done_work_and_is_tried_again(bench: Bench) -> None:
    bench.failures = 2
    fact = await bench.pay()
    await bench.dispatcher.flush()
    await bench.work()
    assert await bench.granted(fact) == 0
    assert await bench.state() == [("pending", 1)]
    for _ in range(2):
        await bench.make_due()
        await bench.deliveries.sweep()
        await bench.work()
    assert await bench.granted(fact) == 1
    assert await bench.state() == [("done", 3)]


async def test_after_the_last_try_it_is_a_dead_letter_that_can_be_replayed(bench: Bench) -> None:
    bench.failures = MOST_ATTEMPTS
    fact = await bench.pay()
    key = DeliveryKey(fact.event_id, "kernel.grant")
    for _ in range(MOST_ATTEMPTS):
        await bench.make_due()
        await bench.deliveries.run(key)
    assert await bench.state() == [("dead", MOST_ATTEMPTS)]
    async with bench.db.begin() as uow:
        [letter] = await repository.list_deliveries(uow.session, "dead", most=10)
        assert letter.last_error == "RuntimeError: the outside world"
        assert await repository.replay_dead(uow.session) == [key]
    await bench.deliveries.sweep()
    await bench.work()
    assert await bench.granted(fact) == 1


async def test_a_worker_that_was_overtaken_commits_nothing(bench: Bench) -> None:
    fact = await bench.pay()
    key = DeliveryKey(fact.event_id, "kernel.grant")

    async def slow(uow: UnitOfWork, paid: Paid) -> None:
        await bench.grant(uow, paid)
        # Meanwhile the lease runs out and somebody else claims the work.
        async with bench.db.begin() as other:
            await other.session.execute(text("UPDATE kernel_delivery SET due_at = now() - interval '1 second'"))
        async with bench.db.begin() as other:
            assert await repository.claim_deliveries(other.fetch, key.subscription, [key.event_id], lease_s=60)

    slow_side = Deliveries(
        Database(bench.db.engine, bench.db._pool, Reactions.of([Subscription("kernel.grant", Paid, slow, "after")])),
        bench.redis,
    )
    await slow_side.run(key)
    assert await bench.granted(fact) == 0
    assert await bench.state() == [("pending", 2)]


async def test_a_worker_that_lives_keeps_its_claim_however_long_the_work_takes(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker._RENEW_S", 0.02)
    fact = await bench.pay()
    key = DeliveryKey(fact.event_id, "kernel.grant")

    async def slow(uow: UnitOfWork, paid: Paid) -> None:
        async with bench.db.begin() as other:
            await other.session.execute(text("UPDATE kernel_delivery SET due_at = now()"))
        async with asyncio.timeout(5):
            while not await bench.db.fetch("SELECT 1 FROM kernel_delivery WHERE due_at > now() + interval '5 seconds'"):
                await asyncio.sleep(0.01)
        await bench.deliveries.run(key)
        await bench.grant(uow, paid)

    reactions = Reactions.of([Subscription("kernel.grant", Paid, slow, "after")])
    await Deliveries(Database(bench.db.engine, bench.db._pool, reactions), bench.redis).run(key)
    assert await bench.granted(fact) == 1
    assert await bench.state() == [("done", 1)]


async def test_work_of_a_killed_worker_is_woken_though_arq_holds_its_job(bench: Bench) -> None:
    fact = await bench.pay()
    key = DeliveryKey(fact.event_id, "kernel.grant")
    await bench.dispatcher.flush()
    # As a worker that began and was killed leaves it: claimed, and in progress for ARQ.
    async with bench.db.begin() as uow:
        assert await repository.claim_deliveries(uow.fetch, key.subscription, [key.event_id], lease_s=0)
    await bench.redis.set(f"arq:in-progress:kernel.grant:{fact.event_id}", b"1", ex=60)
    await bench.deliveries.sweep()
    worker = asyncio.create_task(work_forever(bench.deliveries, bench.redis))
    async with asyncio.timeout(5):
        while not await bench.granted(fact):
            await asyncio.sleep(0.02)
    await end([worker])
    assert await bench.redis.zcard("arq:queue") == 0, "the job that nobody can finish is out of the way"


async def test_facts_of_a_process_that_died_are_dispatched_by_another(bench: Bench) -> None:
    bench.db.committed = lambda facts: None
    fact = await bench.pay()
    await bench.dispatcher.flush()
    assert bench.screens == [], "the lease of the process that recorded it still runs"
    async with bench.db.begin() as uow:
        await uow.session.execute(text("UPDATE kernel_outbox SET lease_until = now() - interval '1 second'"))
    await bench.dispatcher.flush()
    assert bench.screens == [fact]


async def test_without_redis_screens_move_and_the_sweeper_does_the_work(bench: Bench) -> None:
    nowhere = open_redis("unix:///nonexistent/redis.sock")
    bench.dispatcher = bench.dispatching(nowhere)
    bench.deliveries = Deliveries(bench.db, nowhere)
    fact = await bench.pay()
    with pytest.raises(RedisError):
        await bench.dispatcher.flush()
    assert bench.screens == [fact]
    # At once: the time in which the dispatcher would have woken a worker is not waited for.
    await bench.deliveries.sweep()
    await bench.deliveries.settled()
    assert await bench.granted(fact) == 1
    await nowhere.aclose()


async def test_without_redis_one_sweep_does_more_than_fits_at_once(bench: Bench) -> None:
    nowhere = open_redis("unix:///nonexistent/redis.sock")
    bench.deliveries = Deliveries(bench.db, nowhere)
    bench.db.committed = lambda facts: None
    facts = [await bench.pay() for _ in range(25)]
    await bench.make_due()
    await bench.deliveries.sweep()
    await bench.deliveries.settled()
    assert [await bench.granted(fact) for fact in facts] == [1] * 25
    await nowhere.aclose()


async def test_a_fact_of_another_version_stops_nobody_elses(bench: Bench) -> None:
    bench.db.committed = lambda facts: None
    async with bench.db.begin() as uow:
        await uow.session.execute(
            text("""
                INSERT INTO kernel_outbox (id, type, payload, occurred_at, lease_until) VALUES
                (:first, 'future.fact.v9', '{"type": "future.fact.v9"}', now(), now() - interval '1 second'),
                (:second, 'kernel.paid.v1', '{"type": "kernel.paid.v1"}', now(), now() - interval '1 second')
            """),
            {"first": new_id(), "second": new_id()},
        )
    fact = await bench.pay()
    async with bench.db.begin() as uow:
        await uow.session.execute(text("UPDATE kernel_outbox SET lease_until = now() - interval '1 second'"))
    await bench.dispatcher.flush()
    assert bench.screens == [fact]
    assert len(await bench.db.fetch("SELECT id FROM kernel_outbox WHERE dispatched_at IS NULL")) == 2


async def test_loops_that_run_by_themselves_deliver_and_stop(bench: Bench) -> None:
    bench.dispatcher.start()
    facts = [await bench.pay() for _ in range(5)]
    async with asyncio.timeout(5):
        while len(bench.screens) < 5 or await bench.redis.xlen("payment-events") < 5:
            await asyncio.sleep(0.02)
    await bench.dispatcher.stop()
    assert bench.screens == facts


async def test_a_loop_that_fails_starts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.tasks.RESTART_S", 0.01)
    rounds: list[int] = []

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) < 3:
            raise KeyError("a fault")

    await asyncio.wait_for(forever("work", work), 5)
    assert rounds == [0, 1, 2]


async def test_work_that_takes_its_process_with_it_is_dead_in_the_end(bench: Bench) -> None:
    fact = await bench.pay()
    key = DeliveryKey(fact.event_id, "kernel.grant")
    for _ in range(MOST_ATTEMPTS):
        await bench.make_due()
        async with bench.db.begin() as uow:
            assert await repository.claim_deliveries(uow.fetch, key.subscription, [key.event_id], lease_s=60)
    await bench.make_due()
    await bench.deliveries.run(key)
    assert await bench.state() == [("dead", MOST_ATTEMPTS + 1)]
    assert await bench.granted(fact) == 0


async def test_an_error_that_postgresql_cannot_hold_is_recorded_as_far_as_it_can(bench: Bench) -> None:
    async def fail(uow: UnitOfWork, fact: Paid) -> None:
        raise ValueError("nul \0 here")

    fact = await bench.pay()
    reactions = Reactions.of([Subscription("kernel.grant", Paid, fail, "after")])
    await Deliveries(Database(bench.db.engine, bench.db._pool, reactions), bench.redis).run(
        DeliveryKey(fact.event_id, "kernel.grant")
    )
    [row] = await bench.db.fetch("SELECT last_error FROM kernel_delivery")
    assert row[0] == "ValueError: nul  here"


async def test_finished_work_is_forgotten_after_its_keeping_time_and_unfinished_never(bench: Bench) -> None:
    done = [await bench.pay() for _ in range(5)]
    await bench.dispatcher.flush()
    await bench.work()
    bench.failures = 99
    await bench.pay()
    await bench.dispatcher.flush()
    async with bench.db.begin() as uow:
        await uow.session.execute(text("UPDATE kernel_outbox SET dispatched_at = now() - interval '30 days'"))
    more, rounds = True, 0
    while more:
        rounds += 1
        async with bench.db.begin() as uow:
            more = await repository.purge(uow.session, keep_days=7, most=2)
    assert rounds == 3
    assert len(done) == 5
    assert await bench.state() == [("pending", 0)]


async def test_a_fact_without_work_leaves_no_row_behind(bench: Bench) -> None:
    bench.db.reactions = Reactions()
    await bench.pay()
    await bench.dispatcher.flush()
    assert await bench.db.fetch("SELECT id FROM kernel_outbox") == []


async def test_a_job_by_the_clock_never_runs_twice_at_once_and_survives_its_own_failures(infra: Infra) -> None:
    running, most, rounds = 0, 0, 0

    async def run(_db: Database) -> None:
        nonlocal running, most, rounds
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.02)
        running -= 1
        rounds += 1
        if rounds == 2:
            raise RuntimeError("once")

    job = Job("kernel.tick", run, every_s=0)
    tasks = [asyncio.create_task(run_by_the_clock(infra.db, job)) for _ in range(3)]
    async with asyncio.timeout(10):
        while rounds < 6:
            await asyncio.sleep(0.01)
    await end(tasks)
    assert most == 1


async def test_one_job_does_the_work_of_many_facts_where_the_reaction_takes_many(shop: Shop) -> None:
    facts = await shop.sell(7)
    assert await shop.bench.redis.zcard("arq:queue") == 1
    await shop.bench.work()
    assert shop.rounds == [7]
    assert await shop.thanked(facts) == [1] * 7
    assert await shop.bench.state() == [("done", 1)] * 7
    await shop.deliveries.run_all("kernel.thank", [fact.event_id for fact in facts])
    assert await shop.thanked(facts) == [1] * 7


async def test_one_that_fails_among_many_keeps_nobody_elses_work_from_being_done_once(shop: Shop) -> None:
    facts = await shop.sell(3, broken=1)
    await shop.bench.work()
    assert shop.rounds == [3, 1, 1, 1]
    assert await shop.thanked(facts) == [1, 0, 1]
    assert await shop.bench.state() == [("done", 1), ("pending", 1), ("done", 1)]
    await shop.bench.make_due()
    await shop.deliveries.run_all("kernel.thank", [fact.event_id for fact in facts])
    assert shop.rounds[4:] == [1], "what is done is not done again, and what was tried before goes alone"


async def test_of_many_that_one_was_overtaken_on_nothing_is_done_twice(shop: Shop) -> None:
    facts = await shop.sell(2)
    many = shop.thank_all

    async def slow(uow: UnitOfWork, some: Sequence[Sold]) -> None:
        await many(uow, some)
        if len(some) == 2:
            # Meanwhile the lease of one runs out and somebody else does it.
            await shop.db.fetch("UPDATE kernel_delivery SET due_at = now() WHERE event_id = $1", facts[0].event_id)
            await Deliveries(shop.db, shop.bench.redis).run(DeliveryKey(facts[0].event_id, "kernel.thank"))

    reactions = Reactions.of([Subscription("kernel.thank", Sold, shop.thank, "after", slow)])
    slow_side = Deliveries(Database(shop.db.engine, shop.db._pool, reactions), shop.bench.redis)
    await slow_side.run_all("kernel.thank", [fact.event_id for fact in facts])
    assert await shop.thanked(facts) == [1, 1]
    assert await shop.bench.state() == [("done", 2), ("done", 1)]


async def test_work_of_a_killed_worker_that_took_many_is_woken_one_by_one(shop: Shop) -> None:
    facts = await shop.sell(3)
    ids = [fact.event_id for fact in facts]
    assert len(await repository.claim_deliveries(shop.db.fetch, "kernel.thank", ids, lease_s=0)) == 3
    await shop.bench.redis.set(f"arq:in-progress:kernel.thank:{ids[0]}", b"1", ex=60)
    await shop.deliveries.sweep()
    worker = asyncio.create_task(work_forever(shop.deliveries, shop.bench.redis))
    async with asyncio.timeout(5):
        while await shop.thanked(facts) != [1, 1, 1]:
            await asyncio.sleep(0.02)
    await end([worker])
    assert shop.rounds == [1, 1, 1]


async def test_what_may_wait_for_company_is_not_waited_for_by_what_may_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.dispatcher._PATIENCE_S", 60.0)
    subscriptions = [
        Subscription("kernel.grant", Paid, bench.grant, "after"),
        Subscription("kernel.thank", Sold, bench.grant, "after", Shop.thank_all),  # type: ignore[arg-type]
    ]
    bench.db = Database(bench.db.engine, bench.db._pool, Reactions.of(subscriptions))
    bench.dispatcher = bench.dispatching(bench.redis)
    bench.dispatcher.start()
    async with bench.db.begin() as uow:
        uow.record(Sold(user_id=new_id()))
    async with asyncio.timeout(5):
        while not bench.screens:
            await asyncio.sleep(0.01)
    assert await bench.redis.zcard("arq:queue") == 0, "screens see it at once, its job waits"
    await bench.pay()
    async with asyncio.timeout(5):
        while await bench.redis.zcard("arq:queue") < 2:
            await asyncio.sleep(0.01)
    async with bench.db.begin() as uow:
        uow.record(Sold(user_id=new_id()))
    async with asyncio.timeout(5):
        while len(bench.screens) < 3:
            await asyncio.sleep(0.01)
    await bench.dispatcher.stop()
    assert await bench.redis.zcard("arq:queue") == 3, "at the end nobody waits for company"
