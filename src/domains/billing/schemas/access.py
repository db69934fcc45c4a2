"""Access over the wire: entitlements, codes, seats, grants and gates."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domains.kernel.wire import In, Out

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Aware = Annotated[datetime, msgspec.Meta(tz=True)]


class EntitlementOut(Out, frozen=True):
    """`source` is purchase, subscription, seat, gift or grant; `ends_at` is null for ever."""

    id: UUID
    key: str
    source: str
    source_id: UUID
    starts_at: datetime
    ends_at: datetime | None


class StaffEntitlementOut(EntitlementOut, frozen=True):
    """Also what has ended; `granted_by` is null for what nobody gave by hand, or gave on the command line."""

    open: bool
    reason: str
    granted_by: UUID | None
    ended_by: UUID | None
    end_reason: str
    created_at: datetime


class RedeemIn(In, frozen=True):
    """Capitals or not, with or without spaces and dashes."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class RedeemedOut(Out, frozen=True):
    """`kind` is gift or seats."""

    kind: str
    order_id: UUID
    product_id: UUID
    product_name: str
    keys: list[str]
    ends_at: datetime | None


class CodeOut(Out, frozen=True):
    """`usable` is false for a gift that was redeemed, and while the money for it has gone back or is disputed."""

    kind: str
    code: str
    usable: bool
    redeemed_at: datetime | None


class SeatOut(Out, frozen=True):
    user_id: UUID
    name: str
    since: datetime


class SeatsOut(Out, frozen=True):
    """`code` is null until the seats are paid; whoever has it can take one that is left. `closed`: the money for them
    has gone back or is disputed."""

    quantity: int
    taken: int
    code: str | None
    closed: bool
    seats: list[SeatOut]


class SeatIn(In, frozen=True):
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]


class GrantIn(In, frozen=True, kw_only=True):
    user_id: UUID
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=130)]
    ends_at: Aware | None = None
    reason: Reason


class GateOut(Out, frozen=True):
    key: str
    created_at: datetime
