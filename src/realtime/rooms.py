"""Who sits where in this process. Invariant: a seat outlives its actor, so a crashed actor finds every reader's
position again; a socket that is gone has no seat.

Room names are actor keys, one kind per prefix: `learner:{user_id}`, `league:{league_id}`, `classroom:{classroom_id}`,
`session:{session_id}`, `course:{course_id}`, `draft:{course_id}`. Everybody has a seat in their own learner room; the
others are watched.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LEARNER = "learner:"
LEAGUE = "league:"
CLASSROOM = "classroom:"
SESSION = "session:"
COURSE = "course:"
DRAFT = "draft:"
KINDS = (LEARNER, LEAGUE, CLASSROOM, SESSION, COURSE, DRAFT)


def learner_room(user_id: UUID) -> str:
    return f"{LEARNER}{user_id}"


def league_room(league_id: UUID) -> str:
    return f"{LEAGUE}{league_id}"


def kind_of(room: str) -> str:
    """The prefix, colon included."""
    return room[: room.index(":") + 1]


def subject_of(room: str) -> UUID:
    """The id of whom or what a room is about."""
    return UUID(room.partition(":")[2])


@dataclass(slots=True)
class Seat:
    """One socket in one room. `epoch` and `seq` say what it has seen of a stream; `epoch` None: it never saw any.
    In a league `seq` is the version of the last board."""

    sid: str
    user_id: UUID
    epoch: str | None = None
    seq: int = 0
    at: datetime | None = None
    """What happened before then has reached this socket, or is still to come with a number."""
    greeted: bool = False
    """True once the room's actor has sent the first frame."""
    present: object = None
    """Who was there when it was last told of presence."""


class Rooms:
    def __init__(self) -> None:
        self._seats: dict[str, dict[str, Seat]] = {}
        self._rooms_of: dict[str, set[str]] = {}
        self._touched: set[str] = set()

    def enter(self, room: str, seat: Seat) -> None:
        self._seats.setdefault(room, {})[seat.sid] = seat
        self._rooms_of.setdefault(seat.sid, set()).add(room)
        self._touch(room)

    def leave(self, room: str, sid: str) -> None:
        seats = self._seats.get(room)
        if seats is not None:
            seats.pop(sid, None)
            if not seats:
                del self._seats[room]
        rooms = self._rooms_of.get(sid)
        if rooms is not None:
            rooms.discard(room)
            if not rooms:
                del self._rooms_of[sid]
        self._touch(room)

    def leave_all(self, sid: str) -> None:
        for room in tuple(self._rooms_of.get(sid, ())):
            self.leave(room, sid)

    def seats(self, room: str) -> Mapping[str, Seat]:
        return self._seats.get(room, {})

    def rooms_of(self, sid: str, prefix: str = "") -> list[str]:
        return [room for room in self._rooms_of.get(sid, ()) if room.startswith(prefix)]

    def watched_by(self, sid: str) -> list[str]:
        """The rooms of a socket without its own."""
        return [room for room in self._rooms_of.get(sid, ()) if not room.startswith(LEARNER)]

    def watched(self) -> Iterator[tuple[str, Mapping[str, Seat]]]:
        """Every room with seats that is nobody's own."""
        return ((room, seats) for room, seats in self._seats.items() if not room.startswith(LEARNER))

    def take_touched(self) -> set[str]:
        """Watched rooms that somebody entered or left since the last call."""
        touched, self._touched = self._touched, set()
        return touched

    def named(self, prefix: str) -> set[str]:
        """Rooms of one kind in which somebody sits."""
        return {room for room in self._seats if room.startswith(prefix)}

    def orphans(self, living: Container[str]) -> set[str]:
        """Rooms with seats whose actor is not among the living."""
        return {room for room in self._seats if room not in living}

    def _touch(self, room: str) -> None:
        if not room.startswith(LEARNER):
            self._touched.add(room)
