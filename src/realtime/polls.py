"""One's own stream over plain HTTP, for clients that cannot keep a socket.

Invariants: the same frames under the same numbers as on a socket; nobody waits longer than they asked for, and with
Redis away no longer than it takes to notice; one person has at most POLLS_PER_PERSON waiting, the oldest gives way.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domains.kernel.clock import utc_now
from domains.kernel.wire import Moment, Out
from realtime import metrics
from realtime.ports import Clock
from realtime.recovery import RELOAD, Frame, Replay, no_later_than_now
from realtime.rooms import learner_room
from realtime.streams import Streams
from realtime.wire import Missed

POLLS_PER_PERSON = 3
LOOK_AGAIN_S = 1.0
"""While Redis is away and the client knows it."""


class EventOut(Out, frozen=True):
    """`data` is what the frame `event` carries on a socket; the AsyncAPI document says what that is."""

    seq: int
    event: str
    data: dict[str, Any]


class EventsOut(Out, frozen=True, kw_only=True):
    """Ask next with `after={epoch}:{seq}` and `at`. `truncated`, `missed` and `reload` as in `stream.ready`."""

    epoch: str
    seq: int
    at: Moment
    truncated: bool = False
    frames: list[EventOut] = msgspec.field(default_factory=list)
    missed: list[Missed] = msgspec.field(default_factory=list)
    reload: list[str] = msgspec.field(default_factory=list)


class Position(msgspec.Struct, frozen=True):
    """Where a client says it stands; `epoch` None: it has seen nothing."""

    epoch: str | None = None
    seq: int = 0
    at: datetime | None = None


class _Poll:
    def __init__(self, user_id: UUID, session_id: UUID) -> None:
        self.user_id = user_id
        self.session_id = session_id
        self.woken = asyncio.Event()
        self.dismissed = False

    def dismiss(self) -> None:
        self.dismissed = True
        self.woken.set()


class Polls:
    def __init__(self, streams: Streams, clock: Clock) -> None:
        self._streams = streams
        self._clock = clock
        self._waiting: dict[UUID, list[_Poll]] = {}
        self._stopped = False

    async def ask(self, user_id: UUID, session_id: UUID, position: Position, wait_s: float) -> EventsOut:
        """What came after the position; nothing when nothing comes within `wait_s`."""
        room = learner_room(user_id)
        poll = _Poll(user_id, session_id)
        mine = self._waiting.setdefault(user_id, [])
        mine.append(poll)
        for oldest in mine[:-POLLS_PER_PERSON]:
            oldest.dismiss()
        try:
            await self._streams.expect(room, poll.woken)
            return await self._answer(poll, position, self._clock.time() + wait_s)
        finally:
            self._streams.expect_no_more(room, poll.woken)
            mine.remove(poll)
            if not mine:
                self._waiting.pop(user_id, None)

    def session_ids(self) -> set[UUID]:
        return {poll.session_id for mine in self._waiting.values() for poll in mine}

    def end_sessions(self, session_ids: Iterable[UUID]) -> None:
        """These logins are over: their polls are answered with nothing, and the next ones refused."""
        ended = set(session_ids)
        for mine in self._waiting.values():
            for poll in mine:
                if poll.session_id in ended:
                    poll.dismiss()

    def end_user(self, user_id: UUID) -> None:
        for poll in self._waiting.get(user_id, ()):
            poll.dismiss()

    def stop(self) -> None:
        """Whoever waits is answered now."""
        self._stopped = True
        for mine in self._waiting.values():
            for poll in mine:
                poll.dismiss()

    async def _answer(self, poll: _Poll, position: Position, until: float) -> EventsOut:
        while True:
            poll.woken.clear()
            replay = await self._streams.read(poll.user_id, position.epoch, position.seq)
            known_away = replay is None and position.epoch == ""
            if not known_away and (found := await self._found(poll.user_id, position, replay)):
                return found
            left_s = 0.0 if self._stopped or poll.dismissed else until - self._clock.time()
            if left_s > 0:
                await _set(poll.woken, min(left_s, LOOK_AGAIN_S) if known_away else left_s)
            elif known_away and not poll.dismissed and (found := await self._found(poll.user_id, position, replay)):
                return found
            else:
                return EventsOut(epoch=position.epoch or "", seq=position.seq, at=utc_now())
            if poll.dismissed:
                return EventsOut(epoch=position.epoch or "", seq=position.seq, at=position.at or utc_now())

    async def _found(self, user_id: UUID, position: Position, replay: Replay | None) -> EventsOut | None:
        """None when the reader has everything."""
        if replay is not None and replay.reaches(position.epoch, position.seq):
            frames = replay.after(position.seq)
            if not frames:
                return None
            metrics.RECOVERIES.labels("resumed").inc()
            return EventsOut(epoch=replay.epoch, seq=frames[-1].seq, at=utc_now(), frames=_events(frames))
        if replay is not None and position.epoch is None and position.at is None:
            metrics.RECOVERIES.labels("new").inc()
            return EventsOut(epoch=replay.epoch, seq=replay.head, at=utc_now())
        now = utc_now()
        asked_at = no_later_than_now(position.at)
        missed = await self._streams.missed(user_id, asked_at)
        metrics.RECOVERIES.labels("truncated" if replay else "unnumbered").inc()
        return EventsOut(
            epoch=replay.epoch if replay else "",
            seq=replay.head if replay else 0,
            at=now if missed is not None else asked_at or now,
            truncated=True,
            missed=list(missed or ()),
            reload=list(RELOAD),
        )


def _events(frames: Sequence[Frame]) -> list[EventOut]:
    return [EventOut(frame.seq, frame.event, msgspec.json.decode(frame.body)) for frame in frames]


async def _set(event: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return
