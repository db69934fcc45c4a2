"""Login sessions as they are shown."""

from datetime import datetime
from uuid import UUID

from domains.kernel.wire import Out


class SessionOut(Out, frozen=True):
    """One login on one device. Where it was is left out: addresses are not shown to anybody."""

    id: UUID
    device: str
    """For people: `Firefox on Windows`."""
    method: str
    """How it was opened: password, code, guest, oidc, passkey or registration."""
    current: bool
    """The one that asks."""
    created_at: datetime
    last_seen_at: datetime
    """To about a quarter of an hour."""
    ends_at: datetime
    """If it is not used meanwhile."""


class SessionsOut(Out, frozen=True):
    """Those that live, the last used first."""

    items: list[SessionOut]


class EndedOut(Out, frozen=True):
    ended: int
    """Login sessions that lived until now."""
