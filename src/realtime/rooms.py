"""Who sits where in this process. Invariant: a seat outlives its actor, so a crashed actor finds every reader's
position again; a socket that is gone has no seat.

Room names are actor keys: `learner:{user_id}`, `league:{league_id}`.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

LEARNER = "learner:"
LEAGUE = "league:"


def learner_room(user_id: UUID) -> str:
    return f"{LEARNER}{user_id}"


def league_room(league_id: UUID) -> str:
    return f"{LEAGUE}{league_id}"


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


class Rooms:
    def __init__(self) -> None:
        self._seats: dict[str, dict[str, Seat]] = {}
        self._rooms_of: dict[str, set[str]] = {}

    def enter(self, room: str, seat: Seat) -> None:
        self._seats.setdefault(room, {})[seat.sid] = seat
        self._rooms_of.setdefault(seat.sid, set()).add(room)

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

    def leave_all(self, sid: str) -> None:
        for room in tuple(self._rooms_of.get(sid, ())):
            self.leave(room, sid)

    def seats(self, room: str) -> Mapping[str, Seat]:
        return self._seats.get(room, {})

    def rooms_of(self, sid: str, prefix: str = "") -> list[str]:
        return [room for room in self._rooms_of.get(sid, ()) if room.startswith(prefix)]

    def named(self, prefix: str) -> set[str]:
        """Rooms of one kind in which somebody sits."""
        return {room for room in self._seats if room.startswith(prefix)}

    def orphans(self, living: Container[str]) -> set[str]:
        """Rooms with seats whose actor is not among the living."""
        return {room for room in self._seats if room not in living}
