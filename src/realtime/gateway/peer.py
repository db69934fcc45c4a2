"""One session as the gateway sees it. Invariant: `sid`, `principal` and `person` are set together, or none is."""

from dataclasses import dataclass, field
from datetime import datetime

from realtime.gateway.agenda import Entry
from realtime.gateway.session import Session
from realtime.ports import Principal


class Bucket:
    """Tokens for what somebody may do at once, filled again at `rate` a second."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float) -> float:
        """Seconds to wait before the token may be used. The wait is owed even if it is not kept."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) - 1
        self._at = now
        return max(0.0, -self._tokens / self._rate)


@dataclass(slots=True)
class Person:
    """All sockets of one person in this process, who share an allowance however many they are."""

    bucket: Bucket
    peers: set["Peer"] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Peer:
    eio_sid: str
    session: Session
    bucket: Bucket
    sid: str | None = None
    principal: Principal | None = None
    person: Person | None = None
    position: tuple[str | None, int, datetime | None] = (None, 0, None)
    """Epoch, seq and time of the last frame that the client says it has seen."""
    closing: bool = False
    malformed: int = 0
    alarm: Entry | None = None
    """Until the login it is due, then until its token expires."""

    def cancel_alarm(self) -> None:
        if self.alarm is not None:
            self.alarm.cancel()
            self.alarm = None
