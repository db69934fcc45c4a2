"""Everything for one person, in order. Invariant: each socket gets every frame of the stream after its position exactly
once and by rising `seq`, or `stream.ready` with `truncated`, which says that it must read the state anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from domains.kernel.clock import utc_now
from realtime import metrics
from realtime.actor import Actor, Post
from realtime.ports import Emitter
from realtime.recovery import RELOAD, Frame, Replay
from realtime.rooms import Rooms, Seat, learner_room
from realtime.wire import STREAM_READY, Missed, StreamReady, encode, numbered


class Joined(msgspec.Struct, frozen=True):
    sid: str


class Resync(msgspec.Struct, frozen=True):
    """Something may have been missed: read the stream after the last position."""


Mail = Joined | Frame | Resync


class Stream(Protocol):
    """Redis and the database, as a learner actor sees them."""

    async def begin(self, room: str) -> bool:
        """Listens. True when nothing can have been missed since `rest`."""
        ...

    def rest(self, room: str) -> None: ...

    async def read(self, user_id: UUID, epoch: str | None, seq: int) -> Replay | None: ...

    async def missed(self, user_id: UUID, at: datetime | None) -> Sequence[Missed] | None: ...


class LearnerActor(Actor[Mail]):
    """Rests while its readers sit there: their seats say where each of them stands, and a frame wakes it."""

    retry_s = 1.0

    def __init__(self, user_id: UUID, *, rooms: Rooms, emitter: Emitter, stream: Stream, post: Post[Mail]) -> None:
        self._user_id = user_id
        self._room = learner_room(user_id)
        self._rooms = rooms
        self._emitter = emitter
        self._stream = stream
        self._post = post
        self._behind = False
        """A reader waits for Redis to come back."""

    async def on_start(self) -> None:
        # Listening first, reading after: what is said in between is heard, and frames read twice are told by number.
        if not await self._stream.begin(self._room):
            await self._catch_up()

    async def receive(self, message: Mail) -> None:
        match message:
            case Joined():
                await self._welcome(message.sid)
            case Frame():
                await self._hear(message)
            case Resync():
                await self._catch_up()

    async def on_stop(self) -> None:
        self._stream.rest(self._room)

    def may_rest(self) -> bool:
        return not self._behind

    def _greeted(self) -> list[Seat]:
        return [seat for seat in self._rooms.seats(self._room).values() if seat.greeted]

    async def _welcome(self, sid: str) -> None:
        seat = self._rooms.seats(self._room).get(sid)
        if seat is None or seat.greeted:
            return
        replay = await self._stream.read(self._user_id, seat.epoch, seat.seq)
        if replay is not None:
            await self._settle([seat], replay)
            return
        # Redis is away. The client may begin with what REST tells it; the stream follows when it can be numbered.
        await self._truncate([seat], "", 0)
        self._try_again()

    async def _hear(self, frame: Frame) -> None:
        seats = self._greeted()
        if any(seat.epoch != frame.epoch or seat.seq < frame.seq - 1 for seat in seats):
            await self._catch_up()
            return
        waiting = [seat for seat in seats if seat.seq == frame.seq - 1]
        if frame.event and waiting:
            self._emitter.emit([seat.sid for seat in waiting], frame.event, numbered(frame.seq, frame.body))
            now = utc_now()
            for seat in waiting:
                seat.seq, seat.at = frame.seq, now

    async def _catch_up(self) -> None:
        self._behind = False
        seats = self._greeted()
        for sid in [sid for sid, seat in self._rooms.seats(self._room).items() if not seat.greeted]:
            await self._welcome(sid)
        if not seats:
            return
        epoch = seats[0].epoch
        oldest = min(seat.seq for seat in seats if seat.epoch == epoch)
        replay = await self._stream.read(self._user_id, epoch, oldest)
        if replay is None:
            self._try_again()
        else:
            await self._settle(seats, replay)

    def _try_again(self) -> None:
        self._behind = True
        self._post(Resync(), conflate_key=Resync, after_s=self.retry_s)

    async def _settle(self, seats: Sequence[Seat], replay: Replay) -> None:
        lost = []
        for seat in seats:
            if seat.epoch is None and seat.at is None and not seat.greeted:
                seat.epoch, seat.seq, seat.at = replay.epoch, replay.head, utc_now()
                self._ready(seat, "new")
            elif not replay.reaches(seat.epoch, seat.seq):
                lost.append(seat)
            else:
                self._resume(seat, replay)
        if lost:
            await self._truncate(lost, replay.epoch, replay.head)

    def _resume(self, seat: Seat, replay: Replay) -> None:
        frames = replay.after(seat.seq)
        now = utc_now()
        if not seat.greeted:
            # Until the frames are through, the client knows no more than it said.
            seat.at = seat.at if frames and seat.at else now
            self._ready(seat, "resumed")
        for frame in frames:
            self._emitter.emit([seat.sid], frame.event, numbered(frame.seq, frame.body))
            seat.seq, seat.at = frame.seq, now

    async def _truncate(self, seats: Sequence[Seat], epoch: str, seq: int) -> None:
        """Tells these that frames were lost, and those of the frames that are kept elsewhere."""
        now = utc_now()
        known = [seat.at for seat in seats if seat.at is not None]
        missed = await self._stream.missed(self._user_id, min(known) if known else None)
        for seat in seats:
            seat.epoch, seat.seq = epoch, seq
            if missed is not None:
                seat.at = now
            self._ready(seat, "truncated" if epoch else "unnumbered", missed or ())

    def _ready(self, seat: Seat, result: str, missed: Sequence[Missed] = ()) -> None:
        seat.greeted = True
        metrics.RECOVERIES.labels(result).inc()
        truncated = result in ("truncated", "unnumbered")
        ready = StreamReady(
            epoch=seat.epoch or "",
            seq=seat.seq,
            at=seat.at or utc_now(),
            resumed=result == "resumed",
            truncated=truncated,
            missed=list(missed),
            reload=list(RELOAD) if truncated else [],
        )
        self._emitter.emit([seat.sid], STREAM_READY, encode(ready))
