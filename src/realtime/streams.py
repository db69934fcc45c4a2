"""What the streams of this process's people need of Redis and of the database.

Invariants: a room is subscribed to before its stream is read; an actor that goes to rest leaves its subscription, so
whatever is said afterwards wakes it, and one that rested under an unbroken subscription has missed nothing.
"""

import asyncio
import logging
from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from realtime import metrics
from realtime.bus import Listener
from realtime.ports import DurableSince
from realtime.publisher import Publisher
from realtime.recovery import Replay
from realtime.rooms import KINDS, LEARNER, Rooms, subject_of
from realtime.wire import Missed

logger = logging.getLogger(__name__)

OVERLAP = timedelta(minutes=1)
"""Rows are as old as their transaction, frames as their commit; and the clocks of two machines are never the same."""


class Streams:
    def __init__(
        self,
        publisher: Publisher,
        listener: Listener,
        rooms: Rooms,
        durable: DurableSince | None,
        *,
        deadline_s: float = 2.0,
    ) -> None:
        self._publisher = publisher
        self._listener = listener
        self._rooms = rooms
        self._durable = durable
        self._deadline_s = deadline_s
        self._resting: set[str] = set()
        self._polled: dict[str, set[asyncio.Event]] = {}

    # ---- for the actors

    async def begin(self, room: str) -> bool:
        """Listens to the room. True when nothing was missed since its actor went to rest."""
        rested = room in self._resting
        self._resting.discard(room)
        unbroken = self._listener.hears(room)
        await self._listener.listen(room)
        return rested and unbroken

    def rest(self, room: str) -> None:
        """The room's actor stops in good order: every seat has all that was heard."""
        self._resting.add(room)

    async def read(self, user_id: UUID, epoch: str | None, seq: int) -> Replay | None:
        """None when Redis does not answer in time."""
        return await self._publisher.read(user_id, epoch, seq)

    async def missed(self, user_id: UUID, at: datetime | None) -> Sequence[Missed] | None:
        """What must not be lost of the time since `at`; nothing where that is unknown, None when the database does not
        answer in time."""
        if self._durable is None or at is None:
            return []
        try:
            async with asyncio.timeout(self._deadline_s):
                found = await self._durable(user_id, at - OVERLAP)
        except Exception as error:  # noqa: BLE001  A port: whatever is wrong behind it, REST tells the state.
            logger.warning("what somebody missed cannot be read: %r", error)
            return None
        metrics.MISSED_FOUND.inc(len(found))
        return found

    # ---- for those who poll

    async def expect(self, room: str, woken: asyncio.Event) -> None:
        """Sets the event at every frame of the room, and whenever one may have been missed."""
        self._polled.setdefault(room, set()).add(woken)
        await self._listener.listen(room)

    def expect_no_more(self, room: str, woken: asyncio.Event) -> None:
        waiting = self._polled.get(room, set())
        waiting.discard(woken)
        if not waiting:
            self._polled.pop(room, None)

    def wake(self, room: str) -> None:
        for woken in self._polled.get(room, ()):
            woken.set()

    def wake_all(self) -> None:
        for room in self._polled:
            self.wake(room)

    # ---- for the hub

    def orphans(self, living: Container[str]) -> set[str]:
        """Rooms whose readers have neither an actor nor one that rests."""
        return self._rooms.orphans(living) - self._resting

    async def tidy(self, living: Container[str], followed: Container[UUID]) -> None:
        """Unsubscribes from streams that nobody here reads any more, nor follows; and from rooms whose actor crashed
        too often to do it itself."""
        unread = [
            room
            for room in self._listener.rooms()
            if room.startswith(KINDS)
            and room not in living
            and room not in self._polled
            and not self._rooms.seats(room)
            and not (room.startswith(LEARNER) and subject_of(room) in followed)
        ]
        self._resting.difference_update(unread)
        if unread:
            await self._listener.forget(*unread)
