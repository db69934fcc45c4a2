"""Everything for one person, in order. Invariant: each socket gets every frame of the stream after its position exactly
once and by rising `seq`, or `stream.ready` with `truncated`, which says that it must read the state anew."""

from typing import Protocol
from uuid import UUID

import msgspec

from domains.kernel.clock import utc_now
from realtime.actor import Actor, Post
from realtime.ports import Emitter
from realtime.recovery import Frame, Replay
from realtime.rooms import Rooms, Seat, learner_room
from realtime.wire import STREAM_READY, StreamReady, encode, numbered


class Joined(msgspec.Struct, frozen=True):
    sid: str


class Resync(msgspec.Struct, frozen=True):
    """Something may have been missed: read the stream after the last position."""


Mail = Joined | Frame | Resync


class Stream(Protocol):
    """The bus, as a learner actor sees it."""

    async def listen(self, room: str) -> bool: ...

    async def forget(self, room: str) -> None: ...

    async def read(self, user_id: UUID, epoch: str | None, seq: int) -> Replay | None: ...


class LearnerActor(Actor[Mail]):
    retry_s = 1.0

    def __init__(self, user_id: UUID, *, rooms: Rooms, emitter: Emitter, stream: Stream, post: Post[Mail]) -> None:
        self._user_id = user_id
        self._room = learner_room(user_id)
        self._rooms = rooms
        self._emitter = emitter
        self._stream = stream
        self._post = post

    async def on_start(self) -> None:
        # Listening first, reading after: what is said in between is heard, and frames read twice are told by number.
        await self._stream.listen(self._room)
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
        await self._stream.forget(self._room)

    def may_rest(self) -> bool:
        return not self._rooms.seats(self._room)

    def _greeted(self) -> list[Seat]:
        return [seat for seat in self._rooms.seats(self._room).values() if seat.greeted]

    async def _welcome(self, sid: str) -> None:
        seat = self._rooms.seats(self._room).get(sid)
        if seat is None or seat.greeted:
            return
        replay = await self._stream.read(self._user_id, seat.epoch, seat.seq)
        if replay is not None:
            self._settle(seat, replay)
            return
        # Redis is away. The client may begin with what REST tells it; the stream follows when it can be numbered.
        seat.epoch, seat.seq = "", 0
        self._ready(seat, resumed=False, truncated=True)
        self._post(Resync(), conflate_key=Resync, after_s=self.retry_s)

    async def _hear(self, frame: Frame) -> None:
        seats = self._greeted()
        if any(seat.epoch != frame.epoch or seat.seq < frame.seq - 1 for seat in seats):
            await self._catch_up()
            return
        waiting = [seat for seat in seats if seat.seq == frame.seq - 1]
        if frame.event and waiting:
            self._emitter.emit([seat.sid for seat in waiting], frame.event, numbered(frame.seq, frame.body))
            for seat in waiting:
                seat.seq = frame.seq

    async def _catch_up(self) -> None:
        seats = self._greeted()
        for sid in [sid for sid, seat in self._rooms.seats(self._room).items() if not seat.greeted]:
            await self._welcome(sid)
        if not seats:
            return
        epoch = seats[0].epoch
        oldest = min(seat.seq for seat in seats if seat.epoch == epoch)
        replay = await self._stream.read(self._user_id, epoch, oldest)
        if replay is None:
            self._post(Resync(), conflate_key=Resync, after_s=self.retry_s)
            return
        for seat in seats:
            self._settle(seat, replay)

    def _settle(self, seat: Seat, replay: Replay) -> None:
        if seat.epoch is None and not seat.greeted:
            seat.epoch, seat.seq = replay.epoch, replay.head
            self._ready(seat, resumed=False, truncated=False)
        elif replay.reaches(seat.epoch, seat.seq):
            if not seat.greeted:
                self._ready(seat, resumed=True, truncated=False)
            for frame in replay.after(seat.seq):
                self._emitter.emit([seat.sid], frame.event, numbered(frame.seq, frame.body))
                seat.seq = frame.seq
        else:
            seat.epoch, seat.seq = replay.epoch, replay.head
            self._ready(seat, resumed=False, truncated=True)

    def _ready(self, seat: Seat, *, resumed: bool, truncated: bool) -> None:
        seat.greeted = True
        ready = StreamReady(epoch=seat.epoch or "", seq=seat.seq, at=utc_now(), resumed=resumed, truncated=truncated)
        self._emitter.emit([seat.sid], STREAM_READY, encode(ready))
