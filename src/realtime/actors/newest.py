"""A course for those who learn it, or its draft for those who write it: what is newest. Invariant: of a draft the
number that says so only grows; of a course an old revision may be what learners get again."""

import msgspec

from realtime.actor import Post
from realtime.actors.room import Mail, RoomActor
from realtime.bus import Listener
from realtime.ports import Clock, Emitter, FindCourse, FindDraft
from realtime.rooms import Rooms
from realtime.wire import COURSE_CHANGED, DRAFT_CHANGED, CourseChanged, DraftChanged

State = CourseChanged | DraftChanged


class NewestActor(RoomActor[State | None]):
    """It is told to look again when there is something new."""

    def __init__(
        self,
        room: str,
        *,
        rooms: Rooms,
        emitter: Emitter,
        clock: Clock,
        post: Post[Mail],
        find: FindCourse | FindDraft,
        ears: Listener,
    ) -> None:
        super().__init__(room, rooms=rooms, emitter=emitter, clock=clock, post=post, ears=ears)
        self._find = find
        self._now: State | None = None

    async def read(self) -> State | None:
        return await self._find(self._subject)

    def take(self, state: State | None) -> None:
        if state is None or (self._now is not None and not _newer(state, self._now)):
            return
        self._now = state
        self.tell(_event(state), state)

    def greeting(self) -> tuple[str, msgspec.Struct] | None:
        return None if self._now is None else (_event(self._now), self._now)


def _newer(state: State, now: State) -> bool:
    if isinstance(state, DraftChanged) and isinstance(now, DraftChanged):
        return state.version > now.version
    return isinstance(state, CourseChanged) and isinstance(now, CourseChanged) and state.number != now.number


def _event(state: State) -> str:
    return DRAFT_CHANGED if isinstance(state, DraftChanged) else COURSE_CHANGED
