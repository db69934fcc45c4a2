"""Facts of identity."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domains.kernel.events import Event, Published


class UserCreated(Event, frozen=True, kw_only=True, tag="identity.user_created.v1"):
    published: ClassVar[Published | None] = Published("user-events", "user.created")

    user_id: UUID
    imported: bool = False
    """The account was brought along from elsewhere: its owner has not just come, and is not welcomed."""


class SessionsRevoked(Event, frozen=True, kw_only=True, tag="identity.sessions_revoked.v1"):
    """Login sessions that ended before their time: logout, a replayed refresh token, a ban. Sockets of theirs close."""

    user_id: UUID
    session_ids: list[UUID]


class CodeRequested(Event, frozen=True, kw_only=True, tag="identity.code_requested.v1"):
    """A one-time code is wanted by mail. Whoever sends it asks `identity.api.issue_code` for it."""

    user_id: UUID | None
    """None for an address that nobody has registered with: nothing is sent."""
    code_id: UUID
    purpose: str
    """Of `policy.codes.Purpose`."""


class AccountMerged(Event, frozen=True, kw_only=True, tag="identity.account_merged.v1"):
    """What was a guest's is now another account's. Whoever owns rows of people moves them, in the same transaction."""

    from_id: UUID
    into_id: UUID


class TimeZoneChanged(Event, frozen=True, kw_only=True, tag="identity.time_zone_changed.v1"):
    """Somebody's days begin and end at other hours from now on; at most once in 24 hours."""

    user_id: UUID
    before: str
    after: str
    """IANA zones."""


class SecurityNoticed(Event, frozen=True, kw_only=True, tag="identity.security_noticed.v1"):
    """Something was done to an account that its owner is told of. `what` is an action of the audit log."""

    user_id: UUID
    what: str


class RolesChanged(Event, frozen=True, kw_only=True, tag="identity.roles_changed.v1"):
    """Somebody has other roles, everywhere or within a course or class. Who keeps a role of their own beside these, a
    co-teacher for one, takes it from those who lost what it stands on."""

    user_id: UUID
    before: list[str]
    after: list[str]
    """Roles that hold everywhere, sorted."""


class ExportRequested(Event, frozen=True, kw_only=True, tag="identity.export_requested.v1"):
    """Somebody wants a copy of everything that is held about them."""

    export_id: UUID


class ExportReady(Event, frozen=True, kw_only=True, tag="identity.export_ready.v1"):
    user_id: UUID
    export_id: UUID
    expires_at: datetime
    """When the copy is deleted."""


class DeletionRequested(Event, frozen=True, kw_only=True, tag="identity.deletion_requested.v1"):
    """An account will be erased, unless its owner takes that back. What goes on until it is told to end, as a
    subscription does, ends from now on."""

    user_id: UUID
    deletion_at: datetime


class AccountErased(Event, frozen=True, kw_only=True, tag="identity.account_erased.v1"):
    """Somebody is to be forgotten. Whoever owns rows of people deletes them, or takes from them what leads to a person,
    in the same transaction; `identity.api.contact` still knows them then, and nobody does afterwards."""

    published: ClassVar[Published | None] = Published("user-events", "user.erased")

    user_id: UUID
    farewell_id: UUID | None = None
    """Whoever says so to them asks `identity.api.farewell` where; None for who has no address."""
