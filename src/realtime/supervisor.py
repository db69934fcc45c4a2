"""Who lives: spawns an actor on its first mail, restarts it after a crash, lets it rest when idle.

Invariant: at most one actor per key is between `on_start` and the end of `on_stop` at any moment, and mail that was
accepted is lost only when its actor crashed too often or the house closes.
"""

import asyncio
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from realtime.actor import Actor, Post
from realtime.mailbox import Mailbox
from realtime.ports import Clock, LoopClock

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """`first_delay_s` doubles with every crash up to `longest_delay_s`; `crashes_allowed` within `crash_window_s`."""

    mailbox_capacity: int = 1024
    idle_s: float = 10.0
    sweep_every_s: float = 5.0
    first_delay_s: float = 0.05
    longest_delay_s: float = 5.0
    crashes_allowed: int = 5
    crash_window_s: float = 60.0


@dataclass(slots=True)
class _Cell:
    mailbox: Mailbox[Any]
    touched_at: float
    resting: bool = False
    busy: bool = True
    task: asyncio.Task[None] | None = None
    crashed_at: list[float] = field(default_factory=list)


Factory = Callable[[str, Post[Any]], Actor[Any]]


class Supervisor:
    def __init__(
        self,
        factory: Factory,
        *,
        clock: Clock | None = None,
        policy: Policy | None = None,
        on_crash: Callable[[str], None] = lambda key: None,
    ) -> None:
        self._factory = factory
        self._clock: Clock = clock or LoopClock()
        self._policy = policy or Policy()
        self._on_crash = on_crash
        self._cells: dict[str, _Cell] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._cells)

    def __contains__(self, key: str) -> bool:
        return key in self._cells

    def living(self) -> frozenset[str]:
        return frozenset(self._cells)

    def post(self, key: str, message: Any, *, conflate_key: Hashable | None = None, spawn: bool = True) -> bool:
        """False when the mailbox is full, the house is closed, or nobody lives there and `spawn` is off."""
        if self._closed:
            return False
        cell = self._cells.get(key)
        if cell is None:
            if not spawn:
                return False
            cell = _Cell(Mailbox(self._policy.mailbox_capacity), self._clock.time())
            self._cells[key] = cell
            cell.task = asyncio.get_running_loop().create_task(self._live(key, cell), name=f"actor {key}")
        cell.touched_at = self._clock.time()
        return cell.mailbox.put(message, conflate_key)

    def sweep(self) -> None:
        """Sends those to rest that had no mail for `idle_s`."""
        now = self._clock.time()
        for cell in self._cells.values():
            if not cell.busy and not cell.mailbox and now - cell.touched_at >= self._policy.idle_s:
                cell.resting = True
                cell.mailbox.wake()

    async def run(self) -> None:
        """Sweeps until cancelled."""
        while True:
            await self._clock.sleep(self._policy.sweep_every_s)
            self.sweep()

    async def stop(self, deadline_s: float = 3.0) -> None:
        """Every actor handles what it has accepted and flushes; those that cannot within the deadline are cut off."""
        self._closed = True
        tasks = []
        for cell in self._cells.values():
            cell.resting = True
            cell.mailbox.wake()
            if cell.task is not None:
                tasks.append(cell.task)
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=deadline_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _live(self, key: str, cell: _Cell) -> None:
        try:
            while True:
                try:
                    await self._work(key, cell)
                except Exception:
                    logger.exception("actor %s crashed", key)
                    self._on_crash(key)
                    if not await self._mourn(cell):
                        logger.error("actor %s crashed too often; %d messages dropped", key, len(cell.mailbox))
                        return
                else:
                    # Nothing was awaited since the mailbox was seen empty, so no mail can be left behind.
                    return
        finally:
            if self._cells.get(key) is cell:
                del self._cells[key]

    async def _work(self, key: str, cell: _Cell) -> None:
        """Returns when the actor has stopped and its mailbox is empty."""
        while True:
            actor = self._factory(key, partial(self._post_own, key, cell))
            cell.busy = True
            await actor.on_start()
            await self._serve(actor, cell)
            await actor.on_stop()
            if not cell.mailbox:
                return
            cell.resting = False

    async def _serve(self, actor: Actor[Any], cell: _Cell) -> None:
        while True:
            message = cell.mailbox.take()
            if message is not None:
                cell.busy = True
                await actor.receive(message)
                continue
            cell.busy = False
            if cell.resting:
                if self._closed or actor.may_rest():
                    cell.busy = True
                    return
                cell.resting = False
                cell.touched_at = self._clock.time()
            await cell.mailbox.wait()

    async def _mourn(self, cell: _Cell) -> bool:
        """Waits as long as the crashes so far demand. False when there were too many."""
        now = self._clock.time()
        policy = self._policy
        cell.crashed_at = [at for at in cell.crashed_at if now - at < policy.crash_window_s] + [now]
        if self._closed or len(cell.crashed_at) > policy.crashes_allowed:
            return False
        delay_s = policy.first_delay_s * 2 ** (len(cell.crashed_at) - 1)
        await self._clock.sleep(min(delay_s, policy.longest_delay_s))
        return True

    def _post_own(
        self, key: str, cell: _Cell, message: Any, *, conflate_key: Hashable | None = None, after_s: float = 0.0
    ) -> bool:
        """Mail of an actor to itself; it dies with its cell and never spawns a new one."""
        if after_s > 0:

            def due() -> None:
                self._post_own(key, cell, message, conflate_key=conflate_key)

            self._clock.call_later(after_s, due)
            return True
        if self._cells.get(key) is not cell:
            return False
        cell.touched_at = self._clock.time()
        return cell.mailbox.put(message, conflate_key)
