"""A class as its teachers see it: what every learner does now, answer by answer. Invariants: a learner's line is never
replaced by an earlier one; a line is left out only for one that is later, and only while the class is very busy; of a
class with a course, sessions of other courses are never told."""

from uuid import UUID

import msgspec

from domains.classrooms.api import ClassroomProgressOut, LearnerProgressOut
from domains.learning.api import SessionProgressOut
from realtime.actor import Post
from realtime.actors.room import Flush, Mail, RoomActor
from realtime.bus import Listener
from realtime.following import Following, is_later
from realtime.messages import LearnerDid
from realtime.ports import Clock, Emitter, FindClassroom
from realtime.presence import Presence
from realtime.rooms import Rooms
from realtime.wire import CLASSROOM_PROGRESS, CLASSROOM_SNAPSHOT, ClassroomProgress, ClassroomSnapshot


class ClassroomActor(RoomActor[ClassroomProgressOut]):
    frames_per_s = 64
    """So many lines in a second go out one by one as they come; behind that each learner's latest, at intervals."""
    interval_s = 0.25

    def __init__(
        self,
        room: str,
        *,
        rooms: Rooms,
        emitter: Emitter,
        clock: Clock,
        post: Post[Mail],
        ears: Listener,
        find: FindClassroom,
        following: Following,
        presence: Presence,
    ) -> None:
        super().__init__(room, rooms=rooms, emitter=emitter, clock=clock, post=post, ears=ears)
        self._find = find
        self._following = following
        self._presence = presence
        self._course_id: UUID | None = None
        self._learners: dict[UUID, LearnerProgressOut] | None = None
        self._late: dict[UUID, None] = {}
        """Learners whose line has yet to be told, in the order in which they waited."""
        self._second_from = float("-inf")
        self._told = 0

    async def read(self) -> ClassroomProgressOut:
        found = await self._find(self._subject)
        if await self._following.follow(self._room, [learner.user_id for learner in found.learners]):
            # What they did until somebody listened.
            found = await self._find(self._subject)
        return found

    def take(self, state: ClassroomProgressOut) -> None:
        known, now = self._learners, {learner.user_id: learner for learner in state.learners}
        self._learners, self._course_id = now, state.course_id
        self._presence.expect(self._room, now)
        if known is None:
            return
        if known.keys() != now.keys() or any(not _goes_on(known[id_], learner) for id_, learner in now.items()):
            # A line can say what somebody does, not that there is one more or one less.
            self._late.clear()
            self.tell(CLASSROOM_SNAPSHOT, self._snapshot(now))
            return
        for id_, learner in now.items():
            if learner != known[id_]:
                self._moved(id_)

    def greeting(self) -> tuple[str, msgspec.Struct] | None:
        return None if self._learners is None else (CLASSROOM_SNAPSHOT, self._snapshot(self._learners))

    def hears(self) -> bool:
        return super().hears() and self._following.hears(self._room)

    def hear(self, message: LearnerDid) -> None:
        learner, doing = (self._learners or {}).get(message.user_id), message.doing
        if learner is None or self._learners is None or self._course_id not in (None, doing.course_id):
            return
        if learner.session is None or is_later(doing, learner.session):
            self._learners[learner.user_id] = LearnerProgressOut(learner.user_id, learner.name, doing)
            self._moved(learner.user_id)

    def flush(self) -> None:
        late, self._late = self._late, {}
        for user_id in late:
            self._tell_line(user_id)

    async def on_stop(self) -> None:
        self._following.unfollow(self._room)
        await super().on_stop()

    def _snapshot(self, learners: dict[UUID, LearnerProgressOut]) -> ClassroomSnapshot:
        return ClassroomSnapshot(self._subject, self._course_id, list(learners.values()))

    def _moved(self, user_id: UUID) -> None:
        now = self._clock.time()
        if now - self._second_from >= 1:
            self._second_from, self._told = now, 0
        if self._late or self._told >= self.frames_per_s:
            if not self._late:
                self._post(Flush(), conflate_key=Flush, after_s=self.interval_s)
            self._late[user_id] = None
        else:
            self._tell_line(user_id)

    def _tell_line(self, user_id: UUID) -> None:
        learner = (self._learners or {}).get(user_id)
        if learner is not None and learner.session is not None:
            self._told += 1
            line = {name: getattr(learner.session, name) for name in SessionProgressOut.__struct_fields__}
            self.tell(CLASSROOM_PROGRESS, ClassroomProgress(classroom_id=self._subject, user_id=user_id, **line))


def _goes_on(known: LearnerProgressOut, now: LearnerProgressOut) -> bool:
    """Whether a line about what they do is all that is needed to come from one to the other."""
    return known.name == now.name and (now.session is not None or known.session is None)
