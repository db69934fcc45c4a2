"""What clients send over a socket, and how each of it is acknowledged. Invariant: nothing is accepted that is not
declared here; `realtime.asyncapi` turns these types into the published document."""

from typing import Annotated, Any
from uuid import UUID

import msgspec

from domains.kernel.wire import In, Moment, Out
from domains.learning.api import AnswerOut

Yes = Annotated[bool, msgspec.Meta(extra_json_schema={"const": True})]
No = Annotated[bool, msgspec.Meta(extra_json_schema={"const": False})]

LEAGUE_WATCH = "league.watch"
LEAGUE_UNWATCH = "league.unwatch"
SESSION_WATCH = "session.watch"
SESSION_UNWATCH = "session.unwatch"
CLASSROOM_WATCH = "classroom.watch"
CLASSROOM_UNWATCH = "classroom.unwatch"
COURSE_WATCH = "course.watch"
COURSE_UNWATCH = "course.unwatch"
DRAFT_WATCH = "draft.watch"
DRAFT_UNWATCH = "draft.unwatch"
ANSWER_SUBMIT = "answer.submit"


class Connect(In, frozen=True):
    """The `auth` object of the connection. `epoch`, `seq` and `at` are those of the last frame on the own stream, or of
    `stream.ready` when none has come since."""

    token: str
    epoch: str | None = None
    seq: int | None = None
    at: Moment | None = None


class LeagueWatch(In, frozen=True):
    league_id: UUID


class LeagueUnwatch(In, frozen=True):
    """Without an id: every league that this socket watches."""

    league_id: UUID | None = None


class SessionWatch(In, frozen=True):
    """`invitation` is the code that the owner of the session gave; owners need none."""

    session_id: UUID
    invitation: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


class SessionUnwatch(In, frozen=True):
    """Without an id: every session that this socket watches."""

    session_id: UUID | None = None


class ClassroomWatch(In, frozen=True):
    classroom_id: UUID


class ClassroomUnwatch(In, frozen=True):
    """Without an id: every class that this socket watches."""

    classroom_id: UUID | None = None


class CourseWatch(In, frozen=True):
    course_id: UUID


class CourseUnwatch(In, frozen=True):
    """Without an id: every course that this socket watches."""

    course_id: UUID | None = None


class DraftWatch(In, frozen=True):
    course_id: UUID


class DraftUnwatch(In, frozen=True):
    """Without an id: every draft that this socket watches."""

    course_id: UUID | None = None


class AnswerSubmit(In, frozen=True):
    """`key` is the idempotency key: the same key again gives the same acknowledgement."""

    session_id: UUID
    exercise_id: UUID
    answer: Any
    elapsed_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


# Acknowledgements


class Accepted(Out, frozen=True):
    ok: Yes = True


class AnswerAccepted(AnswerOut, frozen=True, kw_only=True):
    """The members of the REST answer, and `ok`."""

    ok: Yes = True


class Refused(Out, frozen=True):
    """`code` is for programs and never changes, `message` is for whoever writes them."""

    code: str
    message: str
    ok: No = False


class Connected(Out, frozen=True):
    sid: str


class Refusal(Out, frozen=True):
    code: str
    message: str


class ConnectRefused(Out, frozen=True):
    """What a connection is refused with; clients of Socket.IO show `data` as that of their `connect_error`."""

    message: str
    data: Refusal
