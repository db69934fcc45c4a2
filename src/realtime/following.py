"""Rooms that look on while people learn. They listen to the learners' own channels, on which every answer is published
anyway: an answer costs the same whether nobody looks on or a whole staff room.

Invariant: a learner's channel is listened to while a room follows them, whoever else comes and goes. Channels that
nobody needs any more are given up by the hub.
"""

import asyncio
from collections.abc import Callable, Collection, Container
from contextlib import suppress
from uuid import UUID

import msgspec

from domains.learning.api import SessionProgressOut
from realtime.bus import Listener
from realtime.recovery import Frame
from realtime.rooms import learner_room
from realtime.wire import PROGRESS_CHANGED, ProgressChanged

_decode_frame = msgspec.json.Decoder(ProgressChanged).decode
_decode = msgspec.json.Decoder(SessionProgressOut).decode
_encode = msgspec.json.Encoder().encode

PATIENCE_S = 0.5
"""How long a watcher's first frame waits for Redis."""
ASIDE = b"\n"
"""Begins what is said on a learner's channel beside the numbered stream, where an epoch would stand."""


class Following:
    """`tell(room, user_id, doing)` brings mail to a room that lives here."""

    def __init__(self, listener: Listener, tell: Callable[[str, UUID, SessionProgressOut], None]) -> None:
        self._listener = listener
        self._tell = tell
        self._rooms: dict[UUID, set[str]] = {}
        self._of: dict[str, set[UUID]] = {}

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._rooms

    async def follow(self, room: str, user_ids: Collection[UUID]) -> bool:
        """These and nobody else from now on; unless Redis is away, they are heard when this returns. True when one of
        them is new."""
        wanted, known = set(user_ids), self._of.get(room, set())
        self._leave(room, known - wanted)
        self._of[room] = wanted
        new = wanted - known
        for user_id in new:
            self._rooms.setdefault(user_id, set()).add(room)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(self._listener.listen(learner_room(user_id)) for user_id in new))
        return bool(new)

    def hears(self, room: str) -> bool:
        """Whether everybody whom the room follows is heard."""
        return all(self._listener.hears(learner_room(user_id)) for user_id in self._of.get(room, ()))

    def unfollow(self, room: str) -> None:
        self._leave(room, self._of.pop(room, set()))

    def tidy(self, living: Container[str]) -> None:
        """Rooms whose actor crashed too often to do it itself follow nobody any more."""
        for room in [room for room in self._of if room not in living]:
            self.unfollow(room)

    def overhear(self, user_id: UUID, doing: SessionProgressOut) -> None:
        for room in self._rooms.get(user_id, ()):
            self._tell(room, user_id, doing)

    def rooms_of(self, user_id: UUID) -> frozenset[str]:
        return frozenset(self._rooms.get(user_id, ()))

    def _leave(self, room: str, user_ids: Collection[UUID]) -> None:
        for user_id in user_ids:
            rooms = self._rooms[user_id]
            rooms.discard(room)
            if not rooms:
                del self._rooms[user_id]


def is_later(state: SessionProgressOut, than: SessionProgressOut) -> bool:
    """Whether `state` came after `than`, of the same session or another of the same learner."""
    if state.session_id == than.session_id:
        return (state.answered, state.finished) > (than.answered, than.finished)
    return (state.active_at, state.session_id) > (than.active_at, than.session_id)


def doing_of(progress: ProgressChanged) -> SessionProgressOut:
    return SessionProgressOut(
        session_id=progress.session_id,
        course_id=progress.course_id,
        lesson_id=progress.lesson_id,
        answered=progress.answered,
        total=progress.total,
        correct=progress.correct_so_far,
        finished=False,
        active_at=progress.at,
    )


def doing_in(frame: Frame) -> SessionProgressOut | None:
    """What a frame of a learner's stream says of a session; None for frames about other things."""
    return doing_of(_decode_frame(frame.body)) if frame.event == PROGRESS_CHANGED else None


def aside(doing: SessionProgressOut) -> str:
    """As it is published on the learner's channel."""
    return ASIDE.decode() + _encode(doing).decode()


def doing_aside(data: bytes) -> SessionProgressOut:
    return _decode(data[len(ASIDE) :])
