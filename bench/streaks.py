"""Streaks: the rules against a slow second opinion, over random lives in all time zones, on all processors.

The second opinion asks the C library which date it is somewhere, not Python.
"""

import os
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from bench.figures import Figure, Result
from bench.histories import ZONES, Practice, history, lived, second_opinion
from domains.gamification.policy.streaks import Streak, practised

HISTORIES = 100_000
CHUNK = 500
_EPOCH = date(1970, 1, 1)


class Tally(NamedTuple):
    lives: int
    steps: int
    kept: Counter[str]
    zones: set[str]
    disagreed: list[int]
    """Their seeds."""


def measure() -> Result:
    began = time.perf_counter()
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_compare, range(0, HISTORIES, CHUNK)))
    took_s = time.perf_counter() - began
    kept = sum((tally.kept for tally in found), Counter[str]())
    disagreed = [seed for tally in found for seed in tally.disagreed]
    zones = set().union(*(tally.zones for tally in found))
    return Result(
        "streaks",
        [
            Figure("histories", sum(tally.lives for tally in found), ""),
            Figure("steps, compared after each", sum(tally.steps for tally in found), ""),
            Figure("time zones", len(zones), "", f"all {len(ZONES)}", len(zones) == len(ZONES)),
            *(Figure(f"days {kind}", kept[kind], "") for kind in ("frozen", "paused", "travelled", "repaired")),
            Figure("histories that differ", len(disagreed), "", "0", not disagreed),
            Figure("took", took_s, "s"),
            Figure("practice on the next day, the short way", _short_way_us(), "µs"),
        ],
        [f"seeds that differ: {disagreed[:10]}"] if disagreed else [],
    )


def _compare(first: int) -> Tally:
    if not Path("/usr/share/zoneinfo").is_dir():
        os.environ["TZDIR"] = str(files("tzdata") / "zoneinfo")
    kept: Counter[str] = Counter()
    zones: set[str] = set()
    disagreed = []
    steps_seen = 0
    for seed in range(first, first + CHUNK):
        # The first zone of a life goes through all there are.
        own = [ZONES[seed % len(ZONES)], *random.Random(seed).sample(ZONES, 2)]
        steps = history(seed, own)
        zones.update(step.zone for step in steps if isinstance(step, Practice))
        ours, theirs = list(lived(steps)), list(second_opinion(steps, _by_libc))
        steps_seen += len(steps)
        if ours != theirs:
            disagreed.append(seed)
        if ours:
            kept.update(kind.value for kind in ours[-1].kept.values())
    return Tally(CHUNK, steps_seen, kept, zones, disagreed)


@lru_cache(maxsize=100_000)
def _by_libc(moment: datetime, zone: str) -> date:
    if os.environ.get("TZ") != zone:
        os.environ["TZ"] = zone
        time.tzset()
    there = time.localtime(moment.astimezone(UTC).timestamp())
    return date(there.tm_year, there.tm_mon, there.tm_mday)


def _short_way_us() -> float:
    streak, began = Streak(), time.perf_counter()
    for number in range(100_000):
        streak = practised(streak, _EPOCH + timedelta(days=number % 20_000))
    return (time.perf_counter() - began) * 10
