"""What is to happen later to any socket. Invariant: one timer of the event loop, however many entries; an entry that is
cancelled lets go of everything at once."""

import logging
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from realtime.ports import Clock, Timer

logger = logging.getLogger(__name__)

# Timers of event loops may be early by as much.
_EARLY_S = 0.001
_FEW = 100


class Entry:
    __slots__ = ("_agenda", "do", "due")

    def __init__(self, due: float, do: Callable[[], None], agenda: "Agenda") -> None:
        self.due = due
        self.do: Callable[[], None] | None = do
        self._agenda = agenda

    def __lt__(self, other: "Entry") -> bool:
        return self.due < other.due

    def cancel(self) -> None:
        if self.do is not None:
            self.do = None
            self._agenda.lost_one()


class Agenda:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._cancelled = 0
        self._timer: Timer | None = None

    def __len__(self) -> int:
        return len(self._entries) - self._cancelled

    def call_later(self, delay_s: float, do: Callable[[], None]) -> Entry:
        entry = Entry(self._clock.time() + delay_s, do, self)
        heappush(self._entries, entry)
        if self._entries[0] is entry:
            self._arm()
        return entry

    def lost_one(self) -> None:
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._entries):
            self._entries = [entry for entry in self._entries if entry.do is not None]
            heapify(self._entries)
            self._cancelled = 0

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._entries:
            self._timer = self._clock.call_later(max(0.0, self._entries[0].due - self._clock.time()), self._run)

    def _run(self) -> None:
        self._timer = None
        now = self._clock.time() + _EARLY_S
        while self._entries and (self._entries[0].do is None or self._entries[0].due <= now):
            entry = heappop(self._entries)
            do, entry.do = entry.do, None
            if do is None:
                self._cancelled -= 1
                continue
            try:
                do()
            except Exception:
                logger.exception("what was due failed")
        self._arm()
