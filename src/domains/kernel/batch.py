"""Group commit: rows that arrive while a statement is under way leave together in the next one.

Nobody waits for company: the first row of a quiet moment is written at once. Rows with an equal lane are never in one
batch, so that each sees what the one before it wrote.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")
Result = TypeVar("Result")


class Batcher(Generic[Row, Result]):
    """`write` gets up to `most` rows and returns one result per row, in order; a result that is an exception fails
    its own row and no other."""

    def __init__(
        self,
        write: Callable[[Sequence[Row]], Awaitable[Sequence[Result | Exception]]],
        *,
        lane: Callable[[Row], Hashable],
        most: int = 64,
        writers: int = 2,
    ) -> None:
        self._write = write
        self._lane = lane
        self._most = most
        self._writers = writers
        self._waiting: deque[tuple[Row, asyncio.Future[Result]]] = deque()
        self._busy_lanes: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing = 0

    async def submit(self, row: Row) -> Result:
        """The row's own result, once its batch has committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        if self._writing < self._writers:
            self._writing += 1
            task = asyncio.create_task(self._drain())
            # Kept, because the loop itself holds tasks only weakly.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self) -> None:
        try:
            while batch := self._take():
                await self._write_one(batch)
        finally:
            # In the same step in which nothing was left to take, so that the next row finds a writer or starts one.
            self._writing -= 1

    async def _write_one(self, batch: Sequence[tuple[Row, "asyncio.Future[Result]"]]) -> None:
        lanes = [self._lane(row) for row, _ in batch]
        try:
            results: Sequence[Result | Exception] = await self._write([row for row, _ in batch])
            if len(results) != len(batch):
                raise ValueError(f"{len(results)} results for {len(batch)} rows")
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers
            results = [error] * len(batch)
        except BaseException:
            for _, future in batch:
                future.cancel()
            raise
        finally:
            self._busy_lanes.difference_update(lanes)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _take(self) -> list[tuple[Row, asyncio.Future[Result]]]:
        batch: list[tuple[Row, asyncio.Future[Result]]] = []
        held: list[tuple[Row, asyncio.Future[Result]]] = []
        while self._waiting and len(batch) < self._most:
            item = self._waiting.popleft()
            lane = self._lane(item[0])
            if lane in self._busy_lanes:
                held.append(item)
            else:
                self._busy_lanes.add(lane)
                batch.append(item)
        self._waiting.extendleft(reversed(held))
        return batch
