"""R2: Redis is killed again and again under two processes. R3: Redis is frozen, which time-outs have to notice.

Invariant: the naive design gets the same learners, screens, requests and outages, and is judged by the same tally.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator

import msgspec

from bench.crowd import Person
from bench.faults import naive_live
from bench.faults.live import House, house, progress
from bench.faults.run import Run
from bench.faults.verdict import Verdict
from bench.figures import percentile
from bench.keepalive import request
from bench.seed import Seed

PEOPLE = 120
EVERY_S = 10.0
AWAY_S = 2.0
ROUNDS = 4
ANSWERS = 40
FROZEN_S = 30.0
LIMIT_MS = 500
CATCH_UP_S = 20.0
PASSWORD = "correct horse battery staple"


async def redis_killed(run: Run) -> Verdict:
    async with house(run, people=_people(run), lessons=_lessons(run, ROUNDS * EVERY_S), workers=2) as made:
        return await _killed(made, "product")


async def naive_redis_killed(run: Run) -> Verdict:
    async with naive_live.house(run, people=_people(run), lessons=_lessons(run, ROUNDS * EVERY_S)) as made:
        return await _killed(made, "naive")


async def redis_frozen(run: Run) -> Verdict:
    others: list[str] = []

    async def prepare(made: House, seed: Seed) -> None:
        others.extend(str(id_) for id_ in (seed.work.course_id, seed.work.lesson_id))

    async with house(run, people=_people(run), lessons=_lessons(run, FROZEN_S + 5), workers=2, before=prepare) as made:
        return await _frozen(made, "product", others)


async def naive_redis_frozen(run: Run) -> Verdict:
    async with naive_live.house(run, people=_people(run), lessons=_lessons(run, FROZEN_S + 5)) as made:
        return await _frozen(made, "naive", [])


def _people(run: Run) -> int:
    return max(30, run.count(PEOPLE))


def _lessons(run: Run, seconds: float) -> int:
    return 3 + int(ANSWERS * (seconds + 5) * 3 / _people(run) / 8)


async def _killed(made: House, design: str) -> Verdict:
    run, crowd = made.run, made.crowd
    rounds = max(2, round(ROUNDS * run.scale))
    await made.light_up()
    crowd.patience_s = 5.0
    over_s = rounds * EVERY_S
    kills = 0

    async def kill() -> None:
        nonlocal kills
        for _ in range(rounds):
            await asyncio.sleep((EVERY_S - AWAY_S) / 2)
            made.machine.valkey.kill()
            kills += 1
            run.say(f"Redis killed; {len(crowd.given)} answers so far")
            await asyncio.sleep(AWAY_S)
            await made.machine.valkey.start()
            await asyncio.sleep((EVERY_S - AWAY_S) / 2)

    await asyncio.gather(crowd.drive(_rate(run), over_s), kill())
    run.say("all answered; catching up")
    began = time.monotonic()
    tally = await made.settled(within_s=CATCH_UP_S)
    took_s = time.monotonic() - began
    slow = sorted(crowd.took())
    bad = {status: count for status, count in crowd.statuses().items() if not status.startswith("2")}
    return Verdict(
        fault="R2",
        design=design,
        passed=tally.right,
        line=(
            f"Redis killed {kills} times for {AWAY_S:g} s, {len(crowd.people)} screens at two processes, caught up "
            f"after {took_s:.1f} s; {tally.line}; requests: {len(slow)}, p99 {percentile(slow, 0.99) * 1000:.0f} ms, "
            f"longest {slow[-1] * 1000:.0f} ms, failed {bad or 'none'}"
        ),
        figures={
            "kills": kills,
            "catch_up_s": took_s,
            "requests": len(slow),
            "p99_ms": percentile(slow, 0.99) * 1000,
            "longest_ms": slow[-1] * 1000,
            "failed": bad,
            **tally.figures,
        },
    )


def _rate(run: Run) -> float:
    return max(10.0, ANSWERS * min(1.0, run.scale))


async def _frozen(made: House, design: str, others: list[str]) -> Verdict:
    run, crowd = made.run, made.crowd
    frozen_s = max(6.0, FROZEN_S * min(1.0, run.scale))
    await made.light_up()
    await crowd.drive(_rate(run), 2.0)
    # Whoever asks goes away in the end; that is no answer either.
    crowd.patience_s = 10.0
    crowd.asked.clear()
    run.say(f"Redis frozen for {frozen_s:g} s")
    told = progress(run, frozen_s, lambda: f"{len(crowd.asked)} requests, {_too_long(made)} too long")
    async with _frozen_redis(made, frozen_s), _others(made, others):
        await crowd.drive(_rate(run), frozen_s)
    told.cancel()
    asked = list(crowd.asked)
    run.say("catching up")
    tally = await made.settled(within_s=CATCH_UP_S)
    slow = sorted(one.took_s for one in asked)
    late = _too_long(made, asked=len(asked))
    worst = {what: max(one.took_s for one in asked if one.what == what) for what in {one.what for one in asked}}
    bad = Counter(f"{one.what} {one.status}" for one in asked if not 200 <= one.status < 300)
    return Verdict(
        fault="R3",
        design=design,
        passed=late == 0 and not bad and tally.right,
        line=(
            f"Redis frozen for {frozen_s:g} s: {late} of {len(asked)} requests took more than {LIMIT_MS} ms, "
            f"{crowd.skipped} could not even be sent, p99 {percentile(slow, 0.99) * 1000:.0f} ms, longest "
            f"{slow[-1] * 1000:.0f} ms, failed {dict(bad) or 'none'}; "
            f"afterwards: {tally.line}"
        ),
        figures={
            "requests": len(asked),
            "too_long": late,
            "p99_ms": percentile(slow, 0.99) * 1000,
            "longest_ms": {what: round(took * 1000, 1) for what, took in worst.items()},
            "failed": dict(bad),
            **tally.figures,
        },
    )


def _too_long(made: House, *, asked: int | None = None) -> int:
    return sum(one.took_s * 1000 > LIMIT_MS for one in made.crowd.asked[:asked])


@contextlib.asynccontextmanager
async def _frozen_redis(made: House, seconds: float) -> AsyncGenerator[None]:
    """It goes on after so long, whoever still waits for it."""

    async def thaw() -> None:
        await asyncio.sleep(seconds)
        made.machine.valkey.thaw()
        made.run.say("Redis goes on")

    made.machine.valkey.freeze()
    thawing = asyncio.create_task(thaw())
    try:
        yield
        await thawing
    finally:
        made.machine.valkey.thaw()


@contextlib.asynccontextmanager
async def _others(made: House, ids: list[str]) -> AsyncGenerator[None]:
    """Ten other requests a second, of all that a learner does."""
    task = asyncio.create_task(_ask_others(made, *ids)) if ids else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _ask_others(made: House, course: str, lesson: str) -> None:
    crowd, number = made.crowd, 0
    asker = Person(crowd.people[0].learner, crowd.people[0].league, [])
    token, league = asker.learner.token, asker.league
    while True:
        number += 1
        account = {"email": f"r3-{number}@bench.invalid", "name": "Ada", "password": PASSWORD}
        wishes = {
            "course": request("GET", f"/api/v1/courses/{course}", token=token),
            "session": request("POST", f"/api/v1/lessons/{lesson}/sessions", token=token, body=b"{}"),
            "board": request("GET", f"/api/v1/leaderboards/{league}", token=token),
            "progress": request("GET", "/api/v1/progress", token=token),
            "notifications": request("GET", "/api/v1/notifications", token=token),
            "me": request("GET", "/api/v1/auth/me", token=token),
        }
        if number % 20 == 1:
            # argon2 takes its time on purpose, and does so on a busy machine too: few, one after the other.
            body = msgspec.json.encode(account)
            wishes = {"register": request("POST", "/api/v1/auth/register", body=body)}
        what = list(wishes)[number % len(wishes)]
        await crowd.ask(what, wishes[what], asker)
        await asyncio.sleep(0.1)
