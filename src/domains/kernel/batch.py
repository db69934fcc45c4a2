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

    async def submit(self, row: Row) -> Result:
        """The row's own result, once its batch has committed."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, future))
        if len(self._tasks) < self._writers:
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self) -> None:
        while batch := self._take():
            lanes = [self._lane(row) for row, _ in batch]
            try:
                results: Sequence[Result | Exception] = await self._write([row for row, _ in batch])
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
