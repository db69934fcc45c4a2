"""What goes over the wire between staff and identity, and what people see of their own history."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from domains.identity.policy.fields import Role
from domains.identity.policy.permissions import ScopeKind
from domains.kernel.wire import In, Out

Why = Annotated[str, Meta(min_length=3, max_length=500)]
"""Goes into the audit log."""


class SearchIn(In, frozen=True):
    """In a body, so that addresses of people stand in no log of requests."""

    query: Annotated[str, Meta(min_length=2, max_length=254)]
    """An id, a whole user name, or how the e-mail address or the name begins."""
    purpose: Why
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, Meta(max_length=200)] | None = None


class PersonOut(Out, frozen=True):
    """An account as staff see it."""

    id: UUID
    email: str | None
    email_verified: bool
    username: str | None
    name: str
    locale: str
    time_zone: str
    roles: list[str]
    created_at: datetime
    last_seen_at: datetime | None
    """To about a quarter of an hour."""
    banned_at: datetime | None
    ban_reason: str | None
    merged_into: UUID | None


class ScopedRoleOut(Out, frozen=True):
    role: str
    kind: str
    id: UUID


class PersonDetailsOut(PersonOut, frozen=True, kw_only=True):
    scoped: list[ScopedRoleOut]


class ScopedRoleIn(In, frozen=True):
    """A role that holds within one course or class alone."""

    role: Role
    kind: ScopeKind
    id: UUID


class RolesIn(In, frozen=True):
    """Those that somebody has from now on, and no others."""

    roles: Annotated[list[Role], Meta(min_length=1, max_length=10)]
    reason: Why
    scoped: Annotated[list[ScopedRoleIn], Meta(max_length=200)] | None = None
    """None leaves them as they are."""


class RolesOut(Out, frozen=True):
    roles: list[str]
    scoped: list[ScopedRoleOut]


class BanIn(In, frozen=True):
    reason: Why


class ImpersonationIn(In, frozen=True):
    purpose: Why


class ImpersonationOut(Out, frozen=True):
    session_id: UUID
    """`DELETE /api/v1/admin/impersonations/{session_id}` ends it."""
    access_token: str
    """Reads what the person reads, and changes nothing."""
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name


class AuditEntryOut(Out, frozen=True):
    id: UUID
    at: datetime
    action: str
    user_id: UUID | None
    """Whose account."""
    actor_id: UUID | None
    """Who did it, where it was not the same person."""
    detail: dict[str, Any]
    address: str | None


class HistoryEntryOut(Out, frozen=True):
    id: UUID
    at: datetime
    action: str
    by_staff: bool
    method: str | None
    """Of a login."""
