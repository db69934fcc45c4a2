"""Standings of one league for those who watch. Invariants: values are absolute; no socket ever gets a lower version
than it had; one's own change goes out at once, everybody else's in at most four frames in any second.

Two frames may follow each other at once and others come a third of a second later: in an ordinary league, where
changes are rare, nobody waits."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Protocol
from uuid import UUID

import msgspec

from realtime import metrics
from realtime.actor import Actor, Post
from realtime.actors.learner import Resync
from realtime.actors.room import Flush, Watched
from realtime.ports import Board, BoardSource, Clock, Emitter
from realtime.rooms import Rooms, Seat, league_room
from realtime.wire import LEAGUE_CHANGED, LEAGUE_SNAPSHOT, LeagueEntry, LeagueFrame, encode, told

logger = logging.getLogger(__name__)


class Moved(msgspec.Struct, frozen=True):
    """`at`: a board whose reading began later has this change in it."""

    user_id: UUID
    at: float


Mail = Watched | Moved | Flush | Resync


class Ears(Protocol):
    """The bus, as a league actor sees it."""

    async def listen(self, room: str) -> bool: ...

    async def forget(self, room: str) -> None: ...


class LeagueActor(Actor[Mail]):
    burst = 2
    interval_s = 1 / 3
    """Between frames once the burst is spent, and until one frame of it is allowed again."""
    read_deadline_s = 2.0
    retry_s = 1.0

    def __init__(
        self,
        league_id: UUID,
        *,
        rooms: Rooms,
        emitter: Emitter,
        boards: BoardSource,
        ears: Ears,
        clock: Clock,
        post: Post[Mail],
    ) -> None:
        self._league_id = league_id
        self._room = league_room(league_id)
        self._rooms = rooms
        self._emitter = emitter
        self._boards = boards
        self._ears = ears
        self._clock = clock
        self._post = post
        self._board: LeagueFrame | None = None
        self._you: Callable[[UUID], UUID] = _same
        """Which line of the board is somebody's own."""
        self._read_at = float("-inf")
        self._told: dict[UUID, LeagueEntry] = {}
        self._spent_until = float("-inf")
        """When the whole burst is allowed again; each frame moves it on by one interval."""
        self._flush_due = False

    async def on_start(self) -> None:
        await self._ears.listen(self._room)
        seats = self._rooms.seats(self._room).values()
        for seat in seats:
            seat.greeted = False
        if seats:
            await self._refresh(self._clock.time())

    async def receive(self, message: Mail) -> None:
        if not self._rooms.seats(self._room):
            return
        match message:
            case Watched():
                await self._refresh(message.at)
                self._greet()
                self._flush_soon()
            case Moved():
                known = self._board.version if self._board is not None else -1
                if await self._refresh(message.at) and self._board is not None and self._board.version <= known:
                    # Somebody moved and the board does not show it: the view has not caught up.
                    await self._refresh(self._clock.time(), fresh=True)
                if not self._flush_soon():
                    self._tell_own(message.user_id)
            case Flush():
                self._flush_due = False
                self._flush()
            case Resync():
                await self._refresh(self._clock.time())
                self._flush_soon()

    async def on_stop(self) -> None:
        await self._ears.forget(self._room)

    def may_rest(self) -> bool:
        return not self._rooms.seats(self._room)

    async def _refresh(self, as_of: float, *, fresh: bool = False) -> bool:
        """Reads the board unless the one at hand was read after `as_of`. True when it was read."""
        if self._board is not None and as_of < self._read_at:
            metrics.MAIL_CONFLATED.inc()
            return False
        started_at = self._clock.time()
        try:
            async with asyncio.timeout(self.read_deadline_s):
                found = await self._boards.board(self._league_id, fresh=fresh)
        except Exception as error:  # noqa: BLE001
            # The source is a port: whatever is wrong behind it, watchers keep their sockets and the board comes later.
            logger.warning("the board of %s cannot be read: %r", self._room, error)
            self._post(Resync(), conflate_key=Resync, after_s=self.retry_s)
            return False
        self._read_at = started_at
        board = self._frame(found)
        if self._board is None:
            self._told = {entry.user_id: entry for entry in board.entries}
        if self._board is None or board.version >= self._board.version:
            self._board, self._you = board, found.you
        self._greet()
        return True

    def _frame(self, board: Board) -> LeagueFrame:
        """Copied line by line, so that nothing else that a board may carry leaves the house."""
        entries = [
            LeagueEntry(rank=line.rank, user_id=line.user_id, name=line.name, xp=line.xp, zone=line.zone)
            for line in board.entries
        ]
        return LeagueFrame(league_id=self._league_id, version=board.version, entries=entries)

    def _greet(self) -> None:
        """A snapshot for every socket that has none yet."""
        new = [seat for seat in self._rooms.seats(self._room).values() if not seat.greeted]
        if self._board is None or not new:
            return
        for seat in new:
            seat.greeted = True
        self._send_whole(new)

    def _tell_own(self, user_id: UUID) -> None:
        entry = self._entry(self._you(user_id))
        own = [seat for seat in self._greeted() if seat.user_id == user_id]
        if entry is not None and own and self._told.get(entry.user_id) != entry:
            self._send_changes(own, [entry])

    def _greeted(self) -> list[Seat]:
        return [seat for seat in self._rooms.seats(self._room).values() if seat.greeted]

    def _entry(self, user_id: UUID) -> LeagueEntry | None:
        entries = self._board.entries if self._board is not None else ()
        return next((entry for entry in entries if entry.user_id == user_id), None)

    def _flush_soon(self) -> bool:
        """True when everybody was told right away."""
        wait_s = self._spent_until - (self.burst - 1) * self.interval_s - self._clock.time()
        if wait_s <= 0:
            self._flush()
            return True
        if not self._flush_due:
            self._flush_due = True
            self._post(Flush(), conflate_key=Flush, after_s=wait_s)
        return False

    def _flush(self) -> None:
        if self._board is None:
            return
        changed = [entry for entry in self._board.entries if self._told.get(entry.user_id) != entry]
        everybody = self._greeted()
        now = {entry.user_id: entry for entry in self._board.entries}
        gone = self._told.keys() - now.keys()
        self._told = now
        if not (changed or gone):
            return
        self._spent_until = max(self._spent_until, self._clock.time()) + self.interval_s
        if gone:
            # A change can say what a line is now, not that it is no more.
            self._send_whole(everybody)
        else:
            self._send_changes(everybody, changed)

    def _send_whole(self, seats: Iterable[Seat]) -> None:
        if self._board is not None and (ready := self._ready(seats, self._board.version)):
            body = encode(self._board)
            for seat in ready:
                self._emitter.emit([seat.sid], LEAGUE_SNAPSHOT, told(self._you(seat.user_id), body))

    def _send_changes(self, seats: Iterable[Seat], entries: list[LeagueEntry]) -> None:
        if self._board is not None and (ready := self._ready(seats, self._board.version)):
            frame = LeagueFrame(league_id=self._league_id, version=self._board.version, entries=entries)
            self._emitter.emit([seat.sid for seat in ready], LEAGUE_CHANGED, encode(frame))

    @staticmethod
    def _ready(seats: Iterable[Seat], version: int) -> list[Seat]:
        """Without those that saw a higher version: they were here before this actor, which has read a late board."""
        ready = [seat for seat in seats if seat.seq <= version]
        for seat in ready:
            seat.seq = version
        return ready


def _same(user_id: UUID) -> UUID:
    return user_id
