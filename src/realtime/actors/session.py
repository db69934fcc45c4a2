"""One lesson session for those who look on: other devices of its owner, and whoever was invited. Invariant: nobody is
told of a state that is earlier than what they have."""

import msgspec

from domains.learning.api import SessionProgressOut
from realtime.actor import Post
from realtime.actors.room import Mail, RoomActor
from realtime.following import Following, is_later
from realtime.messages import LearnerDid
from realtime.ports import Clock, Emitter, FindSession
from realtime.rooms import Rooms
from realtime.wire import SESSION_PROGRESS, SessionProgress


class SessionActor(RoomActor[SessionProgress | None]):
    def __init__(
        self,
        room: str,
        *,
        rooms: Rooms,
        emitter: Emitter,
        clock: Clock,
        post: Post[Mail],
        find: FindSession,
        following: Following,
    ) -> None:
        super().__init__(room, rooms=rooms, emitter=emitter, clock=clock, post=post)
        self._find = find
        self._following = following
        self._now: SessionProgress | None = None

    async def read(self) -> SessionProgress | None:
        found = await self._find(self._subject)
        if found is not None and await self._following.follow(self._room, [found.user_id]):
            found = await self._find(self._subject)
        return found

    def take(self, state: SessionProgress | None) -> None:
        if state is None or (self._now is not None and not is_later(state, self._now)):
            return
        self._now = state
        self.tell(SESSION_PROGRESS, state)

    def greeting(self) -> tuple[str, msgspec.Struct] | None:
        return None if self._now is None else (SESSION_PROGRESS, self._now)

    def hears(self) -> bool:
        return self._following.hears(self._room)

    def hear(self, message: LearnerDid) -> None:
        if self._now is not None and message.doing.session_id == self._subject:
            state = {name: getattr(message.doing, name) for name in SessionProgressOut.__struct_fields__}
            self.take(SessionProgress(user_id=message.user_id, **state))

    async def on_stop(self) -> None:
        self._following.unfollow(self._room)
