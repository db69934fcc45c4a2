"""The published revision of one course for those who learn it. Invariant: the number of the revision only grows."""

import msgspec

from realtime.actor import Post
from realtime.actors.room import Mail, RoomActor
from realtime.bus import Listener
from realtime.ports import Clock, Emitter, FindCourse
from realtime.rooms import Rooms
from realtime.wire import COURSE_CHANGED, CourseChanged


class CourseActor(RoomActor[CourseChanged | None]):
    """It is told to look again when there is a new revision."""

    def __init__(
        self,
        room: str,
        *,
        rooms: Rooms,
        emitter: Emitter,
        clock: Clock,
        post: Post[Mail],
        find: FindCourse,
        ears: Listener,
    ) -> None:
        super().__init__(room, rooms=rooms, emitter=emitter, clock=clock, post=post, ears=ears)
        self._find = find
        self._now: CourseChanged | None = None

    async def read(self) -> CourseChanged | None:
        return await self._find(self._subject)

    def take(self, state: CourseChanged | None) -> None:
        if state is None or (self._now is not None and state.number <= self._now.number):
            return
        self._now = state
        self.tell(COURSE_CHANGED, state)

    def greeting(self) -> tuple[str, msgspec.Struct] | None:
        return None if self._now is None else (COURSE_CHANGED, self._now)
