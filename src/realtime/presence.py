"""Who is there, over all processes. Invariants: somebody counts once in a room, however many sockets and processes they
use; a process that dies is forgotten within 15 seconds; everything in Redis is made again within two ticks of a wipe;
nothing waits for Redis but the one loop that runs here.

Redis has two keys per room: a sorted set of processes by when they will be forgotten, and a hash with the people whom
each of them has. A tick sends one script per room that changed or is due, all in a pipeline, whatever the sockets.

In a class the people are not those who look on, but its members who are connected, wherever they are in the program.
The process whose teachers watch tells all others who the members are.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError, ResponseError

from realtime import metrics
from realtime.ports import Clock, Emitter
from realtime.publisher import own_connection
from realtime.rooms import CLASSROOM, Rooms, learner_room
from realtime.wire import PRESENCE_CHANGED, PresenceChanged, encode

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER_S = 12.0
ROSTER_EVERY_S = 5.0
"""How often other processes are told who the members of a watched class are. They forget it like a process."""
AT_ONCE = 256

# KEYS: processes, people. ARGV: process, `are`, `keep` or `gone`, time-out in ms, version seen, ids of 16 bytes each.
# Answers the version, whether this process is known here, and everybody's people unless that version was seen.
_TOUCH = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local changed = false
for _, process in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], process)
  redis.call('HDEL', KEYS[2], process)
  changed = true
end
local known = redis.call('HEXISTS', KEYS[2], ARGV[1])
if ARGV[2] == 'gone' and known == 1 then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[2], ARGV[1])
  known, changed = 0, true
elseif ARGV[2] == 'are' then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[5])
  known, changed = 1, true
end
if changed then redis.call('HSET', KEYS[2], 'version', t[1] .. '.' .. t[2] .. '.' .. ARGV[1]) end
if known == 1 then
  redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3] * 2)
  redis.call('PEXPIRE', KEYS[2], ARGV[3] * 2)
end
local version = redis.call('HGET', KEYS[2], 'version') or ''
return {version, known, version ~= ARGV[4] and redis.call('HGETALL', KEYS[2]) or {}}
"""

UNSEEN = b"none"
People = frozenset[UUID]
NOBODY: People = frozenset()


@dataclass(slots=True)
class _Place:
    """What is known of one room. `sent`: Redis has `own` as it is."""

    own: People = NOBODY
    others: People = NOBODY
    sent: bool = True
    version: bytes = UNSEEN
    looked_at: float = float("-inf")
    doubted_until: float = float("-inf")
    """Redis forgot the room. Until others have had the time to say again who they have, who was there stays."""


@dataclass(slots=True)
class _Roster:
    members: Collection[UUID]
    heard_at: float
    ours: bool
    told_at: float = float("-inf")


