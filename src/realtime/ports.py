"""What this package needs from outside, as protocols. The app passes them in; tests pass doubles."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import msgspec

from domains.classrooms.api import ClassroomProgressOut
from realtime.commands import AnswerSubmit
from realtime.wire import CourseChanged, DraftChanged, Missed, SessionProgress


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """Monotonic seconds."""

    def time(self) -> float: ...

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer: ...

    async def sleep(self, delay_s: float) -> None: ...


class LoopClock:
    """The running event loop's own clock."""

    def time(self) -> float:
        return asyncio.get_running_loop().time()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay_s, callback)

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


class Emitter(Protocol):
    def emit(self, sids: Iterable[str], event: str, body: str) -> None:
        """Queues one frame for each socket. `body` is a JSON object; it is framed once for all. Never waits."""
        ...


class Principal(msgspec.Struct, frozen=True):
    """Who is behind a socket, as its token says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime
    roles: frozenset[str] = frozenset()


class Authenticate(Protocol):
    async def __call__(self, token: str, /) -> Principal:
        """Raises an AppError (say, Unauthenticated) that the client may see."""
        ...


class SubmitAnswer(Protocol):
    async def __call__(self, principal: Principal, answer: AnswerSubmit, /) -> msgspec.Struct:
        """The body that the REST call would have given. Raises AppError."""
        ...


Pair = tuple[UUID, UUID]
"""Somebody, and what they want to watch."""


class MayWatch(Protocol):
    async def __call__(self, pairs: Collection[Pair], /) -> Collection[Pair]:
        """Those of the pairs that are allowed now. Asked at every join for one, and every few seconds for everybody who
        watches anything of this kind."""
        ...


class AcceptInvitation(Protocol):
    async def __call__(self, user_id: UUID, session_id: UUID, code: str, /) -> bool:
        """Whether they may watch the session from now on; `MayWatch` says the same afterwards."""
        ...


class FindClassroom(Protocol):
    async def __call__(self, classroom_id: UUID, /) -> ClassroomProgressOut: ...


class FindSession(Protocol):
    async def __call__(self, session_id: UUID, /) -> SessionProgress | None: ...


class FindCourse(Protocol):
    async def __call__(self, course_id: UUID, /) -> CourseChanged | None: ...


class FindDraft(Protocol):
    async def __call__(self, course_id: UUID, /) -> DraftChanged | None: ...


class LiveSessions(Protocol):
    async def __call__(self, session_ids: Collection[UUID], /) -> Collection[UUID]:
        """Those of the given login sessions that are still good. Asked every few seconds for all sockets at once."""
        ...


class DurableSince(Protocol):
    async def __call__(self, user_id: UUID, since: datetime, /) -> Sequence[Missed]:
        """Of what must not be lost, what happened since that moment; the newest hundred at most, oldest first."""
        ...


class BoardLine(Protocol):
    """One learner's line on a board."""

    @property
    def rank(self) -> int: ...

    @property
    def user_id(self) -> UUID: ...

    @property
    def name(self) -> str: ...

    @property
    def xp(self) -> int: ...

    @property
    def zone(self) -> str: ...


class Board(Protocol):
    """A league's board at one moment. `version` never falls for one league, also over restarts and rebuilds."""

    @property
    def version(self) -> int: ...

    @property
    def entries(self) -> Sequence[BoardLine]: ...

    def you(self, user_id: UUID, /) -> UUID:
        """The `user_id` of somebody's own line: another than their id where they take part unseen."""
        ...


class BoardSource(Protocol):
    async def board(self, league_id: UUID, /, *, fresh: bool = False) -> Board:
        """The board as it is now. `fresh` asks the truth behind it: a change that was announced before is then in it
        for certain, also where a view in between missed it."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All that the app provides."""

    authenticate: Authenticate
    submit_answer: SubmitAnswer
    may_watch: Mapping[str, MayWatch]
    """By kind of room, that is by the prefix of its name."""
    accept_invitation: AcceptInvitation
    boards: BoardSource
    classroom: FindClassroom
    session: FindSession
    course: FindCourse
    draft: FindDraft
    live_sessions: LiveSessions | None = None
    durable_since: DurableSince | None = None
    course_moved: Callable[[UUID], None] | None = None
    """Told in every process when a course has something new; what it keeps of the course may be old."""
