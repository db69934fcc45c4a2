"""When something happened that was done without a network.

Invariant: of a client's clock only differences count: how long before it sent the batch something was done. A clock
that is wrong by years credits the right day. What a client says is believed within what can be: nothing happened after
it arrived, before its session could begin, or before what it followed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

KEPT = timedelta(days=30)
"""How long sessions that were downloaded can be begun."""
FRESH = timedelta(days=7)
"""How long they are handed out again, before new ones are made up from what is remembered by then."""
MOST_LESSONS = 10
"""In one bundle."""
MOST_SESSIONS = 20
"""In one batch."""
MOST_ANSWERS = 100
"""Of one session, those that came back among them."""
_NOTHING = timedelta(0)


class Batch(NamedTuple):
    sent_at: datetime
    """By the client's clock."""
    received_at: datetime
    """By ours."""


def moment(claimed: datetime, batch: Batch, *, since: datetime) -> datetime:
    """When it was by our clock, from `since` to the arrival."""
    # Bounded before it is taken off: a client may say any year.
    ago = min(max(batch.sent_at - claimed, _NOTHING), max(batch.received_at - since, _NOTHING))
    return batch.received_at - ago


def moments(claimed: Sequence[datetime], batch: Batch, *, since: datetime) -> list[datetime]:
    """The same for what was done one after the other: none is before the one it followed."""
    found: list[datetime] = []
    for each in claimed:
        since = moment(each, batch, since=since)
        found.append(since)
    return found
