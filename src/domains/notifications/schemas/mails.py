"""Wire bodies of mails: what came back, and what is given up."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domains.kernel.wire import In, Out

Address = Annotated[str, msgspec.Meta(min_length=3, max_length=320, pattern=r"^[^\s@]+@[^\s@]+$")]


class SuppressedOut(Out, frozen=True):
    address: str
    reason: str
    """bounce, complaint or manual."""
    detail: str
    created_at: datetime


class SuppressionsOut(Out, frozen=True):
    """By address. `next_cursor` is null on the last page."""

    items: list[SuppressedOut]
    next_cursor: str | None


class SuppressionIn(In, frozen=True):
    address: Address
    detail: Annotated[str, msgspec.Meta(max_length=300)] = ""


class MailEventIn(In, frozen=True):
    """What a mail provider tells of one address. A bounce that is not permanent changes nothing."""

    type: Literal["bounce", "complaint"]
    address: Address
    permanent: bool = True
    detail: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class MailEventsIn(In, frozen=True):
    events: Annotated[list[MailEventIn], msgspec.Meta(max_length=1000)]


class MailEventsOut(Out, frozen=True):
    suppressed: int
    """How many addresses were not given up before."""
