"""What watched rooms have in common. Invariants: a watcher's first frame is the whole state, read after they came in;
what happens later is told to everybody who has had theirs; a state that cannot be read now comes when it can."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from realtime import metrics
from realtime.actor import Actor, Post
from realtime.actors.learner import Resync
from realtime.bus import Listener
from realtime.messages import LearnerDid
from realtime.ports import Clock, Emitter
from realtime.rooms import Rooms, Seat, subject_of
from realtime.wire import encode

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Watched(msgspec.Struct, frozen=True):
    """Somebody came in at `at`."""

    sid: str
    at: float


class Flush(msgspec.Struct, frozen=True):
    pass


Mail = Watched | LearnerDid | Flush | Resync


class RoomActor(Actor[Mail], Generic[T]):
    """`T` is the state that `read` finds."""

    read_deadline_s = 2.0
    retry_s = 1.0

    patience_s = 0.5
    """How long the first frame waits for Redis."""

    def __init__(
        self,
        room: str,
        *,
        rooms: Rooms,
        emitter: Emitter,
        clock: Clock,
        post: Post[Mail],
        ears: Listener | None = None,
    ) -> None:
        """`ears`: for a room that has a channel of its own."""
        self._room = room
        self._subject = subject_of(room)
        self._rooms = rooms
        self._emitter = emitter
        self._clock = clock
        self._post = post
        self._ears = ears
        self._read_at = float("-inf")

    @abstractmethod
    async def read(self) -> T:
        """The state as it is now. Whatever changes it later is heard already when this returns."""

    @abstractmethod
    def take(self, state: T) -> None:
        """Makes `state` the known one, and tells those who were greeted what is new in it."""

    @abstractmethod
    def greeting(self) -> tuple[str, msgspec.Struct] | None:
        """Event and frame of the whole state. None while there is none to show."""

    def hears(self) -> bool:
        """False while Redis is away. What happens meanwhile is read again and again."""
        return self._ears is None or self._ears.hears(self._room)

    def hear(self, message: LearnerDid) -> None:
        """A followed learner did something. Rooms that follow nobody hear nothing."""

    def flush(self) -> None:
        """What was put off is due."""

    async def on_start(self) -> None:
        for seat in self._rooms.seats(self._room).values():
            seat.greeted = False
        if self._ears is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience_s):
                    await self._ears.listen(self._room)
        if self._rooms.seats(self._room):
            await self._refresh(self._clock.time())

    async def receive(self, message: Mail) -> None:
        if not self._rooms.seats(self._room):
            # What is not heard now is read when somebody comes in.
            return
        match message:
            case Watched():
                await self._refresh(message.at)
            case LearnerDid():
                self.hear(message)
            case Flush():
                self.flush()
            case Resync():
                await self._refresh(self._clock.time())

    async def on_stop(self) -> None:
        if self._ears is not None:
            await self._ears.forget(self._room)

    def may_rest(self) -> bool:
        return not self._rooms.seats(self._room)

    async def _refresh(self, as_of: float) -> None:
        """Reads the state unless the one at hand was read after `as_of`."""
        if as_of < self._read_at:
            metrics.MAIL_CONFLATED.inc()
        else:
            started_at = self._clock.time()
            try:
                async with asyncio.timeout(self.read_deadline_s):
                    state = await self.read()
            except Exception as error:  # noqa: BLE001
                # The source is a port: whatever is wrong behind it, watchers keep their sockets and hear later.
                logger.warning("%s cannot be read: %r", self._room, error)
                self._post(Resync(), conflate_key=Resync, after_s=self.retry_s)
                return
            self._read_at = started_at
            self.take(state)
            if not self.hears():
                self._post(Resync(), conflate_key=Resync, after_s=self.retry_s)
        self._greet()

    def _greet(self) -> None:
        new = [seat for seat in self._rooms.seats(self._room).values() if not seat.greeted]
        found = self.greeting() if new else None
        if found is not None:
            for seat in new:
                seat.greeted = True
            self._emit(new, *found)

    def tell(self, event: str, frame: msgspec.Struct) -> None:
        """To everybody who has been greeted."""
        seats = [seat for seat in self._rooms.seats(self._room).values() if seat.greeted]
        if seats:
            self._emit(seats, event, frame)

    def _emit(self, seats: Sequence[Seat], event: str, frame: msgspec.Struct) -> None:
        self._emitter.emit([seat.sid for seat in seats], event, encode(frame))
