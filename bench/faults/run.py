"""What every fault run needs."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from bench.faults import shop
from bench.faults.machine import Machine, Program
from bench.faults.verdict import Say
from bench.faults.webhooks import SETTINGS


@dataclass(frozen=True, slots=True)
class Run:
    """`top` is this run's own directory; `scale` makes it smaller for a try (1 is what the figures are for)."""

    top: Path
    seed: int
    say: Say
    scale: float = 1.0
    naive: bool = False

    @property
    def chance(self) -> random.Random:
        return random.Random(self.seed)

    def count(self, whole: int) -> int:
        return max(1, round(whole * self.scale))

    @contextlib.asynccontextmanager
    async def machine(self, settings: dict[str, str] | None = None, *, faulty: float = 0.0) -> AsyncGenerator[Machine]:
        self.say("starting PostgreSQL and Valkey")
        machine = Machine(self.top, SETTINGS | (settings or {}), faulty=faulty, seed=self.seed)
        try:
            await machine.open()
            yield machine
        finally:
            machine.close()

    @contextlib.asynccontextmanager
    async def serving(self, settings: dict[str, str] | None = None) -> AsyncGenerator[tuple[Machine, Program]]:
        """With an API that answers, and a worker that its user starts."""
        async with self.machine(settings) as machine:
            self.say("starting the API")
            machine.api().start()
            await machine.answers()
            yield machine, machine.worker()


async def drained(machine: Machine, run: Run, *, within_s: float) -> float | None:
    """Seconds until nothing waits any more; None when that took longer than `within_s`."""
    started = said = time.monotonic()
    async with machine.sql() as sql:
        while True:
            left = await shop.waiting(sql)
            now = time.monotonic()
            if left == 0:
                return now - started
            if now - started > within_s:
                return None
            if now - said > 5:
                said = now
                run.say(f"{left} left to do after {now - started:.0f} s")
            await asyncio.sleep(0.1)
