"""Where a call comes from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    address: str | None
    user_agent: str | None
    in_cookie: bool = False
    """A browser that wants its refresh token in a cookie."""
