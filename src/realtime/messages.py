"""What a fact may set in motion here."""

from uuid import UUID

import msgspec

from domains.learning.api import SessionProgressOut
from realtime.wire import StreamFrame


class ToLearner(msgspec.Struct, frozen=True):
    """A numbered frame on somebody's own stream."""

    user_id: UUID
    frame: StreamFrame


class LeagueMoved(msgspec.Struct, frozen=True):
    """Somebody's line on a board is new."""

    league_id: UUID
    user_id: UUID


class LearnerDid(msgspec.Struct, frozen=True):
    """Where somebody is now, for those who look on: what has no frame on the learner's own stream."""

    user_id: UUID
    doing: SessionProgressOut


class RoomMoved(msgspec.Struct, frozen=True):
    """What a room shows has to be read anew."""

    room: str


class SessionsEnded(msgspec.Struct, frozen=True):
    """Sockets of these login sessions must go."""

    session_ids: list[UUID]


Message = ToLearner | LearnerDid | LeagueMoved | RoomMoved | SessionsEnded
