"""The front door: what the app starts, stops, mounts and feeds. Invariant: `deliver` never waits, and never raises
because of Redis or of a client."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from litestar.types import Receive, Scope, Send
from redis.asyncio import Redis

from domains.kernel.events import Event
from realtime import metrics, recovery, routes
from realtime.actor import Actor, Post
from realtime.actors.learner import Joined, LearnerActor, Resync
from realtime.bus import Listener
from realtime.gateway import Gateway, GatewaySettings, Headers, Others, Peer
from realtime.inbound import Inbound
from realtime.loops import kept_up
from realtime.messages import Message, RoomMoved, SessionsEnded, ToLearner
from realtime.polls import Polls
from realtime.ports import Clock, LoopClock, Ports
from realtime.publisher import Publisher
from realtime.rooms import COURSE, LEARNER, Rooms, Seat, learner_room, subject_of
from realtime.streams import Streams
from realtime.supervisor import Policy, Supervisor
from realtime.watching import ROSTER, Watching
from realtime.wire import encode

logger = logging.getLogger(__name__)

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class RealtimeSettings:
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    actors: Policy = field(default_factory=Policy)
    tend_every_s: float = 1.0
    check_sessions_every_s: float = 3.0
    check_rights_every_s: float = 2.5
    """With the two seconds that the answer may take, whoever lost a right is out within five."""
    presence_every_s: float = 1.0
    again_s: float = 1.0
    """How long a loop that failed waits before it goes on."""


class Realtime:
    def __init__(
        self,
        redis: Redis,
        ports: Ports,
        settings: RealtimeSettings | None = None,
        *,
        route: Callable[[Event], tuple[Message, ...]] = routes.route,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings or RealtimeSettings()
        self._ports = ports
        self._route = route
        self._clock: Clock = clock or LoopClock()
        self._origin = recovery.new_epoch()
        self._rooms = Rooms()
        self._behind: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._supervisor = Supervisor(
            self._actor, clock=self._clock, policy=self._settings.actors, on_crash=self._crashed
        )
        self._publisher = Publisher(redis, self._clock)
        self._listener = Listener(redis, self._clock, on_message=self._heard, on_resync=self._resync)
        self._streams = Streams(self._publisher, self._listener, self._rooms, ports.durable_since)
        self._echo = f"echo:{self._origin}"
        self._heard_at = float("-inf")
        self.polls = Polls(self._streams, self._clock)
        self._gateway = Gateway(
            self._settings.gateway,
            authenticate=ports.authenticate,
            inbound=Inbound(ports, self._rooms, self._enter),
            clock=self._clock,
            on_join=self._join,
            on_leave=self._rooms.leave_all,
        )
        self.watching = Watching(
            redis,
            ports,
            rooms=self._rooms,
            emitter=self._gateway,
            listener=self._listener,
            publisher=self._publisher,
            clock=self._clock,
            origin=self._origin,
            to_room=self._to_room,
            check_every_s=self._settings.check_rights_every_s,
            presence_every_s=self._settings.presence_every_s,
            say=lambda words: self._publisher.say(CONTROL, f"{self._origin} {words}"),
        )

    # ---- life

    async def start(self) -> None:
        """Returns at once, also when Redis is away."""
        self._listener.want(CONTROL)
        self._listener.want(self._echo)
        self._heard_at = self._clock.time()
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "publisher": self._publisher.run,
            "listener": self._listener.run,
            "sweeper": self._supervisor.run,
            "tender": self._tend,
            "session check": self._check_sessions,
            "right check": self.watching.check_rights,
            "presence": self.watching.presence.run,
        }
        self._tasks = [
            asyncio.create_task(kept_up(name, work, self._clock, self._settings.again_s), name=f"realtime {name}")
            for name, work in works.items()
        ]

    async def stop(self, drain_s: float = 1.0) -> None:
        """Lets sockets go, actors finish, and what is queued for Redis leave."""
        self.polls.stop()
        await self._gateway.stop()
        await self._supervisor.stop()
        deadline = self._clock.time() + drain_s
        while not self._publisher.drained() and self._clock.time() < deadline:
            await self._clock.sleep(0.02)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        await self.watching.presence.leave()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application of the endpoint; the app mounts it at `/socket.io`."""
        await self._gateway(scope, receive, send)

    def deaf_s(self) -> float:
        """Seconds since this process last heard through Redis what it had said itself a moment before. While it does
        not, its screens stand still; they catch up afterwards."""
        return self._clock.time() - self._heard_at

    def take(self, query: str, headers: Headers, transport: Any, others: Others) -> None:
        """The same without ASGI: a connection to the endpoint that asks to become a websocket."""
        self._gateway.take(query, headers, transport, others)

    async def farewell(self) -> None:
        """Tells every client to come back, answers whoever polls, and admits nobody any more. `stop` does it too."""
        self.polls.stop()
        await self._gateway.stop()

    # ---- facts

    def deliver(self, facts: Sequence[Event]) -> None:
        """Moves screens. Call it after the commit; calling it again with the same facts adds nothing to a stream."""
        for fact in facts:
            for message in self._route(fact):
                match message:
                    case ToLearner(user_id, frame):
                        tag = recovery.tag(fact.event_id, frame.event)
                        self._publisher.frame(user_id, frame.event, encode(frame), tag)
                        self.watching.framed(user_id, frame)
                    case SessionsEnded(session_ids):
                        self.disconnect_sessions(session_ids)
                    case RoomMoved(room) if room.startswith(COURSE):
                        self.watching.moved(message)
                        self._course_moved(subject_of(room))
                        self._publisher.say(CONTROL, f"{self._origin} course {subject_of(room)}")
                    case _:
                        self.watching.moved(message)

    def disconnect_sessions(
        self, session_ids: Iterable[UUID], code: str = "realtime.session_ended", message: str = "the login has ended"
    ) -> None:
        """Closes the sockets of login sessions, in all processes."""
        ids = list(session_ids)
        self._close_sessions(ids, code, message)
        if ids:
            self._publisher.say(CONTROL, " ".join([self._origin, "sessions", *map(str, ids)]))

    def disconnect_user(
        self, user_id: UUID, code: str = "realtime.session_ended", message: str = "the login has ended"
    ) -> None:
        self._close_user(user_id, code, message)
        self._publisher.say(CONTROL, f"{self._origin} user {user_id}")

    def _close_sessions(self, session_ids: Collection[UUID], code: str, message: str) -> None:
        self._gateway.close_sessions(session_ids, code, message)
        self.polls.end_sessions(session_ids)

    def _close_user(self, user_id: UUID, code: str, message: str) -> None:
        self._gateway.close_user(user_id, code, message)
        self.polls.end_user(user_id)

    # ---- between gateway, bus and actors

    def _actor(self, key: str, post: Post[Any]) -> Actor[Any]:
        metrics.ACTORS.set(len(self._supervisor))
        if key.startswith(LEARNER):
            return LearnerActor(
                subject_of(key), rooms=self._rooms, emitter=self._gateway, stream=self._streams, post=post
            )
        return self.watching.actor(key, post)

    def _join(self, peer: Peer) -> None:
        if peer.sid is None or peer.principal is None:
            return
        room = learner_room(peer.principal.user_id)
        epoch, seq, at = peer.position
        seat = Seat(peer.sid, peer.principal.user_id, epoch, seq, recovery.no_later_than_now(at))
        self._rooms.enter(room, seat)
        if not self._supervisor.post(room, Joined(peer.sid)):
            self._gateway.close(peer, "realtime.busy", "try again in a moment")

    def _enter(self, sid: str, user_id: UUID, room: str) -> None:
        self.watching.enter(sid, user_id, room)

    def _to_room(self, room: str, mail: Any, *, conflate_key: Hashable | None = None, spawn: bool = False) -> None:
        if (spawn or room in self._supervisor) and not self._supervisor.post(
            room, mail, conflate_key=conflate_key, spawn=spawn
        ):
            self._behind.add(room)

    def _heard(self, room: str, data: bytes) -> None:
        if room == CONTROL:
            self._obey(data.decode())
        elif room == self._echo:
            self._heard_at = self._clock.time()
        elif not room.startswith(LEARNER):
            self.watching.heard(room, data)
        else:
            self._heard_learner(room, subject_of(room), data)

    def _heard_learner(self, room: str, user_id: UUID, data: bytes) -> None:
        if self.watching.heard_aside(user_id, data):
            return
        frame = recovery.heard(data)
        self.watching.overheard(user_id, frame)
        self._streams.wake(room)
        if self._rooms.seats(room) and not self._supervisor.post(room, frame):
            self._behind.add(room)

    def _obey(self, text: str) -> None:
        origin, verb, *ids = text.split(" ")
        if origin == self._origin:
            return
        if verb == "sessions":
            self._close_sessions([UUID(id_) for id_ in ids], "realtime.session_ended", "the login has ended")
        elif verb == "user":
            self._close_user(UUID(ids[0]), "realtime.session_ended", "the login has ended")
        elif verb == "course":
            self._course_moved(UUID(ids[0]))
        elif verb == ROSTER:
            self.watching.heard_roster(ids[0], ids[1:])

    def _course_moved(self, course_id: UUID) -> None:
        if self._ports.course_moved is not None:
            self._ports.course_moved(course_id)

    def _resync(self) -> None:
        """Redis was away or its messages were not heard: every actor looks again, also one that rests."""
        self._streams.wake_all()
        for key in self._supervisor.living() | self._rooms.named(LEARNER):
            if not self._supervisor.post(key, Resync(), conflate_key=Resync):
                self._behind.add(key)

    def _crashed(self, key: str) -> None:
        metrics.ACTOR_CRASHES.labels(key.partition(":")[0]).inc()

    async def _tend(self) -> None:
        """Actors whose mailbox was full, or who died with readers present, are told to look again."""
        while True:
            due = self._clock.time() + self._settings.tend_every_s
            await self._clock.sleep(self._settings.tend_every_s)
            metrics.LOOP_LAG.set(max(0.0, self._clock.time() - due))
            self._gateway.measure()
            metrics.ACTORS.set(len(self._supervisor))
            for kind, count in self.watching.counts().items():
                metrics.ROOMS.labels(kind.rstrip(":")).set(count)
            metrics.OUTGOING.set(self._publisher.waiting)
            metrics.DEAF_SECONDS.set(self.deaf_s())
            self._publisher.say(self._echo, "")
            living = self._supervisor.living()
            self.watching.following.tidy(living)
            await self._streams.tidy(living, self.watching.following)
            behind = self._behind | self._streams.orphans(living)
            self._behind = set()
            for key in behind:
                if self._rooms.seats(key) and not self._supervisor.post(key, Resync(), conflate_key=Resync):
                    self._behind.add(key)

    async def _check_sessions(self) -> None:
        """The second way in which an ended login closes its sockets: it works without Redis."""
        check = self._ports.live_sessions
        while check is not None:
            await self._clock.sleep(self._settings.check_sessions_every_s)
            present = self._gateway.session_ids() | self.polls.session_ids()
            if not present:
                continue
            try:
                async with asyncio.timeout(self._settings.check_sessions_every_s):
                    live = set(await check(present))
            except Exception as error:  # noqa: BLE001  A port: an unknown answer ends nobody's login.
                logger.warning("sessions cannot be checked: %r", error)
                continue
            self._close_sessions(present - live, "realtime.session_ended", "the login has ended")
