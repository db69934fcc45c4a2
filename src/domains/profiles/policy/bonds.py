"""Friendship: how what is between two people changes. None is nothing.

Invariant: it changes by somebody's own will only, and nobody becomes a friend who has not asked or accepted. Who was
declined is not told: to them it looks like a request that waits, until it is forgotten like any other.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from domains.profiles.errors import RequestNotFound

FORGOTTEN = timedelta(days=30)
"""A request that was not accepted in this time is as if it had never been made."""


class BondState(StrEnum):
    ASKED = "asked"
    DECLINED = "declined"
    DROPPED = "dropped"
    """Declined, and withdrawn by who asked: the next request of theirs is still not heard."""
    FRIENDS = "friends"


class Bond(NamedTuple):
    state: BondState
    asker: UUID
    at: datetime
    """When it was asked, or since when they are friends."""


Standing = Literal["none", "asked", "asking", "friends"]
"""As one of the two sees it: `asked` the other has not answered me, `asking` I have not answered the other."""


def alive(bond: Bond | None, now: datetime) -> Bond | None:
    """None for a request that is forgotten."""
    if bond is None or bond.state is BondState.FRIENDS or bond.at + FORGOTTEN > now:
        return bond
    return None


def ask(bond: Bond | None, by: UUID, now: datetime) -> Bond:
    """Who asks somebody that has asked them accepts."""
    match bond:
        case None:
            return Bond(BondState.ASKED, by, now)
        case Bond(state=BondState.FRIENDS):
            return bond
        case Bond(state=BondState.ASKED | BondState.DECLINED, asker=asker) if asker != by:
            # The one still wants it, and now the other does.
            return Bond(BondState.FRIENDS, asker, now)
        case Bond(state=BondState.DROPPED, asker=asker) if asker != by:
            return Bond(BondState.ASKED, by, now)
        case Bond(state=BondState.DROPPED):
            return bond._replace(state=BondState.DECLINED)
    return bond


def accept(bond: Bond | None, by: UUID, now: datetime) -> Bond:
    """Raises RequestNotFound."""
    if bond is None or (bond.state is not BondState.FRIENDS and not _waits_for(bond, by)):
        raise RequestNotFound
    return bond if bond.state is BondState.FRIENDS else Bond(BondState.FRIENDS, bond.asker, now)


def decline(bond: Bond | None, by: UUID) -> Bond | None:
    """The same as before where nothing waits for an answer."""
    return bond._replace(state=BondState.DECLINED) if bond and _waits_for(bond, by) else bond


def withdraw(bond: Bond | None, by: UUID) -> Bond | None:
    """The same as before where there is no request of theirs."""
    if bond is None or bond.asker != by:
        return bond
    match bond.state:
        case BondState.ASKED:
            return None
        case BondState.DECLINED:
            return bond._replace(state=BondState.DROPPED)
    return bond


def part(bond: Bond | None) -> Bond | None:
    """Requests stay."""
    return None if bond and bond.state is BondState.FRIENDS else bond


def standing(bond: Bond | None, me: UUID) -> Standing:
    match bond:
        case Bond(state=BondState.FRIENDS):
            return "friends"
        case Bond(state=BondState.ASKED | BondState.DECLINED, asker=asker) if asker == me:
            return "asked"
        case Bond(state=BondState.ASKED):
            return "asking"
    return "none"


def _waits_for(bond: Bond, who: UUID) -> bool:
    return bond.state is BondState.ASKED and bond.asker != who