class Presence:
    """`say(room, members)` tells the other processes who the members of a class are."""

    def __init__(
        self,
        redis: Redis,
        *,
        rooms: Rooms,
        emitter: Emitter,
        clock: Clock,
        origin: str,
        say: Callable[[str, Collection[UUID]], None],
        every_s: float = 1.0,
        forgotten_after_s: float = FORGOTTEN_AFTER_S,
        deadline_s: float = 1.0,
    ) -> None:
        """`every_s`: a tick. A room where nothing changed here is refreshed, and others' changes are seen, at every
        other."""
        self._redis = redis
        self._rooms = rooms
        self._emitter = emitter
        self._clock = clock
        self._origin = origin.encode()
        self._say = say
        self._every_s = every_s
        self._look_every_s = 2 * every_s
        self._forgotten_after_s = forgotten_after_s
        self._deadline_s = deadline_s
        self._places: dict[str, _Place] = {}
        self._rosters: dict[str, _Roster] = {}
        self._connection: AbstractConnection | None = None
        self._script = b""

    def expect(self, room: str, members: Collection[UUID]) -> None:
        """These are the members of a class that is watched here."""
        known = self._rosters.get(room)
        if known is None or not known.ours or set(known.members) != set(members):
            self._rosters[room] = _Roster(tuple(members), self._clock.time(), ours=True)

    def heard(self, room: str, members: Collection[UUID]) -> None:
        """These are the members of a class that is watched elsewhere."""
        known = self._rosters.get(room)
        if known is None or not known.ours:
            self._rosters[room] = _Roster(members, self._clock.time(), ours=False)

    async def run(self) -> None:
        try:
            while True:
                await self._clock.sleep(self._every_s)
                await self.tick()
        finally:
            await self._hang_up()

    async def leave(self) -> None:
        """For a process that stops: its people need not be missed for a while first."""
        await self.tick()
        await self._hang_up()

    async def tick(self) -> None:
        """Tells Redis who is here, learns who is elsewhere, and tells the sockets what is new to them."""
        now = self._clock.time()
        self._keep_rosters(now)
        touched = self._rooms.take_touched() | self._rosters.keys()
        for room in touched:
            place = self._places.setdefault(room, _Place())
            own = self._people(room)
            if own != place.own:
                place.own, place.sent = own, False
        due = [
            room
            for room, place in self._places.items()
            if not place.sent or now - place.looked_at >= self._look_every_s
        ]
        try:
            for start in range(0, len(due), AT_ONCE):
                some = due[start : start + AT_ONCE]
                for room, reply in zip(some, await self._exchange(some), strict=True):
                    if self._learn(self._places[room], reply, now):
                        touched.add(room)
        except (OSError, RedisError, TimeoutError) as error:
            logger.warning("presence is not told over processes, redis is away: %r", error)
            metrics.PRESENCE_FAILED.inc()
            await self._hang_up()
        for room in touched:
            self._tell(room)
        self._clear(now)

    def _people(self, room: str) -> People:
        roster = self._rosters.get(room)
        if roster is not None:
            return frozenset(id_ for id_ in roster.members if self._rooms.seats(learner_room(id_)))
        if room.startswith(CLASSROOM):
            return NOBODY
        return frozenset(seat.user_id for seat in self._rooms.seats(room).values())

    def _keep_rosters(self, now: float) -> None:
        for room, roster in list(self._rosters.items()):
            if roster.ours:
                if not self._rooms.seats(room):
                    # What others tell of the class counts from here on.
                    self._rosters[room] = _Roster(roster.members, now, ours=False)
                elif now - roster.told_at >= ROSTER_EVERY_S:
                    roster.told_at = now
                    self._say(room, roster.members)
            elif now - roster.heard_at >= self._forgotten_after_s:
                del self._rosters[room]
                self._places.setdefault(room, _Place()).own = NOBODY
                self._places[room].sent = False

    def _learn(self, place: _Place, reply: Sequence[Any], now: float) -> bool:
        """True when there are others than before."""
        version, known, fields = reply
        place.looked_at = now
        was_sent, place.sent = place.sent, bool(known) == bool(place.own)
        if (was_sent and not place.sent) or (not version and place.version not in (UNSEEN, b"")):
            place.doubted_until = now + self._look_every_s + 2 * self._every_s
        if now < place.doubted_until:
            place.version = UNSEEN
            return False
        if version == place.version:
            return False
        place.version = version
        told = zip(fields[::2], fields[1::2], strict=True)
        before, place.others = (
            place.others,
            NOBODY.union(*(_unpacked(ids) for process, ids in told if process not in (self._origin, b"version"))),
        )
        return place.others != before

    def _tell(self, room: str) -> None:
        seats, place = self._rooms.seats(room), self._places.get(room)
        if not seats or place is None:
            return
        present = place.own | place.others
        # Only teachers look on in a class, and they may know who is there.
        news: object = present if room.startswith(CLASSROOM) else len(present)
        sids = [seat.sid for seat in seats.values() if seat.present != news]
        if not sids:
            return
        for seat in seats.values():
            seat.present = news
        frame = PresenceChanged(room, len(present))
        if isinstance(news, frozenset):
            frame = PresenceChanged(room, len(present), sorted(present))
        self._emitter.emit(sids, PRESENCE_CHANGED, encode(frame))

    def _clear(self, now: float) -> None:
        for room, place in list(self._places.items()):
            deserted = not place.own and room not in self._rosters and not self._rooms.seats(room)
            if deserted and (place.sent or now - place.looked_at >= self._forgotten_after_s):
                del self._places[room]

    # ---- Redis

    async def _exchange(self, rooms: Sequence[str]) -> list[Any]:
        async with asyncio.timeout(self._deadline_s):
            connection = await self._connected()
            return await _asked(connection, [self._command(room, self._places[room]) for room in rooms])

    def _command(self, room: str, place: _Place) -> tuple[Any, ...]:
        verb = "are" if place.own and not place.sent else "keep" if place.own else "gone"
        people = b"".join(id_.bytes for id_ in place.own) if verb == "are" else b""
        milliseconds = int(self._forgotten_after_s * 1000)
        return ("EVALSHA", self._script, 2, *keys(room), self._origin, verb, milliseconds, place.version, people)

    async def _connected(self) -> AbstractConnection:
        if self._connection is None:
            self._connection = own_connection(self._redis)
            await self._connection.connect()  # type: ignore[no-untyped-call]
            [self._script] = await _asked(self._connection, [("SCRIPT", "LOAD", _TOUCH)])
        return self._connection

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def keys(room: str) -> tuple[str, str]:
    """Processes and people. The braces keep both on one node of a Redis cluster."""
    return f"lyceum:presence:{{{room}}}:processes", f"lyceum:presence:{{{room}}}:people"


def _unpacked(ids: bytes) -> Iterable[UUID]:
    return (UUID(bytes=ids[at : at + 16]) for at in range(0, len(ids), 16))


async def _asked(connection: AbstractConnection, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
    await connection.send_packed_command(connection.pack_commands(commands), check_health=False)
    replies: list[Any] = []
    for _ in commands:
        try:
            replies.append(await connection.read_response())
        except ResponseError as error:
            replies.append(error)
    for reply in replies:
        if isinstance(reply, ResponseError):
            raise reply
    return replies
