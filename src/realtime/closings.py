"""Why the server closes a socket.

Invariant: a number means the same for ever and says by itself what a client should do: connect again with 3000 to 3499,
and not with 3500 to 3999. It is also the websocket's close code, for clients that the last frame does not reach.
"""

import random

import msgspec

from realtime.wire import Reconnect, StreamClosed


class Closing(msgspec.Struct, frozen=True):
    """`spread_ms`: clients come back within so long, each at a moment of its own."""

    number: int
    reconnect: Reconnect
    spread_ms: int = 0

    @property
    def by_itself(self) -> bool:
        """Whether an official client may connect again without its program."""
        return self.reconnect == "now"


CLOSINGS = {
    "realtime.restarting": Closing(3000, "now", spread_ms=5_000),
    "realtime.too_slow": Closing(3001, "now", spread_ms=2_000),
    "realtime.busy": Closing(3002, "now", spread_ms=5_000),
    "realtime.token_expired": Closing(3100, "fresh_token"),
    "realtime.connect_timeout": Closing(3101, "fresh_token"),
    "realtime.session_ended": Closing(3500, "never"),
    "realtime.bad_frames": Closing(3501, "never"),
}
_OTHER = Closing(3999, "never")


def closing(code: str) -> Closing:
    return CLOSINGS.get(code, _OTHER)


def last_words(code: str, message: str) -> StreamClosed:
    known = closing(code)
    # No secret: the moments only have to differ.
    after_ms = random.randrange(known.spread_ms) if known.spread_ms else 0  # noqa: S311
    return StreamClosed(code=code, number=known.number, message=message, reconnect=known.reconnect, after_ms=after_ms)
