"""What is remembered: 5,000 items of one learner, beside 200 others with as many rows of the table.

Counted is what is due, read is all that is remembered, folded is the whole log, as `lyceum rebuild schedule` does it
and as a reader does after the learner's settings changed. Through the service, out of this process, as requests do.
"""

import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import msgspec

from app.config import Settings
from app.infra import open_infra
from bench.figures import Figure, Result, latencies
from bench.seed import Seed, seeding
from bench.stand import Stand
from domains.catalog import api as catalog
from domains.kernel.uow import Database
from domains.learning.policy.schedule import Rating, Review, Rules, folded
from domains.learning.repository.schedule import COLUMNS
from domains.learning.service import schedule

ITEMS = 5_000
REVIEWS = 4
"""Of each item."""
OTHERS = 200
TIMES = 300


async def measure(stand: Stand) -> Result:
    async with seeding(stand) as seed:
        log = _log(seed.work.course_id)
        learner = (await seed.learners(1))[0].id
        await _fill(seed, learner, log)
        settings = Settings.load({}, database_url=stand.database_url, redis_url=stand.redis_url)
        async with open_infra(settings, []) as infra:
            db = infra.db
            revision = await catalog.revision(db, seed.work.revision_id)
            course_id = revision.course_id
            due = await _times(TIMES, lambda: schedule.due_count(db, learner, revision, 7))
            bare = await _times(TIMES, lambda: db.fetch("SELECT 1"))
            began = time.process_time()
            read = await _times(30, lambda: schedule.states(db, learner, course_id))
            read_cpu = (time.process_time() - began) / 31
            rebuild = await _times(3, lambda: schedule.rebuild(db, learner, course_id, dry_run=True))
            wrong = (await schedule.rebuild(db, learner, course_id, dry_run=True)).wrong
            stale = await _stale(db, learner, course_id)
    began = time.process_time()
    folded(log, Rules())
    each = (time.process_time() - began) / len(log)
    figures = [
        Figure("FSRS, one review", each * 1e6, "µs"),
        *latencies(f"due count of {ITEMS} items", due),
        *latencies("round trip of SELECT 1", bare),
        Figure("CPU of reading them, Python's", read_cpu * 1000, "ms"),
        *latencies(f"states of {ITEMS} items", read),
        *latencies(f"rebuild of {len(log)} reviews, dry", rebuild),
        Figure("first reading after the settings changed", stale * 1000, "ms"),
        Figure("wrong after all that", len(wrong), ""),
    ]
    return Result(
        "schedule", figures, [f"{ITEMS} items with {REVIEWS} reviews each; {OTHERS} others with as many items."]
    )


def _log(course_id: UUID) -> list[Review]:
    chance, now = random.Random(1), datetime.now(UTC)
    return [
        Review(
            now - timedelta(days=40 - 10 * turn, seconds=chance.randrange(864_000)),
            str(uuid5(course_id, f"{item}:{turn}")),
            uuid5(course_id, f"bench:{item}"),
            Rating.AGAIN if chance.random() < 0.15 else Rating.GOOD,
        )
        for item in range(ITEMS)
        for turn in range(REVIEWS)
    ]


async def _fill(seed: Seed, learner: UUID, log: list[Review]) -> None:
    course_id = seed.work.course_id
    states = [(learner, course_id, *msgspec.structs.astuple(state), 0) for state in folded(log, Rules()).values()]
    columns = ["user_id", "course_id", *COLUMNS.split(", "), "missed"]
    await seed.sql.copy_records_to_table("learning_item_state", columns=columns, records=states)
    await seed.sql.copy_records_to_table(
        "learning_review",
        columns=["id", "user_id", "course_id", "item_id", "rating", "elapsed_ms", "reviewed_at"],
        records=[(UUID(r.source), learner, course_id, r.item_id, r.rating, 1000, r.at) for r in log],
    )
    for other in await seed.learners(OTHERS):
        await seed.sql.execute(
            f"INSERT INTO learning_item_state (user_id, course_id, {COLUMNS}, missed)"
            f" SELECT $1, course_id, {COLUMNS}, 0 FROM learning_item_state WHERE user_id = $2",
            other.id,
            learner,
        )
    await seed.sql.execute("VACUUM ANALYZE learning_item_state")


async def _stale(db: Database, learner: UUID, course_id: UUID) -> float:
    await schedule.set_rules(db, learner, Rules(retention=0.85))
    began = time.perf_counter()
    await schedule.states(db, learner, course_id)
    return time.perf_counter() - began


async def _times(count: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    await work()
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return taken
