"""Group commit: alone when it is quiet, together when it is not, and nobody pays for a neighbour."""

import asyncio
from collections.abc import Sequence

import pytest

from domains.kernel.batch import Batcher


class Recorder:
    """Writes by remembering; each write waits for `gate`."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, rows: Sequence[str]) -> list[str | Exception]:
        self.batches.append(list(rows))
        await self.gate.wait()
        return [ValueError(row) if row.startswith("bad") else row.upper() for row in rows]


def batcher(write: Recorder, **options: int) -> Batcher[str, str]:
    return Batcher(write, lane=lambda row: row.split(":")[0], **options)


async def test_a_row_in_a_quiet_moment_is_written_at_once() -> None:
    write = Recorder()
    assert await batcher(write).submit("a:1") == "A:1"
    assert write.batches == [["a:1"]]


async def test_rows_that_arrive_during_a_write_leave_together_and_each_gets_its_own_result() -> None:
    write = Recorder()
    write.gate.clear()
    rows = batcher(write, writers=1)
    tasks = [asyncio.create_task(rows.submit(f"{name}:1")) for name in "abcd"]
    await asyncio.sleep(0.01)
    write.gate.set()
    assert await asyncio.gather(*tasks) == ["A:1", "B:1", "C:1", "D:1"]
    assert write.batches == [["a:1", "b:1", "c:1", "d:1"]] or write.batches == [["a:1"], ["b:1", "c:1", "d:1"]]


async def test_rows_of_one_lane_are_never_in_the_same_batch_and_keep_their_order() -> None:
    write = Recorder()
    rows = batcher(write, writers=2)
    results = await asyncio.gather(*(rows.submit(f"a:{n}") for n in range(5)), rows.submit("b:0"))
    assert results == ["A:0", "A:1", "A:2", "A:3", "A:4", "B:0"]
    for batch in write.batches:
        assert len({row.split(":")[0] for row in batch}) == len(batch)
    assert [row for batch in write.batches for row in batch if row[0] == "a"] == [f"a:{n}" for n in range(5)]


async def test_a_row_that_fails_fails_alone() -> None:
    rows = batcher(Recorder(), writers=1)
    results = await asyncio.gather(*(rows.submit(row) for row in ("a:1", "bad:1", "c:1")), return_exceptions=True)
    assert results[0] == "A:1"
    assert isinstance(results[1], ValueError)
    assert results[2] == "C:1"


async def test_a_write_that_fails_fails_its_rows_and_later_rows_go_on() -> None:
    async def broken(rows: Sequence[str]) -> list[str | Exception]:
        if "x:1" in rows:
            raise ConnectionError
        return list(rows)

    rows: Batcher[str, str] = Batcher(broken, lane=lambda row: row)
    with pytest.raises(ConnectionError):
        await rows.submit("x:1")
    assert await rows.submit("y:1") == "y:1"


async def test_a_write_that_loses_count_fails_its_rows_rather_than_mixing_them_up() -> None:
    async def forgetful(rows: Sequence[str]) -> list[str | Exception]:
        return [row.upper() for row in rows if row != "b"]

    rows: Batcher[str, str] = Batcher(forgetful, lane=lambda row: row, writers=1)
    results = await asyncio.wait_for(
        asyncio.gather(*(rows.submit(row) for row in "abc"), return_exceptions=True), timeout=1
    )
    assert all(isinstance(result, ValueError) for result in results)
    assert await rows.submit("d") == "D"


async def test_a_row_that_is_submitted_as_its_predecessor_returns_is_written_too() -> None:
    rows = batcher(Recorder(), writers=2)

    async def twice(name: str) -> str:
        await rows.submit(f"{name}:1")
        return await rows.submit(f"{name}:2")

    found = await asyncio.wait_for(asyncio.gather(*(twice(name) for name in "abcdef")), timeout=1)
    assert found == [f"{name}:2" for name in "ABCDEF"]


async def test_a_batch_is_bounded() -> None:
    write = Recorder()
    rows = batcher(write, writers=1, most=3)
    await asyncio.gather(*(rows.submit(f"{n}:1") for n in range(10)))
    assert max(map(len, write.batches)) <= 3
    assert sum(map(len, write.batches)) == 10
