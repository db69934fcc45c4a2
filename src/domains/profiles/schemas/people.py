"""Other people over the wire. What is shown of somebody is a type of its own for each who may see it, so that nothing
is added to one of them by being added to another; an address is in none."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domains.kernel.wire import In, Out
from domains.profiles.policy.bonds import Standing
from domains.profiles.policy.reports import Reason, ReportState


class PersonOut(Out, frozen=True):
    """`avatar`: the address of a picture, where they show one to me."""

    user_id: UUID
    name: str
    handle: str | None
    avatar: str | None


class ListedOut(Out, frozen=True):
    """`at`: since when they are friends or follow, or when it was asked."""

    person: PersonOut
    at: datetime


class BlockedOut(Out, frozen=True):
    """`name` as it was when they were blocked; null where it could not be seen then."""

    user_id: UUID
    name: str | None
    at: datetime


class CardOut(Out, frozen=True, tag_field="view", tag="card"):
    """Of somebody who shows more to friends."""

    user_id: UUID
    name: str
    handle: str | None
    friendship: Standing


class PublicProfileOut(Out, frozen=True, tag_field="view", tag="public"):
    user_id: UUID
    name: str
    handle: str | None
    friendship: Standing
    bio: str
    avatar: str | None
    since: datetime
    following: bool
    """Whether I do."""
    wears: dict[str, str]
    """Items of the shop by the slot in which they are worn."""


class FriendProfileOut(Out, frozen=True, tag_field="view", tag="friend"):
    user_id: UUID
    name: str
    handle: str | None
    bio: str
    avatar: str | None
    since: datetime
    following: bool
    friends_since: datetime
    wears: dict[str, str]


ProfileOut = CardOut | PublicProfileOut | FriendProfileOut


class StandingOut(Out, frozen=True):
    """What is between us now: `asked` means that the other has not answered me, `asking` that I have not."""

    user_id: UUID
    friendship: Standing


class FriendRequestIn(In, frozen=True):
    user_id: UUID


Text = Annotated[str, msgspec.Meta(max_length=2000)]


class ReportIn(In, frozen=True):
    """`text` is at most 1000 characters."""

    reason: Reason
    text: Text = ""


class ReportPatch(In, frozen=True):
    state: ReportState
    note: Text = ""


class ReportOut(Out, frozen=True):
    """For moderators. `shown_*` is what was to be seen of the reported person then."""

    id: UUID
    reporter_id: UUID
    reported_id: UUID
    reason: Reason
    text: str
    shown_name: str
    shown_handle: str | None
    shown_bio: str
    state: ReportState
    handled_by: UUID | None
    handled_at: datetime | None
    note: str
    created_at: datetime
