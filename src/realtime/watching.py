"""Rooms that people ask to watch: who lives in them, what reaches them, and who has to leave.

Invariants: nobody sits in a room whose owner (the domain) did not just allow it; whoever loses the right is out within
five seconds; what moves a room here moves it without Redis, and elsewhere through it.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, Protocol
from uuid import UUID

from redis.asyncio import Redis

from domains.learning.api import SessionProgressOut
from realtime import metrics
from realtime.actor import Actor, Post
from realtime.actors.classroom import ClassroomActor
from realtime.actors.league import LeagueActor, Moved
from realtime.actors.learner import Resync
from realtime.actors.newest import NewestActor
from realtime.actors.room import Watched
from realtime.actors.session import SessionActor
from realtime.bus import Listener
from realtime.following import ASIDE, Following, aside, doing_aside, doing_in, doing_of
from realtime.messages import LeagueMoved, LearnerDid, RoomMoved
from realtime.ports import Clock, Emitter, MayWatch, Ports
from realtime.presence import Presence
from realtime.publisher import Publisher
from realtime.recovery import Frame
from realtime.rooms import CLASSROOM, COURSE, DRAFT, LEAGUE, SESSION, Rooms, Seat, kind_of, learner_room, subject_of
from realtime.wire import ROOM_LEFT, ProgressChanged, RoomLeft, StreamFrame, encode

logger = logging.getLogger(__name__)

ROSTER = "roster"
"""The word on the control channel that tells who the members of a watched class are."""


CHECK_DEADLINE_S = 2.0


class ToRoom(Protocol):
    def __call__(self, room: str, mail: Any, *, conflate_key: Hashable | None = None, spawn: bool = False) -> None:
        """Puts mail into a room that lives here; one that has no place for it will look again."""
        ...


class Watching:
    """`say(words)` speaks on the control channel of all processes."""

    def __init__(
        self,
        redis: Redis,
        ports: Ports,
        *,
        rooms: Rooms,
        emitter: Emitter,
        listener: Listener,
        publisher: Publisher,
        clock: Clock,
        origin: str,
        to_room: ToRoom,
        say: Callable[[str], None],
        check_every_s: float,
        presence_every_s: float,
    ) -> None:
        self._ports = ports
        self._rooms = rooms
        self._emitter = emitter
        self._listener = listener
        self._publisher = publisher
        self._clock = clock
        self._origin = origin
        self._to_room = to_room
        self._check_every_s = check_every_s
        self.following = Following(listener, self._move_room)

        def roster(room: str, members: Collection[UUID]) -> None:
            say(" ".join([ROSTER, room, *(id_.hex for id_ in members)]))

        self.presence = Presence(
            redis, rooms=rooms, emitter=emitter, clock=clock, origin=origin, say=roster, every_s=presence_every_s
        )

    def actor(self, room: str, post: Post[Any]) -> Actor[Any]:
        rooms, emitter, clock = self._rooms, self._emitter, self._clock
        match kind_of(room):
            case "league:":
                boards = self._ports.boards
                subject, ears = subject_of(room), self._listener
                return LeagueActor(
                    subject, rooms=rooms, emitter=emitter, boards=boards, ears=ears, clock=clock, post=post
                )
            case "classroom:":
                return ClassroomActor(
                    room,
                    rooms=rooms,
                    emitter=emitter,
                    clock=clock,
                    post=post,
                    ears=self._listener,
                    find=self._ports.classroom,
                    following=self.following,
                    presence=self.presence,
                )
            case "session:":
                find, following = self._ports.session, self.following
                return SessionActor(
                    room, rooms=rooms, emitter=emitter, clock=clock, post=post, find=find, following=following
                )
            case "draft:":
                draft, ears = self._ports.draft, self._listener
                return NewestActor(room, rooms=rooms, emitter=emitter, clock=clock, post=post, find=draft, ears=ears)
            case _:
                course, ears = self._ports.course, self._listener
                return NewestActor(room, rooms=rooms, emitter=emitter, clock=clock, post=post, find=course, ears=ears)

    def enter(self, sid: str, user_id: UUID, room: str) -> None:
        """Seats a socket whose right has just been checked."""
        self._rooms.enter(room, Seat(sid, user_id))
        self._to_room(room, Watched(sid, self._clock.time()), spawn=True)

    # ---- what happened in this process

    def framed(self, user_id: UUID, frame: StreamFrame) -> None:
        """A frame of a learner's stream is on its way to Redis; rooms here need not wait for it."""
        if user_id in self.following and isinstance(frame, ProgressChanged):
            self.following.overhear(user_id, doing_of(frame))

    def moved(self, message: LearnerDid | LeagueMoved | RoomMoved) -> None:
        match message:
            case LearnerDid(user_id, doing):
                self.following.overhear(user_id, doing)
                self._publisher.say(learner_room(user_id), aside(doing))
            case LeagueMoved(league_id, user_id):
                room = f"{LEAGUE}{league_id}"
                self._league_moved(room, user_id)
                self._publisher.say(room, f"{self._origin} {user_id}")
            case RoomMoved(room):
                self._to_room(room, Resync(), conflate_key=Resync)
                self._publisher.say(room, self._origin)

    # ---- what other processes say

    def overheard(self, user_id: UUID, frame: Frame) -> None:
        """A frame of a learner's stream. One without an event says that some were lost."""
        if user_id not in self.following:
            return
        if not frame.event:
            for room in self.following.rooms_of(user_id):
                self._to_room(room, Resync(), conflate_key=Resync)
        doing = doing_in(frame)
        if doing is not None:
            self.following.overhear(user_id, doing)

    def heard_aside(self, user_id: UUID, data: bytes) -> bool:
        """False for what belongs to the numbered stream."""
        if not data.startswith(ASIDE):
            return False
        if user_id in self.following:
            self.following.overhear(user_id, doing_aside(data))
        return True

    def heard(self, room: str, data: bytes) -> None:
        origin, _, words = data.decode().partition(" ")
        if origin == self._origin:
            return
        if words:
            self._league_moved(room, UUID(words))
        else:
            self._to_room(room, Resync(), conflate_key=Resync)

    def heard_roster(self, room: str, members: Collection[str]) -> None:
        self.presence.heard(room, [UUID(hex=id_) for id_ in members])

    def _league_moved(self, room: str, user_id: UUID) -> None:
        self._to_room(room, Moved(user_id, self._clock.time()), conflate_key=user_id)

    def _move_room(self, room: str, user_id: UUID, doing: SessionProgressOut) -> None:
        # What was said here and is heard again through Redis is one thing.
        same = (doing.session_id, doing.answered, doing.finished)
        self._to_room(room, LearnerDid(user_id, doing), conflate_key=same)

    # ---- rights

    async def check_rights(self) -> None:
        """Until cancelled."""
        while True:
            await self._clock.sleep(self._check_every_s)
            await self.take_out()

    async def take_out(self) -> None:
        """Those who may no longer watch what they watch; one question for each kind of room."""
        seated: dict[str, list[tuple[str, Seat]]] = {}
        for room, seats in self._rooms.watched():
            seated.setdefault(kind_of(room), []).extend((room, seat) for seat in seats.values())
        checks = [self._check(self._ports.may_watch[kind], places) for kind, places in seated.items()]
        await asyncio.gather(*checks)

    async def _check(self, may_watch: MayWatch, places: Collection[tuple[str, Seat]]) -> None:
        pairs = {(seat.user_id, subject_of(room)) for room, seat in places}
        try:
            async with asyncio.timeout(CHECK_DEADLINE_S):
                allowed = set(await may_watch(pairs))
        except Exception as error:  # noqa: BLE001  A port: an unknown answer takes nobody's right.
            logger.warning("rights to watch cannot be checked: %r", error)
            return
        for room, seat in places:
            if (seat.user_id, subject_of(room)) not in allowed and self._rooms.seats(room).get(seat.sid) is seat:
                self._rooms.leave(room, seat.sid)
                metrics.WATCHERS_OUT.inc()
                self._emitter.emit([seat.sid], ROOM_LEFT, encode(RoomLeft(room, "realtime.right_lost")))

    def counts(self) -> Mapping[str, int]:
        """Watched rooms of this process, by kind."""
        found = dict.fromkeys((LEAGUE, CLASSROOM, SESSION, COURSE, DRAFT), 0)
        for room, _ in self._rooms.watched():
            found[kind_of(room)] += 1
        return found
