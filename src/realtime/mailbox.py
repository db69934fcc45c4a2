"""A bounded queue for one reader. Invariants: never longer than its capacity, at most one message per conflate key,
and messages without a key leave in the order in which they came."""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

M = TypeVar("M")


class Mailbox(Generic[M]):
    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("a mailbox holds at least one message")
        self._capacity = capacity
        # An OrderedDict, because taking the first item of a plain dict walks over all those deleted before it.
        self._letters: OrderedDict[tuple[bool, Hashable], M] = OrderedDict()
        self._posted = 0
        self._arrival = asyncio.Event()

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, message: M, conflate_key: Hashable | None = None) -> bool:
        """False when there is no room. An equal key replaces the waiting message and keeps its place in the queue, so
        a key that is written all the time is still read in its turn."""
        if conflate_key is None:
            self._posted += 1
            slot: tuple[bool, Hashable] = (False, self._posted)
        else:
            slot = (True, conflate_key)
        if len(self._letters) >= self._capacity and slot not in self._letters:
            return False
        self._letters[slot] = message
        self._arrival.set()
        return True

    def take(self) -> M | None:
        """The oldest message, or None when there is none."""
        if not self._letters:
            return None
        return self._letters.popitem(last=False)[1]

    def wake(self) -> None:
        """Lets `wait` return without a message."""
        self._arrival.set()

    async def wait(self) -> None:
        """Returns once something was put or `wake` was called since the last `wait`."""
        await self._arrival.wait()
        self._arrival.clear()
