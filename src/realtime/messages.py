"""What a fact may set in motion here."""

from uuid import UUID

import msgspec

from realtime.wire import StreamFrame


class ToLearner(msgspec.Struct, frozen=True):
    """A numbered frame on somebody's own stream."""

    user_id: UUID
    frame: StreamFrame


class LeagueMoved(msgspec.Struct, frozen=True):
    """Somebody's line on a board is new."""

    league_id: UUID
    user_id: UUID


class SessionsEnded(msgspec.Struct, frozen=True):
    """Sockets of these login sessions must go."""

    session_ids: list[UUID]


Message = ToLearner | LeagueMoved | SessionsEnded
