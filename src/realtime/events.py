"""The own stream over REST."""

from datetime import UTC, datetime
from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from domains.identity.api import Principal
from domains.kernel.clock import utc_now
from realtime.polls import EventsOut, Polls, Position

LONGEST_WAIT_S = 25

After = Annotated[
    str | None,
    QueryParameter(
        description="`{epoch}:{seq}` of the last answer or frame. Without it: the present position, to begin with.",
        pattern=r"^[A-Za-z0-9_-]{0,64}:[0-9]{1,15}$",
        max_length=80,
        required=False,
    ),
]
At = Annotated[
    datetime | None,
    QueryParameter(
        description="`at` of the same answer or frame: what must not be lost is then told also where the numbers do "
        "not reach back. A time without an offset is UTC.",
        required=False,
    ),
]
Wait = Annotated[
    int,
    QueryParameter(ge=0, le=LONGEST_WAIT_S, description="Seconds to wait for the next frame.", required=False),
]


class EventsController(Controller):
    path = "/api/v1/events"
    tags = ("realtime",)

    @get("/", operation_id="poll_events", summary="My stream without a socket: what came after a position")
    async def poll(
        self,
        polls: NamedDependency[Polls],
        principal: NamedDependency[Principal],
        after: After = None,
        at: At = None,
        wait_s: Wait = 0,
    ) -> EventsOut:
        """The frames that a socket would get, under the same numbers, in order and once. The oldest of more than three
        waiting requests is answered at once."""
        epoch, _, seq = after.rpartition(":") if after is not None else (None, "", "0")
        aware = at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
        left_s = (principal.expires_at - utc_now()).total_seconds()
        return await polls.ask(
            principal.user_id, principal.session_id, Position(epoch, int(seq), aware), max(0.0, min(wait_s, left_s))
        )
